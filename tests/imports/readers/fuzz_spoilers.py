"""What happens to files: bytes lost, doubled, flipped, put in; rows and cells of tables; tags and values of XML."""

import io
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Final

from tests.imports.readers.fuzz_files import CELLS, MAKERS

Spoiler = Callable[[bytes, Random], bytes]

# What is put into a file, or a byte is replaced by.
_PIECES: Final = (
    b"\x00",
    b"\xff",
    b'"',
    b'""',
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b";",
    b",",
    b"\t",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\xc3",
    b"\xed\xa0\x80",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b";" * 3_000,
    b'"' * 999,
    b"x" * 70_000,
)
_NUMBERS: Final = (0, 1, 2, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)
_XML: Final = (
    (b'r="A1"', b'r="XFD1048576"'),
    (b'r="A1"', b"r='ZZ99999'"),
    (b'r="A', b'r="ZZZZZZ'),
    (b't="s"', b't="e"'),
    (b't="inlineStr"', b't="s"'),
    (b't="inlineStr"', b't="b"'),
    (b't="n"', b't="d"'),
    (b"<v>", b"<v>-1e308"),
    (b"<v>", b"<v>99999999999999999999"),
    (b"</row>", b""),
    (b"</c>", b""),
    (b"<row", b"<row><row"),
    (b"<t>", b"<t>&#0;&lol;"),
    (b"sheet1.xml", b"sheet9.xml"),
    (b"worksheets/", b"../"),
    (b"<sheetData>", b'<sheetData><row r="4294967295"><c r="A4294967295"><v>1</v></c></row>'),
    (b"?>", b'?><!DOCTYPE x [<!ENTITY lol "lol">]>'),
)


def spoilt(content: bytes, chance: Random) -> bytes:
    """The file after up to six such things."""
    for _ in range(chance.choice([0, 1, 1, 2, 3, 6])):
        inside = content[:2] == b"PK" and chance.random() < 0.7
        content = _spoil_inside(content, chance) if inside else chance.choice(SPOILERS)(content, chance)
    return content


def _spoil_inside(content: bytes, chance: Random) -> bytes:
    """Spoil one member of an archive, which is then packed rightly again; not every archive can still be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [(member.filename, archive.read(member)) for member in archive.infolist()]
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError, RuntimeError):
        return _flip(content, chance)
    if not members:
        return content
    chosen = chance.randrange(len(members))
    spoiler = chance.choice([_replace_xml, *SPOILERS] if members[chosen][0].endswith(".xml") else SPOILERS)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for place, (name, inner) in enumerate(members):
            archive.writestr(name.replace("\0", "_"), spoiler(inner, chance) if place == chosen else inner)
    return packed.getvalue()


def _place(content: Sequence[object], chance: Random) -> int:
    return chance.randrange(len(content) + 1)


def _flip(content: bytes, chance: Random) -> bytes:
    spoilt = bytearray(content)
    for _ in range(chance.choice([1, 1, 4, 30])):
        if spoilt:
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    return bytes(spoilt)


def _cut(content: bytes, chance: Random) -> bytes:
    return content[: _place(content, chance)]


def _lose(content: bytes, chance: Random) -> bytes:
    start = _place(content, chance)
    return content[:start] + content[start + chance.choice([1, 2, 10, 500]) :]


def _put_in(content: bytes, chance: Random) -> bytes:
    start = _place(content, chance)
    return content[:start] + chance.choice(_PIECES) + content[start:]


def _put_over(content: bytes, chance: Random) -> bytes:
    start, piece = _place(content, chance), chance.choice(_PIECES)
    return content[:start] + piece + content[start + len(piece) :]


def _put_number(content: bytes, chance: Random) -> bytes:
    """A number that a format may have there, with 2 or 4 bytes."""
    start, size = _place(content, chance), chance.choice([2, 4])
    number = chance.choice(_NUMBERS) & ((1 << 8 * size) - 1)
    return content[:start] + number.to_bytes(size, "little") + content[start + size :]


def _repeat(content: bytes, chance: Random) -> bytes:
    start = _place(content, chance)
    piece = content[start : start + chance.choice([1, 20, 1_000])]
    return content[:start] + piece * chance.choice([2, 3, 50]) + content[start:]


def _splice(content: bytes, chance: Random) -> bytes:
    """The beginning of this file and the end of another one."""
    other = chance.choice(MAKERS)(chance)
    return content[: _place(content, chance)] + other[_place(other, chance) :]


def _change_rows(content: bytes, chance: Random) -> bytes:
    """Lose, double or swap lines."""
    lines = content.splitlines(keepends=True)
    if len(lines) < 2:
        return content
    first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
    how = chance.randrange(4)
    if how == 0:
        del lines[first]
    elif how == 1:
        lines[first], lines[second] = lines[second], lines[first]
    elif how == 2:
        lines[first:first] = [lines[second]] * chance.choice([1, 100])
    else:
        lines[first] = lines[first].rstrip(b"\r\n")
    return b"".join(lines)


def _change_cells(content: bytes, chance: Random) -> bytes:
    """Put other cells into a line, more of them or fewer."""
    lines = content.split(b"\n")
    place = chance.randrange(len(lines))
    delimiter = max((b";", b",", b"\t", b"|"), key=content.count)
    cells = lines[place].split(delimiter)
    start = _place(cells, chance)
    new = [chance.choice(CELLS).encode() for _ in range(chance.randrange(4))]
    cells[start : start + chance.randrange(3)] = new
    lines[place] = delimiter.join(cells)
    return b"\n".join(lines)


def _replace_xml(content: bytes, chance: Random) -> bytes:
    old, new = chance.choice(_XML)
    return content.replace(old, new, chance.choice([1, -1]))


SPOILERS: Final[tuple[Spoiler, ...]] = (
    _flip,
    _cut,
    _lose,
    _put_in,
    _put_over,
    _put_number,
    _repeat,
    _splice,
    _change_rows,
    _change_rows,
    _change_cells,
    _change_cells,
)
