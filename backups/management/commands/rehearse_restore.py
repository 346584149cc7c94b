"""`manage.py rehearse_restore`: the nightly restore drill, now."""

import sys
import uuid
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import across_accounts
from backups.drill import draw_backup, rehearse
from backups.models import Backup, RestoreDrill

EXIT_CODES: Final = {RestoreDrill.Result.EQUAL: 0, RestoreDrill.Result.DIFFERENT: 6, RestoreDrill.Result.FAILED: 7}
NOTHING: Final = 8


class Command(BaseCommand):
    """Rehearses the restore of one backup and writes down how it went."""

    help = (
        "Apply a backup to a list that nobody sees, take that list again, and compare the two row by row: a backup that"
        " is drawn by lot unless told otherwise. Ends with 0 when everything came back, 6 when something did not, 7"
        " when the drill could not be carried out, 8 when there is no such complete backup."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--backup", type=uuid.UUID, metavar="ID", help="this backup")

    def handle(self, *args: Any, backup: uuid.UUID | None, **options: Any) -> None:
        now = timezone.now()
        with across_accounts("an operator rehearses a restore"):
            if backup is None:
                chosen = draw_backup(now=now)
            else:
                chosen = Backup.objects.filter(pk=backup, status=Backup.Status.COMPLETE).first()
        drill = None if chosen is None else rehearse(backup=chosen, now=now)
        if chosen is None or drill is None:
            raise CommandError("There is no such complete backup.", returncode=NOTHING)
        differences = "" if drill.difference_count is None else f", differences: {drill.difference_count}"
        self.stdout.write(
            f"{drill.group_name} / {absolute(chosen.requested_at)} ({chosen.pk}): {drill.result}"
            f"{f' ({drill.failure})' if drill.failure else ''}, recipients: {drill.recipient_count}{differences}"
        )
        if code := EXIT_CODES[RestoreDrill.Result(drill.result)]:
            sys.exit(code)
