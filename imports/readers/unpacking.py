"""The one table in a ZIP archive, unpacked for as long as it is read."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from imports.readers.archive import ENCRYPTED, PIECE_BYTES, check_members, document_in, opened
from imports.readers.problems import FileProblem, UnreadableFile
from recipients.scratch import scratch_folder

ZIP_SIGNATURES: Final = (b"PK\x03\x04", b"PK\x05\x06")
_TABLES: Final = (".csv", ".txt", ".tsv", ".tab", ".xlsx", ".xlsm", ".xls", ".ods", ".parquet")
_HIDDEN: Final = (".", "~$", "__MACOSX")  # what systems and spreadsheet programs put beside the files
_NAME_CHARACTERS: Final = 100


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[Path, str]]:
    """The file to read, and its name in the ZIP archive at `path`; any other file is itself, with the name "".

    What was unpacked is gone after the block. It is never unpacked once more: an archive in an archive is no table.
    Raises UnreadableFile when the archive does not hold exactly one table that can be unpacked.
    """
    with path.open("rb") as file:
        is_zip = file.read(4) in ZIP_SIGNATURES
    if not is_zip or _is_document(path):
        yield path, ""
        return
    with scratch_folder() as folder:
        table = folder / "table"
        with opened(path, damaged=FileProblem.DAMAGED_ZIP) as archive:
            member = _only_table(archive)
            check_members([member])
            with archive.open(member) as packed, table.open("wb") as file:
                while piece := packed.read(PIECE_BYTES):  # ends at the size that was checked
                    file.write(piece)
        yield table, PurePosixPath(_shown(member)).name


def _is_document(path: Path) -> bool:
    with opened(path) as archive:
        return bool(document_in(set(archive.namelist())))


def _only_table(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    tables = [member for member in archive.infolist() if _is_table(member)]
    if not tables:
        raise UnreadableFile(FileProblem.ZIP_WITHOUT_TABLE)
    if len(tables) > 1:
        names = "\n".join(_shown(member) for member in tables)
        raise UnreadableFile(FileProblem.ZIP_WITH_SEVERAL_TABLES, detail=names)
    if tables[0].flag_bits & ENCRYPTED:
        raise UnreadableFile(FileProblem.ZIP_PASSWORD_PROTECTED)
    return tables[0]


def _is_table(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    hidden = any(part.startswith(_HIDDEN) for part in name.parts if part != "..")
    is_folder = member.filename.endswith("/")
    return not is_folder and not hidden and name.suffix.lower() in _TABLES


def _shown(member: zipfile.ZipInfo) -> str:
    """The name with its folders, as it may be shown. No file is ever written under it."""
    return "".join(character for character in member.filename if character.isprintable())[-_NAME_CHARACTERS:]
