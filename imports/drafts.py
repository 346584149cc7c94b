"""Drafts: imports before they are confirmed. The file is stored and has been looked at; no recipient has changed.

A file is looked at before anything is made, so that one which cannot be read leaves nothing behind.
"""

import dataclasses
import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts.models import Account, User
from imports.confirming import GroupDeleted, confirm_import, refuse_impossible, start_preview
from imports.confirming import GroupLocked as ImportRefusedByLock
from imports.models import Import
from imports.new_fields import NewField, plan_fields
from imports.readers import ColumnMapping, DateFormat, DecimalMark, Sniffed, SniffedColumn, Source, header_mark, sniff
from imports.uploads import LostUpload, Upload
from recipients.deletion import GroupGone, GroupLocked
from recipients.masterdata.options import Options
from recipients.models import Group
from recipients.services import create_group
from recipients.storage import FAILURES, local_copy, put_stream, remove

logger = logging.getLogger(__name__)

SAMPLE_ROWS = 5  # kept of what the reader shows
SAMPLE_LENGTH = 200  # characters kept of each cell


class FileUnavailable(Exception):
    """The place where files are kept did not take or give a file. `code` says why; pages turn it into a sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Choices:
    """What a person chose on the mapping page. `entered` is the page's form as it was sent, to be shown again."""

    source: Source
    mapping: Sequence[ColumnMapping]
    new_fields: Sequence[NewField]
    options: Options
    entered: Mapping[str, Sequence[str]]


@transaction.atomic
def start_new_list(*, account: Account, name: str, note: str, upload: Upload, actor: User, now: datetime) -> Import:
    """A new list and a draft of its first import. Raises UnreadableFile or FileUnavailable; then neither is there."""
    sniffed = _sniff_upload(upload)
    group = create_group(account=account, name=name, note=note, actor=actor, now=now)
    return _keep(group=group, upload=upload, sniffed=sniffed, actor=actor, now=now)


@transaction.atomic
def start_draft(*, group: Group, upload: Upload, actor: User, now: datetime) -> Import:
    """A draft of an import into a list. Raises UnreadableFile or FileUnavailable; then nothing is kept."""
    return _keep(group=group, upload=upload, sniffed=_sniff_upload(upload), actor=actor, now=now)


def _sniff_upload(upload: Upload) -> Sniffed:
    if isinstance(upload, LostUpload):
        raise FileUnavailable("storage_unavailable")
    try:
        return sniff(Path(upload.temporary_file_path()), file_name=upload.name or "")
    except FAILURES as error:
        logger.exception("an upload could not be looked at")
        raise FileUnavailable("storage_unavailable") from error


def _keep(*, group: Group, upload: Upload, sniffed: Sniffed, actor: User, now: datetime) -> Import:
    """Store the file, then the row; the file goes again when the row cannot be written."""
    seen = sniffed_to_json(sniffed)
    run = Import(
        account_id=group.account_id,
        group=group,
        requested_by=actor,
        file_name=upload.name or "",
        file_size=upload.size or 0,
        sniffed=seen,
        source=sniffed.source.to_json(),
        header_mark=_mark_of(seen),
        created_at=now,
    )
    run.file_key = f"{group.account_id}/{run.pk}/upload"
    try:
        put_stream("imports", run.file_key, upload)
    except FAILURES as error:
        logger.exception("an upload of account %s could not be stored", group.account_id)
        raise FileUnavailable("storage_unavailable") from error
    try:
        run.save(force_insert=True)
    except BaseException:
        remove("imports", run.file_key)
        raise
    return run


def read_again(*, run: Import, source: Source) -> Sniffed:
    """What a draft's file looks like when it is read as `source` says; kept with the draft.

    Raises UnreadableFile when it cannot be read so, and FileUnavailable; then the draft stays as it was.
    """
    try:
        with local_copy("imports", run.file_key) as path:
            sniffed = sniff(path, file_name=run.file_name, chosen=source)
    except FileNotFoundError as error:
        raise FileUnavailable("file_missing") from error
    except FAILURES as error:
        logger.exception("the file of import %s could not be read", run.pk)
        raise FileUnavailable("storage_unavailable") from error
    run.sniffed, run.source = sniffed_to_json(sniffed), sniffed.source.to_json()
    run.header_mark = _mark_of(run.sniffed)
    Import.objects.filter(account_id=run.account_id, pk=run.pk, status=Import.Status.DRAFT).update(
        sniffed=run.sniffed, source=run.source, header_mark=run.header_mark
    )
    return sniffed


def _mark_of(seen: dict[str, Any]) -> str:
    return header_mark([column["name"] for column in seen["columns"]])


@transaction.atomic
def go_on(
    *, import_id: uuid.UUID, account: Account, choices: Choices, with_preview: bool, actor: User, now: datetime
) -> None:
    """Keep what the person chose, and make a preview or start the import; what has started already stays as it is.

    The row is locked first, so that of two presses at once the second one finds the import on its way.
    Raises NewFieldRefused or CannotImport; then nothing has changed.
    """
    run = Import.objects.select_for_update(of=("self",)).select_related("group").get(account=account, pk=import_id)
    if run.status != Import.Status.DRAFT:
        return
    options = choices.options
    # What only takes people away or signs them off gives nobody a value.
    new_fields = choices.new_fields if options.mode.adds or options.mode.updates else []
    try:
        planned, made = plan_fields(group=run.group, new_fields=new_fields, actor=actor, now=now)
    except GroupLocked as error:
        raise ImportRefusedByLock from error
    except GroupGone as error:
        raise GroupDeleted from error
    kept = {
        "source": choices.source.to_json(),
        "mapping": [one.to_json() for one in (*choices.mapping, *made)],
        "new_fields": [field.to_json() for field in planned],
        "entered": {name: list(values) for name, values in choices.entered.items()},
        "mode": options.mode.value,
        "reactivate": options.reactivate,
        "empty_cells": options.empty_cells.value,
        "tags_mode": options.tags.value,
        "account_values": options.account_values.value,
    }
    for name, value in kept.items():
        setattr(run, name, value)
    run.save(update_fields=list(kept))
    if with_preview:
        refuse_impossible(run=run)
        start_preview(run=run, reactivate=options.reactivate)
    else:
        confirm_import(run=run, actor=actor, now=now)


def sniffed_to_json(sniffed: Sniffed) -> dict[str, Any]:
    """As plain JSON values that PostgreSQL can hold: few rows, cells cut, without NUL characters."""
    found = dataclasses.asdict(sniffed)
    for column in found["columns"]:
        column["name"] = _storable(column["name"])
        column["samples"] = [_storable(cell) for cell in column["samples"][:SAMPLE_ROWS]]
        column["values"] = [_storable(cell) for cell in column["values"]]
    found["sample"] = [[_storable(cell) for cell in row] for row in found["sample"][:SAMPLE_ROWS]]
    return found


def _storable(cell: str) -> str:
    """A cell as it is shown: its beginning, and the sign for a character that cannot be shown where one stood."""
    shown = cell[:SAMPLE_LENGTH].replace("\x00", "\N{REPLACEMENT CHARACTER}")
    return shown.encode(errors="replace").decode()


def sniffed_from_json(data: dict[str, Any]) -> Sniffed:
    """Back from `sniffed_to_json`."""
    return Sniffed(
        source=Source.from_json(data["source"]),
        sheets=tuple(data["sheets"]),
        columns=tuple(
            SniffedColumn(
                position=column["position"],
                name=column["name"],
                samples=tuple(column["samples"]),
                date_formats=tuple(DateFormat(one) for one in column["date_formats"]),
                decimals=tuple(DecimalMark(one) for one in column["decimals"]),
                values=tuple(column.get("values", ())),
                likeliest_date_format=DateFormat(one) if (one := column.get("likeliest_date_format")) else None,
                likeliest_decimal=DecimalMark(one) if (one := column.get("likeliest_decimal")) else None,
            )
            for column in data["columns"]
        ),
        sample=tuple(tuple(row) for row in data["sample"]),
        inner_name=data.get("inner_name", ""),  # drafts of an older Listkeep have none
    )
