"""Names of files inside an archive: whatever a list is called, a name that every system unpacks beside all others.

A list's name is anybody's text: it may have slashes and dots that lead out of the folder, be the same as another one,
be one but for its case, be nothing that is shown, or be a name that Windows keeps for itself.
"""

import re
import unicodedata
from typing import Final

LONGEST: Final = 100  # bytes of a name, so that with folder, number and ending every file system takes it
_REFUSED: Final = re.compile(r'[\\/:*?"<>|]')  # by Windows; slashes part folders everywhere
_OF_WINDOWS: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


class Names:
    """Gives each text a name of its own. `without` is the name of a text that has nothing to show."""

    def __init__(self, *, without: str) -> None:
        self._without = without
        self._taken: set[str] = set()

    def name(self, text: str) -> str:
        """A name for the text that was not given before, on systems that know no case either."""
        plain = plain_name(text) or self._without
        name, number = plain, 1
        while _folded(name) in self._taken:
            number += 1
            name = f"{plain} ({number})"
        self._taken.add(_folded(name))
        return name


def plain_name(text: str) -> str:
    """The text without what a name must not have; empty when nothing is left."""
    shown = "".join(one for one in unicodedata.normalize("NFC", text) if unicodedata.category(one)[0] != "C")
    name = _REFUSED.sub("-", " ".join(shown.split()))
    name = name.encode()[:LONGEST].decode(errors="ignore").strip(" .")
    return f"{name}-" if _OF_WINDOWS.fullmatch(name) else name


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name.casefold())
