"""What is done to an XLSX workbook before the library reads it, on its XML, because the library cannot.

Errors such as #N/A and formulas without a result are cells that it takes for empty; it does not know each character's
notation; and it always reads whole sheets.
Called by `imports.workbook_process`; like it, imports little.
"""

import io
import re
import zipfile
from collections.abc import Collection
from typing import BinaryIO, Final

_PIECE_BYTES: Final = 1024 * 1024
_SILENT_MARKS: Final = (b't="e"', b"t='e'", b"</f></c>", b"<v></v></c>", b"/></c>", b"_xfff", b"_xFFF")
_LONGEST_MARK: Final = max(map(len, _SILENT_MARKS))
# A character that no XML may hold, as Excel writes it. All are looked at in turn, as they are read, so that one which
# stands for its own letters (an underscore before them) is none.
_NOTATION: Final = re.compile(rb"_x([0-9A-Fa-f]{4})_")
_UNKNOWN: Final = {b"FFFE": "\ufffe".encode(), b"FFFF": "\uffff".encode()}  # to the library
_ERROR: Final = re.compile(rb"""(<(?:[^\s<>/]+:)?c\s[^<>]*?\bt=["'])e(["'])""")
_FORMULA: Final = re.compile(
    rb"<c(?P<attributes>[^<>]*)><f[^<>]*?(?:/>|>(?P<formula>[^<>]*)</f>)(?:<v\s*/>|<v></v>)?</c>"
)
_TYPE: Final = re.compile(rb'\s+t="([a-z]+)"')
_ROW_END: Final = re.compile(rb"</(?P<prefix>(?:[^\s<>/:]+:)?)row\s*>")
_LONGEST_ROW_END: Final = 64


def silent_members(file: BinaryIO) -> set[str]:
    """The members of the archive that may have cells which the library takes for empty."""
    with zipfile.ZipFile(file) as archive:
        return {member.filename for member in archive.infolist() if _is_silent(archive, member)}


def speaking_copy(file: BinaryIO, silent: Collection[str]) -> BinaryIO:
    """A copy of the workbook in which the errors and the formulas without a result in these members are texts."""
    copy = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(copy, "w") as target:
        for member in archive.infolist():
            content = archive.read(member)
            target.writestr(member.filename, _speaking(content) if member.filename in silent else content)
    return copy


def shortened_copy(file: BinaryIO, rows: int) -> bytes:
    """The workbook with no more than the first `rows` rows of each sheet."""
    copy = io.BytesIO()
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(copy, "w") as target:
        for member in archive.infolist():
            is_sheet = "/worksheets/" in member.filename and member.filename.endswith(".xml")
            target.writestr(member.filename, _first_rows(archive, member, rows) if is_sheet else archive.read(member))
    return copy.getvalue()


def _is_silent(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    if not member.filename.endswith(".xml"):
        return False
    with archive.open(member) as file:
        end = b""
        while piece := file.read(_PIECE_BYTES):
            if any(mark in end + piece for mark in _SILENT_MARKS):
                return True
            end = piece[-_LONGEST_MARK:]
    return False


def _speaking(sheet: bytes) -> bytes:
    sheet = _NOTATION.sub(lambda found: _UNKNOWN.get(found[1].upper(), found[0]), sheet)
    return _FORMULA.sub(_shown_formula, _ERROR.sub(rb"\1str\2", sheet))


def _shown_formula(cell: re.Match[bytes]) -> bytes:
    """A cell with a formula and no result; that of a formula whose result is an empty text stays."""
    attributes = cell["attributes"]
    if (found := _TYPE.search(attributes)) and found[1] == b"str":
        return cell[0]
    return b'<c%s t="str"><v>=%s</v></c>' % (_TYPE.sub(b"", attributes), cell["formula"] or b"")


def _first_rows(archive: zipfile.ZipFile, member: zipfile.ZipInfo, rows: int) -> bytes:
    """The XML of a sheet up to the end of that row, closed; all of it when it has no more."""
    content = bytearray()
    left, looked_at = rows, 0
    with archive.open(member) as file:
        while piece := file.read(_PIECE_BYTES):
            content += piece
            for end in _ROW_END.finditer(content, looked_at):
                left -= 1
                looked_at = end.end()
                if not left:
                    prefix = end["prefix"]
                    return bytes(content[:looked_at]) + b"</%ssheetData></%sworksheet>" % (prefix, prefix)
            looked_at = max(looked_at, len(content) - _LONGEST_ROW_END)
    return bytes(content)
