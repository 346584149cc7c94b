"""The rows of a restore: a backup's file, verified, as a master-data file with the fields that the list has today.

Registered with `imports.sources`; runs in the worker, in no transaction. Who was erased since is left out, and so is
whoever the person did not choose. Who unsubscribed since comes back unsubscribed (`backups.later_losses`).
"""

import shutil
import uuid
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import QuerySet

from accounts.tenancy import account_scope
from backups.choosing import matching
from backups.downloads import FileDamaged as Damaged
from backups.downloads import FileMissing, StorageUnavailable, open_verified
from backups.exports.rows import described_without
from backups.later_losses import LaterLosses
from backups.models import Backup
from backups.suppressing import suppression_for
from imports.models import Import
from imports.readers import ColumnMapping
from imports.reading import fields_of_run
from imports.restoring import FieldAction, Way, Wish, wish_of
from imports.sources import RowsRead, RunFailed, register
from recipients.erased import Erased
from recipients.masterdata.encode import plain_numbers
from recipients.masterdata.file import (
    BASE_COLUMNS,
    Description,
    FieldDefinition,
    MasterDataError,
    MasterDataFile,
    MasterDataWriter,
    schema_for,
)
from recipients.models import Group

TRIGGER = "restore"
StatusKnown = LaterLosses | None


class BackupSource:
    """Reads a backup for a restore or an undo, as `imports.sources.RowSource`."""

    def read(self, run: Import, *, target: Path, progress: Callable[[int, int | None], None]) -> RowsRead:
        """The rows that come back. Nobody's, for an import into an empty list, which made no backup."""
        return read_rows(run, target=target, progress=progress)

    def is_outdated(self, run: Import) -> bool:
        """Whether later backups were made meanwhile, but for the safety backup: they may know who unsubscribed.

        Whoever deletes recipients makes one first, so nobody leaves the list unseen between the reading and the end.
        An undo is outdated without its backup, too: whom the import removed was forgotten with it.
        """
        if _lacks_its_backup(run):
            return True
        later = Backup.objects.filter(
            account_id=run.account_id,
            group_id=run.group_id,
            status=Backup.Status.COMPLETE,
            revision__gt=run.report.get("list_revision", 0),
        )
        return later.exclude(change_id=run.pk).exists()


def connect() -> None:
    """Have the runs of restores and undos read here; called once, when the apps are ready."""
    source = BackupSource()
    register(Import.Kind.RESTORE, source)
    register(Import.Kind.UNDO, source)


def read_rows(run: Import, *, target: Path, progress: Callable[[int, int | None], None]) -> RowsRead:
    """The rows that a restore or an undo brings back."""
    wish = wish_of(run)
    with account_scope(run.account_id):
        targets = {field.key: field for field in fields_of_run(run)}
        # Before anything is read: what happens to the list from now on is seen by `is_outdated`.
        revision = Group.objects.values_list("revision", flat=True).get(account_id=run.account_id, pk=run.group_id)
        if run.backup_id is None:
            return _nobody(run, tuple(targets.values()), target, revision)
        backup = _backup_of(run.account_id, run.backup_id)
        erased = suppression_for(backup)
    losses = None
    # Whom an undo alone brings back was in no list since the import removed them.
    if not wish.exact_status and (wish.way is not Way.UNDO or wish.take_changed):
        losses = LaterLosses.after(backup, with_list=wish.way is Way.NEW_LIST)
    with ExitStack() as opened:
        try:
            stored = open_verified(backup, opened)
            file = opened.enter_context(MasterDataFile.open(stored))
            mapping = [ColumnMapping.from_json(one) for one in run.mapping]
            copy = _Copy(file, wish, _columns(file.description.fields, mapping, targets), erased, losses)
            found = copy.write(target, progress, stored)
            return replace(found, report=found.report | {"list_revision": revision})
        except FileMissing as error:
            raise RunFailed("backup_missing") from error
        except (Damaged, MasterDataError) as error:
            raise RunFailed("backup_damaged") from error
        except StorageUnavailable as error:
            raise OSError("the storage of backups does not answer") from error


def _lacks_its_backup(run: Import) -> bool:
    wish = wish_of(run)
    if run.backup_id is None or wish.way is not Way.UNDO or wish.take_changed:
        return False
    return not _complete(run.account_id, run.backup_id).exists()


def _complete(account_id: int, backup_id: uuid.UUID) -> QuerySet[Any]:
    return Backup.objects.filter(account_id=account_id, pk=backup_id, status=Backup.Status.COMPLETE)


def _backup_of(account_id: int, backup_id: uuid.UUID) -> Backup:
    found: Backup | None = _complete(account_id, backup_id).first()
    if found is None:
        raise RunFailed("backup_purged")
    return found


def _nobody(run: Import, fields: tuple[FieldDefinition, ...], target: Path, revision: int) -> RowsRead:
    group: Group = run.group
    description = Description(group.name, group.note, group.settings_for_backup(), fields, 0, TRIGGER, None)
    with MasterDataWriter(target, description, schema_for(fields)):
        return RowsRead(rows=0, report={"list_revision": revision})


@dataclass(frozen=True)
class _Column:
    """A field of the backup, and the field of the list that gets its values."""

    source: FieldDefinition
    target: FieldDefinition


def _columns(
    fields: Sequence[FieldDefinition], mapping: Sequence[ColumnMapping], targets: dict[str, FieldDefinition]
) -> list[_Column]:
    """In the list's order of fields."""
    places = {one.target: one.column for one in mapping if one.column is not None}
    return [_Column(fields[places[key]], field) for key, field in targets.items() if key in places]


class _Copy:
    """One reading of a backup."""

    def __init__(
        self, file: MasterDataFile, wish: Wish, columns: list[_Column], erased: Erased, losses: StatusKnown
    ) -> None:
        self._file, self._wish, self._columns, self._erased, self._losses = file, wish, columns, erased, losses
        wanted = set(BASE_COLUMNS) if wish.columns is None else {"email", *wish.columns}
        self._base = [name for name in BASE_COLUMNS if name in wanted]
        self._emails = None if wish.emails is None else pa.array(wish.emails, pa.string())
        left_out = (
            {one.key for one in wish.fields if one.action is FieldAction.LEAVE_OUT} if not wish.columns else set()
        )
        self._lost = {field.key: 0 for field in file.description.fields if field.key in left_out}
        self._rows = self._erased_rows = self._turned = 0

    def write(self, target: Path, progress: Callable[[int, int | None], None], stored: BufferedReader) -> RowsRead:
        """Write the rows that are wanted; where these are all, as they stand in the file, its very bytes."""
        if self._is_whole():
            stored.seek(0)
            with target.open("wb") as copied:
                shutil.copyfileobj(stored, copied, 1024 * 1024)
            self._rows = self._file.row_count
            progress(self._rows, self._rows)
            return RowsRead(rows=self._rows, report=self._report())
        fields = tuple(column.target for column in self._columns)
        only = [*self._base, *(field.key for field in fields)]
        schema = schema_for(fields, only=only)
        told = described_without(self._file.description, self._erased)
        description = replace(told, fields=fields, trigger=TRIGGER)
        done = 0
        with MasterDataWriter(target, description, schema) as writer:
            for batch in self._file.batches():
                done += batch.num_rows
                writer.write(self._in_todays_fields(self._chosen(batch), schema))
                progress(done, self._file.row_count)
        return RowsRead(rows=self._rows, report=self._report())

    def _is_whole(self) -> bool:
        """Whether no row is left out and none is changed, and the fields are still the same."""
        wish = self._wish
        everybody = wish.emails is None and not wish.search and wish.status == "all" and wish.columns is None
        as_they_were = not self._erased and (self._losses is None or not self._losses.known.num_rows)
        meanings = [
            [(field.key, field.type, field.scope) for field in fields]
            for fields in ((column.target for column in self._columns), self._file.description.fields)
        ]
        return everybody and as_they_were and sorted(meanings[0]) == sorted(meanings[1])

    def _chosen(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The rows that the person chose, without the erased, as they may come back."""
        if self._emails is not None:
            batch = batch.filter(pc.is_in(batch["email"], value_set=self._emails))
        elif self._wish.search or self._wish.status != "all":
            batch = batch.filter(matching(batch, search=self._wish.search, status=self._wish.status))
        if self._erased:
            gone = self._erased.found_in(batch["email"])
            self._erased_rows += pc.sum(gone).as_py() or 0
            batch = batch.filter(pc.invert(gone))
        if self._losses is not None:
            batch, turned = self._losses.put_into(batch)
            self._turned += turned
        self._rows += batch.num_rows
        for key in self._lost:
            self._lost[key] += batch.num_rows - batch[key].null_count
        return batch

    def _in_todays_fields(self, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
        columns = [batch[name] for name in self._base]
        columns += [_as_type_of(batch[one.source.key], schema.field(one.target.key).type) for one in self._columns]
        return pa.RecordBatch.from_arrays(columns, schema=schema)

    def _report(self) -> dict[str, object]:
        labels = {field.key: field.label for field in self._file.description.fields}
        lost = [{"label": labels[key], "count": count} for key, count in self._lost.items() if count]
        report: dict[str, object] = {"erased": self._erased_rows, "lost_values": lost}
        if self._losses is not None:
            report |= {"signed_off_later": self._turned, "later_backups_unread": self._losses.unread}
        return report


def _as_type_of(column: pa.Array, kind: pa.DataType) -> pa.Array:
    """The values as they are, or as text for a text field."""
    if column.type == kind:
        return column
    return plain_numbers(column) if pa.types.is_decimal(column.type) else pc.cast(column, pa.string())
