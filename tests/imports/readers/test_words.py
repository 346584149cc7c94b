"""Gender and tags."""

import pyarrow as pa
import pytest

from imports.readers.words import convert_genders, convert_tags


@pytest.mark.parametrize(
    ("gender", "words"),
    [
        ("female", ["Frau", "FRAU", "w", "F", "weiblich", "female", "Mrs.", "Ms"]),
        ("male", ["Herr", "m", "männlich", "Männlich", "MALE", "Mr"]),
        ("diverse", ["d", "divers", "Diverse", "non-binary", "x"]),
        (None, ["Firma", "?", "1", "mw"]),
    ],
)
def test_gender_is_read_from_words(gender: str | None, words: list[str]) -> None:
    converted = convert_genders(pa.array(words))
    assert (converted.values.to_pylist(), converted.unreadable.to_pylist()) == (
        [gender] * len(words),
        [gender is None] * len(words),
    )


def test_quotation_marks_around_a_tag_are_not_part_of_it() -> None:
    converted = convert_tags(pa.array(['"VIP","Groß kunde"', '"a", b', '"', '""', '""a""', 'say "hi"', '"VIP", VIP']))
    assert converted.values.to_pylist() == [
        ["VIP", "Groß kunde"],
        ["a", "b"],
        ['"'],
        None,
        ['"a"'],
        ['say "hi"'],
        ["VIP"],
    ]


def test_tags_are_parted_at_commas() -> None:
    converted = convert_tags(pa.array([" vip,b2b, vip ", "vip", None, " , ", "x" * 10_001]))
    assert (converted.values.to_pylist(), converted.unreadable.to_pylist()) == (
        [["vip", "b2b"], ["vip"], None, None, None],
        [False, False, False, False, True],
    )
