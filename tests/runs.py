"""Imports for tests: a draft from the text of a CSV file, and the steps that workers would do, in this process."""

from collections.abc import Sequence

from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.taking import take_backup
from imports.confirming import confirm_import
from imports.models import Import
from imports.readers import ColumnMapping, Kind, Source
from imports.run import advance_import
from recipients.holds import Interface
from recipients.models import Group
from recipients.storage import put_stream


def make_draft(
    group: Group,
    text: str,
    *,
    targets: Sequence[str] = ("email",),
    mode: Import.Mode = Import.Mode.UPDATE_AND_ADD,
    interface: Interface = Interface.BROWSER,
) -> Import:
    """A draft whose columns, separated by semicolons below a header, go to `targets` in their order."""
    run = Import(
        account_id=group.account_id,
        group=group,
        file_name="kunden.csv",
        file_size=len(text.encode()),
        source=Source(kind=Kind.CSV, encoding="utf-8", delimiter=";", has_header=True, sheet=None).to_json(),
        mapping=[ColumnMapping(target=target, column=place).to_json() for place, target in enumerate(targets)],
        mode=mode,
        interface=interface.value,
        created_at=timezone.now(),
    )
    run.file_key = f"{group.account_id}/{run.pk}/upload"
    put_stream("imports", run.file_key, ContentFile(text.encode()))
    with account_scope(group.account_id):
        run.save(force_insert=True)
    return run


def confirm(run: Import, actor: User) -> None:
    """Confirm a draft as its page does."""
    with account_scope(run.account_id):
        confirm_import(run=run, actor=actor, now=timezone.now())


def advance(run: Import) -> Import:
    """Do the next step of a run; gives it as it is then."""
    advance_import(account_id=run.account_id, import_id=run.pk)
    return fresh(run)


def take_pending(group: Group) -> None:
    """Make the pending backups of a list complete."""
    with account_scope(group.account_id):
        pending = list(Backup.objects.filter(group=group, status=Backup.Status.PENDING).values_list("pk", flat=True))
    for backup_id in pending:
        take_backup(account_id=group.account_id, backup_id=backup_id)


def run_through(run: Import, actor: User) -> Import:
    """Confirm a draft and do all its steps, its backup too; gives it as it is then."""
    confirm(run, actor)
    advance(run)
    take_pending(run.group)
    return advance(run)


def fresh(run: Import) -> Import:
    """The run as it is now."""
    with account_scope(run.account_id):
        found: Import = Import.objects.select_related("group").get(pk=run.pk)
    return found


def backups_of(group: Group) -> list[Backup]:
    """The list's backups, oldest first."""
    with account_scope(group.account_id):
        return list(Backup.objects.filter(group=group).order_by("requested_at"))
