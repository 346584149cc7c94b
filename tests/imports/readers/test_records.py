"""The grammar of delimited text: where records end, which text is regular, and which record is broken."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.readers.records import Grammar, Record, count_lines, cut_at_record

SEMICOLON = Grammar.of(";")


def records(text: str, *, final: bool = True) -> list[tuple[int, list[str] | None]]:
    found, _ = SEMICOLON.records(text.encode(), first_line=1, final=final)
    return [(record.line, record.cells) for record in found]


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a;b;c", ["a", "b", "c"]),
        (";;x", ["", "", "x"]),
        ('"a;b";"c""d";""', ["a;b", 'c"d', ""]),
        ('5" pipe;x"y"', ['5" pipe', 'x"y"']),
        (' "a";\t"b"', [' "a"', '\t"b"']),
        ('"a\r\nb";c', ["a\r\nb", "c"]),
    ],
)
def test_record_has_its_cells(text: str, cells: list[str]) -> None:
    assert records(text) == [(1, cells)]


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_records_end_at_any_line_end_and_count_lines_in_cells(line_end: str) -> None:
    text = line_end.join(["a;b", '"c', 'd";e', "", ";;", "f;g"])
    assert records(text) == [(1, ["a", "b"]), (2, [f"c{line_end}d", "e"]), (6, ["f", "g"])]


def test_mixed_line_ends_are_each_one_line() -> None:
    assert records("a\r\nb\nc\rd") == [(1, ["a"]), (2, ["b"]), (3, ["c"]), (4, ["d"])]


@pytest.mark.parametrize("broken", ['"a;b', 'a;"b', '"a"b;c', 'a;"b"c', 'a;"b""'])
def test_broken_record_ends_with_its_line(broken: str) -> None:
    assert records(f"x;y\n{broken}\nz;1\n") == [(1, ["x", "y"]), (2, None), (3, ["z", "1"])]


def test_record_that_may_go_on_is_left_alone() -> None:
    found, used = SEMICOLON.records(b'a;b\n"c\nd', first_line=1, final=False)
    assert (found, used) == ([Record(1, ["a", "b"], "a;b")], 4)


def test_carriage_return_at_the_end_may_be_half_a_line_end() -> None:
    found, used = SEMICOLON.records(b"a;b\r", first_line=1, final=False)
    assert (found, used) == ([], 0)


@pytest.mark.parametrize(
    ("text", "regular", "flat"),
    [
        ("a;b\r\nc;d\n", True, True),
        ('"a";"b;c"\n5" x;y\n', True, True),
        ('"a\nb";c\n', True, False),
        ("a;b\n\nc;d\n", False, False),
        (";;\n", False, False),
        (" ;\t;x\n", True, True),
        ('"";x\n', True, True),
        ('a;"b\n', False, False),
        ('"a"b;c\n', False, False),
        ("a;b", False, False),
        ("", True, True),
    ],
)
def test_regular_text_is_told_from_other(text: str, *, regular: bool, flat: bool) -> None:
    assert (SEMICOLON.is_regular(text.encode()), SEMICOLON.is_flat(text.encode())) == (regular, flat)


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|", "^", "~", "\x01", ":"])
def test_every_delimiter_parts_cells(delimiter: str) -> None:
    found, _ = Grammar.of(delimiter).records(f'a{delimiter}"b{delimiter}"\n'.encode(), first_line=1, final=True)
    assert [record.cells for record in found] == [["a", f"b{delimiter}"]]


cells = st.text('a;"\r\n x\t', max_size=5)


@settings(max_examples=300)
@given(st.lists(st.lists(cells, min_size=2, max_size=4), max_size=6), st.sampled_from(["\r\n", "\n"]))
def test_what_a_csv_writer_writes_is_read_again(rows: list[list[str]], line_end: str) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator=line_end, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [cells for _, cells in records(text.getvalue())] == rows


@settings(max_examples=300)
@given(st.lists(st.lists(cells, min_size=2, max_size=4), min_size=1, max_size=6), st.data())
def test_cut_of_well_formed_text_is_at_a_record(rows: list[list[str]], data: st.DataObject) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL).writerows(rows)
    whole = text.getvalue().encode()
    length = cut_at_record(whole[: data.draw(st.integers(0, len(whole)))])
    assert SEMICOLON.is_regular(whole[:length])


@settings(max_examples=300)
@given(st.text('a;"\n\r', max_size=30))
def test_no_byte_of_any_text_is_lost_between_records(text: str) -> None:
    found, used = SEMICOLON.records(text.encode(), first_line=1, final=True)
    kept = "".join(record.text for record in found)
    assert (used, kept.replace("\r", "").replace("\n", "").replace(";", "")) == (
        len(text),
        text.replace("\r", "").replace("\n", "").replace(";", ""),
    )


@pytest.mark.parametrize(("data", "lines"), [(b"", 0), (b"a\nb\r\nc\rd", 3), (b"\r\r\n\n", 3)])
def test_lines_are_counted_by_any_line_end(data: bytes, lines: int) -> None:
    assert count_lines(data) == lines
