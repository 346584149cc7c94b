"""The audit trail as a CSV file, for people and their spreadsheet programs."""

from typing import IO

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.csv_tables import BATCH_ROWS, write_table
from accounts.models import AuditEntry
from accounts.wording import details_of


def write_entries(entries: QuerySet[AuditEntry], file: IO[bytes]) -> int:
    """Write the entries with a head in the reader's language, in bounded memory; gives how many they are.

    Times are local ones with their offset. What a spreadsheet program would run has an apostrophe in front.
    """
    head = [
        _("When"),
        _("What"),
        _("Concerns"),
        _("Details"),
        _("Who"),
        _("E-mail address"),
        _("Through"),
        _("IP address"),
    ]
    return write_table(file, head, map(_row, entries.iterator(chunk_size=BATCH_ROWS)))


def _row(entry: AuditEntry) -> tuple[str, ...]:
    actor = entry.actor
    return (
        timezone.localtime(entry.at).isoformat(timespec="seconds"),
        entry.get_action_display(),
        entry.subject,
        details_of(entry),
        (actor.get_full_name() or actor.email) if actor else "Listkeep",
        actor.email if actor else "",
        entry.get_via_display(),
        entry.address or "",
    )
