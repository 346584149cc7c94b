"""The peer: django-import-export over a plain Django model of the same shape, in a database of the same PostgreSQL.

An optional part with an environment of its own (`.venv-bench`): nothing of it is ever installed beside Listkeep, and
nothing here imports Listkeep's models. `python -m benchmarks.peer`, with the database's address in
PEER_DATABASE_URL, imports one file into an empty table and another over it, and prints the seconds of both as JSON.
"""
