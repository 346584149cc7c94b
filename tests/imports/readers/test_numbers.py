"""Numbers in people's notations, one by one and as a column."""

from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.readers import DecimalMark
from imports.readers.numbers import convert_numbers, parse_number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1234,5", "1234.5"),
        ("1.234,56", "1234.56"),
        ("1.234", "1234"),
        ("1.234.567", "1234567"),
        ("-3", "-3"),
        ("+7,10", "7.1"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234", "1234"),
        ("1'234,5", "1234.5"),
        ("007", "7"),
        (",5", "0.5"),
        ("5,", "5"),
        ("−2", "-2"),
        ("1,5E+3", "1500"),
        ("0,12345678905", "0.1234567890"),
        ("0,00000000001", "0"),
        ("9" * 28, "9" * 28),
    ],
)
def test_number_with_comma_is_read(text: str, number: str) -> None:
    assert parse_number(text, DecimalMark.COMMA) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "number"), [("1,234.5", "1234.5"), ("1.234", "1.234"), ("0.30000000000000004", "0.3"), ("1e3", "1000")]
)
def test_number_with_point_is_read(text: str, number: str) -> None:
    assert parse_number(text, DecimalMark.POINT) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ",",
        "abc",
        "1.5",
        "1.23,4",
        "1.2345",
        "12.34.567",
        "1.234'567",
        "1,2,3",
        "12 €",
        "5%",
        "NaN",
        "Infinity",
        "0x10",
        "1_000",
        "٣",
        "1" * 29,
        "1E+28",
        "1E+999",
        "--5",
        "1 2",
    ],
)
def test_text_that_is_no_number_with_comma_is_unreadable(text: str) -> None:
    assert parse_number(text, DecimalMark.COMMA) is None


@settings(max_examples=500)
@given(
    st.lists(st.none() | st.text("0123456789.,+-eE' x", min_size=1, max_size=8), max_size=5),
    st.sampled_from(DecimalMark),
)
def test_column_is_read_as_each_of_its_texts(texts: list[str | None], mark: DecimalMark) -> None:
    converted = convert_numbers(pa.array(texts, pa.string()), mark)
    expected = [None if text is None else parse_number(text, mark) for text in texts]
    assert (converted.values.to_pylist(), converted.unreadable.to_pylist()) == (
        expected,
        [text is not None and number is None for text, number in zip(texts, expected, strict=True)],
    )
