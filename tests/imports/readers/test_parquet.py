"""Parquet files: backups that were downloaded as such, other people's tables, and files that are out to do harm."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from imports.readers import FileProblem, Kind, Source, UnreadableFile, parquet, sniff
from imports.readers.parquet import ParquetTable
from tests.backups.exports.reading import EMPTY, restored
from tests.recipients.masterdata.rows import HOSTILE, storable, write_rows


def cells_of(path: Path) -> list[list[str | None]]:
    """All rows as the reader gives them."""
    with ParquetTable(path) as table:
        places = range(len(table.header))
        blocks = list(table.blocks(places, ()))
        return [
            list(row) for block in blocks for row in zip(*(block.columns[at].to_pylist() for at in places), strict=True)
        ]


def write(path: Path, columns: dict[str, Any]) -> Path:
    """Somebody else's file."""
    pq.write_table(pa.table(columns), path)
    return path


def test_backup_is_read_with_every_value(tmp_path: Path) -> None:
    texts = [text for text in HOSTILE if storable(text) == text]
    some_rows = [
        {**EMPTY, "email": f"{number}@example.org", "vorname": text, "notiz": text} for number, text in enumerate(texts)
    ]
    some_rows[0] |= {
        "registered_at": datetime(2024, 7, 1, 10, 0, 0, 5, tzinfo=UTC),
        "tags": ['"vip"', "b2b"],
        "umsatz": Decimal("-0.0000000001"),
        "geburtstag": date(1, 1, 1),
        "anrede": "diverse",
    }
    write_rows(tmp_path / "backup.parquet", some_rows)
    assert restored(tmp_path / "backup.parquet") == some_rows


def test_backup_has_the_columns_of_its_other_exports(tmp_path: Path) -> None:
    write_rows(tmp_path / "backup.parquet", [])
    sniffed = sniff(tmp_path / "backup.parquet", file_name="Kunden.parquet")
    assert sniffed.source == Source(kind=Kind.PARQUET, encoding=None, delimiter=None, has_header=True, sheet=None)
    assert [column.name for column in sniffed.columns][:9] == [
        "E-mail",
        "Registered at",
        "Activated at",
        "Deactivated at",
        "Bounced at",
        "Source",
        "Tags",
        "Vorname",
        '=Notiz; „intern"',
    ]


def test_rows_are_counted_and_numbered_from_one(tmp_path: Path) -> None:
    write_rows(tmp_path / "backup.parquet", [{"email": f"{number}@example.org"} for number in range(7)])
    with ParquetTable(tmp_path / "backup.parquet") as table:
        (block,) = table.blocks([0], ())
        assert (table.rows_known, block.lines.to_pylist()) == (7, [1, 2, 3, 4, 5, 6, 7])


def test_columns_of_others_are_called_as_they_are_and_read_as_texts(tmp_path: Path) -> None:
    moment = datetime(2024, 7, 1, 10, 0, tzinfo=UTC)
    path = write(
        tmp_path / "other.parquet",
        {
            "mail": ["a@example.org", None],
            "city": pa.array(["Köln", "=1+1"]).dictionary_encode(),
            "number": [1, -2],
            "share": [0.1, None],
            "price": pa.array([Decimal("1.50"), Decimal("-2.25")]),
            "is_member": [True, False],
            "birthday": [date(1980, 1, 2), None],
            "at": pa.array([moment, None], pa.timestamp("ns", "Europe/Berlin")),
            "local": pa.array([datetime(2024, 7, 1, 10, 0), None], pa.timestamp("ms")),  # noqa: DTZ001  # has no zone
            "tags": [["a", "b"], []],
            "nested": [{"x": 1}, None],
        },
    )
    with ParquetTable(path) as table:
        assert table.header == [
            *("mail", "city", "number", "share", "price", "is_member", "birthday", "at", "local", "tags", "nested")
        ]
    assert cells_of(path) == [
        [
            *("a@example.org", "Köln", "1", "0.1", "1.5", "true", "1980-01-02", "2024-07-01T10:00:00+00:00"),
            *("2024-07-01 10:00:00.000000", "a, b", '{"x": 1}'),
        ],
        [None, "'=1+1", "-2", None, "-2.25", "false", None, None, None, "", None],
    ]


# --- harm -----------------------------------------------------------------------------------------------------------


def problem_of(path: Path) -> FileProblem:
    """What is said of a file when all of it is read."""
    with pytest.raises(UnreadableFile) as refused:
        cells_of(path)
    return refused.value.code


def test_file_that_is_cut_off_is_damaged(tmp_path: Path) -> None:
    write_rows(tmp_path / "whole.parquet", [{"email": "a@example.org"}])
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "whole.parquet").read_bytes()[:-20])
    assert problem_of(tmp_path / "cut.parquet") is FileProblem.DAMAGED_PARQUET


def test_file_of_nothing_but_a_signature_is_damaged(tmp_path: Path) -> None:
    (tmp_path / "sign.parquet").write_bytes(b"PAR1\x15\x00\x00\x00PAR1")
    with pytest.raises(UnreadableFile) as refused:
        sniff(tmp_path / "sign.parquet", file_name="sign.parquet")
    assert refused.value.code is FileProblem.DAMAGED_PARQUET


@pytest.mark.parametrize("at", range(4, 2_000, 97))
def test_file_with_changed_bytes_is_read_or_damaged_and_nothing_else(tmp_path: Path, at: int) -> None:
    write_rows(tmp_path / "backup.parquet", [{"email": f"{number}@example.org"} for number in range(50)])
    content = bytearray((tmp_path / "backup.parquet").read_bytes())
    content[at : at + 4] = b"\xff\xff\xff\x7f"
    (tmp_path / "backup.parquet").write_bytes(content)
    try:
        cells_of(tmp_path / "backup.parquet")
    except UnreadableFile as refused:
        assert refused.code in (FileProblem.DAMAGED_PARQUET, FileProblem.PARQUET_TOO_LARGE)  # noqa: PT017  # or none


def test_texts_that_are_no_texts_are_damage(tmp_path: Path) -> None:
    no_text = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    assert problem_of(write(tmp_path / "other.parquet", {"mail": no_text})) is FileProblem.DAMAGED_PARQUET


def test_few_bytes_that_stand_for_more_than_memory_holds_are_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet, "MEMORY_BYTES", 500_000_000)
    bomb = pa.array(["x" * 1_000_000]).dictionary_encode().take(pa.array([0] * 2_000))
    path = write(tmp_path / "bomb.parquet", {"mail": bomb})
    assert path.stat().st_size < 2_500_000
    assert problem_of(path) is FileProblem.PARQUET_TOO_LARGE


def test_file_without_columns_is_empty(tmp_path: Path) -> None:
    assert problem_of(write(tmp_path / "other.parquet", {})) is FileProblem.EMPTY


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    columns = {f"c{number}": [1] for number in range(1_001)}
    assert problem_of(write(tmp_path / "other.parquet", columns)) is FileProblem.TOO_MANY_COLUMNS


def test_description_that_lies_is_damage(tmp_path: Path) -> None:
    write_rows(tmp_path / "backup.parquet", [{"email": "a@example.org"}])
    with pq.ParquetFile(tmp_path / "backup.parquet") as file:
        told = json.loads(file.metadata.metadata[b"listkeep"]) | {"row_count": 2}
        table = file.read().replace_schema_metadata({b"listkeep": json.dumps(told)})
    pq.write_table(table, tmp_path / "lie.parquet")
    assert problem_of(tmp_path / "lie.parquet") is FileProblem.DAMAGED_PARQUET
