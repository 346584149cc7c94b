"""Downloads: a backup's file, given out only when it is the very file that was kept (mission P6).

And a small list as it is now. What takes longer than a person waits for is made by `exporting`.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime
from io import BufferedReader
from pathlib import Path
from typing import Final, Self

from django.utils import timezone

from accounts.tenancy import account_scope
from backups.exports.csv import check_encoding, csv_chunks
from backups.exports.making import make_file
from backups.exports.options import Format, Options
from backups.exports.rows import People
from backups.models import Backup
from backups.suppressing import has_moved, suppression_for
from backups.verification import Contents, Outcome, contents_of, finding, write_down
from recipients.erased import Erased
from recipients.masterdata.file import MasterDataError, MasterDataFile
from recipients.masterdata.take import take
from recipients.models import Group
from recipients.scratch import scratch_folder
from recipients.storage import FAILURES, local_copy

CHUNK_BYTES = 256 * 1024
LONGEST_NAME = 120  # characters of the list's name in a file's name
PATIENCE: Final = 3  # times that a list is read for which writers came in between
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


class ListKeepsChanging(Exception):
    """Each time that the list was read, somebody wrote to it meanwhile."""


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


def open_download(*, backup: Backup, form: Format, options: Options) -> Download:
    """The backup as a file of the given form, its checksum verified, without people who were erased since.

    The bytes that were verified are the ones that are given out: the file is opened once, and stays readable when the
    backup is purged meanwhile. Raises a DownloadRefused or Unwritable before the first byte is given out. What the
    verification found stands in the backup's row, in the caller's transaction: who lets the exception pass out of it
    loses that.
    """
    refuse_unmade(backup)
    with ExitStack() as opened:
        file, left_out = open_without_erased(backup, opened)
        try:
            if form == "csv":
                chunks = _csv(file, opened, options, left_out)
                length = None
            elif form == "parquet" and not left_out:
                chunks, length = _chunks_of(file), backup.size
            else:
                made = _made(file, opened, form, options, left_out)
                chunks, length = _chunks_of(made[0]), made[1]
        except MasterDataError as error:
            raise FileDamaged from error
        return Download(opened=opened.pop_all(), chunks=chunks, length=length)


def open_group_download(*, group: Group, form: Format, options: Options, now: datetime) -> Download:
    """A list as it is now as a file of the given form. For small lists: nothing is given out before all is written.

    Raises Unwritable and ListKeepsChanging.
    """
    with ExitStack() as opened:
        taken = opened.enter_context(scratch_folder()) / "list.parquet"
        take_unchanged(group, taken, now)
        file, length = _made(opened.enter_context(taken.open("rb")), opened, form, options, None)
        return Download(opened=opened.pop_all(), chunks=_chunks_of(file), length=length)


def opened_file(*, key: str, sha256: str, size: int) -> Download:
    """A file that was made before, once its checksum is the one that it had then. Raises a DownloadRefused."""
    with ExitStack() as opened:
        try:
            file = opened.enter_context(opened.enter_context(local_copy("backups", key)).open("rb"))
            found = hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError as error:
            raise FileMissing from error
        except FAILURES as error:
            raise StorageUnavailable from error
        if found != sha256:
            raise FileDamaged
        file.seek(0)
        return Download(opened=opened.pop_all(), chunks=_chunks_of(file), length=size)


def refuse_unmade(backup: Backup) -> None:
    """Raise NotComplete or NeverMade for a backup that has no file."""
    if backup.status == Backup.Status.PENDING:
        raise NotComplete
    if backup.status != Backup.Status.COMPLETE:
        raise NeverMade


def open_verified(backup: Backup, opened: ExitStack) -> BufferedReader:
    """The backup's file, open at its beginning. Raises a DownloadRefused, and writes down what was found."""
    contents: Contents | None = None
    try:
        path = opened.enter_context(local_copy("backups", backup.file_key))
        file = opened.enter_context(path.open("rb"))
        contents = contents_of(file)
        file.seek(0)
    except FileNotFoundError as error:
        if has_moved(backup):  # somebody who was in it was erased just then
            return open_verified(backup, opened)
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


def open_without_erased(backup: Backup, opened: ExitStack) -> tuple[BufferedReader, Erased]:
    """As `open_verified`, and who must not leave the house with it.

    An erasure that ends just then has the backup point at another file: that one is opened.
    """
    while True:
        file = open_verified(backup, opened)
        with account_scope(backup.account_id):
            left_out = suppression_for(backup)
            same = Backup.objects.filter(account_id=backup.account_id, pk=backup.pk)
            if same.values_list("file_key", flat=True).first() in (None, backup.file_key):  # none: just purged
                return file, left_out
            backup.refresh_from_db(fields=["file_key", "size", "sha256", "recipient_count", "revision"])


def _write_down(backup: Backup, contents: Contents | None) -> None:
    write_down(account_id=backup.account_id, file_key=backup.file_key, contents=contents, now=timezone.now())


def take_unchanged(group: Group, path: Path, now: datetime) -> None:
    """Write a list to `path` as it is at one instant, in the caller's transaction, which need not be a snapshot.

    Every write to a list raises its revision: with the same one before and after, all that was read belongs together.
    """
    for _attempt in range(PATIENCE):
        current = Group.objects.get(account_id=group.account_id, pk=group.pk)
        take(group=current, path=path, trigger="export", now=now, progress=lambda _done, _known: None)
        if Group.objects.filter(account_id=group.account_id, pk=group.pk, revision=current.revision).exists():
            return
    raise ListKeepsChanging


def _made(
    source: BufferedReader, opened: ExitStack, form: Format, options: Options, left_out: People | None
) -> tuple[BufferedReader, int]:
    """The file in another form, open, and its length; gone when `opened` is closed."""
    path = opened.enter_context(scratch_folder()) / f"export.{form}"
    make_file(source, path, form=form, options=options, left_out=left_out, progress=lambda _done, _known: None)
    return opened.enter_context(path.open("rb")), path.stat().st_size


def _chunks_of(file: BufferedReader) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _csv(file: BufferedReader, opened: ExitStack, options: Options, left_out: People | None) -> Iterator[bytes]:
    master_data = opened.enter_context(MasterDataFile.open(file))
    check_encoding(master_data, language=options.language, dialect=options.dialect, left_out=left_out)
    return csv_chunks(master_data, language=options.language, dialect=options.dialect, left_out=left_out)


def file_name(*, name: str, at: datetime, form: str) -> str:
    """The name that a file is saved under, such as `Kunden_2026-03-02_09-30.csv`: the list's, then the local time.

    Characters that some system does not take in a name, or that are not shown, are left out or replaced.
    """
    shown = "".join(one for one in name if unicodedata.category(one)[0] != "C")
    shown = _NOT_IN_FILE_NAMES.sub("-", shown).strip(" .")[:LONGEST_NAME].strip(" .")
    return f"{shown or 'Backup'}_{timezone.localtime(at):%Y-%m-%d_%H-%M}.{form}"
