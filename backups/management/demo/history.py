"""The demo's history, made by the services that the pages and the workers call, each step as a person would do it.

A step that was done is not done again; one that was broken off is gone on with. When a step has been done, the times
that it wrote are moved to when it is meant to have happened: the master data keeps none of them.
"""

import time
import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db.models import Case, F, QuerySet, When
from django.utils import timezone

from accounts.models import Account, AuditEntry, User
from accounts.tenancy import account_scope
from backups.management.demo.files import FIELDS, NOTES, DemoFile
from backups.models import Backup
from backups.taking import take_backup
from imports.drafts import Choices, go_on, sniffed_from_json, start_draft, start_new_list
from imports.models import Import
from imports.new_fields import NewField
from imports.readers import Sniffed, guess_mapping
from imports.run import advance_import
from recipients.deletion import advance_deletion, request_deletion
from recipients.masterdata.options import Mode, Options
from recipients.models import Deletion, Field, Group
from recipients.queries import definitions_of

PATIENCE = timedelta(minutes=2)  # for one step; it is needed where workers are running that take it up as well
REST = 0.05  # seconds
ENDED_IN_VAIN = [Import.Status.FAILED, Import.Status.CANCELLED]  # such a step is begun anew
# Rows and their columns of time.
TIMES: Final[list[tuple[QuerySet[Any], tuple[str, ...]]]] = [
    (AuditEntry.objects.all(), ("at",)),
    (Field.objects.all(), ("created_at",)),
    (Group.objects.all(), ("created_at", "changed_at", "deleted_at", "last_backup_at")),
    (Import.objects.all(), ("created_at", "confirmed_at", "read_at", "finished_at")),
    (Deletion.objects.all(), ("requested_at", "finished_at")),
    (Backup.objects.all(), ("requested_at", "completed_at", "expires_at")),
]


class DemoFailed(Exception):
    """A step of the demo's history did not come to its end."""


def import_file(*, account: Account, actor: User, file: DemoFile) -> None:
    """Upload a file, assign its columns and import it. Raises DemoFailed."""
    begun = timezone.now()
    with account_scope(account.pk):
        earlier = Import.objects.filter(account=account, file_name=file.name).exclude(status__in=ENDED_IN_VAIN)
        run = earlier.order_by("created_at").first()
        if run is None:
            run = upload(account, actor, file)
        if run.status == Import.Status.DRAFT:
            _confirm(account, actor, run, file)
    while _fresh(run).is_running and timezone.now() < begun + PATIENCE:
        _take_pending_backups(account.pk, run.group_id)
        advance_import(account_id=account.pk, import_id=run.pk)
        time.sleep(REST)
    ended = _fresh(run)
    if ended.status != Import.Status.DONE:
        raise DemoFailed(f"The import of {file.name} is {ended.status} {ended.failure}.")
    move_back(account_id=account.pk, since=begun, by=file.ago)


def delete_list(*, account: Account, actor: User, name: str, ago: timedelta) -> None:
    """Delete a list, as a person does in its settings. Raises DemoFailed."""
    begun = timezone.now()
    with account_scope(account.pk):
        group = Group.objects.filter(account=account, name=name).order_by("pk").get()
        if group.deleted_at is not None:
            return
        deletion = request_deletion(group=group, actor=actor, now=begun)
    while deletion.status == Deletion.Status.WAITING and timezone.now() < begun + PATIENCE:
        _take_pending_backups(account.pk, group.pk)
        advance_deletion(account_id=account.pk, deletion_id=deletion.pk)
        time.sleep(REST)
        with account_scope(account.pk):
            deletion.refresh_from_db()
    if deletion.status != Deletion.Status.DONE:
        raise DemoFailed(f"The deletion of {name} is {deletion.status} {deletion.failure}.")
    move_back(account_id=account.pk, since=begun, by=ago)


def move_back(*, account_id: int, since: datetime, by: timedelta) -> None:
    """Move every time that was written in an account since a moment back by so much, and what expires with it."""
    with account_scope(account_id):
        for rows, columns in TIMES:
            # When a backup expires lies in the future, whenever it was made.
            told_by = {column: "completed_at" if column == "expires_at" else column for column in columns}
            moved = {
                column: Case(When(**{f"{told_by[column]}__gte": since}, then=F(column) - by), default=F(column))
                for column in columns
            }
            rows.filter(account_id=account_id).update(**moved)


def upload(account: Account, actor: User, file: DemoFile) -> Import:
    """A draft of the file's import, into its list or into a new one."""
    group = Group.objects.present().filter(account=account, name=file.list_name).first()
    now = timezone.now()
    with TemporaryUploadedFile(file.name, "application/octet-stream", len(file.content), None) as sent:
        sent.write(file.content)
        sent.seek(0)
        if group is not None:
            return start_draft(group=group, upload=sent, actor=actor, now=now)
        note = NOTES[file.list_name]
        return start_new_list(account=account, name=file.list_name, note=note, upload=sent, actor=actor, now=now)


def _confirm(account: Account, actor: User, run: Import, file: DemoFile) -> None:
    """Take the mapping that the page guesses, and make fields for the columns that are left."""
    sniffed = sniffed_from_json(run.sniffed)
    mapping = guess_mapping(sniffed.columns, definitions_of(run.group))
    go_on(
        import_id=run.pk,
        account=account,
        choices=Choices(
            source=sniffed.source,
            mapping=mapping,
            new_fields=_new_fields(sniffed, taken={entry.column for entry in mapping}),
            options=Options(mode=Mode(file.mode)),
            entered={},
        ),
        with_preview=False,
        actor=actor,
        now=timezone.now(),
    )


def _new_fields(sniffed: Sniffed, *, taken: set[int | None]) -> list[NewField]:
    return [
        NewField(
            position=column.position,
            label=column.name,
            type=FIELDS[column.name][0],
            scope=FIELDS[column.name][1],
            date_format=next(iter(column.date_formats), None),
            decimal=next(iter(column.decimals), None),
        )
        for column in sniffed.columns
        if column.position not in taken
    ]


def _take_pending_backups(account_id: int, group_id: int) -> None:
    with account_scope(account_id):
        pending = Backup.objects.filter(account_id=account_id, group_id=group_id, status=Backup.Status.PENDING)
        pks: list[uuid.UUID] = list(pending.values_list("pk", flat=True))
    for pk in pks:
        take_backup(account_id=account_id, backup_id=pk)


def _fresh(run: Import) -> Import:
    with account_scope(run.account_id):
        found: Import = Import.objects.select_related("group").get(pk=run.pk)
    return found
