"""Cursors: where the next page begins. Opaque to programs.

They hold the place itself, not a number of rows: a page neither skips nor repeats what stays when rows come and go.
"""

import base64
import binascii
from typing import Final

from accounts.api.problems import Problem

_VERSION: Final = "1:"


def cursor_of(place: str) -> str:
    """The cursor of a place."""
    return base64.urlsafe_b64encode(f"{_VERSION}{place}".encode()).decode().rstrip("=")


def place_of(cursor: str | None) -> str:
    """The place that a cursor stands for; "" is the beginning. Raises the problem `invalid_cursor`."""
    if cursor is None:
        return ""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Problem("invalid_cursor") from error
    if not text.startswith(_VERSION) or "\x00" in text:
        raise Problem("invalid_cursor")
    return text.removeprefix(_VERSION)


def number_of(cursor: str | None) -> int:
    """As `place_of`, where the place is a number; 0 is the beginning."""
    place = place_of(cursor)
    if place == "":
        return 0
    if not (place.isascii() and place.isdigit() and len(place) < 19):
        raise Problem("invalid_cursor")
    return int(place)
