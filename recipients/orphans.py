"""Orphans: files in storage that no row refers to.

A file stands in storage before a row refers to it, so a process that dies between the two leaves one behind, and so
does one that dies while it writes. They hold people's data and must go. Only files whose key has the form that their
writer gives it are looked at: nothing else in a place is Listkeep's to delete.
"""

import logging
import re
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime, timedelta

from django.core.files.storage import Storage

from recipients.storage import FAILURES, Place, abort_left_uploads, discard, place

logger = logging.getLogger(__name__)

KEPT = timedelta(days=1)  # longer than any task or request runs, so that what is on its way into a row is left alone

InUse = Callable[[int, Mapping[str, uuid.UUID]], Collection[str]]
"""Of the keys of one account, each with the job that it belongs to: those that are needed, or may yet be."""


def remove_orphans(where: Place, *, form: re.Pattern[str], in_use: InUse, now: datetime) -> int:
    """Delete files older than KEPT that are not in use, and uploads that were never ended; gives how many.

    `form` matches the keys that may be deleted, and has the groups `account` (a number) and `job` (a UUID).
    """
    removed = abort_left_uploads(where, before=now - KEPT)
    for account_id, jobs in _by_account(place(where), form):
        for key in sorted(jobs.keys() - set(in_use(account_id, jobs))):
            if _modified_at(place(where), key, now) < now - KEPT:
                logger.warning("%s in %s belongs to nothing and is deleted", key, where)
                discard(where, key)
                removed += 1
    return removed


def _by_account(storage: Storage, form: re.Pattern[str]) -> Iterator[tuple[int, dict[str, uuid.UUID]]]:
    """For each folder of files: the account that they belong to, and their keys with their jobs."""
    for keys in _folders(storage, ""):
        matches = [match for match in map(form.fullmatch, keys) if match is not None]
        for account_id in sorted({int(match["account"]) for match in matches}):
            yield (
                account_id,
                {match[0]: uuid.UUID(match["job"]) for match in matches if int(match["account"]) == account_id},
            )


def _folders(storage: Storage, folder: str) -> Iterator[list[str]]:
    """The keys in a folder, then those of each folder in it."""
    try:
        folders, files = storage.listdir(folder)
    except FileNotFoundError:  # nothing was ever put there, or the folder has just gone
        return
    before = f"{folder}/" if folder else ""
    if files:
        yield [f"{before}{name}" for name in files]
    for name in folders:
        yield from _folders(storage, f"{before}{name}")


def _modified_at(storage: Storage, key: str, now: datetime) -> datetime:
    """When the file was written; now, so that it is left alone, when it has just gone or storage does not say."""
    try:
        return storage.get_modified_time(key)
    except FAILURES:
        logger.warning("the age of %s could not be told", key, exc_info=True)
        return now
