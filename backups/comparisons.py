"""Comparisons of a backup with its list as it is today, or with another backup of it.

Small lists are compared while the person waits; larger ones by a worker, as an Export of the format `comparison` whose
file is a difference file (`difference_file`). Either way the result is kept near to the process that shows it in pages
(`kept_files`), under a name that says of what it is, and who was erased is in neither side.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from backups.difference_file import Figures, Kind, read_figures, write_differences
from backups.downloads import (
    DownloadRefused,
    FileDamaged,
    StorageUnavailable,
    open_without_erased,
    opened_file,
    take_unchanged,
)
from backups.exporting import MAKERS, ExportFailed, request_export
from backups.kept_files import FILE, kept_folder
from backups.models import Backup, Export
from backups.queries import backups_of
from backups.row_store import RowStore
from backups.suppressing import suppression_for
from backups.viewing import PAGE, verified_folder
from recipients.erased import Erased
from recipients.jobs import SMALL_LIST
from recipients.masterdata.file import MasterDataError, MasterDataFile
from recipients.masterdata.take import take
from recipients.models import Group
from recipients.scratch import scratch_folder

FORMAT: Final = "comparison"
TODAY: Final = "today"
SPARE: Final = timedelta(minutes=1)  # a file that is about to go is not shown any more

Progress = Callable[[int, int | None], None]


def connect() -> None:
    """Have comparisons made by who makes exports; called once, when the apps are ready."""
    MAKERS[FORMAT] = make_comparison


@dataclass(frozen=True)
class Sides:
    """What is compared: the older state and the younger one; `after` is None for the list as it is today."""

    group: Group
    before: Backup
    after: Backup | None
    left_out: Erased

    @property
    def is_small(self) -> bool:
        """Whether a person can wait for it."""
        after = self.group.recipient_count if self.after is None else self.after.recipient_count or 0
        return max(self.before.recipient_count or 0, after) <= SMALL_LIST

    @property
    def is_unchanged(self) -> bool:
        """Whether both are the same state, which is known without reading."""
        if self.after is not None:
            return self.before.sha256 == self.after.sha256 or self.before.revision == self.after.revision
        return self.group.revision == self.before.revision

    @property
    def options(self) -> dict[str, str]:
        """What tells comparisons apart, as an Export keeps it; of the list, whatever state it was in."""
        digests = sorted(digest.hex() for digest in self.left_out.digests)
        return {
            "before": self.before.sha256,
            "after": TODAY if self.after is None else self.after.sha256,
            "after_id": TODAY if self.after is None else str(self.after.pk),
            "left_out": hashlib.sha256("".join(digests).encode()).hexdigest() if digests else "",
        }


def sides_of(*, backup: Backup, other: UUID | None) -> Sides:
    """A backup and the list as it is today, or another complete backup of the list. Raises Backup.DoesNotExist.

    Who is left out is asked before the rows are read: see `views.view.who_is_left_out`.
    """
    ids = {backup.pk} if other is None else {backup.pk, other}
    first = [suppression_for(one) for one in others_of(backup).filter(pk__in=ids)]
    rows = list(others_of(backup).filter(pk__in=ids).order_by("requested_at", "pk"))
    if len(rows) != len(ids) or (other is not None and len(ids) == 1):
        raise Backup.DoesNotExist
    group = Group.objects.get(account_id=backup.account_id, pk=backup.group_id)
    return Sides(group, rows[0], None if other is None else rows[1], _together(first))


def others_of(backup: Backup) -> Any:
    """The complete backups of a backup's list, itself included."""
    complete = Backup.Status.COMPLETE
    return backups_of(backup.account_id).filter(group_id=backup.group_id, status=complete)


def _together(several: list[Erased]) -> Erased:
    known = next((one for one in several if one), several[0] if several else None)
    if known is None:
        raise Backup.DoesNotExist
    return Erased(known.key, frozenset().union(*(one.digests for one in several)))


# --- asking for one -------------------------------------------------------------------------------------------------


def last_comparison(sides: Sides, *, now: datetime) -> Export | None:
    """The comparison of these that somebody of the account has asked for last: being made, complete or failed."""
    asked = Export.objects.filter(
        account_id=sides.group.account_id, format=FORMAT, backup_id=sides.before.pk, options=sides.options
    )
    gone = {"status": Export.Status.COMPLETE, "expires_at__lte": now + SPARE}
    found: Export | None = asked.exclude(**gone).order_by("-requested_at").first()
    return found


def request_comparison(*, sides: Sides, actor: User, now: datetime) -> Export:
    """Have large lists compared by a worker; asked twice, they are compared once at a time."""
    last = last_comparison(sides, now=now)
    if last is not None and last.status == Export.Status.PENDING:
        return last
    return request_export(
        group=sides.group,
        backup=sides.before,
        form=FORMAT,
        options=sides.options,
        recipients=sides.before.recipient_count or 0,
        actor=actor,
        now=now,
    )


def folder_of_small(sides: Sides, *, now: datetime) -> Path:
    """The kept folder with the difference file of small lists, compared here and now.

    In the caller's transaction. Raises a DownloadRefused, ListKeepsChanging and OSError.
    """
    state = f"{sides.group.pk}.{sides.group.revision}" if sides.after is None else ""
    told = "|".join([*sides.options.values(), state])
    name = f"{sides.group.account_id}-compared-{hashlib.sha256(told.encode()).hexdigest()}"
    return kept_folder(name, lambda path: _compare_small(sides, path, now))


def folder_of(export: Export) -> Path:
    """The kept folder with the difference file that a worker made. Raises a DownloadRefused, and OSError."""
    return kept_folder(f"{export.account_id}-{export.sha256}", lambda path: _fetch(export, path))


def _compare_small(sides: Sides, path: Path, now: datetime) -> None:
    with ExitStack() as opened:
        before = verified_folder(sides.before) / FILE
        if sides.after is None:
            after = opened.enter_context(scratch_folder()) / "today.parquet"
            take_unchanged(sides.group, after, now)
        else:
            after = verified_folder(sides.after) / FILE
        try:
            write_differences(
                opened.enter_context(MasterDataFile.open(before)),
                opened.enter_context(MasterDataFile.open(after)),
                path,
                left_out=sides.left_out,
                progress=lambda _done, _known: None,
            )
        except MasterDataError as error:
            raise FileDamaged from error


def _fetch(export: Export, path: Path) -> None:
    download = opened_file(key=export.file_key, sha256=export.sha256, size=export.size or 0)
    try:
        with path.open("xb") as target:
            target.writelines(download)
    finally:
        download.close()


# --- making it in a worker ------------------------------------------------------------------------------------------


def make_comparison(export: Any, folder: Path, progress: Progress) -> Path:
    """The difference file of an Export, as `backups.exporting.Maker`."""
    with account_scope(export.account_id):
        try:
            after_id = export.options["after_id"]
            backup = Backup.objects.get(account_id=export.account_id, pk=export.backup_id)
            sides = sides_of(backup=backup, other=None if after_id == TODAY else UUID(after_id))
        except Backup.DoesNotExist as error:
            raise ExportFailed("purged") from error
    path = folder / "differences.parquet"
    with ExitStack() as opened:
        try:
            before = opened.enter_context(MasterDataFile.open(_verified(sides.before, opened)))
            if sides.after is None:
                today = _take_today(sides.group, folder / "today.parquet", before.row_count, progress)
                after = opened.enter_context(MasterDataFile.open(today))
            else:
                after = opened.enter_context(MasterDataFile.open(_verified(sides.after, opened)))
            taken = after.row_count if sides.after is None else 0
            write_differences(
                before,
                after,
                path,
                left_out=sides.left_out,
                progress=lambda done, known: progress(taken + done, taken + (known or 0)),
            )
        except MasterDataError as error:
            raise ExportFailed("damaged") from error
    return path


def _verified(backup: Backup, opened: ExitStack) -> Any:
    try:
        return open_without_erased(backup, opened)[0]
    except StorageUnavailable:
        raise
    except DownloadRefused as refused:
        raise ExportFailed(refused.code) from refused


def _take_today(group: Group, path: Path, others: int, progress: Progress) -> Path:
    """Write the list as it is at one instant. `others` are the rows to which it is compared then."""
    with account_scope(group.account_id, snapshot=True):
        current = Group.objects.get(account_id=group.account_id, pk=group.pk)
        if current.deleted_at is not None:
            raise ExportFailed("group_deleted")
        total = others + 2 * current.recipient_count  # each row is taken, and compared
        take(
            group=current,
            path=path,
            trigger=FORMAT,
            now=timezone.now(),
            progress=lambda done, _known: progress(done, total),
        )
    return path


# --- reading it -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Changes:
    """A page of a difference file. `rows` are dictionaries by column; `total` is how many rows the choice finds."""

    figures: Figures
    rows: list[dict[str, str | None]]
    total: int
    page: int  # the one that is shown


def read_changes(folder: Path, *, kind: Kind | None, field: str, page: int) -> Changes:
    """A page of the rows of one kind, or all; `field` a column's name, or empty. Raises a DownloadRefused."""
    with RowStore(folder) as store:
        if kind is None and not field:
            total = store.row_count
        else:
            order = store.order(
                f"{kind or ''}-{hashlib.sha256(field.encode()).hexdigest()}", lambda: _chosen(store, kind, field)
            )
            total = len(order)
        shown = max(1, min(page, -(-total // PAGE)))
        first, count = (shown - 1) * PAGE, min(PAGE, total - (shown - 1) * PAGE)
        numbers = range(first, first + count) if kind is None and not field else order.slice(first, count)
        return Changes(read_figures(store.parquet), store.fetch(numbers).to_pylist(), total, shown)


def _chosen(store: RowStore, kind: Kind | None, field: str) -> Iterator[pa.Array]:
    start = 0
    for batch in store.batches(["kind", "field"]):
        hit = pa.repeat(pa.scalar(True), batch.num_rows)
        if kind is not None:
            hit = pc.and_(hit, pc.equal(batch["kind"], kind.value))
        if field:
            hit = pc.and_(hit, pc.equal(batch["field"], field))
        yield pc.add(pc.indices_nonzero(hit).cast(pa.uint32()), pa.scalar(start, pa.uint32()))
        start += batch.num_rows
