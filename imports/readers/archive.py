"""Look into a ZIP archive before anything of it is unpacked, lest it be more than a machine should take.

An XLSX workbook is one as well. The reader of workbooks unpacks a sheet into a rectangle of cells in memory. Two kinds
of small file would fill it: one that unpacks to gigabytes, and one with a few cells very far apart.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
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
ENCRYPTED: Final = 0x41
"""The flags of a member that needs a password."""
_AES: Final = 99  # stands in place of a method, always with a flag for the password
PIECE_BYTES: Final = 4 * 1024 * 1024
_OVERLAP: Final = 64

_FAR_COLUMN: Final = r'r="[A-Z]{3}'  # beyond column ZZ, the 702nd
_WIDE_COLUMN: Final = r'r="[A-Z]{2}'
_FAR_ROW: Final = r'r="(?:[A-Z]{1,3})?[0-9]{6}'
_REFERENCE: Final = re.compile(rb'r="([A-Z]{1,4})([0-9]{1,10})"')


class _Bytes(io.FileIO):
    """The bytes of an archive. None of its parts is larger than a piece; only a table of contents claims to be."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > PIECE_BYTES:
            raise zipfile.BadZipFile(f"The table of contents has {size} bytes.")
        return super().read(size) or b""


@contextmanager
def opened(path: Path, *, damaged: FileProblem = FileProblem.DAMAGED_WORKBOOK) -> Iterator[zipfile.ZipFile]:
    """The archive at `path`, for the block. Raises UnreadableFile with `damaged` when it cannot be read."""
    try:
        with _Bytes(path) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise UnreadableFile(damaged, detail=str(error)) from error


def document_in(names: Collection[str]) -> str:
    """What document an archive with these members is: xlsx, xlsb, ods, numbers, other; "" for none, but some files."""
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "content.xml" in names and "mimetype" in names:
        return "ods"
    if any(name.startswith("Index/") and name.endswith(".iwa") for name in names):
        return "numbers"
    return "other" if "[Content_Types].xml" in names or "mimetype" in names else ""


def is_xlsx(path: Path) -> bool:
    """True for an archive that is an XLSX workbook; nothing in it is unpacked. Raises UnreadableFile for any other."""
    with opened(path) as archive:
        document = document_in(set(archive.namelist()))
    if document in ("", "other"):
        raise UnreadableFile(FileProblem.NOT_TEXT, detail="zip")
    if document != "xlsx":
        raise UnreadableFile(FileProblem.UNSUPPORTED_WORKBOOK, detail=document)
    return True


def check_archive(path: Path) -> None:
    """Raise UnreadableFile when a workbook's archive is damaged, encrypted, a ZIP bomb, or has too large a sheet."""
    with opened(path) as archive:
        members = archive.infolist()
        check_members(members)
        if any(member.flag_bits & ENCRYPTED for member in members):
            raise UnreadableFile(FileProblem.PASSWORD_PROTECTED)
        for member in members:
            if member.filename.endswith((".xml", ".rels")):
                _check_member(archive, member)


def check_members(members: Sequence[zipfile.ZipInfo]) -> None:
    """Raise UnreadableFile for members that are too large together, and BadZipFile for one that is packed unusually.

    Python unpacks the unusual methods without a bound: a few bytes become gigabytes in one step.
    """
    for member in members:
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, _AES):
            raise zipfile.BadZipFile(f"The member is packed by method {member.compress_type}.")
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
        while piece := file.read(PIECE_BYTES):
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
        while piece := file.read(PIECE_BYTES):
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
