"""What this app announces. Receivers answer with a `recipients.holds.Hold`, or None.

Keyword arguments of each: those of `recipients.holds.ask_for_holds`.
"""

from django.dispatch import Signal

# A group is about to be deleted.
group_about_to_be_deleted = Signal()
# Recipients of a group, all of them or some, are about to be deleted.
recipients_about_to_be_deleted = Signal()
# A field that a group shows, its own or an account-wide one, is about to be deleted with its values.
field_about_to_be_deleted = Signal()
# A person has been erased from the account's tables, in the transaction that is still open and has every list locked.
# Keyword arguments: account_id, email (canonical), digest, actor_id, list_count, now. Nobody answers.
person_erased = Signal()
