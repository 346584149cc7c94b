"""The one module that talks to the places where files are kept: a local folder or an S3 server.

A file is put there whole or not at all, and durable before `put` returns: a local file is written beside its place,
flushed to the disk and renamed, its folder flushed too; an S3 server answers only when it has the object.
Keys hold ids and no personal data.
"""

import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Literal

from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.base import File as DjangoFile
from django.core.files.storage import FileSystemStorage, Storage, storages

from recipients.scratch import scratch_folder

logger = logging.getLogger(__name__)

Place = Literal["imports", "backups"]

FAILURES: Final = (OSError, Boto3Error, BotoCoreError, ClientError)
"""What a place raises when it does not do its work; FileNotFoundError, an OSError, when there is no such file."""


class DurableFileSystemStorage(FileSystemStorage):
    """A local folder in which a file appears whole, and stays after a power cut once `save` has returned."""

    def _save(self, name: str, content: "DjangoFile[bytes]") -> str:
        target = Path(self.path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.{uuid.uuid4().hex}.partial")
        try:
            with partial.open("xb") as written:
                for chunk in content.chunks():
                    written.write(chunk)
                written.flush()
                os.fsync(written.fileno())
            partial.rename(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        self._flush_folders(target.parent)
        return name

    def _flush_folders(self, folder: Path) -> None:
        """Flush a folder and those above it, up to where the place itself is named: any of them may be new."""
        top = Path(self.location).parent
        for each in (folder, *folder.parents):
            _flush_folder(each)
            if each == top:
                return

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: keys are unique, and the same key again means the same file again."""
        return name


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def place(name: Place) -> Storage:
    """The storage behind a place."""
    found: Storage = storages[name]
    return found


def put(where: Place, key: str, path: Path) -> None:
    """Copy a local file to `key`, replacing what stood there. Raises what the storage raises."""
    with path.open("rb") as source:
        saved = place(where).save(key, File(source, name=key))
    if saved != key:
        raise RuntimeError(f"The storage saved {saved!r} in place of {key!r}.")


def put_stream(where: Place, key: str, content: "DjangoFile[bytes]") -> None:
    """As `put`, from an uploaded file."""
    saved = place(where).save(key, content)
    if saved != key:
        raise RuntimeError(f"The storage saved {saved!r} in place of {key!r}.")


@contextmanager
def local_copy(where: Place, key: str) -> Iterator[Path]:
    """The file at `key` as a local path to read: the file itself in a local folder, else a copy for the block.

    Raises FileNotFoundError.
    """
    storage = place(where)
    if isinstance(storage, FileSystemStorage):
        path = Path(storage.path(key))
        if not path.is_file():
            raise FileNotFoundError(key)
        yield path
        return
    with scratch_folder() as folder:
        path = folder / "file"
        with storage.open(key, "rb") as source, path.open("wb") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
        yield path


def open_file(where: Place, key: str) -> IO[bytes]:
    """The file at `key`, open for reading. Raises FileNotFoundError."""
    opened: IO[bytes] = place(where).open(key, "rb")
    return opened


def remove(where: Place, key: str) -> None:
    """Delete the file at `key`; that there is none is no error."""
    place(where).delete(key)


def discard(where: Place, *keys: str) -> None:
    """As `remove`, for files that no row refers to: a failure is logged, and left to `recipients.orphans`."""
    for key in keys:
        try:
            remove(where, key)
        except FAILURES:
            logger.warning("%s in %s is of no use any more and could not be removed", key, where, exc_info=True)
