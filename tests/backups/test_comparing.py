"""Two master-data files, row by row: each difference is counted once, whichever column it is in."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from backups.comparing import count_differences
from recipients.masterdata.file import (
    Description,
    FieldDefinition,
    FieldScope,
    FieldType,
    MasterDataFile,
    MasterDataWriter,
    schema_for,
)
from recipients.masterdata.merging import WINDOW_ROWS

FIELDS = tuple(
    FieldDefinition(key=kind.value, label=kind.value, type=kind, scope=FieldScope.LIST) for kind in FieldType
)
AT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
ROW: dict[str, Any] = {
    "email": "anna@example.org",
    "registered_at": AT,
    "activated_at": AT,
    "deactivated_at": AT,
    "bounced_at": AT,
    "source": "Messe",
    "tags": ["a", "b"],
    "text": "Köln",
    "number": Decimal("1.5"),
    "date": date(2000, 2, 29),
    "gender": "f",
}
OTHER: dict[str, Any] = {
    **dict.fromkeys(["registered_at", "activated_at", "deactivated_at", "bounced_at"], AT.replace(microsecond=7)),
    "source": "messe",
    "tags": ["b", "a"],
    "text": "Koln",
    "number": Decimal("1.50001"),
    "date": date(2000, 3, 1),
    "gender": "m",
}

Rows = list[dict[str, Any]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Any]:
    """Writes rows into a file and opens it."""
    with ExitStack() as stack:
        numbers = iter(range(100))

        def write(rows: Rows, fields: tuple[FieldDefinition, ...] = FIELDS) -> MasterDataFile:
            path = tmp_path / f"{next(numbers)}.parquet"
            schema = schema_for(fields)
            description = Description("Kunden", "", {}, fields, revision=1, trigger="import", taken_at=AT)
            with MasterDataWriter(path, description, schema) as writer:
                writer.write(pa.RecordBatch.from_pylist(rows, schema))
            return stack.enter_context(MasterDataFile.open(path))

        yield write


def numbered(*numbers: int) -> Rows:
    return [ROW | {"email": f"{number:06}@example.org"} for number in numbers]


def test_same_rows_are_no_difference(opened: Any) -> None:
    assert count_differences(opened([ROW]), opened([ROW])) == 0


def test_empty_files_are_no_difference(opened: Any) -> None:
    assert count_differences(opened([]), opened([])) == 0


@pytest.mark.parametrize("column", OTHER)
@pytest.mark.parametrize("kind", ["another value", "no value", "a value where there was none"])
def test_another_value_in_any_column_is_a_difference(column: str, kind: str, opened: Any) -> None:
    other = {"another value": OTHER[column], "no value": None, "a value where there was none": ROW[column]}[kind]
    first = ROW | {column: None} if kind == "a value where there was none" else ROW
    rest = numbered(1, 2)
    assert count_differences(opened([*rest, first]), opened([*rest, ROW | {column: other}])) == 1


@pytest.mark.parametrize(
    ("left", "right", "differences"),
    [
        ([1, 2, 3], [1, 3], 1),
        ([1, 3], [1, 2, 3], 1),
        ([], [1, 2], 2),
        ([1, 2], [3, 4], 4),
        ([1, 1, 2], [1, 2], 1),
        ([1, 2], [1, 2, 2], 1),
    ],
)
def test_recipient_in_one_file_alone_is_a_difference(
    left: list[int], right: list[int], differences: int, opened: Any
) -> None:
    assert count_differences(opened(numbered(*left)), opened(numbered(*right))) == differences


def test_files_of_several_windows_are_compared_to_their_ends(opened: Any) -> None:
    """Rows are missing on either side, so that the windows of the two are never the same rows."""
    many = list(range(WINDOW_ROWS * 3 + 5))
    left, right = numbered(*many[100:]), numbered(*(number for number in many if number % 1000))
    right[-1] = right[-1] | {"text": "anders"}
    missing_left, missing_right = {*many[:100]}, {number for number in many if number % 1000 == 0}
    assert count_differences(opened(left), opened(right)) == len(missing_left ^ missing_right) + 1


def test_addresses_are_ordered_by_bytes_as_the_database_has_them(opened: Any) -> None:
    rows = [ROW | {"email": email} for email in ("Z@example.org", "a@example.org", "ä@example.org", "\U0001f98a@x.org")]
    assert count_differences(opened(rows), opened(rows[::2])) == 2


def test_field_of_one_file_alone_is_a_difference_of_who_has_a_value(opened: Any) -> None:
    rows = [ROW, ROW | {"email": "bert@example.org", "gender": None}]
    assert count_differences(opened(rows), opened(rows, FIELDS[:-1])) == 1


def test_field_of_another_type_is_a_difference_of_who_has_a_value(opened: Any) -> None:
    text = (*FIELDS[:-1], FieldDefinition(key="gender", label="", type=FieldType.DATE, scope=FieldScope.LIST))
    rows = [ROW, ROW | {"email": "bert@example.org", "gender": None}]
    others = [row | {"gender": row["gender"] and date(2000, 1, 1)} for row in rows]
    assert count_differences(opened(rows), opened(others, text)) == 1
