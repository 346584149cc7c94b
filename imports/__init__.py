"""How it comes in: imports, from an uploaded file to the report.

Imports `recipients` and `accounts`. Announces with the signal of `imports.signals` that it is about to change a group.
"""
