"""The master-data file: what is written is read again, and nothing else is taken for one."""

import hashlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings

from recipients.masterdata import file as format_module
from recipients.masterdata.file import (
    MAX_FIELDS,
    METADATA_KEY,
    ROW_GROUP_ROWS,
    DamagedMasterData,
    FieldDefinition,
    FieldScope,
    FieldType,
    MasterDataError,
    MasterDataFile,
    MasterDataWriter,
    NotAMasterDataFile,
    UnknownFormatVersion,
    schema_for,
    sha256_of,
)
from tests.recipients.masterdata.rows import DESCRIPTION, FIELDS, SCHEMA, rows, write_rows

BASE = ["email", "registered_at", "activated_at", "deactivated_at", "bounced_at", "source", "tags"]


def empty_batch(count: int) -> pa.RecordBatch:
    """Rows with an address and nothing else."""
    return pa.RecordBatch.from_pylist([{"email": f"{number}@example.org"} for number in range(count)], SCHEMA)


@settings(max_examples=60)
@given(rows())
def test_read_of_written_rows_gives_the_same_rows_and_description(some_rows: list[dict[str, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "backup.parquet"
        count = write_rows(path, some_rows)
        with MasterDataFile.open(path) as file:
            read = [row for batch in file.batches(batch_size=2) for row in batch.to_pylist()]
            facts = (file.description, file.mapped, file.row_count, file.schema)
    assert (read, facts, count) == (some_rows, (DESCRIPTION, tuple(SCHEMA.names), len(read), SCHEMA), len(some_rows))


def test_schema_has_base_columns_then_fields_in_their_order() -> None:
    assert schema_for(FIELDS).names == [*BASE, "vorname", "notiz", "umsatz", "geburtstag", "anrede", "quelle"]


def test_schema_only_keeps_named_columns_and_line() -> None:
    assert schema_for(FIELDS, with_line=True, only={"umsatz", "email"}) == pa.schema(
        [("email", pa.string()), ("umsatz", pa.decimal128(38, 10)), ("line", pa.int64())]
    )


@pytest.mark.parametrize("key", ["email", "tags", "line", "vorname"])
def test_schema_refuses_a_key_that_is_taken(key: str) -> None:
    with pytest.raises(ValueError, match=key):
        schema_for([*FIELDS, FieldDefinition(key, "Neu", FieldType.TEXT, FieldScope.LIST)])


def test_schema_refuses_an_unknown_column() -> None:
    with pytest.raises(ValueError, match="umsatz2"):
        schema_for(FIELDS, only={"email", "umsatz2"})


def test_schema_refuses_more_than_45_fields() -> None:
    fields = [FieldDefinition(f"f{n}", "F", FieldType.TEXT, FieldScope.LIST) for n in range(MAX_FIELDS + 1)]
    with pytest.raises(ValueError, match="46 fields"):
        schema_for(fields)


def test_import_file_names_its_mapped_columns_without_line(tmp_path: Path) -> None:
    schema = schema_for(FIELDS, with_line=True, only={"email", "vorname"})
    with MasterDataWriter(tmp_path / "import.parquet", DESCRIPTION, schema) as writer:
        writer.write(pa.RecordBatch.from_pylist([{"email": "a@example.org", "line": 2}], schema))
    with MasterDataFile.open(tmp_path / "import.parquet") as file:
        assert (file.mapped, file.schema.names) == (("email", "vorname"), ["email", "vorname", "line"])


def test_row_groups_have_65536_rows_however_rows_come(tmp_path: Path) -> None:
    path = tmp_path / "backup.parquet"
    batch = empty_batch(10_000)
    with MasterDataWriter(path, DESCRIPTION, SCHEMA) as writer:
        for _ in range(14):
            writer.write(batch)
    metadata = pq.read_metadata(path)
    sizes = [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]
    assert sizes == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 140_000 - 2 * ROW_GROUP_ROWS]


def test_large_rows_are_written_before_a_row_group_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(format_module, "_ROW_GROUP_BYTES", 1_000_000)
    rows_of_text = pa.RecordBatch.from_pylist([{"email": "a@example.org", "vorname": "x" * 10_000}] * 50, SCHEMA)
    with MasterDataWriter(tmp_path / "backup.parquet", DESCRIPTION, SCHEMA) as writer:
        for _ in range(6):
            writer.write(rows_of_text)
    metadata = pq.read_metadata(tmp_path / "backup.parquet")
    assert [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)] == [100, 100, 100]


def test_columns_can_be_chosen_in_any_order(tmp_path: Path) -> None:
    write_rows(tmp_path / "backup.parquet", [{"email": "a@example.org", "tags": ["x"]}])
    with MasterDataFile.open(tmp_path / "backup.parquet") as file:
        assert [batch.to_pydict() for batch in file.batches(["tags", "email"])] == [
            {"tags": [["x"]], "email": ["a@example.org"]}
        ]


def test_open_reads_a_stream(tmp_path: Path) -> None:
    write_rows(tmp_path / "backup.parquet", [{"email": "a@example.org"}])
    with MasterDataFile.open(io.BytesIO((tmp_path / "backup.parquet").read_bytes())) as file:
        assert file.row_count == 1


def test_file_is_plain_parquet_for_other_tools(tmp_path: Path) -> None:
    write_rows(tmp_path / "backup.parquet", [{"email": "a@example.org", "anrede": "female"}])
    table = pq.read_table(tmp_path / "backup.parquet", columns=["email", "anrede"])
    assert table.to_pylist() == [{"email": "a@example.org", "anrede": "female"}]


def test_failure_in_the_block_leaves_no_file(tmp_path: Path) -> None:
    def write_and_die() -> None:
        with MasterDataWriter(tmp_path / "backup.parquet", DESCRIPTION, SCHEMA) as writer:
            writer.write(empty_batch(ROW_GROUP_ROWS))
            raise RuntimeError("worker died")

    with pytest.raises(RuntimeError, match="worker died"):
        write_and_die()
    assert list(tmp_path.iterdir()) == []


def test_full_disk_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "backup.parquet"
    path.symlink_to("/dev/full")

    def write() -> None:
        with MasterDataWriter(path, DESCRIPTION, SCHEMA) as writer:
            writer.write(empty_batch(3))

    with pytest.raises(OSError, match="No space left"):
        write()
    assert list(tmp_path.iterdir()) == []


def test_writer_refuses_a_schema_that_does_not_fit_the_fields(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="described fields"):
        MasterDataWriter(tmp_path / "backup.parquet", DESCRIPTION, pa.schema([("email", pa.binary())]))


def test_writer_refuses_a_batch_with_other_columns(tmp_path: Path) -> None:
    batch = pa.RecordBatch.from_pydict({"email": ["a@example.org"]})
    with (
        pytest.raises(ValueError, match="does not fit"),
        MasterDataWriter(tmp_path / "backup.parquet", DESCRIPTION, SCHEMA) as writer,
    ):
        writer.write(batch)


def rewritten(path: Path, change: dict[str, Any]) -> Path:
    """The same file with some members of its description changed."""
    table = pq.read_table(path)
    content = json.loads(pq.read_metadata(path).metadata[METADATA_KEY]) | change
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({METADATA_KEY: json.dumps(content).encode()})
    return path


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    write_rows(tmp_path / "backup.parquet", [{"email": "a@example.org"}, {"email": "b@example.org"}])
    return tmp_path / "backup.parquet"


def test_open_of_a_later_version_says_so(backup: Path) -> None:
    with pytest.raises(UnknownFormatVersion) as raised:
        MasterDataFile.open(rewritten(backup, {"version": 2}))
    assert raised.value.version == 2


def test_open_ignores_members_that_it_does_not_know(backup: Path) -> None:
    with MasterDataFile.open(rewritten(backup, {"colour": "green"})) as file:
        assert file.description == DESCRIPTION


@pytest.mark.parametrize(
    "change",
    [{"row_count": 3}, {"fields": []}, {"mapped": ["email"]}, {"fields": None}, {"revision": 1, "mapped": ["nothing"]}],
)
def test_open_refuses_a_description_that_does_not_fit_the_data(backup: Path, change: dict[str, Any]) -> None:
    with pytest.raises(DamagedMasterData):
        MasterDataFile.open(rewritten(backup, change))


def test_open_refuses_parquet_of_other_programs(tmp_path: Path) -> None:
    pq.write_table(pa.table({"email": ["a@example.org"]}), tmp_path / "other.parquet")
    with pytest.raises(NotAMasterDataFile):
        MasterDataFile.open(tmp_path / "other.parquet")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"email\r\na@example.org\r\n"])
def test_open_refuses_what_is_no_parquet(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "other").write_bytes(content)
    with pytest.raises(NotAMasterDataFile):
        MasterDataFile.open(tmp_path / "other")


def test_truncated_file_is_refused(backup: Path) -> None:
    backup.write_bytes(backup.read_bytes()[:-20])
    with pytest.raises(NotAMasterDataFile):
        MasterDataFile.open(backup)


def test_reading_damaged_bytes_says_so(tmp_path: Path) -> None:
    path = tmp_path / "backup.parquet"
    write_rows(path, [{"email": f"person.{number}@example.org"} for number in range(500)])
    content = bytearray(path.read_bytes())
    content[4:400] = bytes(396)
    path.write_bytes(content)
    with MasterDataFile.open(path) as file, pytest.raises(DamagedMasterData):
        list(file.batches())


def test_damaged_byte_is_found_or_changes_no_row(tmp_path: Path) -> None:
    path = tmp_path / "backup.parquet"
    rows = [{"email": f"person.{number}@example.org"} for number in range(500)]
    write_rows(path, rows)
    whole, found = path.read_bytes(), 0
    for place in range(4, len(whole), 7):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        try:
            with MasterDataFile.open(path) as file:
                emails = [email for batch in file.batches() for email in batch["email"].to_pylist()]
        except (MasterDataError, OSError, UnicodeDecodeError):
            found += 1
        else:
            assert emails == [row["email"] for row in rows], f"byte {place}"
    assert found


def test_sha256_is_that_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "any").write_bytes(b"x" * 100_000)
    assert sha256_of(tmp_path / "any") == hashlib.sha256(b"x" * 100_000).hexdigest()
