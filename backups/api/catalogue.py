"""Backups in the REST interface, for people's own scripts: listed, downloaded, taken, pinned, restored with a preview.

What finds a file missing or damaged writes that down in the transaction of the call: it answers with the problem, and
does not raise it.
"""

from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from django.db.models import Q
from django.http import Http404, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from ninja import Query, Router, Status
from pydantic import Field as Member

from accounts.api.cursors import cursor_of, place_of
from accounts.api.gate import ApiRequest
from accounts.api.interface import PROBLEMS_BESIDE
from accounts.api.problems import Problem, problem_response
from accounts.api.schemas import USUAL_PAGE, Cursor, Given, Limit, Moment, Told
from accounts.models import AuditAction
from accounts.services import record
from backups.downloads import DownloadRefused, file_name, open_download
from backups.exports.options import CONTENT_TYPES, Format, Options, Preset
from backups.exports.refusals import Unwritable
from backups.models import Backup
from backups.on_demand import request_on_demand
from backups.pinning import PinRefused, pin_backup, unpin_backup
from backups.queries import backups_of
from recipients.api.found import group_or_404
from recipients.api.texts import STORED
from recipients.jobs import SMALL_LIST

router = Router(tags=["Backups"])

REFUSALS: Final = {"missing": "gone", "damaged": "gone", "storage": "unavailable"}
READS_THE_FILE: Final = {PROBLEMS_BESIDE: [409, 410, 503]}
_CONTENT: Final = {kind: {"schema": {"type": "string"}} for kind in CONTENT_TYPES.values()}
_GIVES_THE_FILE: Final = {**READS_THE_FILE, "responses": {200: {"content": _CONTENT}}}


class BackupsAsked(Given):
    """Which backups are wanted: all of the account, or those of one list, a deleted one too."""

    group_id: Annotated[int, Member(ge=1, le=2**63 - 1)] | None = None
    cursor: Cursor | None = None
    limit: Limit = USUAL_PAGE


class BackupTold(Told):
    """A backup of one list: `pending`, `complete` or `failed`. What is only known when it is complete is null before.

    `trigger`: why it was made. `damage`: `missing` or `differs` when its file was found so.
    """

    id: UUID
    group_id: int
    group_name: str
    status: str
    trigger: str
    label: str
    requested_at: Moment
    completed_at: Moment | None
    expires_at: Moment | None
    recipient_count: int | None
    active_count: int | None
    revision: int | None
    size: int | None
    sha256: str
    pinned_at: Moment | None
    pin_reason: str
    verified_at: Moment | None
    damage: str


class BackupsTold(Told):
    """A page of backups, newest first."""

    items: list[BackupTold]
    next_cursor: str | None


class FileAsked(Given):
    """The form of a backup's file. CSV has semicolons or commas, and a byte order mark, as Excel reads it."""

    format: Format = "csv"
    language: Literal["de", "en"] = "en"
    delimiter: Literal["comma", "semicolon", "tab"] = "comma"


class Pin(Given):
    """Why a backup is to be kept."""

    reason: Annotated[str, Member(max_length=200), STORED] = ""


@router.get("/backups", response=BackupsTold)
def list_backups(request: ApiRequest, asked: Query[BackupsAsked]) -> BackupsTold:
    """The backups of the account, newest first."""
    found = backups_of(request.account.pk)
    if asked.group_id is not None:
        found = found.filter(group_id=asked.group_id)
    before = _place(asked.cursor)
    if before is not None:
        moment, key = before
        found = found.filter(Q(requested_at__lt=moment) | Q(requested_at=moment, pk__lt=key), requested_at__lte=moment)
    rows = list(found.order_by("-requested_at", "-pk")[: asked.limit + 1])
    last = rows[asked.limit - 1] if len(rows) > asked.limit else None
    return BackupsTold(
        items=[BackupTold.from_orm(backup) for backup in rows[: asked.limit]],
        next_cursor=cursor_of(f"{last.requested_at.isoformat()}_{last.pk}") if last is not None else None,
    )


@router.get("/backups/{uuid:backup_id}", response=BackupTold)
def read_backup(request: ApiRequest, backup_id: UUID) -> Backup:
    """One backup."""
    return backup_or_404(request, backup_id)


@router.get("/backups/{uuid:backup_id}/file", openapi_extra=_GIVES_THE_FILE)
def download_backup(request: ApiRequest, backup_id: UUID, asked: Query[FileAsked]) -> HttpResponseBase:
    """The backup as a file, its checksum verified, without people who were erased since."""
    backup = backup_or_404(request, backup_id)
    if asked.format == "xlsx" and (backup.recipient_count or 0) > SMALL_LIST:
        raise Problem(
            "conflict", f"A workbook of more than {SMALL_LIST} recipients takes too long; ask for csv or parquet."
        )
    presets = {"comma": Preset.OTHERS, "semicolon": Preset.EXCEL_GERMAN, "tab": Preset.TAB}
    options = Options(language=asked.language, preset=presets[asked.delimiter])
    try:
        opened = open_download(backup=backup, form=asked.format, options=options)
    except DownloadRefused as refused:
        return refusal(refused.code)
    except Unwritable as refused:
        return problem_response("conflict", f"The backup cannot be written so: {refused.code}.")
    with ExitStack() as on_error:
        on_error.callback(opened.close)
        record(
            account_id=request.account.pk,
            actor_id=request.actor.pk,
            action=AuditAction.BACKUP_DOWNLOADED,
            subject=backup.group_name,
            now=timezone.now(),
            format=asked.format,
            asked_for_at=backup.requested_at.isoformat(),
        )
        response = StreamingHttpResponse(opened, content_type=options.content_type(asked.format))
        on_error.pop_all()
    name = file_name(name=backup.group_name, at=backup.requested_at, form=asked.format)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


@router.post("/groups/{int:group_id}/backups", response={202: BackupTold})
def take_backup(request: ApiRequest, group_id: int) -> Status[Backup]:
    """Have a backup of a list taken now, whatever the switches say; one that is being taken already is given."""
    group = group_or_404(request, group_id)
    return Status(202, request_on_demand(group=group, actor=request.actor, now=timezone.now()))


@router.post("/backups/{uuid:backup_id}/pin", response=BackupTold)
def pin(request: ApiRequest, backup_id: UUID, body: Pin) -> Backup:
    """Keep a complete backup until it is unpinned."""
    backup_or_404(request, backup_id)
    try:
        return pin_backup(
            account_id=request.account.pk,
            backup_id=backup_id,
            reason=body.reason,
            actor=request.actor,
            now=timezone.now(),
        )
    except PinRefused as refused:
        raise Problem("conflict", f"The backup cannot be pinned: {refused.code}.") from refused


@router.post("/backups/{uuid:backup_id}/unpin", response=BackupTold)
def unpin(request: ApiRequest, backup_id: UUID) -> Backup:
    """Let a backup go when its time is over, at the earliest in a week."""
    backup_or_404(request, backup_id)
    return unpin_backup(account_id=request.account.pk, backup_id=backup_id, actor=request.actor, now=timezone.now())


def backup_or_404(request: ApiRequest, backup_id: UUID) -> Backup:
    """A backup of the account that is not being deleted."""
    found: Backup | None = backups_of(request.account.pk).filter(pk=backup_id).first()
    if found is None:
        raise Http404
    return found


def refusal(code: str) -> HttpResponseBase:
    """The problem with a file that cannot be given out or brought back."""
    return problem_response(REFUSALS.get(code, "conflict"), f"The backup cannot be used: {code}.")


def _place(cursor: str | None) -> tuple[datetime, UUID] | None:
    """Where a page begins, just after the backup with these two."""
    place = place_of(cursor)
    if not place:
        return None
    moment, _, key = place.partition("_")
    try:
        requested_at = datetime.fromisoformat(moment)
        if requested_at.tzinfo is None:
            raise Problem("invalid_cursor")
        return requested_at, UUID(key)
    except ValueError as error:
        raise Problem("invalid_cursor") from error
