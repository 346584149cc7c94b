"""Round trips: what somebody wrote comes in, in every encoding, delimiter, quoting and line end, and in sheets."""

import re
import string
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.readers import ColumnMapping, Kind, Source
from imports.readers import delimited as delimited_module
from recipients.masterdata.values import BLANKS
from tests.imports.readers.files import field, read_file, text_source, write_file
from tests.imports.readers.sheets import write_sheet

COLUMNS = 3
MAPPING = [ColumnMapping(f"c{place}", place + 1) for place in range(COLUMNS)]
FIELDS = [field(f"c{place}") for place in range(COLUMNS)]
WESTERN = ["windows-1252", "iso-8859-15", "cp850", "mac-roman"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", *WESTERN]
SIGNS = st.sampled_from(list("'\"=+-@;,\t|\r\n \u00a0'a"))
CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1f")
# Rich in signs that mean something to somebody.
TEXTS = dict.fromkeys(ENCODINGS, st.text(SIGNS | CHARACTERS, max_size=8))
for western in WESTERN:
    alphabet = bytes(range(0x20, 0x100)).decode(western, errors="ignore")
    TEXTS[western] = st.text(SIGNS.filter(alphabet.__contains__) | st.sampled_from(alphabet), max_size=8)


def meant(cell: str) -> str | None:
    """What a cell says: without blanks around it, and without the apostrophe that keeps it from being a formula."""
    bare = cell.strip(BLANKS)
    if re.match(r"'+[=+\-@\t\r]", bare):
        bare = bare[1:].strip(BLANKS)
    return bare or None


def written(cell: str, delimiter: str, *, always: bool) -> str:
    special = {'"', "\r", "\n", delimiter} - {""}
    return '"' + cell.replace('"', '""') + '"' if always or special & set(cell) else cell


def come_in(path: Path, source: Source) -> list[list[Any]]:
    reading = read_file(path, *MAPPING, fields=FIELDS, source=source)
    assert reading.rejected == []
    return [[row[entry.target] for entry in MAPPING] for row in reading.rows]


@pytest.mark.parametrize("line_end", ["\r\n", "\n", "\r"], ids=["crlf", "lf", "cr"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|", "~"])
@settings(max_examples=20)
@given(st.data())
def test_table_of_text_comes_in_as_it_was_written(delimiter: str, line_end: str, data: st.DataObject) -> None:
    encoding = data.draw(st.sampled_from(ENCODINGS))
    rows = data.draw(st.lists(st.lists(TEXTS[encoding], min_size=COLUMNS, max_size=COLUMNS), max_size=6))
    always = data.draw(st.booleans())
    table = [["E-Mail", "A", "B", "C"], *([f"{n}@example.org", *row] for n, row in enumerate(rows))]
    text = line_end.join(delimiter.join(written(cell, delimiter, always=always) for cell in row) for row in table)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(delimited_module, "PIECE_BYTES", data.draw(st.sampled_from([1024 * 1024, 50])))
        path = write_file(Path(folder), (text + data.draw(st.sampled_from(["", line_end]))).encode(encoding))
        source = text_source(encoding=codec_of(encoding), delimiter=delimiter)
        assert come_in(path, source) == [[meant(cell) for cell in row] for row in rows]


def codec_of(encoding: str) -> str:
    """The encoding as Listkeep names it, which skips a mark by itself."""
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)


@settings(max_examples=30)
@given(st.data())
def test_column_of_text_comes_in_as_it_was_written(data: st.DataObject) -> None:
    names = data.draw(st.lists(st.text(string.ascii_letters + ';,"', min_size=1, max_size=5), max_size=8))
    lines = [written(f"{name}@example.org", "", always=data.draw(st.booleans())) for name in names]
    with tempfile.TemporaryDirectory() as folder:
        path = write_file(Path(folder), "\n".join(["E-Mail", *lines]))
        reading = read_file(path, source=text_source(delimiter=""))
    valid = [f"{name.lower()}@example.org" for name in names if name.isalpha()]
    assert ([row["email"] for row in reading.rows], len(reading.rejected)) == (valid, len(names) - len(valid))


def _without_fraction(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


SHEET_TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cn", "Co"], exclude_characters="_\ufeff"), max_size=8
).filter(lambda text: not text.startswith("="))
SHEET_CELLS = (
    SHEET_TEXT
    | st.integers(-(10**14), 10**14)
    | st.integers(-(10**9), 10**9).map(lambda number: number / 64)
    | st.booleans()
    | st.dates(date(1900, 3, 1), date(2199, 12, 31))
    | st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1)).map(_without_fraction)  # noqa: DTZ001  # no zone there
)


def shown(cell: Any) -> str:
    """What a spreadsheet program shows in full."""
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, datetime):
        return str(cell) if cell.time() != time() else str(cell.date())
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


@settings(max_examples=20)
@given(st.lists(st.lists(SHEET_CELLS, min_size=COLUMNS, max_size=COLUMNS), max_size=20))
def test_sheet_comes_in_as_it_is_shown(rows: Sequence[Sequence[Any]]) -> None:
    table = [["E-Mail", "A", "B", "C"], *([f"{number}@example.org", *row] for number, row in enumerate(rows))]
    with tempfile.TemporaryDirectory() as folder:
        source = Source(Kind.XLSX, None, None, has_header=True, sheet=None)
        assert come_in(write_sheet(Path(folder), table), source) == [
            [meant(shown(cell)) for cell in row] for row in rows
        ]
