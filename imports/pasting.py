"""Pasted text: a list of addresses, as people and mail programs write it, becomes a table with one row for each."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

HEADER: Final = "E-Mail\tName"
# Only what looks like one: whether it is an address, the reader decides, and tells it.
_ADDRESS: Final = r"[^\s@<>,;\"]+@[^\s@<>,;\"]+"
_ENTRY: Final = re.compile(
    rf'(?:"(?P<quoted>[^"<>]*)"\s*|(?P<name>[^"<>@]*))<(?P<address>{_ADDRESS})>|(?P<bare>{_ADDRESS})'
)
# Outlook parts by semicolons and has commas in its names, so that semicolons are tried first.
_PARTS: Final = (
    re.compile(r'(?:"[^"\r\n]*"|[^";\r\n]++)++'),
    re.compile(r'(?:"[^"\r\n]*"|[^",\r\n]++)++'),
    re.compile(r"\S+"),
)


def as_table(text: str) -> str:
    """The text with a row for each address, if it is nothing but a list of addresses; else the text itself.

    `Ada <ada@example.org>, bob@example.org` is such a list: parted by line ends, semicolons, commas or blanks, with or
    without names. Where there are names, they become a second column.
    """
    for part in _PARTS:
        entries = _entries(match[0] for match in part.finditer(text))
        if entries:
            return _rows(entries)
    return text


def _entries(parts: Iterable[str]) -> list[tuple[str, str]]:
    """Each part as an address and a name; none when a part is anything else."""
    entries = []
    for part in filter(None, map(str.strip, parts)):
        match = _ENTRY.fullmatch(part)
        if match is None:
            return []
        name = match["quoted"] or match["name"] or ""
        entries.append((match["address"] or match["bare"], " ".join(name.split())))
    return entries


def _rows(entries: Sequence[tuple[str, str]]) -> str:
    if not any(name for _, name in entries):
        return "".join(f"{address}\n" for address, _ in entries)
    return "".join(f"{line}\n" for line in [HEADER, *("\t".join(entry) for entry in entries)])
