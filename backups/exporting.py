"""Export files that are made in the background, because they take longer than a person waits for.

Of a backup, or of a list as it is at the instant when the work begins. Each attempt writes a file of its own; the row
names it last and turns complete with it. A day later file and row go. An erasure deletes finished ones at once, and has
those made anew that are just being made (`erasing`).
"""

import logging
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, cast

from django.db import DatabaseError, connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import AuditAction, User
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from backups.downloads import DownloadRefused, StorageUnavailable, file_name, open_without_erased, refuse_unmade
from backups.exports.making import make_file
from backups.exports.options import Format, Options
from backups.exports.refusals import Unwritable
from backups.exports.xlsx import refuse_too_many
from backups.models import Backup, Export
from backups.verification import read_contents
from recipients.jobs import MAX_INTERRUPTIONS, ClaimLost, heartbeat
from recipients.masterdata.file import MasterDataError, sha256_of
from recipients.masterdata.take import take
from recipients.models import Group
from recipients.nudge import nudge
from recipients.scratch import scratch_folder
from recipients.storage import FAILURES, discard, put, remove

logger = logging.getLogger(__name__)

TASK: Final = "backups.make_export"
KEPT: Final = timedelta(hours=24)  # from the moment on when the file can be downloaded
REST: Final = timedelta(seconds=5)  # after an error; longer after each further one

Progress = Callable[[int, int | None], None]
Maker = Callable[[Any, Path, Progress], Path]
"""Writes the file of an Export into a folder, and gives its path; the ending of its name says what it is."""


class ExportFailed(Exception):
    """The export ends as failed, for a reason that the person is told. `code` names it."""

    def __init__(self, code: str, detail: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail or {}


# --- asking for one -------------------------------------------------------------------------------------------------


@transaction.atomic
def request_export(
    *,
    group: Group,
    backup: Backup | None,
    form: str,
    options: dict[str, Any],
    recipients: int,
    actor: User,
    now: datetime,
    name: str = "",
) -> Export:
    """A pending export of a backup, or of the list as it is, and a worker sent to it.

    The same one that is being made for the same person already is given again: a double click makes one file. `name`
    is what the file will be called, by default after the list. Raises TooManyRows before any work begins.
    """
    if form == "xlsx":
        refuse_too_many(recipients)
    _take_turns(group.account_id, actor)
    asked = {
        "account_id": group.account_id,
        "group_id": group.pk,
        "backup": backup,
        "format": form,
        "options": options,
        "requested_by_id": actor.pk,
        "status": Export.Status.PENDING,
    }
    found: Export | None = Export.objects.filter(**asked).first()
    if found is not None:
        return found
    export: Export = Export.objects.create(**asked, recipient_count=recipients, requested_at=now, file_name=name)
    record(
        account_id=group.account_id,
        actor_id=actor.pk,
        action=AuditAction.EXPORT_REQUESTED,
        subject=backup.group_name if backup else group.name,
        now=now,
        format=form,
        **({"asked_for_at": backup.requested_at.isoformat()} if backup else {}),
    )
    nudge(TASK, account_id=export.account_id, job_id=export.pk)
    return export


def _take_turns(account_id: int, actor: User) -> None:
    """Let a second click of the same person wait until the first one is through."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"listkeep.exports.{account_id}.{actor.pk}"]
        )


def cancel_export(*, export: Export) -> bool:
    """End an export that is being made; whether there was something to end. What its worker writes is thrown away."""
    mine = Export.objects.filter(account_id=export.account_id, pk=export.pk, status=Export.Status.PENDING)
    return bool(mine.update(status=Export.Status.CANCELLED, claim=None, claimed_until=None))


def exports_of(*, actor: User, group: Group) -> QuerySet[Any]:
    """The exports of a list and its backups that a person has asked for, newest first; comparisons have a page."""
    mine: QuerySet[Any] = Export.objects.filter(account_id=group.account_id, group_id=group.pk, requested_by=actor)
    return mine.exclude(format="comparison").select_related("backup").order_by("-requested_at", "pk")


# --- making it ------------------------------------------------------------------------------------------------------


def make_export(*, account_id: int, export_id: uuid.UUID) -> None:
    """Make a pending export complete, if nobody else does it. After an error it is tried again later."""
    with account_scope(account_id):
        token = Export.objects.claim(export_id, now=timezone.now())
        if token is None:
            return
        export = Export.objects.select_related("group").get(pk=export_id)
    try:
        with heartbeat(export, token) as progress:
            if export.interruptions > MAX_INTERRUPTIONS:
                raise ExportFailed(export.failure or "interrupted")
            _make(export, token, progress)
    except ClaimLost:
        logger.info("export %s was cancelled or made elsewhere; this attempt is dropped", export_id)
    except ExportFailed as reason:
        _fail(export, token, reason)
    except Exception as error:
        logger.exception("export %s could not be made", export_id)
        _rest(export, token, error)


def _make(export: Any, token: uuid.UUID, progress: Progress) -> None:
    with scratch_folder() as folder:
        try:
            path = MAKERS[export.format](export, folder, progress)
        except Unwritable as error:
            raise ExportFailed(error.code, error.detail) from error
        key = key_of(export, token, path.suffix)
        try:
            _store(key, path)
            with account_scope(export.account_id):
                _complete(export, token, key, path)
        except (*FAILURES, ClaimLost):
            discard("backups", key)
            raise


def _store(key: str, path: Path) -> None:
    """Put the file into storage, and see that it is there as it was."""
    put("backups", key, path)
    back = read_contents(key)
    if back is None or back.sha256 != sha256_of(path):
        raise OSError(f"{key} is not what was put there.")


def key_of(export: Any, attempt: uuid.UUID, suffix: str) -> str:
    """Where an attempt at the export puts its file (see `taking.key_of`)."""
    return f"{export.account_id}/exports/{export.pk}.{attempt.hex}{suffix}"


def _complete(export: Any, token: uuid.UUID, key: str, path: Path) -> None:
    now = timezone.now()
    backup = Backup.objects.filter(account_id=export.account_id, pk=export.backup_id).first()
    if export.backup_id is not None and backup is None:  # purged meanwhile; the row is about to go too
        raise ClaimLost
    name, at = (backup.group_name, backup.requested_at) if backup else (export.group.name, now)
    export.release(
        token,
        status=Export.Status.COMPLETE,
        completed_at=now,
        expires_at=now + KEPT,
        file_key=key,
        file_name=export.file_name or file_name(name=name, at=at, form=path.suffix.removeprefix(".")),
        size=path.stat().st_size,
        sha256=sha256_of(path),
        failure="",
        failure_detail={},
    )


def make_master_data(export: Any, folder: Path, progress: Progress) -> Path:
    """The file of a backup, or of the list as it is, in one of the forms of `backups.exports`."""
    path = folder / f"export.{export.format}"
    with ExitStack() as opened:
        if export.backup_id is None:
            source, left_out = _take(export, folder / "list.parquet").open("rb"), None
            opened.enter_context(source)
        else:
            source, left_out = _opened(_backup_of(export), opened)
        try:
            make_file(
                source,
                path,
                form=cast("Format", export.format),
                options=Options.from_json(export.options),
                left_out=left_out,
                progress=progress,
            )
        except MasterDataError as error:
            raise ExportFailed("damaged") from error
    return path


def _take(export: Any, path: Path) -> Path:
    """Write the list to `path` as it is at one instant."""
    with account_scope(export.account_id, snapshot=True):
        group = Group.objects.get(account_id=export.account_id, pk=export.group_id)
        if group.deleted_at is not None:
            raise ExportFailed("group_deleted")
        take(group=group, path=path, trigger="export", now=timezone.now(), progress=lambda _done, _known: None)
    return path


def _backup_of(export: Any) -> Backup:
    with account_scope(export.account_id):
        found: Backup | None = Backup.objects.filter(account_id=export.account_id, pk=export.backup_id).first()
    if found is None:  # purged, and this export's row with it
        raise ClaimLost
    if found.status == Backup.Status.PURGING:
        raise ExportFailed("purged")
    return found


def _opened(backup: Backup, opened: ExitStack) -> tuple[Any, Any]:
    """The backup's file, open and verified, and who is left out; raises ExportFailed for what no later try mends."""
    try:
        refuse_unmade(backup)
        return open_without_erased(backup, opened)
    except StorageUnavailable:
        raise
    except DownloadRefused as refused:
        raise ExportFailed(refused.code) from refused


MAKERS: Final[dict[str, Maker]] = {"csv": make_master_data, "xlsx": make_master_data, "parquet": make_master_data}


def _fail(export: Any, token: uuid.UUID, reason: ExportFailed) -> None:
    try:
        with account_scope(export.account_id):
            export.release(token, status=Export.Status.FAILED, failure=reason.code, failure_detail=reason.detail)
    except ClaimLost:
        logger.info("export %s was cancelled or is gone", export.pk)


def _rest(export: Any, token: uuid.UUID, error: Exception) -> None:
    """Keep the job for another attempt; too many of them end it."""
    code = "storage_unavailable" if isinstance(error, (*FAILURES, StorageUnavailable)) else "internal"
    rest = REST * (export.interruptions + 1)
    until = timezone.now() + rest
    try:
        with account_scope(export.account_id):
            export.give_back(token, until=until, failure=code, retry_at=until)
            nudge(TASK, account_id=export.account_id, job_id=export.pk, after=rest + timedelta(seconds=1))
    except (ClaimLost, DatabaseError):
        logger.exception("export %s could not be given back; the sweep finds it", export.pk)


# --- beat -----------------------------------------------------------------------------------------------------------


def sweep_exports(*, now: datetime) -> int:
    """Send workers to pending exports that were forgotten; gives how many."""
    with across_accounts("forgotten exports are looked for"):
        forgotten = Export.objects.take_forgotten(now=now)
        for account_id, export_id in forgotten:
            nudge(TASK, account_id=account_id, job_id=export_id)
    return len(forgotten)


def remove_expired_exports(*, now: datetime) -> int:
    """Delete exports whose time is over; gives how many.

    The file goes first: a row without its file only says that it is gone. What storage keeps is tried again.
    """
    over = Q(status=Export.Status.COMPLETE, expires_at__lte=now)
    ended = Q(status__in=[Export.Status.FAILED, Export.Status.CANCELLED], requested_at__lte=now - KEPT)
    with across_accounts("expired exports are looked for"):
        due = list(Export.objects.filter(over | ended))
    return sum(_remove(export) for export in due)


def _remove(export: Any) -> bool:
    try:
        if export.file_key:
            remove("backups", export.file_key)
    except FAILURES:
        logger.warning("%s could not be deleted; it is tried again", export.file_key, exc_info=True)
        return False
    with account_scope(export.account_id):
        Export.objects.filter(account_id=export.account_id, pk=export.pk).delete()
    return True
