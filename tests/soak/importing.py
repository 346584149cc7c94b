"""Imports of a soak: of files that are made up, and of backups that were exported (the article's way to restore)."""

from collections.abc import Sequence
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.downloads import open_download
from backups.exports.options import Options
from imports.confirming import cancel_import, confirm_import, start_preview
from imports.models import Import
from imports.new_fields import PlannedField
from imports.preview import options_of
from imports.readers import ColumnMapping, Kind, Source
from recipients.masterdata.file import FieldScope, FieldType
from recipients.masterdata.options import FILE_MODES, Mode
from recipients.models import Group
from recipients.queries import fields_of
from recipients.storage import put_stream
from tests.faults.rows import FIELDS, TARGETS, file_row, shuffled, text_of
from tests.recipients.masterdata.model import Row
from tests.soak.book import Given
from tests.soak.checker import rows_in
from tests.soak.people import NUMBER, Hand

LARGEST = 30_000  # recipients of a list, beyond which nobody imports into it


def import_rows(hand: Hand) -> str:
    """Import a file of rows that are partly in the list."""
    chance, mode = hand.chance, hand.chance.choice(FILE_MODES)
    with account_scope(hand.account.pk):
        group = Group.objects.get(pk=hand.group.pk)
        present = [one.key for one in fields_of(group)]
    if group.recipient_count > LARGEST:
        return "not done: the list is large"
    universe = max(60, group.recipient_count * 3 // 2)
    numbers = shuffled(chance, 0, universe)[: chance.randint(10, universe * 4 // 5)]
    rows = [file_row(chance, number, mode) for number in [*numbers, *numbers[: len(numbers) // 100]]]
    targets = [target for target in TARGETS if target not in FIELDS or target in present]
    if NUMBER in present and chance.random() < 0.25:
        targets.append(NUMBER)
        for row in rows:
            row[NUMBER] = Decimal(chance.randrange(1_000)) if chance.random() < 0.7 else None
    planned = None
    if mode.adds and len(present) < 30 and chance.random() < 0.1:
        label = f"Neu {chance.getrandbits(40)}"
        planned = PlannedField(label.lower().replace(" ", "_"), label, FieldType.TEXT, FieldScope.LIST)
        targets.append(planned.key)
        for row in rows:
            row[planned.key] = row["vorname"]
    run = draft(hand, group, text_of(rows, targets), list(enumerate(targets)), mode=mode, planned=planned)
    return start(hand, run, rows, targets)


def draft(
    hand: Hand,
    group: Group,
    text: str,
    columns: list[tuple[int, str]],
    *,
    mode: Mode,
    planned: PlannedField | None = None,
) -> Import:
    """An uploaded file whose columns, by their places, go to what they are named by."""
    chance = hand.chance
    run = Import(
        account_id=group.account_id,
        group=group,
        file_name="kunden.csv",
        file_size=len(text.encode()),
        source=Source(kind=Kind.CSV, encoding="utf-8", delimiter=";", has_header=True, sheet=None).to_json(),
        mapping=[ColumnMapping(target=target, column=place).to_json() for place, target in columns],
        new_fields=[planned.to_json()] if planned else [],
        mode=mode.value,
        reactivate=chance.random() < 0.2,
        empty_cells=chance.choice(Import.EmptyCells.values),
        tags_mode=chance.choice(Import.TagsMode.values),
        account_values=chance.choice(Import.AccountValues.values),
        interface="api" if chance.random() < 0.06 else "browser",
        created_at=timezone.now(),
    )
    run.file_key = f"{group.account_id}/{run.pk}/upload"
    put_stream("imports", run.file_key, ContentFile(text.encode()))
    return run


def start(hand: Hand, run: Import, rows: list[Row], targets: Sequence[str]) -> str:
    """Confirm the import, at times after a preview; at times it is cancelled a moment later."""
    hand.checker.given[run.pk] = Given(
        rows=[{name: row.get(name) for name in targets} for row in rows], mapped=set(targets), options=options_of(run)
    )
    about = f"import {str(run.pk)[:8]} of {len(rows)} rows, {run.mode}, {run.interface}"
    with account_scope(run.account_id):
        run.save(force_insert=True)
    if hand.chance.random() < 0.2:
        with account_scope(run.account_id):
            start_preview(run=Import.objects.select_for_update().get(pk=run.pk), reactivate=run.reactivate)
        about += ", previewed"
        hand.rest(0.6)
    with account_scope(run.account_id):
        confirm_import(run=Import.objects.get(pk=run.pk), actor=hand.actor, now=timezone.now())
    if hand.chance.random() < 0.12:
        hand.rest(0.8)
        with account_scope(run.account_id):
            run = Import.objects.select_related("group").get(pk=run.pk)
            stopped = cancel_import(run=run, actor=hand.actor, now=timezone.now())
        about += ", cancelled" if stopped else ", cancelled too late"
    return about


def restore_by_hand(hand: Hand) -> str:
    """Import the export of a backup, as the article says."""
    backup = hand.some_backup()
    if backup is None:
        return "not done: no backup"
    data = hand.checker.stored.read("backups", backup.file_key)
    download = open_download(backup=backup, form="csv", options=Options(language="de"))
    try:
        text = b"".join(download).decode("utf-8-sig")
    finally:
        download.close()
    if data is None:
        return "not done: purged meanwhile"
    with account_scope(hand.account.pk):
        present = [one.key for one in fields_of(hand.group)]
    names = pq.read_schema(pa.BufferReader(data)).names
    base = (*TARGETS[: -len(FIELDS)], "bounced_at", "source")
    columns = [(place, name) for place, name in enumerate(names) if name in present or name in base]
    run = draft(hand, hand.group, text, columns, mode=Mode.UPDATE_AND_ADD)
    rows = list(rows_in(data).values())
    said = start(hand, run, rows, [name for _place, name in columns])
    return f"backup {str(backup.pk)[:8]} restored by {said}"
