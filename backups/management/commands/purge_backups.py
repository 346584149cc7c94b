"""`manage.py purge_backups`: the purge that beat runs every hour, now; or what it would do and why."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import across_accounts
from backups.clock import doubt_about
from backups.models import Backup
from backups.retention import PurgeReport, contradictory_backups, due_backups, purge_due_backups


class Command(BaseCommand):
    """Deletes the backups whose time is over, in all accounts."""

    help = "Delete the backups whose time is over, in all accounts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say what would go and why, and delete nothing")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        if dry_run:
            self.tell()
        else:
            self.purge()

    def purge(self) -> None:
        """Purge, and say what went. Raises CommandError when something stayed that should have gone."""
        report = purge_due_backups(now=timezone.now())
        self.stdout.write(f"Backups deleted: {report.purged}. Files deleted: {report.files_deleted}.")
        if left := "\n".join(_left(report)):
            raise CommandError(left)

    def tell(self) -> None:
        """Say what a purge would do at this moment."""
        now = timezone.now()
        with across_accounts("an operator asks what would be purged"):
            if refusal := doubt_about(now):
                self.stdout.write(f"Nothing would be purged. {refusal}")
            due = list(due_backups(now).select_related("account"))
            for backup in due:
                self.stdout.write(f"{_name(backup)}: {_reason(backup)}; {_file(backup, due)}")
            for backup in contradictory_backups(now).select_related("account"):
                self.stdout.write(f"{_name(backup)}: stays, because its times contradict each other")
            unfinished = Backup.objects.filter(status=Backup.Status.PURGING).count()
        self.stdout.write(f"Due: {len(due)}. Begun before and not finished: {unfinished}.")


def _name(backup: Any) -> str:
    return f"{backup.account.name} / {backup.group_name} / {absolute(backup.requested_at)} ({backup.pk})"


def _reason(backup: Any) -> str:
    if backup.status == Backup.Status.FAILED:
        return f"failed, and kept for {backup.account.retention_days} days until {absolute(backup.due_at)}"
    return f"kept until {absolute(backup.due_at)}"


def _file(backup: Any, due: list[Any]) -> str:
    if not backup.file_key:
        return "it has no file"
    staying = (
        Backup.objects.filter(account_id=backup.account_id, file_key=backup.file_key)
        .exclude(status=Backup.Status.PURGING)
        .exclude(pk__in=[one.pk for one in due if one.file_key == backup.file_key])
    )
    return "its file stays, another backup refers to it" if staying.exists() else "its file goes too"


def _left(report: PurgeReport) -> list[str]:
    """What stayed that should have gone, a sentence each."""
    sentences = []
    if report.refusal:
        sentences.append(f"Nothing was purged. {report.refusal}")
    if report.unfinished:
        sentences.append(f"Files that storage did not delete: {report.unfinished}. They are hidden and tried again.")
    if report.contradictory:
        sentences.append(f"Backups kept because their times contradict each other: {report.contradictory}.")
    return sentences
