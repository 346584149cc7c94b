"""Names inside an archive: safe on every system, and each its own, whatever lists are called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backups.archive_names import LONGEST, Names, plain_name

HOSTILE = [
    "../../etc/passwd",
    "..",
    ".",
    "/",
    "\\\\server\\share",
    "C:\\x",
    "a/b",
    "con",
    "LPT1.txt",
    " x. ",
    "\x00\x1f",
    "",
]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Kunden 2026", "Kunden 2026"),
        ("../../etc/passwd", "-..-etc-passwd"),
        ("..", "list"),
        ("/", "-"),
        ("C:\\Temp", "C--Temp"),
        ("con", "con-"),
        ("Nul.txt", "Nul.txt-"),
        ("Kunden 🌷", "Kunden 🌷"),
        ("a\u202eb\u200b", "ab"),
        ("\x00", "list"),
        ("  zwei   Leerzeichen ", "zwei Leerzeichen"),
        ("ü" * 200, "ü" * 50),
    ],
)
def test_name_is_what_can_be_kept_of_the_text(text: str, name: str) -> None:
    assert Names(without="list").name(text) == name


def test_same_names_are_told_apart_by_a_number_and_case_does_not_count() -> None:
    names = Names(without="list")
    given = [names.name(text) for text in ("Kunden", "Kunden", "KUNDEN", "Kunden (2)", "", "")]
    assert given == ["Kunden", "Kunden (2)", "KUNDEN (3)", "Kunden (2) (2)", "list", "list (2)"]


@given(st.lists(st.one_of(st.text(), st.sampled_from(HOSTILE)), max_size=20))
def test_every_name_is_safe_and_its_own(texts: list[str]) -> None:
    names = Names(without="list")
    found = [names.name(text) for text in texts]
    assert len({unicodedata.normalize("NFKC", name.casefold()) for name in found}) == len(texts)
    for name in found:
        assert name.strip(" .") == name != ""
        assert not set(name) & set('\\/:*?"<>|\x00\n')
        assert len(name.encode()) <= LONGEST + 10


def test_text_without_anything_to_show_has_no_name() -> None:
    assert plain_name(" .\u200d ") == ""
