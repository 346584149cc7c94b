"""A file's way through Listkeep, as a person takes it who uploads it and changes nothing; and what is in the list."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.drafts import Choices, go_on, sniffed_from_json, start_draft
from imports.models import Import
from imports.readers import ColumnMapping, guess_mapping
from recipients.masterdata.file import FieldType
from recipients.masterdata.options import Mode, Options
from recipients.models import Field, Group, Recipient
from recipients.queries import definitions_of
from recipients.storage import local_copy
from tests.factories import NOW as SOME_TIME
from tests.factories import make_group
from tests.imports.real_files.model import NOW, Moment, Person
from tests.runs import advance, fresh

_READ: dict[FieldType, Callable[[Any], Any]] = {FieldType.DATE: date.fromisoformat, FieldType.NUMBER: Decimal}


def make_list(account: Account, fields: Mapping[str, FieldType]) -> Group:
    """A list with these fields."""
    group = make_group(account)
    with account_scope(account.pk):
        Field.objects.bulk_create(
            Field(account=account, group=group, key=label.lower(), label=label, type=kind.value, created_at=SOME_TIME)
            for label, kind in fields.items()
        )
    return group


def upload(group: Group, actor: User, content: bytes, file_name: str) -> Import:
    """The draft that an upload makes. Raises UnreadableFile."""
    file = TemporaryUploadedFile(file_name, "application/octet-stream", len(content), None)
    with file, account_scope(group.account_id):
        file.write(content)
        file.seek(0)
        return start_draft(group=group, upload=file, actor=actor, now=timezone.now())


def guessed(run: Import) -> list[ColumnMapping]:
    """The mapping that the page of a draft shows."""
    with account_scope(run.account_id):
        return guess_mapping(sniffed_from_json(run.sniffed).columns, definitions_of(run.group))


def import_as_guessed(run: Import, actor: User) -> Import:
    """Import a draft into its list, which is empty, so that there is nothing to back up."""
    with account_scope(run.account_id):
        draft = sniffed_from_json(run.sniffed)
        choices = Choices(
            source=draft.source,
            mapping=guessed(run),
            new_fields=(),
            options=Options(mode=Mode.UPDATE_AND_ADD),
            entered={},
        )
        account = Account.objects.get(pk=run.account_id)
        now = timezone.now()
        go_on(import_id=run.pk, account=account, choices=choices, with_preview=False, actor=actor, now=now)
    advance(run)
    advance(run)
    return fresh(run)


def figures_of(run: Import) -> dict[str, Any]:
    """The report's figures that are not 0; of the rest only that no backup was needed."""
    assert run.report.pop("as_previewed")
    assert run.report.pop("was_empty")
    return {name: figure for name, figure in run.report.items() if figure}


def rejected_in(run: Import) -> dict[int, str]:
    """The rejected lines with their reasons."""
    with local_copy("imports", run.rejected_key) as path:
        return {row["line"]: row["reason"] for row in pq.read_table(path, columns=["line", "reason"]).to_pylist()}


def people_in(group: Group, run: Import | None = None) -> dict[str, Person]:
    """The recipients of a list. Moments between the start and the end of `run` are NOW."""
    with account_scope(group.account_id):
        types = {field.key: field.type for field in definitions_of(group)}
        return {
            row.email: Person(
                registered_at=_moment(row.registered_at, run),
                activated_at=_moment(row.activated_at, run),
                deactivated_at=_moment(row.deactivated_at, run),
                bounced_at=_moment(row.bounced_at, run),
                source=row.source,
                tags=tuple(row.tags),
                values={key: _READ.get(types[key], str)(value) for key, value in row.values.items()},
            )
            for row in Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
        }


def _moment(at: datetime | None, run: Import | None) -> Moment:
    if at is None or run is None or run.confirmed_at is None or run.finished_at is None:
        return at
    return NOW if run.confirmed_at <= at <= run.finished_at else at


def active_in(group: Group) -> frozenset[str]:
    """The addresses of the list that count as active, by the same filter as its page."""
    with account_scope(group.account_id):
        rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).with_status("active")
        return frozenset(rows.values_list("email", flat=True))
