"""P5 as a property: a list, its backup, an export of it, imported by hand, is the same list column by column.

Nothing is left out of the way that a person goes: the download as the page gives it, the reader that looks at the
upload and finds the columns, the import itself, and a backup of what came of it.
"""

import os
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files import File
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.tenancy import account_scope
from backups.downloads import open_download
from backups.exports.options import Format, Options, Preset
from backups.models import Backup
from imports.models import Import
from imports.readers import guess_mapping, sniff
from recipients.masterdata.file import FieldScope, MasterDataFile
from recipients.models import Group
from recipients.queries import definitions_of
from recipients.scratch import scratch_folder
from recipients.storage import local_copy, put_stream
from tests.backups.catalogue import take_backup_of
from tests.customer import rolled_back
from tests.factories import make_account, make_contact, make_field, make_group, make_member, make_recipient
from tests.recipients.masterdata.rows import FIELDS, HOSTILE, rows, storable, storable_tags
from tests.runs import run_through

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]

ROUND_TRIPS = int(os.environ.get("LISTKEEP_ROUND_TRIPS", "12"))  # more of them by hand

EVERY_FORM: tuple[tuple[Format, Options], ...] = (
    ("csv", Options(language="de")),
    ("csv", Options(language="en", preset=Preset.TAB, encoding="utf-16")),
    ("csv", Options(language="en", preset=Preset.EXCEL_ENGLISH)),
    ("xlsx", Options(language="de")),
    ("xlsx", Options(language="en")),
    ("parquet", Options(language="de")),
)
EMPTY: dict[str, Any] = dict.fromkeys(
    ["registered_at", "activated_at", "deactivated_at", "bounced_at", "source", "tags"]
)
NO_VALUES: dict[str, Any] = {field.key: None for field in FIELDS}
# Every hostile text in each place that takes texts, in one list.
ALL_HOSTILE: list[dict[str, Any]] = [
    {
        **EMPTY,
        **NO_VALUES,
        "email": f"{number:03}@example.org",
        "source": text,
        "vorname": text,
        "notiz": text,
        "tags": storable_tags([text]),
    }
    for number, text in enumerate(sorted({one for one in HOSTILE if storable(one) == one}))
]


def new_list(name: str) -> tuple[Group, User]:
    """A list without recipients in an account of its own, with a field of each type and scope."""
    account = make_account()
    group = make_group(account, name)
    for field in FIELDS:
        owner = group if field.scope is FieldScope.LIST else None
        make_field(account, field.label, field.type, group=owner, key=field.key)
    return group, make_member(account)


def fill(group: Group, some_rows: list[dict[str, Any]]) -> None:
    """Put recipients with these rows into a list."""
    shared = {field.key for field in FIELDS if field.scope is FieldScope.ACCOUNT}
    for row in some_rows:
        values = {key: _stored(row[key]) for key in NO_VALUES if row[key] is not None}
        own = {key: value for key, value in values.items() if key not in shared}
        make_recipient(
            group,
            row["email"],
            values=own,
            tags=row["tags"] or (),
            **{name: row[name] for name in EMPTY if name != "tags"},
        )
        if account_wide := {key: value for key, value in values.items() if key in shared}:
            make_contact(group.account, row["email"], account_wide)


def _stored(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def kept(backup: Backup) -> list[dict[str, Any]]:
    """The rows of a backup's file."""
    with local_copy("backups", backup.file_key) as path, MasterDataFile.open(path) as file:
        return [row for batch in file.batches() for row in batch.to_pylist()]


def import_by_hand(group: Group, actor: User, path: Path) -> Import:
    """Upload the file, leave the mapping page as it is, and go on."""
    sniffed = sniff(path, file_name=path.name)
    with account_scope(group.account_id):
        mapping = guess_mapping(sniffed.columns, definitions_of(group))
    run = Import(
        account_id=group.account_id,
        group=group,
        file_name=path.name,
        file_size=path.stat().st_size,
        source=sniffed.source.to_json(),
        mapping=[one.to_json() for one in mapping],
        mode=Import.Mode.UPDATE_AND_ADD,
        created_at=timezone.now(),
    )
    run.file_key = f"{group.account_id}/{run.pk}/upload"
    with path.open("rb") as file:
        put_stream("imports", run.file_key, File(file))
    with account_scope(group.account_id):
        run.save(force_insert=True)
    return run_through(run, actor)


def come_back(backup: Backup, form: Format, options: Options, folder: Path) -> list[dict[str, Any]]:
    """The rows of a new list into which an export of the backup was imported."""
    path = folder / f"{uuid.uuid4()}.{form}"
    with account_scope(backup.account_id):
        download = open_download(backup=backup, form=form, options=options)
    path.write_bytes(b"".join(download))
    download.close()
    group, actor = new_list("Wieder da")
    run = import_by_hand(group, actor, path)
    assert (run.status, run.report.get("rejected")) == (Import.Status.DONE, 0)
    return kept(take_backup_of(group, folder))


@settings(max_examples=ROUND_TRIPS, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_every_export_imported_by_hand_is_the_list_again(data: st.DataObject) -> None:
    some_rows = data.draw(rows().map(lambda found: list({row["email"]: row for row in found}.values())))
    check(some_rows)


def test_hostile_texts_come_back_by_every_way() -> None:
    check(ALL_HOSTILE)


def check(some_rows: list[dict[str, Any]]) -> None:
    """Have a list with these rows go every way, and come back the same."""
    with rolled_back(), scratch_folder() as folder:
        group, _actor = new_list("Kunden")
        fill(group, some_rows)
        backup = take_backup_of(group, folder)
        before = kept(backup)
        assert before == sorted(some_rows, key=lambda row: row["email"].encode())
        for form, options in EVERY_FORM:
            assert (form, options, come_back(backup, form, options, folder)) == (form, options, before)
