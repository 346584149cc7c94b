"""What accounts announce; who must do something then is not known here."""

from django.dispatch import Signal

retention_lengthened = Signal()
"""An account's backups are to be kept longer: `account_id`, `days` from when each was made. Sent in the transaction
that changes the account, and in its scope."""

account_release_asked = Signal()
"""An account is to be taken off hold: `account_id`. A receiver that needs the hold answers True, and it stays. Sent
with the account locked, and in its scope."""
