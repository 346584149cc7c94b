"""A place for files on a disk that is going bad: for real, but at the moments that a test chooses."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.test import override_settings
from psycopg import connect

from config.embedded import addresses
from recipients.storage import DurableFileSystemStorage, Place
from tests import environment


class Fault(StrEnum):
    """What becomes of a file that is put there."""

    REFUSED = "refused"  # the disk is full, or the server says no
    CUT = "cut"  # the end is missing, though nobody said so
    DAMAGED = "damaged"  # one byte is another one
    GONE = "gone"
    NONE = "none"


PLANNED: list[Fault] = []  # what happens to the next files, in order; after that nothing does


class FailingStorage(DurableFileSystemStorage):
    """A local folder that does to each file what is planned for it."""

    def _save(self, name: str, content: "File[bytes]") -> str:
        fault = PLANNED.pop(0) if PLANNED else Fault.NONE
        if fault is Fault.REFUSED:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), name)
        saved = super()._save(name, content)
        spoil(Path(self.path(saved)), fault)
        return saved


def spoil(path: Path, fault: Fault) -> None:
    """Let a fault befall a stored file."""
    match fault:
        case Fault.CUT:
            os.truncate(path, path.stat().st_size - 1)
        case Fault.DAMAGED:
            damaged = bytearray(path.read_bytes())
            damaged[len(damaged) // 2] ^= 1
            path.write_bytes(damaged)
        case Fault.GONE:
            path.unlink()


class LastDeedStorage(DurableFileSystemStorage):
    """A local folder; after a deletion there, every session of the database is ended, as when its server stops."""

    def delete(self, name: str) -> None:
        super().delete(name)
        with connect(addresses.admin_url(environment.VAR), autocommit=True) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", [addresses.ROLES["app"]]
            )


@contextmanager
def failing(where: Place, *faults: Fault) -> Iterator[None]:
    """Let these faults befall the next files that are put into a place, one each."""
    PLANNED[:] = faults
    with storage_of(where, FailingStorage):
        yield
    assert PLANNED == [], "not every fault befell a file"


@contextmanager
def storage_of(where: Place, kind: type[DurableFileSystemStorage]) -> Iterator[None]:
    """Let a place be a storage of that kind in the block."""
    changed = settings.STORAGES[where] | {"BACKEND": f"{kind.__module__}.{kind.__qualname__}"}
    with override_settings(STORAGES=settings.STORAGES | {where: changed}):
        yield
