"""Look into a ZIP archive before anything of it is unpacked, lest it be more than a machine should take.

An XLSX workbook is one as well; what its sheets take in memory is bounded by `imports.workbook_process`.
"""

import io
import zipfile
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from imports.readers.problems import FileProblem, UnreadableFile

MAX_UNPACKED_BYTES: Final = 2 * 1024 * 1024 * 1024
MAX_RATIO: Final = 250
_RATIO_MATTERS_FROM: Final = 64 * 1024 * 1024
ENCRYPTED: Final = 0x41
"""The flags of a member that needs a password."""
_AES: Final = 99  # stands in place of a method, always with a flag for the password
PIECE_BYTES: Final = 4 * 1024 * 1024


class _Bytes(io.FileIO):
    """The bytes of an archive. None of its parts is larger than a piece; only a table of contents claims to be."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > PIECE_BYTES:
            raise zipfile.BadZipFile(f"The table of contents has {size} bytes.")
        return super().read(size) or b""

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_SET and offset < 0:
            raise zipfile.BadZipFile(f"A member begins at {offset}.")
        return super().seek(offset, whence)


@contextmanager
def opened(path: Path, *, damaged: FileProblem = FileProblem.DAMAGED_WORKBOOK) -> Iterator[zipfile.ZipFile]:
    """The archive at `path`, for the block. Raises UnreadableFile with `damaged` when it cannot be read."""
    try:
        with _Bytes(path) as file, zipfile.ZipFile(file) as archive:
            yield archive
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, UnicodeDecodeError) as error:
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
    """Raise UnreadableFile when a workbook's archive is damaged, encrypted or a ZIP bomb."""
    with opened(path) as archive:
        members = archive.infolist()
        check_members(members)
        if any(member.flag_bits & ENCRYPTED for member in members):
            raise UnreadableFile(FileProblem.PASSWORD_PROTECTED)


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
