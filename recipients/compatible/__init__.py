"""The compatible interface: what plug-ins and scripts written for CleverReach's REST v3 call, answered by Listkeep.

A call comes in at `entrance`, which finds its route (`routes`), lets it through the gate and gives its answer as bare
JSON. The modules named after resources parse, call the services that all other ways in use, and shape the answer
(`shapes`). What is covered, and what calls mean where the reference is silent: docs/compatible-interface.md.
Its texts are English: they are read by programs and by who writes them.
"""
