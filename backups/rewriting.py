"""Rewriting: a backup's file without one person, in place of the file that holds them.

The order is that of taking (docs/backup-invariants.md): the old file is verified first, so that a damaged one never
becomes whole by a new checksum; the new one is written under a key of its own, durable, read back; then, in one
transaction with the list locked as the purge locks it, all complete backups that point at the old file point at the new
one; then the old file is deleted. Whoever copies files of backups to another place must drop the copies of keys that no
row names any more.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from accounts.tenancy import account_scope
from backups.models import Backup
from backups.taking import store
from backups.verification import Outcome, contents_of, finding, write_down
from recipients.masterdata.blocklist import Kind, kind_of
from recipients.masterdata.file import MasterDataError, MasterDataFile, MasterDataWriter
from recipients.masterdata.take import Taken
from recipients.models import Group
from recipients.revision import lock_group
from recipients.scratch import scratch_folder
from recipients.storage import discard, local_copy


class Rewriting(StrEnum):
    """What became of a file."""

    UNTOUCHED = "untouched"  # the person is not in it
    REWRITTEN = "rewritten"
    UNREADABLE = "unreadable"  # missing or damaged; as it was
    GONE = "gone"  # purged meanwhile


class Doom(Protocol):
    """Notes in the caller's transaction that a file is to be deleted, so that it is also after a crash."""

    def __call__(self, file_key: str, backups: int) -> None:
        """`backups`: so many pointed at it."""


def erase_from_backup(
    *, account_id: int, backup_id: UUID, email: str, attempt: UUID, doom: Doom, now: datetime
) -> Rewriting:
    """Have no complete backup point any more at the file of this one, if it holds the person.

    Not to be called in a transaction. Raises what storage raises, and StoredFileDiffers; then nothing has changed.
    """
    while True:
        with account_scope(account_id):
            backup = Backup.objects.filter(account_id=account_id, pk=backup_id, status=Backup.Status.COMPLETE).first()
        if backup is None:
            return Rewriting.GONE
        outcome = _erase_from_file(backup, email, attempt, doom, now)
        if outcome is not Rewriting.GONE:
            return outcome
        # Somebody has purged the backup meanwhile, or pointed it at another file: which, the next look tells.


def _erase_from_file(backup: Backup, email: str, attempt: UUID, doom: Doom, now: datetime) -> Rewriting:
    with scratch_folder() as folder:
        rest = folder / "rest.parquet"
        try:
            with local_copy("backups", backup.file_key) as path:
                if not _is_intact(backup, path, now):
                    return _unreadable(backup)
                try:
                    if not holds(path, email):
                        return Rewriting.UNTOUCHED
                    taken = write_without(path, rest, email)
                except (MasterDataError, pa.ArrowInvalid):
                    return Rewriting.UNREADABLE
        except FileNotFoundError:
            write_down(account_id=backup.account_id, file_key=backup.file_key, contents=None, now=now)
            return _unreadable(backup)
        stored = store(backup, rest, taken, attempt=attempt)
    try:
        switched = _switch(backup, stored, doom)
    except BaseException:
        discard("backups", stored["file_key"])
        raise
    if not switched:
        discard("backups", stored["file_key"])
        return Rewriting.GONE
    return Rewriting.REWRITTEN


def _is_intact(backup: Backup, path: Path, now: datetime) -> bool:
    with path.open("rb") as file:
        contents = contents_of(file)
    found = finding(backup, contents)
    if found is not Outcome.INTACT or backup.damage:
        write_down(account_id=backup.account_id, file_key=backup.file_key, contents=contents, now=now)
    return found is Outcome.INTACT


def _unreadable(backup: Backup) -> Rewriting:
    """That, unless no backup points at the file any more."""
    with account_scope(backup.account_id):
        same = Backup.objects.filter(
            account_id=backup.account_id, pk=backup.pk, status=Backup.Status.COMPLETE, file_key=backup.file_key
        )
        return Rewriting.UNREADABLE if same.exists() else Rewriting.GONE


def holds(path: Path, email: str) -> bool:
    """Whether a master-data file has a row with the canonical address, or a pattern that is just it.

    Only those row groups are read whose statistics leave room for it: of a file in the order of addresses, one.
    """
    with MasterDataFile.open(path) as file:
        if email in _addresses(file.description.block_list):
            return True
    with pq.ParquetFile(path, page_checksum_verification=True) as parquet:
        return any(
            email in parquet.read_row_group(number, columns=["email"]).column(0).to_pylist()
            for number in _row_groups(parquet, email)
        )


def _addresses(patterns: tuple[str, ...]) -> set[str]:
    """Those that are an address; `*@example.org` is one, too, but means all others with that ending."""
    return {one for one in patterns if kind_of(one) is Kind.ADDRESS}


def _row_groups(parquet: pq.ParquetFile, email: str) -> Iterator[int]:
    """The row groups that may have the address. Addresses are in the order of their bytes, in Python as in Parquet."""
    place = parquet.schema_arrow.get_field_index("email")
    for number in range(parquet.metadata.num_row_groups):
        known = parquet.metadata.row_group(number).column(place).statistics
        if known is None or not known.has_min_max or known.min <= email <= known.max:
            yield number


def write_without(source: Path, target: Path, email: str) -> Taken:
    """Write a master-data file anew without an address; as a stream. What else the file says stays as it was."""
    active = 0
    with MasterDataFile.open(source) as file:
        told = file.description
        is_listed = email in _addresses(told.block_list)
        patterns = tuple(one for one in told.block_list if one != email or not is_listed)
        description = replace(told, block_list=patterns)
        with MasterDataWriter(target, description, file.schema) as writer:
            for batch in file.batches():
                rest = batch.filter(pc.not_equal(batch.column("email"), email))
                active += _active_in(rest)
                writer.write(rest)
        return Taken(revision=told.revision, recipient_count=writer.row_count, active_count=active)


def _active_in(batch: pa.RecordBatch) -> int:
    lost = pc.and_(pc.is_null(batch.column("deactivated_at")), pc.is_null(batch.column("bounced_at")))
    return int(pc.sum(pc.and_(pc.is_valid(batch.column("activated_at")), lost)).as_py() or 0)


def _switch(backup: Backup, stored: dict[str, Any], doom: Doom) -> bool:
    """Point all complete backups at the new file that pointed at the old one; False when none did any more.

    The lists's lock is the one of the purge and of who points a new backup at an existing file.
    """
    with account_scope(backup.account_id):
        try:
            lock_group(account_id=backup.account_id, group_id=backup.group_id)
        except Group.DoesNotExist:  # deleted with its account
            return False
        rows = Backup.objects.filter(
            account_id=backup.account_id, file_key=backup.file_key, status=Backup.Status.COMPLETE
        )
        pks = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))
        if not pks:
            return False
        kept = ("file_key", "sha256", "size", "recipient_count", "active_count")
        Backup.objects.filter(account_id=backup.account_id, pk__in=pks).update(
            **{name: stored[name] for name in kept}, damage=""
        )
        doom(backup.file_key, len(pks))
    return True
