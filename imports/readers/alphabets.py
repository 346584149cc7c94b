"""Tell encodings of one byte a character apart: by the letters that a text would have in each of them.

A text is in the encoding in which its bytes are the letters of one language, and stand where such letters stand.
"""

import re
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Final

_ENOUGH: Final = 0.8
_MOST: Final = 5_000
# The likelier language goes first, and within it the likelier encoding, because a few letters fit several.
_WESTERN: Final = (
    "äöüßé",  # German
    "àâæçèéêëîïôùûüÿœ",  # French, Dutch
    "àèéìíòóùú",  # Italian
    "áéíïñóúüçàèò",  # Spanish, Catalan
    "ãáâàçéêíóôõú",  # Portuguese
    "æøåäöé",  # Danish, Norwegian, Swedish, Finnish
)
_CENTRAL: Final = (
    "ąćęłńóśźż",  # Polish
    "áčďéěíňóřšťúůýž",  # Czech
    "áäčďéíĺľňóôŕšťúýž",  # Slovak
    "áéíóöőúüű",  # Hungarian
    "čćđšž",  # Croatian, Slovene
    "ăâîșțşţ",  # Romanian
)
_TURKISH: Final = ("çğıİöşüâî",)
_CYRILLIC: Final = ("абвгдежзийклмнопрстуфхцчшщъыьэюяёіїєґ",)
_GREEK: Final = ("αβγδεζηθικλμνξοπρσςτυφχψωάέήίόύώϊϋΐΰ",)
_FAMILIES: Final = (
    (_WESTERN, ("windows-1252", "iso-8859-15", "mac-roman", "cp850")),
    (_CENTRAL, ("windows-1250", "iso-8859-2", "cp852")),
    (_TURKISH, ("windows-1254",)),
    (_CYRILLIC, ("windows-1251", "koi8-r")),
    (_GREEK, ("windows-1253",)),
)
_SIGNS: Final = frozenset("„“”‚‘’»«›‹–—…€§£°·´¡¿\u00a0")
_BETWEEN_LETTERS: Final = frozenset("’‘´–—·\u00a0")
_LAST_LATIN: Final = "\u024f"
_HIGH_BYTE: Final = re.compile(rb"(?s)(?=(.[\x80-\xff].))")


def guess_by_letters(data: bytes) -> str | None:
    """The Python name of the encoding in which `data`, which has bytes beyond ASCII, reads best; None: in none well."""
    places = Counter(match[1] for match in islice(_HIGH_BYTE.finditer(b" " + data + b" "), _MOST))
    total = sum(places.values())
    best, best_score, is_enough = None, 0.0, False
    for alphabets, encodings in _FAMILIES:
        read = {encoding: _decoded(places, encoding) for encoding in encodings}
        any_language = {encoding: _right(read[encoding], "".join(alphabets)) for encoding in encodings}
        for alphabet in alphabets:
            for encoding in encodings:
                score = any_language[encoding] + _right(read[encoding], alphabet)
                if score > best_score:
                    best, best_score = encoding, score
                    is_enough = any_language[encoding] >= _ENOUGH * total
    return best if is_enough else None


def _decoded(places: Mapping[bytes, int], encoding: str) -> list[tuple[str, int]]:
    """Characters with what stands before and after each, and how often; left out is what the encoding does not have."""
    found = []
    for place, times in places.items():
        try:
            found.append((place.decode(encoding), times))
        except UnicodeDecodeError:
            continue
    return found


def _right(read: list[tuple[str, int]], alphabet: str) -> int:
    """How many characters are letters of the alphabet or usual signs, and stand where these may stand."""
    letters = frozenset(alphabet + alphabet.upper())
    return sum(times for place, times in read if _fits(*place, letters=letters))


def _fits(before: str, character: str, after: str, *, letters: frozenset[str]) -> bool:
    if character in _SIGNS:
        return character in _BETWEEN_LETTERS or not (before.isalpha() and after.isalpha())
    if character not in letters or not _is_among_its_like(character, before, after):
        return False
    if character.isupper():
        return not before.isalpha() or (before.isupper() and not after.islower())
    return character == "ß" or not after.isupper()


def _is_among_its_like(character: str, before: str, after: str) -> bool:
    """Whether a letter's neighbours are of its script; of Latin ones, not three in a row have marks."""
    is_latin = character <= _LAST_LATIN
    beside = [letter for letter in (before, after) if letter.isalpha()]
    plain = [letter for letter in beside if letter.isascii()]
    return len(beside) < 2 or bool(plain) if is_latin else not plain
