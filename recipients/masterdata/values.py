"""What a value may be: the one rule that every way into Listkeep applies to text.

Because forms, imports and the API all store `normalise_text(value)`, no stored text has blanks around it, and no stored
text is empty. That is what makes an export round-trip true: a reader may strip the cells of any file.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

MAX_TEXT_LENGTH: Final = 10_000
"""Characters (code points) that one text value may have."""

GENDERS: Final = ("female", "male", "diverse")
"""The codes of a gender field."""

NUMBER_PRECISION: Final = 38
NUMBER_SCALE: Final = 10
"""A number has at most 38 digits, 10 of them after the point."""

_SPACES = "\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
_QUADS = "".join(chr(code) for code in range(0x2000, 0x200B))
_INVISIBLE = "\u200b\u2060\ufeff"
BLANKS: Final = _SPACES + _QUADS + _INVISIBLE
"""What is stripped from both ends of a text: Unicode white space, zero-width space, word joiner, byte order mark.

The zero-width joiner and non-joiner are not among them: emoji and several scripts end or begin with them rightly.
"""

# NUL stays, so that it is refused as everywhere.
_CONTROL_TO_BLANK = dict.fromkeys([*range(1, 0x20), 0x7F], " ")


class UnstorableText(ValueError):
    """A text that cannot be stored. `code` is "nul", "surrogate" or "too_long"."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def normalise_text(text: str | None) -> str | None:
    """The text as it is stored: blanks at both ends stripped, nothing left is None, every other character kept.

    No Unicode normalisation, no change to inner line breaks: what somebody wrote is what they get back.
    Raises UnstorableText for NUL characters and lone surrogates, which PostgreSQL and UTF-8 cannot hold, and for more
    than MAX_TEXT_LENGTH characters after stripping.
    """
    stripped = text.strip(BLANKS) if text is not None else ""
    if not stripped:
        return None
    if "\x00" in stripped:
        raise UnstorableText("nul")
    if len(stripped) > MAX_TEXT_LENGTH:
        raise UnstorableText("too_long")
    try:
        stripped.encode()
    except UnicodeEncodeError as error:
        raise UnstorableText("surrogate") from error
    return stripped


def format_number(number: Decimal) -> str:
    """The shortest plain notation with a point: no exponent, no zeros at the end, no minus before zero."""
    if number == 0:
        return "0"
    digits = f"{number:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def normalise_tags(tags: Iterable[str]) -> list[str]:
    """Tags as they are stored: blanks stripped, control characters inside made blanks, none empty, each once, in order.

    A tag has no comma: "a,b" is two tags. Raises UnstorableText as `normalise_text` does.
    """
    found: dict[str, None] = {}
    for tag in tags:
        for part in tag.translate(_CONTROL_TO_BLANK).split(","):
            text = normalise_text(part)
            if text is not None:
                found[text] = None
    return list(found)
