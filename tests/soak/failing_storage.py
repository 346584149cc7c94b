"""Storage that fails for the workers when the soak has planned it: refuses a call, cuts or damages a file, is slow.

What is planned stands in a file that all processes share; whoever makes the call that it is meant for takes it out.
"""

import errno
import fcntl
import io
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from botocore.exceptions import EndpointConnectionError
from django.core.files.base import File

from recipients.storage import CheckedS3Storage, DurableFileSystemStorage

PLAN = "LISTKEEP_SOAK_STORAGE"  # in the environment of workers: the file with what is planned


@dataclass(frozen=True)
class Planned:
    """A fault of the call `skip` calls from now of that kind in that place, and of the `times` - 1 after it."""

    place: str
    call: str  # save, open, delete
    fault: str  # refused, cut, damaged, slow
    skip: int = 0
    times: int = 1


def plan(path: Path, *faults: Planned) -> None:
    """Let these faults come, and no others."""
    with _locked(path):
        path.write_text(json.dumps([asdict(one) for one in faults]))


def befallen(path: Path) -> list[str]:
    """What has befallen, in words; it is forgotten then."""
    said = path.with_suffix(".befallen")
    with _locked(path):
        found = said.read_text().splitlines() if said.exists() else []
        said.unlink(missing_ok=True)
    return found


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _due(place: str, call: str, name: str) -> str:
    """The fault that is planned for this very call, or nothing."""
    if PLAN not in os.environ:
        return ""
    path = Path(os.environ[PLAN])
    with _locked(path):
        faults = [Planned(**one) for one in json.loads(path.read_text())] if path.exists() else []
        for number, one in enumerate(faults):
            if (one.place, one.call) != (place, call):
                continue
            skips, ends = one.skip > 0, one.skip == 0 and one.times == 1
            left = replace(one, skip=one.skip - 1) if skips else replace(one, times=one.times - 1)
            faults[number : number + 1] = [] if ends else [left]
            path.write_text(json.dumps([asdict(each) for each in faults]))
            if skips:
                return ""
            with path.with_suffix(".befallen").open("a") as said:
                said.write(f"{one.fault}: {call} of {place}/{name}\n")
            return one.fault
    return ""


def _spoilt(fault: str, data: bytes) -> bytes:
    """The bytes as they come out of it."""
    if fault == "cut":
        return data[: len(data) * 2 // 3]
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data


class Failing:
    """What both kinds of storage do before each call."""

    def _befall(self, call: str, name: str) -> str:
        """Raise or wait when that is planned; gives what else is."""
        fault = _due(str(getattr(self, "location", "")).rstrip("/").rsplit("/", 1)[-1], call, name)
        if fault == "slow":
            time.sleep(0.8)
        if fault == "refused":
            raise self._refusal(name)
        return fault

    def _refusal(self, name: str) -> Exception:
        return OSError(errno.EIO, os.strerror(errno.EIO), name)

    def _save(self, name: str, content: "File[bytes]") -> str:
        fault = self._befall("save", name)
        if fault in ("cut", "damaged"):
            content = File(io.BytesIO(_spoilt(fault, content.read())), name=name)
        return str(super()._save(name, content))  # type: ignore[misc]  # the storage beside it

    def _open(self, name: str, mode: str = "rb") -> Any:
        fault = self._befall("open", name)
        opened = super()._open(name, mode)  # type: ignore[misc]  # as above
        if fault in ("cut", "damaged"):
            return File(io.BytesIO(_spoilt(fault, opened.read())), name=name)
        return opened

    def delete(self, name: str) -> None:
        """Delete a file."""
        self._befall("delete", name)
        super().delete(name)  # type: ignore[misc]  # as above


class FailingFolder(Failing, DurableFileSystemStorage):
    """A local folder."""


class FailingBucket(Failing, CheckedS3Storage):
    """A bucket of an S3 server."""

    def _refusal(self, name: str) -> Exception:
        refusal: Exception = EndpointConnectionError(endpoint_url=name)
        return refusal
