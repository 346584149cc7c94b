"""Jobs as the workers do them: confirmed or requested here, carried out there, timed from here."""

import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from django.core.files import File
from django.utils import timezone

from accounts.models import Account, User
from accounts.services import create_account
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.taking import request_backup
from benchmarks.data import FIELDS
from imports.confirming import confirm_import, start_preview
from imports.models import Import
from imports.readers import ColumnMapping, guess_mapping, sniff
from recipients.holds import Change, ChangeKind, Interface
from recipients.masterdata.file import FieldType
from recipients.models import Field, Group
from recipients.queries import definitions_of
from recipients.revision import lock_group, raise_revision
from recipients.storage import put_stream

POLL = 0.01  # seconds


@dataclass(frozen=True)
class Customer:
    """An account with one list for each thing that is measured."""

    account: Account
    owner: User

    @classmethod
    def new(cls) -> "Customer":
        """A new account."""
        owner = User.objects.create_user("bench@example.org")
        return cls(create_account(name="Bench", owner=owner, now=timezone.now()), owner)

    def group(self) -> Group:
        """A new, empty list with the fields of the generated people."""
        now = timezone.now()
        with account_scope(self.account.pk):
            group = Group.objects.create(account=self.account, name="Bench", created_at=now, changed_at=now)
            for place, (label, kind) in enumerate(FIELDS.items()):
                Field.objects.create(
                    account=self.account,
                    group=group,
                    key=f"f{place}",
                    label=label,
                    type=FieldType(kind).value,
                    position=place,
                    created_at=now,
                )
        return group

    def switch_backups(self, *, enabled: bool) -> None:
        """The account's switch."""
        with account_scope(self.account.pk):
            Account.objects.filter(pk=self.account.pk).update(automatic_backups=enabled)


def draft(customer: Customer, group: Group, path: Path) -> Import:
    """An import of a file as it stands before somebody confirms it, every column mapped as guessed."""
    sniffed = sniff(path, file_name=path.name)
    with account_scope(group.account_id):
        mapping: list[ColumnMapping] = guess_mapping(sniffed.columns, definitions_of(group))
        run = Import(
            account_id=group.account_id,
            group=group,
            requested_by=customer.owner,
            file_name=path.name,
            file_size=path.stat().st_size,
            source=sniffed.source.to_json(),
            mapping=[one.to_json() for one in mapping],
            created_at=timezone.now(),
        )
        run.file_key = f"{group.account_id}/{run.pk}/upload"
        with path.open("rb") as file:
            put_stream("imports", run.file_key, File(file, name=run.file_key))
        run.save(force_insert=True)
    return run


def seconds_of_import(customer: Customer, group: Group, path: Path) -> tuple[float, Import]:
    """Seconds from the confirmation of an import until it is done, its report included; and the import."""
    run = draft(customer, group, path)
    return seconds_from_confirmation(customer, run), run


def seconds_from_confirmation(customer: Customer, run: Import) -> float:
    """Seconds until a draft, or what has been previewed, is done once somebody has confirmed it."""
    started = time.perf_counter()
    with account_scope(run.account_id):
        confirm_import(run=run, actor=customer.owner, now=timezone.now())
    wait(run, Import.RUNNING, Import.Status.DONE)
    return time.perf_counter() - started


def seconds_of_preview(run: Import) -> float:
    """Seconds until the preview of a draft stands there; nobody has confirmed it then."""
    started = time.perf_counter()
    with account_scope(run.account_id):
        start_preview(run=run, reactivate=False)
    wait(run, [Import.Status.PREVIEWING], Import.Status.PREVIEWED)
    return time.perf_counter() - started


def wait(run: Import, statuses: Sequence[str], end: Import.Status) -> None:
    """Return when the import has none of the statuses any more; RuntimeError when it did not end as it should."""
    while run.status in statuses:
        time.sleep(POLL)
        with account_scope(run.account_id):
            run.refresh_from_db()
    if run.status != end:
        raise RuntimeError(f"The import ended as {run.status}: {run.failure} {run.failure_detail}")


def seconds_of_backup(customer: Customer, group: Group) -> tuple[float, Backup]:
    """Seconds from the request of a backup until it is complete in storage; and the backup."""
    with account_scope(group.account_id):  # another revision, so that no earlier file serves
        locked = lock_group(account_id=group.account_id, group_id=group.pk)
        raise_revision(group=locked, now=timezone.now())
    started = time.perf_counter()
    backup = repeated_backup(customer, locked)
    return time.perf_counter() - started, backup


def repeated_backup(customer: Customer, group: Group) -> Backup:
    """A backup, waited for until it is complete; of an unchanged list the last one's file serves."""
    change = Change(
        kind=ChangeKind.IMPORT,
        id=uuid.uuid4(),
        group=group,
        interface=Interface.BROWSER,
        requested_by_id=customer.owner.pk,
    )
    with account_scope(group.account_id):
        backup = request_backup(change=change, now=timezone.now())
    while backup.status == Backup.Status.PENDING:
        time.sleep(POLL)
        with account_scope(group.account_id):
            backup.refresh_from_db()
    if backup.status != Backup.Status.COMPLETE:
        raise RuntimeError(f"The backup ended as {backup.status}: {backup.failure}")
    return backup


def ignore(_done: int, _known: int | None) -> None:
    """Progress that nobody looks at."""
