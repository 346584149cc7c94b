"""What this app announces. Receivers answer with a `recipients.holds.Hold`, or None."""

from django.dispatch import Signal

# An import is about to change a group. Keyword arguments: those of `recipients.holds.ask_for_holds`.
import_about_to_change = Signal()
