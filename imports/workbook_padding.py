"""The numbers of an XLSX workbook that are shown with zeros before them, made texts before the library reads it.

A postcode that is stored as 1067 and shown as 01067 is 01067 to whoever looks at it.
Called by `imports.workbook_process`; like it, imports little.
"""

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import IO, Final

from imports.workbook_styles import Padding, paddings

_PIECE_BYTES: Final = 256 * 1024
_LONGEST_STYLE: Final = 32
# Excel keeps and shows 15 significant digits, as `imports.workbook_process` does.
_DIGITS: Final = ".15g"
_STYLE: Final = re.compile(rb"""\ss=["']([0-9]{1,9})["']""")
_TYPE: Final = re.compile(rb"""\st=["']([^"']*)["']""")
_NUMBER: Final = re.compile(
    rb"<(?P<name>(?:[^\s<>/:]+:)?c)(?P<attributes>\s[^<>]*)?>"
    rb"(?P<formula>\s*<(?:[^\s<>/:]+:)?f(?:\s[^<>]*)?(?:/>|>[^<]*</(?:[^\s<>/:]+:)?f>))?"
    rb"(?P<before>\s*<(?:[^\s<>/:]+:)?v>)(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)</"
)
_ROW_END: Final = re.compile(rb"</(?:[^\s<>/:]+:)?row\s*>")


def padded_copy(file: IO[bytes]) -> bytes | None:
    """A copy of the workbook with these numbers as texts; None when it has none, as nearly all.

    It is packed, and made of some rows at a time, since a sheet may be larger than what the process may take.
    """
    with zipfile.ZipFile(file) as archive:
        by_style = paddings(archive)
        sheets = {one.filename for one in archive.infolist() if by_style and _uses(archive, one, by_style)}
        if not sheets:
            return None
        copy = io.BytesIO()
        with zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
            for member in archive.infolist():
                # Zeros make it larger, perhaps than what an archive of the old kind holds.
                with archive.open(member) as source, target.open(member.filename, "w", force_zip64=True) as written:
                    for piece in _rows(source) if member.filename in sheets else _pieces(source):
                        written.write(_padded(piece, by_style) if member.filename in sheets else piece)
        return copy.getvalue()


def _uses(archive: zipfile.ZipFile, member: zipfile.ZipInfo, by_style: Mapping[int, Padding]) -> bool:
    """Whether there may be cells of these styles. Those that name none have the first one."""
    if "/worksheets/" not in member.filename or not member.filename.endswith(".xml"):
        return False
    if 0 in by_style:
        return True
    with archive.open(member) as file:
        end = b""
        for piece in _pieces(file):
            if any(int(style) in by_style for style in set(_STYLE.findall(end + piece))):
                return True
            end = piece[-_LONGEST_STYLE:]
    return False


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_PIECE_BYTES):
        yield piece


def _rows(file: IO[bytes]) -> Iterator[bytes]:
    """The XML of a sheet in pieces that end where a row ends, so that none parts a cell."""
    content = bytearray()
    looked_at = 0
    for piece in _pieces(file):
        content += piece
        end = 0
        for row_end in _ROW_END.finditer(content, looked_at):
            end = row_end.end()
        if end:
            yield bytes(content[:end])
            del content[:end]
        looked_at = len(content)  # an end that two pieces share is passed over, up to the next one
    yield bytes(content)


def _padded(rows: bytes, by_style: Mapping[int, Padding]) -> bytes:
    def shown(cell: re.Match[bytes]) -> bytes:
        attributes = cell["attributes"] or b""
        style = _STYLE.search(attributes)
        padding = by_style.get(int(style[1]) if style else 0)
        kind = _TYPE.search(attributes)
        if padding is None or (kind and kind[1] != b"n"):
            return cell[0]
        number = format(float(cell["number"]), _DIGITS)
        text = padding.pad(number)
        if text == number:
            return cell[0]
        return b'<%s%s t="str">%s%s%s</' % (
            cell["name"],
            _TYPE.sub(b"", attributes),
            cell["formula"] or b"",
            cell["before"],
            text.encode(),
        )

    return _NUMBER.sub(shown, rows)
