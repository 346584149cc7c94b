"""Sorting by one column: first rows and whole order against plain Python, whatever the number of runs."""

import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups import sorting
from backups.sorting import all_rows, first_rows, sort_key

KINDS: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.string(): st.sampled_from(["", "a", "B", "Ä", "ab", "Zoë", "zoe", "–", "ß"]) | st.text(max_size=3),
    pa.date32(): st.dates(date(1990, 1, 1), date(1990, 1, 9)),
    pa.decimal128(38, 10): st.integers(-3, 3).map(lambda tenths: Decimal(tenths) / 10),
    pa.int8(): st.integers(0, 3),
}
DOWN = "down"
DIRECTIONS = st.sampled_from([DOWN, "up"])
COLUMNS = st.sampled_from(list(KINDS)).flatmap(
    lambda kind: st.tuples(st.just(kind), st.lists(st.lists(st.none() | KINDS[kind], max_size=9), max_size=6))
)


def keyed(kind: pa.DataType, parts: list[list[Any]]) -> list[pa.RecordBatch]:
    """Batches with numbers that go on from one to the next."""
    batches, row = [], 0
    for part in parts:
        numbers = pa.array(range(row, row + len(part)), pa.uint32())
        batches.append(pa.RecordBatch.from_arrays([sort_key(pa.array(part, kind)), numbers], names=["key", "row"]))
        row += len(part)
    return batches


def folded(value: Any) -> Any:
    """A value as people sort it."""
    if not isinstance(value, str):
        return value
    return "".join(one for one in unicodedata.normalize("NFD", value.lower()) if unicodedata.category(one)[0] != "M")


def in_order(parts: list[list[Any]], *, descending: bool) -> list[int]:
    """The model: what has a value first, in its order; of one value by number."""
    values = [value for part in parts for value in part]
    known = sorted((row for row, value in enumerate(values) if value is not None), key=lambda row: folded(values[row]))
    if descending:
        known = sorted(known, key=lambda row: folded(values[row]), reverse=True)
    return known + [row for row, value in enumerate(values) if value is None]


@given(column=COLUMNS, direction=DIRECTIONS, step=st.integers(1, 4))
def test_all_rows_are_in_the_order_of_the_model(
    column: tuple[pa.DataType, list[list[Any]]], direction: str, step: int
) -> None:
    kind, parts = column
    with pytest.MonkeyPatch.context() as small:
        small.setattr(sorting, "MERGED_ROWS", step)
        small.setattr(sorting, "SMALLEST_STEP", step)
        found = [row for part in all_rows(keyed(kind, parts), descending=direction == DOWN) for row in part.to_pylist()]
    assert found == in_order(parts, descending=direction == DOWN)


@given(column=COLUMNS, direction=DIRECTIONS, count=st.integers(1, 8))
def test_first_rows_are_those_of_the_model(
    column: tuple[pa.DataType, list[list[Any]]], direction: str, count: int
) -> None:
    kind, parts = column
    found = first_rows(keyed(kind, parts), count, descending=direction == DOWN).to_pylist()
    assert found == in_order(parts, descending=direction == DOWN)[:count]


def test_capitals_and_accents_do_not_part_names() -> None:
    names = ["Zander", "ähre", "Ahorn", "aal", "Émile", "emil"]
    rows = first_rows(keyed(pa.string(), [names]), 6, descending=False).to_pylist()
    assert [names[row] for row in rows] == ["aal", "Ahorn", "ähre", "emil", "Émile", "Zander"]
