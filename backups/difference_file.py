"""The difference file: what changed between two master-data files, one row for each changed value, in one Parquet file.

Columns: `email`, `kind` (`added`, `removed`, `changed`), `field` (a column's name; empty for who was added or removed),
`before` and `after` as texts (null: no value). Rows stand in the order of the addresses, those of one recipient in the
order of the columns. Figures and the meaning of the columns stand as JSON in the metadata. Memory does not grow with
the files. Knows no Django.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from backups.exports.rows import People
from recipients.masterdata.file import LINE, FieldDefinition, FieldScope, FieldType, MasterDataFile
from recipients.masterdata.merging import Stream, windows
from recipients.masterdata.texts import as_texts

METADATA_KEY: Final = b"listkeep-differences"
SCHEMA: Final = pa.schema([(name, pa.string()) for name in ("email", "kind", "field", "before", "after")])
ROW_GROUP_ROWS: Final = 65_536
Progress = Callable[[int, int | None], None]


class Kind(StrEnum):
    """What became of a recipient from one file to the other."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class FieldChange:
    """A column of either file, and how many recipients have another value in it. A side without it has no label."""

    key: str
    count: int
    label_before: str | None = None
    label_after: str | None = None
    type_before: str | None = None
    type_after: str | None = None
    is_account_wide: bool = False


@dataclass(frozen=True)
class Figures:
    """How many recipients are what, and the fields (base columns have no labels and no types)."""

    added: int
    removed: int
    changed: int
    unchanged: int
    revision_after: int
    taken_after: str | None  # ISO 8601
    fields: tuple[FieldChange, ...]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Back from `to_json`."""
        return cls(**{**data, "fields": tuple(FieldChange(**field) for field in data["fields"])})


def write_differences(
    before: MasterDataFile, after: MasterDataFile, path: Path, *, left_out: People | None, progress: Progress
) -> Figures:
    """Compare two files, write the difference file, and give its figures. The people `left_out` are in neither.

    Columns are matched by name; where the types differ the texts are compared. Raises DamagedMasterData and what
    `progress` raises; no file is left then.
    """
    comparison = _Comparison(before, after)
    total, done = before.row_count + after.row_count, 0
    try:
        with pq.ParquetWriter(path, SCHEMA, compression="zstd", compression_level=1) as parquet:
            for mine, theirs in windows(Stream.of(before), Stream.of(after)):
                done += mine.num_rows + theirs.num_rows
                for rows in comparison.rows_of(_without(mine, left_out), _without(theirs, left_out)):
                    parquet.write_table(rows, row_group_size=ROW_GROUP_ROWS)
                progress(done, total)
            for rows in comparison.rest():
                parquet.write_table(rows, row_group_size=ROW_GROUP_ROWS)
            figures = comparison.figures()
            parquet.add_key_value_metadata({METADATA_KEY: json.dumps(figures.to_json()).encode()})
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return figures


def read_figures(parquet: pq.ParquetFile) -> Figures:
    """The figures of an open difference file."""
    return Figures.from_json(json.loads(parquet.metadata.metadata[METADATA_KEY]))


class _Comparison:
    """Two files being compared, window by window."""

    def __init__(self, before: MasterDataFile, after: MasterDataFile) -> None:
        self._before, self._after = before, after
        self._fields_before = {field.key: field for field in before.description.fields}
        self._fields_after = {field.key: field for field in after.description.fields}
        names = [*after.schema.names, *(name for name in before.schema.names if name not in after.schema.names)]
        self._names = [name for name in names if name not in ("email", LINE)]
        self._counts = dict.fromkeys(self._names, 0)
        self._added = self._removed = self._changed = self._unchanged = 0
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0

    def rows_of(self, mine: pa.Table, theirs: pa.Table) -> Iterator[pa.Table]:
        """What changed in one window; given out when there is a row group full of it."""
        at = pc.index_in(mine["email"], theirs["email"].combine_chunks())
        known = pc.is_valid(at)
        removed = mine.filter(pc.invert(known))["email"]
        is_old = pc.is_in(theirs["email"], value_set=mine["email"].combine_chunks())
        added = theirs.filter(pc.invert(is_old))["email"]
        self._removed += len(removed)
        self._added += len(added)
        parts = [_rows(removed, Kind.REMOVED), _rows(added, Kind.ADDED)]
        parts += self._changes(mine.filter(known), theirs.take(at.filter(known)))
        rows = pa.concat_tables(parts)
        if rows.num_rows:
            order = pc.sort_indices(rows, sort_keys=[("email", "ascending"), ("place", "ascending")])
            self._waiting.append(rows.take(order).select(SCHEMA.names))
            self._waiting_rows += rows.num_rows
        if self._waiting_rows >= ROW_GROUP_ROWS:
            yield from self.rest()

    def rest(self) -> Iterator[pa.Table]:
        """What waits to be written."""
        if self._waiting_rows:
            yield pa.concat_tables(self._waiting).combine_chunks()
        self._waiting, self._waiting_rows = [], 0

    def figures(self) -> Figures:
        """What has been counted."""
        taken_at = self._after.description.taken_at
        return Figures(
            added=self._added,
            removed=self._removed,
            changed=self._changed,
            unchanged=self._unchanged,
            revision_after=self._after.description.revision,
            taken_after=taken_at.isoformat() if taken_at else None,
            fields=tuple(self._field(name) for name in self._names),
        )

    def _changes(self, mine: pa.Table, theirs: pa.Table) -> list[pa.Table]:
        """One table for each column that differs, of the recipients whom both have."""
        changed = pa.repeat(pa.scalar(False), mine.num_rows)
        parts = []
        for place, name in enumerate(self._names):
            old, new = self._column(mine, name, self._fields_before), self._column(theirs, name, self._fields_after)
            differs = _differs(old, new)
            count = pc.sum(differs).as_py() or 0
            if not count:
                continue
            self._counts[name] += count
            changed = pc.or_(changed, differs)
            texts = (
                _text(old.filter(differs), self._fields_before.get(name)),
                _text(new.filter(differs), self._fields_after.get(name)),
            )
            emails = mine["email"].combine_chunks().filter(differs)
            parts.append(_rows(emails, Kind.CHANGED, place=place, field=name, texts=texts))
        people = pc.sum(changed).as_py() or 0
        self._changed += people
        self._unchanged += mine.num_rows - people
        return parts

    def _column(self, table: pa.Table, name: str, fields: dict[str, FieldDefinition]) -> pa.Array:
        """A column's values; none where the file does not have it."""
        if name not in table.column_names:
            return pa.nulls(table.num_rows, pa.string())
        return table[name].combine_chunks()

    def _field(self, name: str) -> FieldChange:
        old, new = self._fields_before.get(name), self._fields_after.get(name)
        known = new or old
        return FieldChange(
            key=name,
            count=self._counts[name],
            label_before=old.label if old else None,
            label_after=new.label if new else None,
            type_before=old.type.value if old else None,
            type_after=new.type.value if new else None,
            is_account_wide=known is not None and known.scope is FieldScope.ACCOUNT,
        )


def _without(table: pa.Table, left_out: People | None) -> pa.Table:
    if not left_out or not table.num_rows:
        return table
    return table.filter(pc.invert(left_out.found_in(table["email"].combine_chunks())))


def _rows(
    emails: pa.Array, kind: Kind, *, place: int = -1, field: str = "", texts: tuple[Any, Any] | None = None
) -> pa.Table:
    """Rows of one kind and field; `place` says where a field stands among the others."""
    count = len(emails)
    before, after = texts or (pa.nulls(count, pa.string()), pa.nulls(count, pa.string()))
    return pa.table(
        {
            "email": emails,
            "kind": pa.repeat(pa.scalar(kind.value), count),
            "field": pa.repeat(pa.scalar(field), count),
            "before": before,
            "after": after,
            "place": pa.repeat(pa.scalar(place, pa.int16()), count),
        }
    )


def _differs(old: pa.Array, new: pa.Array) -> pa.Array:
    """For each pair of values whether they differ; two that are absent do not."""
    if old.type != new.type or pa.types.is_list(old.type):
        old, new = _text(old, None), _text(new, None)
    both_absent = pc.and_(pc.is_null(old), pc.is_null(new))
    return pc.invert(pc.or_(pc.fill_null(pc.equal(old, new), False), both_absent))


def _text(column: pa.Array, field: FieldDefinition | None) -> pa.Array:
    """The values as texts that depend on no language: genders stay the words that are stored."""
    if field is not None and field.type is FieldType.GENDER:
        field = None
    return as_texts(column, field, "en")
