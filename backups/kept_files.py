"""Kept files: verified copies of files in storage, near to the process that shows them page by page.

A page of a million rows must not read the whole file again, nor fetch it from an S3 server. So the bytes are verified
once and copied into a private folder of this machine, beside what was worked out from them. A folder is named by the
account and the checksum of the bytes: another account never gets to it, and a file that was rewritten is another one.
Nobody is shown anything from here without the row in the catalogue having been asked first.

Folders go when nobody has looked for KEPT, and those looked at longest ago when together they are larger than
MOST_BYTES. So a copy of a purged backup, or of a file that holds somebody who was erased since, which no row names and
nobody can look at any more, is gone KEPT + TIDIED_EVERY later at the latest. Only web processes make folders, and only
who is on their machine can remove them: each look tidies, each web process does while it serves, whether somebody looks
or not (`tidy_beside`), and beat has the machine of its worker tidied, where that is the same one and web is down.
"""

import errno
import logging
import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Final

from recipients.scratch import SCRATCH

logger = logging.getLogger(__name__)

KEPT: Final = timedelta(minutes=30)  # from the last look on
IN_USE: Final = timedelta(minutes=1)  # what was looked at so lately is not removed for want of space
MOST_BYTES: Final = 2_000_000_000
TIDIED_EVERY: Final = timedelta(minutes=5)
FILE: Final = "file.parquet"
NEW: Final = "new-"  # a folder that is just being filled


def kept_folder(name: str, fill: Callable[[Path], None]) -> Path:
    """The folder with the verified file FILE in it, which `fill` writes when it is not there yet.

    Raises what `fill` raises, and OSError; nothing is kept then.
    """
    root = _root()
    folder = root / name
    os.utime(root)  # else it would count as scratch that was left, on a day without a new copy
    _remove_unused(root)
    try:
        os.utime(folder)
    except FileNotFoundError:
        _fill(root, folder, fill)
        _remove_largest(root)
    return folder


def forget(name: str) -> None:
    """Remove a folder: its file has turned out to be another one than storage has."""
    shutil.rmtree(_root() / name, ignore_errors=True)


def tidy_kept_files() -> None:
    """Remove from this machine what was not looked at for KEPT, and what is too much. Safe at any time, twice at once.

    Raises OSError.
    """
    root = _root()
    _remove_unused(root)
    _remove_largest(root)


def tidy_beside(*, every: timedelta = TIDIED_EVERY) -> Event:
    """Tidy this machine at once and then again and again, beside what the process does, until the event is set."""
    ended = Event()
    Thread(target=_tidy_until, args=(ended, every), name="tidy-kept-files", daemon=True).start()
    return ended


def _tidy_until(ended: Event, every: timedelta) -> None:
    while True:
        try:
            tidy_kept_files()
        except OSError:
            logger.exception("kept files could not be tidied; it is tried again")
        if ended.wait(every.total_seconds()):
            return


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; the file appears at `path` at the end of the block, whole, or not at all."""
    beside = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        yield beside
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _root() -> Path:
    """The one folder of this user on this machine; nobody else may look into it."""
    root = Path(tempfile.gettempdir()) / f"{SCRATCH}kept-{os.getuid()}"
    root.mkdir(mode=0o700, exist_ok=True)
    found = root.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077 or root.is_symlink():
        raise PermissionError(errno.EPERM, "others can write to the folder of kept files", str(root))
    return root


def _fill(root: Path, folder: Path, fill: Callable[[Path], None]) -> None:
    new = Path(tempfile.mkdtemp(prefix=NEW, dir=root))
    try:
        fill(new / FILE)
        with suppress(OSError):  # another process was faster, with the same bytes
            new.rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _remove_unused(root: Path) -> None:
    oldest = time.time() - KEPT.total_seconds()
    for folder, used in _folders(root):
        if used < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def _remove_largest(root: Path) -> None:
    """Remove what was looked at longest ago until the rest is small enough."""
    in_use = time.time() - IN_USE.total_seconds()
    total = 0
    for folder, used in sorted(_folders(root), key=lambda one: -one[1]):
        total += _bytes_of(folder)
        if total > MOST_BYTES and used < in_use and not folder.name.startswith(NEW):
            shutil.rmtree(folder, ignore_errors=True)


def _folders(root: Path) -> list[tuple[Path, float]]:
    """Each folder, and when it was looked at last."""
    found = []
    for folder in root.iterdir():
        with suppress(FileNotFoundError):  # just removed by another process
            found.append((folder, folder.stat().st_mtime))
    return found


def _bytes_of(folder: Path) -> int:
    total = 0
    with suppress(FileNotFoundError):
        for file in folder.iterdir():
            with suppress(FileNotFoundError):
                total += file.stat().st_size
    return total
