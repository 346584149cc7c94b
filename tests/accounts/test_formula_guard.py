"""The guard against formulas: on where a program would run one, and off again without a trace."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.formula_guard import guard, guard_guarded, unguard

texts = st.lists(st.none() | st.text("'=+-@\t\rab ", max_size=6) | st.text(max_size=6), max_size=6)


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        ("=1+1", "'=1+1"),
        ("+49", "'+49"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("'=1", "''=1"),
        ("'''=1", "''''=1"),
        ("'a", "'a"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_text_that_would_run_gets_one_apostrophe(text: str, guarded: str) -> None:
    assert guard(pa.array([text])).to_pylist() == [guarded]


@given(texts)
def test_taking_the_guard_off_gives_the_text_back(some_texts: list[str | None]) -> None:
    assert unguard(guard(pa.array(some_texts, pa.string()))).to_pylist() == some_texts


@given(texts)
def test_no_guarded_text_begins_like_a_formula(some_texts: list[str | None]) -> None:
    guarded = guard(pa.array(some_texts, pa.string())).to_pylist()
    assert [text for text in guarded if text and text[0] in "=+-@\t\r"] == []


@given(texts)
def test_guard_of_what_looks_guarded_gives_the_text_back_and_leaves_all_else(some_texts: list[str | None]) -> None:
    guarded = guard_guarded(pa.array(some_texts, pa.string()))
    assert unguard(guarded).to_pylist() == some_texts
    changed = [text for text, now in zip(some_texts, guarded.to_pylist(), strict=True) if text != now]
    assert [text for text in changed if text and text[0] != "'"] == []
