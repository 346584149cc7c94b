"""Downloads: a backup's file, given out only when it is the very file that was kept (mission P6)."""

import re
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from io import BufferedReader
from typing import Final, Literal, Self

from django.utils import timezone

from backups.exports.csv import csv_chunks
from backups.models import Backup
from backups.verification import Contents, Outcome, contents_of, finding, write_down
from recipients.masterdata.file import MasterDataError, MasterDataFile
from recipients.masterdata.labels import Language
from recipients.storage import FAILURES, local_copy

Format = Literal["csv", "parquet"]
CONTENT_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
CHUNK_BYTES = 256 * 1024
LONGEST_NAME = 120  # characters of the list's name in a file's name
_NOT_IN_FILE_NAMES = re.compile(r'[\\/:*?"<>|]')  # what Windows refuses, and what parts folders


class DownloadRefused(Exception):
    """A backup's file cannot be given out. `code` says why; the page turns it into sentences."""

    code = ""


class NotComplete(DownloadRefused):
    """The backup is still being made."""

    code = "pending"


class NeverMade(DownloadRefused):
    """The backup failed; there is no file."""

    code = "failed"


class FileMissing(DownloadRefused):
    """Storage has no file where the catalogue says that one is."""

    code = "missing"


class FileDamaged(DownloadRefused):
    """The bytes in storage are not those that were kept, or cannot be read as master data."""

    code = "damaged"


class StorageUnavailable(DownloadRefused):
    """Storage does not answer; the file may well be there."""

    code = "storage"


class Download(Iterator[bytes]):
    """An opened and verified backup, given out in chunks. `close` it, also when it was never read to its end.

    `length` is in bytes, None when it is not known before.
    """

    def __init__(self, *, opened: ExitStack, chunks: Iterator[bytes], length: int | None) -> None:
        self._opened = opened
        self._chunks = chunks
        self.length = length

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> bytes:
        return next(self._chunks)

    def close(self) -> None:
        """Close the file, and remove it if it was a copy."""
        self._opened.close()


def open_download(*, backup: Backup, form: Format, language: Language) -> Download:
    """The backup as a file of the given form, its checksum verified.

    The bytes that were verified are the ones that are given out: the file is opened once, and stays readable when the
    backup is purged meanwhile. Raises a DownloadRefused before the first byte is given out. What the verification found
    stands in the backup's row, in the caller's transaction: who lets the exception pass out of it loses that.
    """
    if backup.status == Backup.Status.PENDING:
        raise NotComplete
    if backup.status != Backup.Status.COMPLETE:
        raise NeverMade
    with ExitStack() as opened:
        file = open_verified(backup, opened)
        if form == "parquet":
            chunks, length = _chunks_of(file), backup.size
        else:
            chunks, length = _csv(file, opened, language), None
        return Download(opened=opened.pop_all(), chunks=chunks, length=length)


def open_verified(backup: Backup, opened: ExitStack) -> BufferedReader:
    """The backup's file, open at its beginning. Raises a DownloadRefused, and writes down what was found."""
    contents: Contents | None = None
    try:
        path = opened.enter_context(local_copy("backups", backup.file_key))
        file = opened.enter_context(path.open("rb"))
        contents = contents_of(file)
        file.seek(0)
    except FileNotFoundError as error:
        _write_down(backup, contents)
        raise FileMissing from error
    except FAILURES as error:
        raise StorageUnavailable from error
    if finding(backup, contents) is not Outcome.INTACT:
        _write_down(backup, contents)
        raise FileDamaged
    if backup.damage:  # somebody has put the right file back
        _write_down(backup, contents)
    return file


def _write_down(backup: Backup, contents: Contents | None) -> None:
    write_down(account_id=backup.account_id, file_key=backup.file_key, contents=contents, now=timezone.now())


def _chunks_of(file: BufferedReader) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _csv(file: BufferedReader, opened: ExitStack, language: Language) -> Iterator[bytes]:
    try:
        master_data = opened.enter_context(MasterDataFile.open(file))
    except MasterDataError as error:
        raise FileDamaged from error
    return csv_chunks(master_data, language=language)


def file_name(*, backup: Backup, form: Format) -> str:
    """The name that the file is saved under, such as `Kunden_2026-03-02_09-30.csv`: the list's name then, local time.

    Characters that some system does not take in a name, or that are not shown, are left out or replaced.
    """
    name = "".join(one for one in backup.group_name if unicodedata.category(one)[0] != "C")
    name = _NOT_IN_FILE_NAMES.sub("-", name).strip(" .")[:LONGEST_NAME].strip(" .")
    at = timezone.localtime(backup.requested_at)
    return f"{name or 'Backup'}_{at:%Y-%m-%d_%H-%M}.{form}"
