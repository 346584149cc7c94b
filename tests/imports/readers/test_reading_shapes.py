"""Read: rows of any shape. Headers, blank, short and long rows, quotation marks, line ends, encodings, sizes."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.readers import ColumnMapping, FileProblem, ReadResult, UnreadableFile
from imports.readers import delimited as delimited_module
from tests.imports.readers.files import field, read_file, reject, text_source, write_file

NAME = ColumnMapping("name", 1)
NAME_FIELD = [field("name")]


def test_short_row_is_read_and_noted_when_no_status_is_missing(tmp_path: Path) -> None:
    reading = read_file(
        write_file(tmp_path, "Mail;Name;Ort\na@example.org;Max\nb@example.org\n"), NAME, fields=NAME_FIELD
    )
    assert ([row["name"] for row in reading.rows], reading.result.notes) == (["Max", None], {"short_rows": 2})


def test_empty_cells_beyond_the_header_are_no_fault(tmp_path: Path) -> None:
    reading = read_file(write_file(tmp_path, "Mail;Name\na@example.org;Max;; \n"), NAME, fields=NAME_FIELD)
    assert (reading.rows, reading.rejected) == ([{"email": "a@example.org", "name": "Max", "line": 2}], [])


def test_blank_rows_are_no_rows_but_count_as_lines(tmp_path: Path) -> None:
    reading = read_file(write_file(tmp_path, "\nMail;Name\n\n;\na@example.org;\n \t;\nb@example.org;\n\n"))
    assert ([(row["email"], row["line"]) for row in reading.rows], reading.result.rows_total) == (
        [("a@example.org", 5), ("b@example.org", 7)],
        2,
    )


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_lines_are_right_below_line_breaks_in_cells(tmp_path: Path, line_end: str) -> None:
    lines = [
        "Mail;Name;Rest",
        'a@example.org;"x',
        "",
        'y";z',
        "b@example;;",
        'c@example.org;;"1',
        '2"',
        "d@example.org;;",
    ]
    reading = read_file(write_file(tmp_path, line_end.join(lines)), NAME, fields=NAME_FIELD)
    assert (
        [(row["email"], row["name"], row["line"]) for row in reading.rows],
        [row["line"] for row in reading.rejected],
    ) == (
        [("a@example.org", f"x{line_end}{line_end}y", 2), ("c@example.org", None, 6), ("d@example.org", None, 8)],
        [5],
    )


def test_mixed_line_ends_are_read(tmp_path: Path) -> None:
    reading = read_file(
        write_file(tmp_path, "Mail;Name\r\na@example.org;A\nb@example.org;B\r\nc@example.org;C\rd@example.org;D")
    )
    assert [(row["email"], row["line"]) for row in reading.rows] == [
        ("a@example.org", 2),
        ("b@example.org", 3),
        ("c@example.org", 4),
        ("d@example.org", 5),
    ]


def test_file_without_header_begins_at_line_1(tmp_path: Path) -> None:
    path = write_file(tmp_path, "a@example.org;A\nb@example.org;B;C\n")
    reading = read_file(path, ColumnMapping("name", 2), fields=NAME_FIELD, source=text_source(has_header=False))
    assert ([(row["name"], row["line"]) for row in reading.rows], reading.result.notes) == (
        [(None, 1), ("C", 2)],
        {"short_rows": 1},
    )


@pytest.mark.parametrize("content", ["E-Mail", "E-Mail;Name\r\n", "sep=;\r\nE-Mail;Name\r\n"])
def test_header_alone_has_no_rows(tmp_path: Path, content: str) -> None:
    reading = read_file(write_file(tmp_path, content))
    assert (reading.result, reading.rows, reading.rejected) == (ReadResult(0, 0, {}, {}), [], [])


def test_line_that_tells_excel_the_delimiter_is_skipped_and_counted(tmp_path: Path) -> None:
    reading = read_file(
        write_file(tmp_path, "sep=,\r\nMail,Name\r\na@example.org,Max\r\n"), source=text_source(delimiter=",")
    )
    assert reading.rows == [{"email": "a@example.org", "line": 3}]


def test_one_column_without_delimiter_is_read(tmp_path: Path) -> None:
    path = write_file(tmp_path, 'a@example.org\n"b@example.org"\nc;d@example.org\n')
    reading = read_file(path, source=text_source(delimiter="", has_header=False))
    assert ([row["email"] for row in reading.rows], [row["line"] for row in reading.rejected]) == (
        ["a@example.org", "b@example.org"],
        [3],
    )


def test_500_columns_are_read(tmp_path: Path) -> None:
    header = ";".join(f"Spalte {place}" for place in range(500))
    row = ";".join(["a@example.org", *map(str, range(1, 500))])
    reading = read_file(write_file(tmp_path, f"{header}\n{row}\n"), ColumnMapping("name", 499), fields=NAME_FIELD)
    assert reading.rows == [{"email": "a@example.org", "name": "499", "line": 2}]


def test_1001_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as raised:
        read_file(write_file(tmp_path, ";" * 1_000 + "x\n"))
    assert (raised.value.code, raised.value.line, raised.value.detail) == (FileProblem.TOO_MANY_COLUMNS, 1, "1000")


@pytest.mark.parametrize(
    ("cell", "next_line"), [('"' + "x" * 10_000_000 + '"', 4), ('"' + ("x" * 9_999 + "\n") * 1_000 + '"', 1_004)]
)
def test_ten_megabytes_in_one_cell_reject_their_row_only(tmp_path: Path, cell: str, next_line: int) -> None:
    path = write_file(tmp_path, f"Mail;Name\na@example.org;A\nb@example.org;{cell}\nc@example.org;C\n")
    reading = read_file(path, NAME, fields=NAME_FIELD)
    assert (
        [(row["email"], row["line"]) for row in reading.rows],
        [(row["line"], row["reason"]) for row in reading.rejected],
    ) == ([("a@example.org", 2), ("c@example.org", next_line)], [(3, "text_too_long")])


def test_quote_never_closed_costs_one_row_of_a_long_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_module, "PIECE_BYTES", 1_000)
    monkeypatch.setattr(delimited_module, "MAX_RECORD_BYTES", 8_000)
    rows = [f"{number}@example.org;A" for number in range(2_000)]
    rows[500] = '500@example.org;"A'
    reading = read_file(write_file(tmp_path, "\n".join(["Mail;Name", *rows])), NAME, fields=NAME_FIELD)
    assert (len(reading.rows), [(row["line"], row["reason"]) for row in reading.rejected]) == (
        1_999,
        [(502, "broken_quotes")],
    )


def test_row_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited_module, "PIECE_BYTES", 1_000)
    monkeypatch.setattr(delimited_module, "MAX_RECORD_BYTES", 8_000)
    with pytest.raises(UnreadableFile) as raised:
        read_file(write_file(tmp_path, "Mail\na@example.org\n" + "x" * 20_000))
    assert (raised.value.code, raised.value.line) == (FileProblem.ROW_TOO_LONG, 3)


def test_header_with_broken_quotes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as raised:
        read_file(write_file(tmp_path, '\n"Mail;Name\na@example.org;A\n'))
    assert (raised.value.code, raised.value.line, raised.value.column) == (FileProblem.BROKEN_HEADER, 2, 1)


def test_wrong_bytes_reject_their_row(tmp_path: Path) -> None:
    path = write_file(tmp_path, "Mail;Name\na@example.org;Jürgen\n".encode() + b"b@example.org;J\xfcrgen\n")
    reading = read_file(path, NAME, fields=NAME_FIELD)
    assert (len(reading.rows), reading.rejected) == (
        1,
        [reject(3, "b@example.org", "unreadable_character", "Name", "J\ufffdrgen")],
    )


def test_utf_16_is_read(tmp_path: Path) -> None:
    path = write_file(tmp_path, "Mail\tName\r\na@example.org\tJürgen 😀\r\n".encode("utf-16"))
    reading = read_file(path, NAME, fields=NAME_FIELD, source=text_source(encoding="utf-16-le", delimiter="\t"))
    assert reading.rows == [{"email": "a@example.org", "name": "Jürgen 😀", "line": 2}]


cells = st.sampled_from(["", "x", " x ", '"x;y"', '"x\ny"', '"x""y"', 'x"y', '"', '"x', "ü", "'=x", "\x00"])
lines = st.lists(cells, min_size=0, max_size=3).map(";".join)


@settings(max_examples=150)
@given(st.lists(lines, max_size=12), st.sampled_from([16, 64, 1_000_000]), st.sampled_from(["\n", "\r\n"]))
def test_any_text_is_read_alike_in_pieces_of_any_size(some_lines: list[str], piece: int, line_end: str) -> None:
    text = line_end.join(["Mail;Name", *(f"{number}@example.org;{line}" for number, line in enumerate(some_lines))])
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        folder = Path(name)
        whole = read_file(write_file(folder, text), NAME, fields=NAME_FIELD)
        patch.setattr(delimited_module, "PIECE_BYTES", piece)
        patch.setattr(delimited_module, "_CAREFUL_ROWS", 2)
        assert read_file(write_file(folder, text), NAME, fields=NAME_FIELD) == whole
