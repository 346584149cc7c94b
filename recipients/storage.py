"""The one module that talks to the places where files are kept: a local folder or an S3 server.

A file is put there whole or not at all, and durable before `put` returns: a local file is written beside its place,
flushed to the disk and renamed, its folder flushed too; an S3 server answers only when it has the object, and takes it
only when the checksum that was sent with it is the one that it computes itself.
Keys hold ids and no personal data.
"""

import errno
import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, Literal

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files import File
from django.core.files.base import File as DjangoFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from storages.backends.s3 import S3File, S3Storage

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


MEBIBYTE: Final = 1024 * 1024
PART: Final = 8 * MEBIBYTE  # of a file that is sent in parts: what is larger than one
PARTS_AT_ONCE: Final = 4


class CheckedS3Storage(S3Storage):  # type: ignore[misc]  # the package has no types
    """An S3 server that is asked again when it stumbles, for a bounded time, and that checks what it is sent.

    `checksums=False` is for servers that know no checksum beside the object's own MD5.
    """

    def __init__(self, *, checksums: bool = True, **settings: Any) -> None:
        settings.setdefault("client_config", _client_config(settings.get("addressing_style"), checksums=checksums))
        settings.setdefault("transfer_config", _transfer_config())
        if checksums:
            # The server computes it anew over what arrived, of each part too, and refuses what differs.
            settings.setdefault("object_parameters", {"ChecksumAlgorithm": "SHA256"})
        settings.setdefault("max_memory_size", PART)  # the default reads whole files into memory
        super().__init__(**settings)


def _client_config(addressing_style: str | None, *, checksums: bool) -> Config:
    """Three attempts at each request, with rests of a second or two between them that grow and are random.

    Few, because each job of Listkeep has attempts of its own, minutes apart, and a person may wait for an answer.
    """
    when = "when_supported" if checksums else "when_required"
    return Config(
        s3={"addressing_style": addressing_style},
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=5,
        read_timeout=60,
        request_checksum_calculation=when,
        response_checksum_validation=when,
    )


def _transfer_config() -> TransferConfig:
    """Files in parts, each sent again for itself; no more memory than PARTS_AT_ONCE of them take."""
    config = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, max_concurrency=PARTS_AT_ONCE)
    config.max_in_memory_upload_chunks = config.max_in_memory_download_chunks = PARTS_AT_ONCE
    return config


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

    Raises FileNotFoundError when the place is there and has no such file; that the place itself is gone (a disk that is
    not mounted, a bucket by another name) is another one of FAILURES, and says nothing about its files.
    """
    storage = place(where)
    if isinstance(storage, FileSystemStorage):
        path = Path(storage.path(key))
        if not path.is_file():
            demand_place(where)
            raise FileNotFoundError(key)
        yield path
        return
    with scratch_folder() as folder:
        path = folder / "file"
        with path.open("wb") as target:
            _fetch(storage, key, target)
        yield path


def _fetch(storage: Storage, key: str, target: IO[bytes]) -> None:
    """Copy the file at `key` into an open local file. Raises as `local_copy`."""
    try:
        with storage.open(key, "rb") as source:
            stored: Any = source
            if isinstance(stored, S3File):  # straight to the file: it would be written to another one first
                stored.obj.download_fileobj(target, Config=_transfer_config())
            else:
                shutil.copyfileobj(source, target, MEBIBYTE)
    except FileNotFoundError:
        if isinstance(storage, S3Storage):  # the same answer when the bucket is not there
            storage.connection.meta.client.head_bucket(Bucket=storage.bucket_name)
        raise


def open_file(where: Place, key: str) -> IO[bytes]:
    """The file at `key`, open for reading. Raises FileNotFoundError."""
    opened: IO[bytes] = place(where).open(key, "rb")
    return opened


def remove(where: Place, key: str) -> None:
    """Delete the file at `key`; that there is none is no error."""
    place(where).delete(key)


def demand_place(where: Place) -> None:
    """Raise OSError when a place that is a local folder is gone, as when its disk is not mounted."""
    storage = place(where)
    if isinstance(storage, FileSystemStorage) and not Path(storage.location).is_dir():
        raise OSError(errno.ENODEV, os.strerror(errno.ENODEV), str(storage.location))


def remove_below(where: Place, folder: str) -> None:
    """Delete every file in a folder and in those below it; that there is none is no error. May be done again.

    Raises what the storage raises: a part of the files is gone then.
    """
    storage = place(where)
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in folders:
        remove_below(where, f"{folder}/{name}")
    for name in files:
        storage.delete(f"{folder}/{name}")
    if isinstance(storage, FileSystemStorage):
        storage.delete(folder)


def discard(where: Place, *keys: str) -> None:
    """As `remove`, for files that no row refers to: a failure is logged, and left to `recipients.orphans`."""
    for key in keys:
        try:
            remove(where, key)
        except FAILURES:
            logger.warning("%s in %s is of no use any more and could not be removed", key, where, exc_info=True)


def abort_left_uploads(where: Place, *, before: datetime) -> int:
    """Give up uploads in parts that were begun before that time and never ended; gives how many.

    A process that was killed leaves one: no object, and found by no listing of files, but its parts hold people's data.
    """
    storage = place(where)
    if not isinstance(storage, S3Storage):
        return 0
    client, bucket, aborted = storage.connection.meta.client, storage.bucket_name, 0
    pages = client.get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=f"{storage.location}/")
    for upload in (one for page in pages for one in page.get("Uploads", ())):
        if upload["Initiated"] < before:
            logger.warning("an upload of %s to %s was never ended and is given up", upload["Key"], where)
            client.abort_multipart_upload(Bucket=bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            aborted += 1
    return aborted
