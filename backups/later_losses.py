"""Later losses: who unsubscribed or bounced after a backup was made, as later backups of the same list know it.

Who is in the list is judged by the list. Who is not, and comes back, might have unsubscribed before they were deleted:
the backups between know it, and no restore turns such a person active (mission P4).
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc
from django.db.models import Q

from accounts.tenancy import account_scope
from backups.models import Backup
from backups.suppressing import has_moved
from recipients.masterdata.file import TIMESTAMP, MasterDataError, MasterDataFile
from recipients.models import Recipient
from recipients.storage import FAILURES, local_copy

logger = logging.getLogger(__name__)

LOST_COLUMNS: Final = ("email", "deactivated_at", "bounced_at")
LOST: Final = Q(deactivated_at__isnull=False) | Q(bounced_at__isnull=False)
SCHEMA: Final = pa.schema([("email", pa.string()), ("deactivated_at", TIMESTAMP), ("bounced_at", TIMESTAMP)])


@dataclass(frozen=True)
class LaterLosses:
    """The last sign-off and bounce of each address that has one. `unread`: files that could not be asked."""

    known: pa.Table
    unread: int

    @classmethod
    def after(cls, backup: Backup, *, with_list: bool) -> Self:
        """What backups of the list that were made after this one know; `with_list` for another list, the list itself.

        Memory grows with those who left, not with the list.
        """
        with account_scope(backup.account_id):
            later = Backup.objects.filter(
                account_id=backup.account_id,
                group_id=backup.group_id,
                status=Backup.Status.COMPLETE,
                revision__gt=backup.revision,
            )
            backups = list(later.order_by("file_key", "pk").distinct("file_key"))
            parts = [_of_the_list(backup)] if with_list else []
        unread = 0
        for one in backups:
            try:
                parts.append(_of_backup(one))
            except (*FAILURES, MasterDataError):
                logger.warning("%s could not be asked who unsubscribed since", one.file_key, exc_info=True)
                unread += 1
        known = _latest(parts)
        return cls(known if with_list else _without_those_there(known, backup), unread)

    def put_into(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, int]:
        """The rows with what is known later: a loss counts when it came after the sign-up. How many were active."""
        if not self.known.num_rows:
            return batch, 0
        at = pc.index_in(batch["email"], self.known["email"])
        columns = {name: batch[name] for name in batch.schema.names}
        was_lost = pc.or_(pc.is_valid(batch["deactivated_at"]), pc.is_valid(batch["bounced_at"]))
        turned = pa.array([False] * batch.num_rows, pa.bool_())
        for name in ("deactivated_at", "bounced_at"):
            loss = self.known[name].combine_chunks().take(at)
            after_sign_up = pc.fill_null(pc.greater(loss, batch["activated_at"]), pc.is_null(batch["activated_at"]))
            counts = pc.and_(pc.is_valid(loss), after_sign_up)
            is_later = pc.fill_null(pc.greater(loss, batch[name]), pc.is_null(batch[name]))
            columns[name] = pc.if_else(pc.and_(counts, is_later), loss, batch[name])
            turned = pc.or_(turned, counts)
        was_active = pc.and_not(pc.is_valid(batch["activated_at"]), was_lost)
        turned = pc.and_(turned, was_active)
        lost = pc.sum(turned).as_py() or 0
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=batch.schema), int(lost)


def _of_the_list(backup: Backup) -> pa.Table:
    rows = Recipient.objects.of(account_id=backup.account_id, group_id=backup.group_id)
    lost = list(rows.filter(LOST).values_list(*LOST_COLUMNS))
    return pa.Table.from_pylist([dict(zip(LOST_COLUMNS, one, strict=True)) for one in lost], schema=SCHEMA)


def _without_those_there(known: pa.Table, backup: Backup) -> pa.Table:
    """But for those who are in the list: what became of them since, the list itself knows."""
    emails = known["email"].to_pylist()
    with account_scope(backup.account_id):
        rows = Recipient.objects.of(account_id=backup.account_id, group_id=backup.group_id)
        there = list(rows.filter(email__in=emails).values_list("email", flat=True)) if emails else []
    return known.filter(pc.invert(pc.is_in(known["email"], value_set=pa.array(there, pa.string()))))


def _of_backup(backup: Backup) -> pa.Table:
    """Who is lost in a backup's file, under whichever key it stands by now."""
    while True:
        try:
            return _of_file(backup.file_key)
        except FileNotFoundError:
            if not has_moved(backup):  # written anew just then, without somebody who was erased
                raise


def _of_file(key: str) -> pa.Table:
    with local_copy("backups", key) as path, MasterDataFile.open(path) as file:
        return pa.Table.from_batches(
            [
                batch.filter(pc.or_(pc.is_valid(batch["deactivated_at"]), pc.is_valid(batch["bounced_at"])))
                for batch in file.batches(LOST_COLUMNS)
            ],
            SCHEMA,
        )


def _latest(parts: Iterable[pa.Table]) -> pa.Table:
    together = pa.concat_tables([SCHEMA.empty_table(), *parts])
    found = together.group_by("email").aggregate([("deactivated_at", "max"), ("bounced_at", "max")])
    return found.select(["email", "deactivated_at_max", "bounced_at_max"]).rename_columns(list(LOST_COLUMNS))
