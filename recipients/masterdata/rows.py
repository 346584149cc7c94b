"""Rows in memory: the few thousand recipients of one call of the interface, in the shape of a master-data file.

They are staged and applied as a file is, so that there is one engine; only the file itself is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from recipients.masterdata.file import Description, FieldDefinition, schema_for


@dataclass
class RowsInMemory:
    """One table as `staging.stage` reads it. `row_count`, `mapped` and `schema` are as those of `MasterDataFile`."""

    description: Description
    mapped: tuple[str, ...]
    row_count: int
    schema: pa.Schema
    _table: pa.Table = field(repr=False)

    def batches(self, columns: Sequence[str] | None = None, batch_size: int = 16_384) -> Iterator[pa.RecordBatch]:
        """All rows in their order, with the named columns (default: all)."""
        table = self._table if columns is None else self._table.select(list(columns))
        yield from table.to_batches(max_chunksize=batch_size)


def rows_in_memory(columns: Mapping[str, Sequence[Any]], *, fields: Sequence[FieldDefinition]) -> RowsInMemory:
    """The rows that these columns hold: base columns and keys of `fields`, each with a value or None for each row.

    Values are those of master-data files: datetimes with a time zone, lists of tags, Decimals, dates, texts. `email` is
    among the columns. Raises what pyarrow raises for a value that its column cannot hold.
    """
    used = tuple(one for one in fields if one.key in columns)
    schema = schema_for(used, only=list(columns))
    table = pa.table([pa.array(columns[name], schema.field(name).type) for name in schema.names], schema=schema)
    return RowsInMemory(
        description=Description(
            group_name="",
            group_note="",
            group_settings={},
            fields=used,
            revision=0,
            trigger="interface",
            taken_at=None,
        ),
        mapped=tuple(schema.names),
        row_count=table.num_rows,
        schema=schema,
        _table=table,
    )
