"""Small files for the readers' tests, and what is made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from imports.readers import ColumnMapping, Kind, ReadResult, Source, read
from imports.readers.reading import BlockList
from recipients.masterdata.file import FieldDefinition, FieldScope, FieldType, MasterDataFile

EMAIL = ColumnMapping("email", 0)


@dataclass(frozen=True)
class Reading:
    """All that `read` made of a file; the cells of the rejected rows apart from what is said of them."""

    result: ReadResult
    rows: list[dict[str, Any]]
    rejected: list[dict[str, Any]]
    rejected_cells: list[list[str]]


def text_source(*, encoding: str = "utf-8", delimiter: str = ";", has_header: bool = True) -> Source:
    return Source(Kind.CSV, encoding, delimiter, has_header, None)


def field(
    key: str, field_type: FieldType = FieldType.TEXT, label: str = "", scope: FieldScope = FieldScope.LIST
) -> FieldDefinition:
    return FieldDefinition(key, label or key.title(), field_type, scope)


def ignore_progress(done: int, known: int | None) -> None:
    """A progress that nobody watches."""


def write_file(folder: Path, content: bytes | str, name: str = "people.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read_file(
    path: Path,
    *mapping: ColumnMapping,
    fields: Sequence[FieldDefinition] = (),
    source: Source | None = None,
    time_zone: str = "Europe/Berlin",
    blocked: BlockList | None = None,
    now: datetime | None = None,
) -> Reading:
    """What `read` makes of a file; the address is in the first column unless mapped."""
    target, rejected = path.with_suffix(".parquet"), path.with_suffix(".rejected.parquet")
    result = read(
        path,
        source=source or text_source(),
        mapping=mapping if any(entry.target == "email" for entry in mapping) else [EMAIL, *mapping],
        fields=tuple(fields),
        target=target,
        rejected=rejected,
        progress=ignore_progress,
        time_zone=time_zone,
        blocked=blocked,
        now=now,
    )
    with MasterDataFile.open(target) as file:
        rows = [row for batch in file.batches() for row in batch.to_pylist()]
    rejected_rows = pq.read_table(rejected).to_pylist()
    cells = [row.pop("cells") for row in rejected_rows]
    return Reading(result, rows, rejected_rows, cells)


def reject(
    line: int, email: str | None, reason: str, column: str | None = None, value: str | None = None
) -> dict[str, Any]:
    return {"line": line, "email": email, "reason": reason, "column": column, "value": value}
