"""The REST interface's frame: who may call, how answers and problems look. What can be called stands in the other apps.

Its texts are English: they are read by programs and by who writes them.
"""
