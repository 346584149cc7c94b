"""Commands of `manage.py` about backups, and the demo account, which needs all apps."""
