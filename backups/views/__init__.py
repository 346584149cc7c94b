"""The pages of backups: the overview, one list's backups, one row of them, the download."""
