"""Addresses: one canonical form, one verdict, whether one is asked about or a column."""

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recipients.masterdata.address import invalid_mask, is_valid, normalise, normalise_column, pieces

VALID = [
    ("a@example.org", "a@example.org"),
    ("First.Last+Tag@Example.ORG", "first.last+tag@example.org"),
    ("\ufeff a@example.org\u00a0\u200b\r\n", "a@example.org"),
    ("o'neill!#$%&*+-/=?^_`{|}~@example.org", "o'neill!#$%&*+-/=?^_`{|}~@example.org"),
    ("müller@bücher.example.org", "müller@bücher.example.org"),
    ("mu\u0308ller@BÜCHER.example.org", "müller@bücher.example.org"),
    ("x@xn--bcher-kva.de", "x@bücher.de"),
    ("用户@例子.广告", "用户@例子.广告"),
    ("a@b.photography", "a@b.photography"),
    ("a@1.2.de", "a@1.2.de"),
    (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
    (f"a@{'b' * 63}.de", f"a@{'b' * 63}.de"),
]
INVALID = [
    "",
    "   ",
    "a",
    "@",
    "a@",
    "@example.org",
    "a@example",
    "a b@example.org",
    "a@exam ple.org",
    "a@@example.org",
    "a@b@example.org",
    ".a@example.org",
    "a.@example.org",
    "a..b@example.org",
    "a@.example.org",
    "a@example.org.",
    "a@example..org",
    "a@-example.org",
    "a@example-.org",
    "a@ab--cd.org",
    "a@example.1",
    "a@192.0.2.1",
    "a@[192.0.2.1]",
    '"a b"@example.org',
    '"a"@example.org',
    "Max <a@example.org>",
    "<a@example.org>",
    "mailto:a@example.org ,b@example.org",
    "a@example.org;b@example.org",
    "a,b@example.org",
    "a\x00@example.org",
    "a@exa\x00mple.org",
    "a\n@example.org",
    f"{'a' * 65}@example.org",
    f"a@{'b' * 64}.de",
    f"a@{'b.' * 130}de",
    "a@host.local",
    "a@example.invalid",
    "a@a.test",
    "a@xn--a.de",
    "a＠example.org",
    "a\u200bb@example.org",
    "\u0301a@example.org",
]


@pytest.mark.parametrize(("text", "canonical"), VALID)
def test_valid_address_has_its_canonical_form(text: str, canonical: str) -> None:
    assert (normalise(text), is_valid(text)) == (canonical, True)


@pytest.mark.parametrize("text", INVALID)
def test_invalid_address_is_refused(text: str) -> None:
    assert not is_valid(text)


@pytest.mark.parametrize("between", [",", ";", " ", "\n", "\r\n", "\t", "\u00a0", " ; ", ",\u200b\n,"])
def test_addresses_are_parted_where_none_goes_on(between: str) -> None:
    text = between.join(text for text, _ in VALID)
    assert [normalise(piece) for piece in pieces(f"{between}{text}{between}")] == [canonical for _, canonical in VALID]


@pytest.mark.parametrize(
    ("text", "parted"),
    [
        ("", []),
        (" ,;\u200b\n", []),
        ('"a,b"@x.de; c@x.de', ['"a,b"@x.de', "c@x.de"]),
        ('x"a b"c;"d e', ['x"a b"c', '"d', "e"]),
        ('"a,\nb"', ['"a', 'b"']),
    ],
)
def test_what_is_quoted_stays_in_one_piece(text: str, parted: list[str]) -> None:
    assert pieces(text) == parted


def test_column_is_judged_as_each_of_its_texts() -> None:
    texts = [text for text, _ in VALID] + INVALID
    column = pa.array([*texts, None])
    assert (normalise_column(column).to_pylist(), invalid_mask(column).to_pylist()) == (
        [*map(normalise, texts), None],
        [*(not is_valid(text) for text in texts), True],
    )


def test_empty_column_stays_empty() -> None:
    column = pa.array([], pa.string())
    assert (normalise_column(column).to_pylist(), invalid_mask(column).to_pylist()) == ([], [])


likely = st.from_regex(
    r"[A-Za-z0-9.'+=äß-]{0,6}@[A-Za-z0-9.äé-]{0,8}\.(de|info|test|local|arpa|museum|[a-z]{1,8})?", fullmatch=True
)


@settings(max_examples=400)
@given(st.lists(st.one_of(likely, st.text(max_size=12)), max_size=5))
@example(["ẞ@example.org", "İ@example.org", "ΑΣ@example.org"])
def test_column_and_single_verdicts_agree_on_any_text(texts: list[str]) -> None:
    column = pa.array(texts, pa.string())
    assert (normalise_column(column).to_pylist(), invalid_mask(column).to_pylist()) == (
        [normalise(text) for text in texts],
        [not is_valid(text) for text in texts],
    )


@settings(max_examples=400)
@given(st.one_of(likely, st.text(max_size=12)))
def test_canonical_form_is_its_own_and_as_valid(text: str) -> None:
    canonical = normalise(text)
    assert (normalise(canonical), is_valid(canonical)) == (canonical, is_valid(text))


@settings(max_examples=400)
@given(st.one_of(likely, st.text(max_size=12)))
@example("a\u00a0@example.org")
def test_valid_address_is_one_piece(text: str) -> None:
    assert not is_valid(text) or [normalise(piece) for piece in pieces(text)] == [normalise(text)]
