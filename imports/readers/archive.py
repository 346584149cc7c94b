"""Look at an XLSX file (a ZIP archive) before it is opened, lest it unpack to more than a machine should take.

The reader of workbooks unpacks a sheet into a rectangle of cells in memory. Two kinds of small file would fill it: one
that unpacks to gigabytes, and one with a few cells very far apart.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from imports.readers.problems import FileProblem, UnreadableFile

MAX_UNPACKED_BYTES: Final = 2 * 1024 * 1024 * 1024
MAX_RATIO: Final = 250
_RATIO_MATTERS_FROM: Final = 64 * 1024 * 1024
MAX_CELLS: Final = 30_000_000
_PIECE_BYTES: Final = 4 * 1024 * 1024
_OVERLAP: Final = 64

_FAR_COLUMN: Final = r'r="[A-Z]{3}'  # beyond column ZZ, the 702nd
_WIDE_COLUMN: Final = r'r="[A-Z]{2}'
_FAR_ROW: Final = r'r="(?:[A-Z]{1,3})?[0-9]{6}'
_REFERENCE: Final = re.compile(rb'r="([A-Z]{1,4})([0-9]{1,10})"')


def is_xlsx(path: Path) -> bool:
    """True for an archive that is an XLSX workbook; nothing in it is unpacked. Raises UnreadableFile for any other."""
    with _opened(path) as archive:
        names = set(archive.namelist())
    if "xl/workbook.xml" in names:
        return True
    if "xl/workbook.bin" in names:
        raise UnreadableFile(FileProblem.UNSUPPORTED_WORKBOOK, detail="xlsb")
    if "content.xml" in names and "mimetype" in names:
        raise UnreadableFile(FileProblem.UNSUPPORTED_WORKBOOK, detail="ods")
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        raise UnreadableFile(FileProblem.UNSUPPORTED_WORKBOOK, detail="numbers")
    raise UnreadableFile(FileProblem.NOT_TEXT, detail="zip")


def check_archive(path: Path) -> None:
    """Raise UnreadableFile when the archive is damaged, encrypted, a ZIP bomb, or has too large a sheet."""
    with _opened(path) as archive:
        members = archive.infolist()
        _check_sizes(members)
        if any(member.flag_bits & 1 for member in members):
            raise UnreadableFile(FileProblem.PASSWORD_PROTECTED)
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                _check_member(archive, member)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise UnreadableFile(FileProblem.DAMAGED_WORKBOOK, detail=str(error)) from error


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if unpacked > MAX_UNPACKED_BYTES or (unpacked > _RATIO_MATTERS_FROM and unpacked > MAX_RATIO * packed):
        raise UnreadableFile(FileProblem.ZIP_BOMB)


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Unpack a member once, no further than the size it claims (else BadZipFile), and measure it when it is a sheet."""
    is_sheet = member.filename.startswith("xl/worksheets/")
    far_row = far_column = wide = False
    tail = b""
    with archive.open(member) as file:
        while piece := file.read(_PIECE_BYTES):
            if not is_sheet:
                continue
            text = pa.array([tail + piece], pa.binary())
            far_row = far_row or _has(text, _FAR_ROW)
            far_column = far_column or _has(text, _FAR_COLUMN)
            wide = wide or _has(text, _WIDE_COLUMN)
            tail = piece[-_OVERLAP:]
    rows = 1_048_576 if far_row else 99_999
    columns = 16_384 if far_column else 702 if wide else 26
    if is_sheet and rows * columns > MAX_CELLS and _measure(archive, member) > MAX_CELLS:
        raise UnreadableFile(FileProblem.WORKBOOK_TOO_LARGE, detail=str(MAX_CELLS))


def _has(text: pa.Array, pattern: str) -> bool:
    return bool(pc.match_substring_regex(text, pattern)[0].as_py())


def _measure(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> int:
    """The cells of the rectangle that holds all cells of a sheet."""
    last_row = last_column = 0
    tail = b""
    with archive.open(member) as file:
        while piece := file.read(_PIECE_BYTES):
            references = set(_REFERENCE.findall(tail + piece))
            last_row = max([last_row, *(int(row) for _, row in references)])
            last_column = max([last_column, *(_column_number(letters) for letters, _ in references)])
            tail = piece[-_OVERLAP:]
    return last_row * last_column


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
