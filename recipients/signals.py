"""What this app announces. Receivers answer with a `recipients.holds.Hold`, or None."""

from django.dispatch import Signal

# A group is about to be deleted. Keyword arguments: those of `recipients.holds.ask_for_holds`.
group_about_to_be_deleted = Signal()
