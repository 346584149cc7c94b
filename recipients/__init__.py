"""What: groups (lists), fields, recipients, account-wide values, activities, and the master-data engine.

Imports `accounts` only. Announces with the signals of `recipients.signals` that it is about to change a group.
"""
