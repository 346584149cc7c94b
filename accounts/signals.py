"""What accounts announce; who must do something then is not known here."""

from django.dispatch import Signal

retention_lengthened = Signal()
"""An account's backups are to be kept longer: `account_id`, `days` from when each was made. Sent in the transaction
that changes the account, and in its scope."""
