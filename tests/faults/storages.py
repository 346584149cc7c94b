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

from recipients.storage import DurableFileSystemStorage, Place


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
        path = Path(self.path(saved))
        match fault:
            case Fault.CUT:
                os.truncate(path, path.stat().st_size - 1)
            case Fault.DAMAGED:
                damaged = bytearray(path.read_bytes())
                damaged[len(damaged) // 2] ^= 1
                path.write_bytes(damaged)
            case Fault.GONE:
                path.unlink()
        return saved


@contextmanager
def failing(where: Place, *faults: Fault) -> Iterator[None]:
    """Let these faults befall the next files that are put into a place, one each."""
    kept = settings.STORAGES[where]
    bad = kept | {"BACKEND": "tests.faults.storages.FailingStorage"}
    PLANNED[:] = faults
    with override_settings(STORAGES=settings.STORAGES | {where: bad}):
        yield
    assert PLANNED == [], "not every fault befell a file"
