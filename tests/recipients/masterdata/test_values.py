"""The rule for texts, tags and numbers that every way into Listkeep applies."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipients.masterdata.values import (
    MAX_TEXT_LENGTH,
    UnstorableText,
    format_number,
    normalise_tags,
    normalise_text,
)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        (None, None),
        ("", None),
        (" \t\r\n\u00a0\ufeff\u200b\u3000", None),
        (" a b ", "a b"),
        ("a\r\nb", "a\r\nb"),
        ("e\u0301", "e\u0301"),
        ("👩\u200d", "👩\u200d"),
        ("007", "007"),
        ("x" * MAX_TEXT_LENGTH + "  ", "x" * MAX_TEXT_LENGTH),
    ],
)
def test_text_is_stripped_and_otherwise_kept(text: str | None, stored: str | None) -> None:
    assert normalise_text(text) == stored


@pytest.mark.parametrize(
    ("text", "code"), [("a\x00b", "nul"), ("a\ud800", "surrogate"), ("x" * (MAX_TEXT_LENGTH + 1), "too_long")]
)
def test_unstorable_text_is_refused_with_its_code(text: str, code: str) -> None:
    with pytest.raises(UnstorableText) as raised:
        normalise_text(text)
    assert raised.value.code == code


@given(st.text())
def test_stored_text_is_stored_unchanged_again(text: str) -> None:
    try:
        stored = normalise_text(text)
    except UnstorableText:
        return
    assert normalise_text(stored) == stored


def test_tags_are_parted_stripped_and_unique() -> None:
    assert normalise_tags([" vip , b2b", "vip", "", ",", "a\tb\nc", "VIP"]) == ["vip", "b2b", "a b c", "VIP"]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0"),
        ("-0.0", "0"),
        ("1E-10", "0.0000000001"),
        ("1E+3", "1000"),
        ("1.50", "1.5"),
        ("100", "100"),
        ("-2.0", "-2"),
    ],
)
def test_number_is_written_plainly(number: str, text: str) -> None:
    assert format_number(Decimal(number)) == text
