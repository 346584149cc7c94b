"""Block lists: what a pattern means, and that columns are judged as a plain matcher judges one address."""

import re

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recipients.masterdata.blocklist import (
    BlockList,
    InvalidPattern,
    Kind,
    Refusal,
    canonical_pattern,
    kind_of,
    matches_pattern,
    patterns_to_look_up,
)

CANONICAL = [
    ("spam@example.org", "spam@example.org", Kind.ADDRESS),
    (" Spam@Example.ORG\u00a0", "spam@example.org", Kind.ADDRESS),
    ("mu\u0308ller@xn--bcher-kva.de", "müller@bücher.de", Kind.ADDRESS),
    ("*@example.org", "*@example.org", Kind.DOMAIN),
    ("***@Example.org", "*@example.org", Kind.DOMAIN),
    ("example.org", "*@example.org", Kind.DOMAIN),
    ("@example.org", "*@example.org", Kind.DOMAIN),
    ("xn--bcher-kva.de", "*@bücher.de", Kind.DOMAIN),
    ("*@XN--BCHER-KVA.de", "*@bücher.de", Kind.DOMAIN),
    ("*.example.org", "*@*.example.org", Kind.ENDING),
    ("@*.example.org", "*@*.example.org", Kind.ENDING),
    ("*@*.xn--bcher-kva.de", "*@*.bücher.de", Kind.ENDING),
    ("*.ru", "*@*.ru", Kind.ENDING),
    ("*@*ru", "*@*ru", Kind.ENDING),
    ("info@*", "info@*", Kind.OTHER),
    ("info@xn--bcher-kva.*", "info@bücher.*", Kind.OTHER),
    ("Spam*@example.org", "spam*@example.org", Kind.OTHER),
    ("*spam*", "*spam*", Kind.OTHER),
    ("spam*", "spam*", Kind.OTHER),
    ("*@example.*", "*@example.*", Kind.OTHER),
    (f"*@*{'b' * 250}", f"*@*{'b' * 250}", Kind.ENDING),
]
REFUSED = [
    ("", Refusal.EMPTY),
    (" \ufeff\t", Refusal.EMPTY),
    ("a b@example.org", Refusal.BLANK_INSIDE),
    ("*@exam\u00a0ple.org", Refusal.BLANK_INSIDE),
    ("a\x00@example.org", Refusal.UNREADABLE_CHARACTER),
    ("a*\ud800", Refusal.UNREADABLE_CHARACTER),
    ("*", Refusal.BLOCKS_EVERYBODY),
    ("*@*", Refusal.BLOCKS_EVERYBODY),
    ("**", Refusal.BLOCKS_EVERYBODY),
    ("*@*.*", Refusal.BLOCKS_EVERYBODY),
    ("@*", Refusal.BLOCKS_EVERYBODY),
    ("@", Refusal.BLOCKS_NOBODY),
    ("...", Refusal.BLOCKS_NOBODY),
    ("somebody", Refusal.BLOCKS_NOBODY),
    ("a@example", Refusal.BLOCKS_NOBODY),
    ("*@example", Refusal.BLOCKS_NOBODY),
    ("info*@", Refusal.BLOCKS_NOBODY),
    ("a@b@example.org", Refusal.BLOCKS_NOBODY),
    ("*@b@example.org", Refusal.BLOCKS_NOBODY),
    (f"*{'a' * 254}", Refusal.TOO_LONG),
    (f"*{'a' * 253}", Refusal.TOO_LONG),  # *@*aaa… is what it means
]


@pytest.mark.parametrize(("text", "pattern", "kind"), CANONICAL)
def test_pattern_has_one_canonical_form(text: str, pattern: str, kind: Kind) -> None:
    assert (canonical_pattern(text), kind_of(pattern)) == (pattern, kind)
    assert canonical_pattern(pattern) == pattern


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_text_that_is_no_pattern_is_refused(text: str, reason: Refusal) -> None:
    with pytest.raises(InvalidPattern) as refused:
        canonical_pattern(text)
    assert refused.value.reason is reason


def matches(emails: list[str | None], *patterns: str) -> list[bool]:
    """What a block list says of a column."""
    found: list[bool] = BlockList(patterns).matches(pa.array(emails, pa.string())).to_pylist()
    return found


def test_column_is_judged_by_every_kind_of_pattern() -> None:
    emails = [
        "spam@example.org",
        "other@example.org",
        "a@blocked.org",
        "a@sub.blocked.org",
        "a@x.ending.org",
        "a@ending.org",
        "info@anywhere.org",
        "info@anywhere.de",
    ]
    patterns = ["spam@example.org", "*@blocked.org", "*@*.ending.org", "info@*.de"]

    assert matches([*emails], *patterns) == [True, False, True, False, True, False, False, True]


@pytest.mark.parametrize("patterns", [[], ["a@b.de"], ["*@b.de"], ["*@*.de"], ["a*e"]])
def test_missing_address_is_not_blocked(patterns: list[str]) -> None:
    assert matches([None, ""], *patterns) == [False, False]


def test_empty_column_is_judged() -> None:
    assert matches([], "a@b.de", "*@b.de", "*@*.de", "a*e") == []


def test_text_without_a_domain_is_no_domain() -> None:
    assert matches(["b.de", "x.b.de"], "*@b.de", "*@*.de") == [False, False]


def test_characters_with_a_meaning_elsewhere_mean_themselves() -> None:
    assert matches(["a.c@x.de", "abc@x.de", "a+c@x.de", "a?c@x.de"], "a.c@*", "a?c@*") == [True, False, False, True]


def test_hundreds_of_other_patterns_are_tried() -> None:
    patterns = [f"spam{number}@*" for number in range(1001)]

    assert matches(["spam1000@x.de", "spam1001@x.de"], *patterns) == [True, False]


def test_mark_is_that_of_the_set() -> None:
    marks = [BlockList(patterns).mark for patterns in (["a@b.de", "*@c.de"], ["*@c.de", "a@b.de", "a@b.de"])]

    assert (marks[0] == marks[1], BlockList(["a@b.de"]).mark == marks[0], BlockList([]).mark) == (True, False, "")


# A small alphabet, so that patterns and addresses meet.
LETTERS = st.text("ab.+é", min_size=1, max_size=4)
ADDRESSES = st.builds(lambda local, domain: f"{local}@{domain}", LETTERS, LETTERS)
PATTERNS = st.builds(
    lambda pieces: re.sub(r"\*+", "*", "".join(pieces)),
    st.lists(st.sampled_from(["*", "*@", "@", "a", "b", ".", "+", "é"]), min_size=1, max_size=8),
).filter(lambda pattern: pattern.count("@") <= 1)


def model(email: str, pattern: str) -> bool:
    """Whether an address matches, letter by letter."""
    if not pattern:
        return not email
    if pattern[0] == "*":
        return any(model(email[start:], pattern[1:]) for start in range(len(email) + 1))
    return email[:1] == pattern[0] and model(email[1:], pattern[1:])


@given(email=ADDRESSES, pattern=PATTERNS)
@example(email="a@a", pattern="a@*a")
@example(email="a@a", pattern="a@a*a")
def test_one_address_is_judged_as_letter_by_letter(email: str, pattern: str) -> None:
    assert matches_pattern(email, pattern) == model(email, pattern)


@given(emails=st.lists(ADDRESSES, max_size=20), patterns=st.lists(PATTERNS, max_size=20))
def test_column_is_judged_as_one_address_is(emails: list[str], patterns: list[str]) -> None:
    assert matches([*emails], *patterns) == [any(model(email, pattern) for pattern in patterns) for email in emails]


@given(email=ADDRESSES, patterns=st.lists(PATTERNS, max_size=20))
def test_patterns_to_look_up_are_those_that_match(email: str, patterns: list[str]) -> None:
    looked_up = {pattern for pattern in patterns if kind_of(pattern) is not Kind.OTHER}
    found = looked_up & set(patterns_to_look_up(email))

    assert found == {pattern for pattern in looked_up if matches_pattern(email, pattern)}


def test_many_wildcards_take_no_longer() -> None:
    assert not matches_pattern("a" * 250 + "@x.de", "*a" * 100 + "*b")


def test_canonical_pattern_means_what_the_text_means() -> None:
    texts = ["*.example.org", "*example.org", "@example.org"]
    emails = ["a@example.org", "a@sub.example.org", "example.org@x.de", "a@noexample.org"]

    assert [matches([*emails], canonical_pattern(text)) for text in texts] == [
        [False, True, False, False],
        [True, True, False, True],
        [True, False, False, False],
    ]
