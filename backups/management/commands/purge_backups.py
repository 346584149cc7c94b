"""`manage.py purge_backups`: the purge that beat runs every hour, now; or what it would do and why."""

from collections import Counter
from datetime import datetime
from enum import IntEnum
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, DjangoHelpFormatter
from django.utils import timezone

from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import across_accounts
from backups.clock import doubt_about
from backups.keeping import Verdict, Why, verdicts
from backups.models import Backup
from backups.retention import PurgeReport, purge_due_backups


class Exit(IntEnum):
    """What the exit code says; of several the first that holds. 1 is an unexpected error, 2 wrong arguments."""

    CLOCK_IN_DOUBT = 3
    FILES_LEFT = 4
    CONTRADICTORY = 5


EXIT_CODES = """exit codes:
  0  everything that was due is gone (with --dry-run: nothing stands in the way)
  1  an unexpected error
  2  wrong arguments
  3  the clock is in doubt, and nothing was deleted
  4  the storage kept files; their backups are hidden, and the deletion is tried again by itself
  5  backups are kept because their times contradict each other; look at them
"""


class _Formatter(DjangoHelpFormatter):
    """Keeps the lines of the exit codes as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text


class Command(BaseCommand):
    """Deletes the backups whose time is over, in all accounts."""

    help = "Delete the backups whose time is over, in all accounts."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        return super().create_parser(prog_name, subcommand, epilog=EXIT_CODES, formatter_class=_Formatter, **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say of every backup whether it would go or be kept, and why, and delete nothing",
        )

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        if dry_run:
            self.tell(timezone.now())
        else:
            self.purge()

    def purge(self) -> None:
        """Purge, and say what went. Raises CommandError when something stayed that should have gone."""
        report = purge_due_backups(now=timezone.now())
        self.stdout.write(f"Backups deleted: {report.purged}. Files deleted: {report.files_deleted}.")
        if left := _left(report):
            raise CommandError("\n".join(left.values()), returncode=min(left))

    def tell(self, now: datetime) -> None:
        """Say what a purge would do at `now`. Raises CommandError as the purge itself would, but for its storage."""
        counts: Counter[Why] = Counter()
        with across_accounts("an operator asks what would be purged"):
            refusal = doubt_about(now)
            for verdict in verdicts(now):
                counts[verdict.why] += 1
                self.stdout.write(f"{_name(verdict.backup)}: {_sentence(verdict, now, refusal)}")
            unfinished = Backup.objects.filter(status=Backup.Status.PURGING).count()
        kept = sum(counts.values()) - counts[Why.DUE]
        self.stdout.write(
            f"Due: {counts[Why.DUE]}. Kept: {kept}, of them pinned: {counts[Why.PINNED]}."
            f" Begun before and not finished: {unfinished}."
        )
        report = PurgeReport(contradictory=counts[Why.CONTRADICTORY], refusal=refusal)
        if left := _left(report):
            raise CommandError("\n".join(left.values()), returncode=min(left))


def _name(backup: Backup) -> str:
    return f"{backup.account.name} / {backup.group_name} / {absolute(backup.requested_at)} ({backup.pk})"


def _sentence(verdict: Verdict, now: datetime, refusal: str) -> str:
    """What happens to one backup and why."""
    backup = verdict.backup
    until = absolute(verdict.until) if verdict.until else ""
    match verdict.why:
        case Why.PENDING:
            return "kept, it is still being made"
        case Why.PINNED:
            who = backup.pinned_by.email if backup.pinned_by else "somebody who has left"
            return f"kept, pinned by {who} on {absolute(backup.pinned_at)}: {backup.pin_reason}"
        case Why.CONTRADICTORY:
            return "kept, its times contradict each other"
        case Why.TIME_LEFT:
            failed = "failed, " if backup.status == Backup.Status.FAILED else ""
            return f"{failed}kept until {until}, {_days(verdict.days_left(now))} left"
    failed = "failed, " if backup.status == Backup.Status.FAILED else ""
    goes = "would go, but the clock is in doubt" if refusal else "goes"
    return f"{failed}{goes}, it was kept until {until}; {_file(verdict)}"


def _days(number: int) -> str:
    return "1 day" if number == 1 else f"{number} days"


def _file(verdict: Verdict) -> str:
    if not verdict.backup.file_key:
        return "it has no file"
    return "its file goes too" if verdict.file_goes else "its file stays, another backup refers to it"


def _left(report: PurgeReport) -> dict[Exit, str]:
    """What stayed that should have gone, a sentence each."""
    sentences = {}
    if report.refusal:
        sentences[Exit.CLOCK_IN_DOUBT] = f"Nothing is deleted. {report.refusal}"
    if report.unfinished:
        sentences[Exit.FILES_LEFT] = (
            f"Files that storage did not delete: {report.unfinished}. They are hidden and tried again."
        )
    if report.contradictory:
        sentences[Exit.CONTRADICTORY] = (
            f"Backups kept because their times contradict each other: {report.contradictory}."
        )
    return sentences
