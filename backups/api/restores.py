"""Restores in the REST interface: begun with a preview, confirmed by what the preview showed, followed to the report.

A restore makes a backup of the list before it changes it, whatever the switches say: the only call here that does
without being asked to.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import Http404
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field as Member

from accounts.api.gate import ApiRequest
from accounts.api.problems import Problem
from accounts.api.schemas import Flag, Given, Moment, Text, Told
from backups.api.catalogue import READS_THE_FILE, REFUSALS, backup_or_404, refusal
from backups.restoring import CannotRestore, prepare_restore
from imports.confirming import CannotImport, cancel_import, confirm_import
from imports.models import Import
from imports.preview_page import plan_mark
from imports.restoring import Way, Wish, wish_of
from recipients.api.people import Address
from recipients.api.texts import STORED
from recipients.masterdata.address import is_valid, normalise

MOST_EMAILS = 10_000

router = Router(tags=["Restores"])


class NewRestore(Given):
    """What of a backup is wanted back.

    `way`: `update_and_add` (who was added since stays), `exact` (who was added since goes), `selected` (only `emails`,
    and only `columns`: keys of fields, `source`, `tags`), `new_list` (called `new_name`), `revive` (a deleted list).
    `exact_status`: status as in the backup, whoever unsubscribed since; without it a later event wins.
    `clear_empty`: with `update_and_add`, what was empty then is emptied. `overwrite_account_values`: account-wide
    values too, which all lists show; else only missing ones are filled.
    """

    way: Literal[Way.UPDATE_AND_ADD, Way.EXACT, Way.NEW_LIST, Way.REVIVE, Way.SELECTED] = Way.UPDATE_AND_ADD
    emails: Annotated[list[Address], Member(min_length=1, max_length=MOST_EMAILS)] | None = None
    columns: Annotated[list[Text], Member(min_length=1, max_length=100)] | None = None
    new_name: Annotated[str, Member(max_length=200), STORED] = ""
    exact_status: Flag = False
    clear_empty: Flag = False
    overwrite_account_values: Flag = False


class Confirmation(Given):
    """`mark`: of the preview that was read. A restore that was changed meanwhile has another one."""

    mark: Annotated[Text, Member(max_length=100)]


class RestoreTold(Told):
    """A restore: how far it is, and what it would do or did.

    `status`: `previewing`, `previewed`; once confirmed `reading`, `waiting` (for the backup), `applying`; and `done`,
    `failed` with a code in `failure`, or `cancelled`. `preview` and `report` are figures in recipients: `added`,
    `changed`, `unchanged`, `removed`, `reactivated` and others; null before they are known.
    """

    id: UUID
    backup_id: UUID | None
    group_id: int
    group_name: str
    way: str
    status: str
    failure: str
    mark: str
    preview: dict[str, int] | None
    report: dict[str, int] | None
    created_at: Moment
    finished_at: Moment | None


@router.post("/backups/{uuid:backup_id}/restores", response={202: RestoreTold}, openapi_extra=READS_THE_FILE)
def begin_restore(request: ApiRequest, backup_id: UUID, body: NewRestore) -> Status[RestoreTold] | HttpResponseBase:
    """Have a preview made of what a restore would do. Nothing changes until it is confirmed."""
    backup = backup_or_404(request, backup_id)
    wish = _wish(body)
    try:
        run = prepare_restore(backup=backup, wish=wish, actor=request.actor, now=timezone.now())
    except CannotRestore as refused:
        if refused.code in REFUSALS:
            return refusal(refused.code)
        raise Problem("conflict", f"The backup cannot be brought back so: {refused.code}.") from refused
    return Status(202, told(run))


@router.get("/restores/{uuid:restore_id}", response=RestoreTold)
def read_restore(request: ApiRequest, restore_id: UUID) -> RestoreTold:
    """How far a restore is, what its preview says, and what it did."""
    return told(_restore_or_404(request, restore_id))


@router.post("/restores/{uuid:restore_id}/confirm", response={202: RestoreTold})
def confirm_restore(request: ApiRequest, restore_id: UUID, body: Confirmation) -> Status[RestoreTold]:
    """Carry out a previewed restore, after a backup of the list. Confirming it again does nothing."""
    run = _restore_or_404(request, restore_id)
    if run.status == Import.Status.PREVIEWING:
        raise Problem("conflict", "The preview is being made.")
    if run.status == Import.Status.PREVIEWED and body.mark != plan_mark(run):
        raise Problem("conflict", "The mark is not that of the present preview. Read it again.")
    if run.status in (Import.Status.FAILED, Import.Status.CANCELLED):
        raise Problem("conflict", f"The restore is over: {run.status}.")
    try:
        confirm_import(run=run, actor=request.actor, now=timezone.now())
    except CannotImport as refused:
        raise Problem("conflict", f"The restore cannot start: {refused.code}.") from refused
    return Status(202, told(_restore_or_404(request, restore_id)))


@router.post("/restores/{uuid:restore_id}/cancel", response=RestoreTold)
def cancel_restore(request: ApiRequest, restore_id: UUID) -> RestoreTold:
    """End a restore that has not changed anything yet; one that is over stays as it is."""
    cancel_import(run=_restore_or_404(request, restore_id), actor=request.actor, now=timezone.now())
    return told(_restore_or_404(request, restore_id))


def told(run: Import) -> RestoreTold:
    """A restore, as it is told."""
    return RestoreTold(
        id=run.pk,
        backup_id=run.backup_id,
        group_id=run.group_id,
        group_name=run.group.name,
        way=wish_of(run).way.value,
        status=run.status,
        failure=run.failure,
        mark=plan_mark(run),
        preview=_figures(run.preview.get("outcome", {})),
        report=_figures(run.report) if run.status == Import.Status.DONE else None,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


def _figures(found: dict[str, Any]) -> dict[str, int] | None:
    """The whole numbers among what is known of a run; None when nothing is."""
    return {name: value for name, value in found.items() if type(value) is int} or None


def _wish(body: NewRestore) -> Wish:
    """What is wanted, as the service takes it. Raises a problem for what does not belong together."""
    is_selection = body.way is Way.SELECTED
    if is_selection and body.emails is None and body.columns is None:
        raise Problem("invalid", errors=[{"member": "emails", "message": "Name recipients or columns."}])
    if body.way is Way.NEW_LIST and not body.new_name:
        raise Problem("invalid", errors=[{"member": "new_name", "message": "Give the new list a name."}])
    broken = [place for place, email in enumerate(body.emails or []) if not is_valid(email)]
    if broken:
        errors = [{"member": f"emails.{place}", "message": "This is no e-mail address."} for place in broken[:100]]
        raise Problem("invalid", errors=errors)
    emails = tuple(dict.fromkeys(normalise(email) for email in body.emails or []))
    return Wish(
        way=body.way,
        new_name=body.new_name if body.way is Way.NEW_LIST else "",
        emails=emails if is_selection and emails else None,
        columns=tuple(body.columns) if is_selection and body.columns else None,
        exact_status=body.exact_status,
        clear_empty=body.clear_empty,
        overwrite_account_values=body.overwrite_account_values,
    )


def _restore_or_404(request: ApiRequest, restore_id: UUID) -> Import:
    found: Import | None = (
        Import.objects.select_related("group__account")
        .filter(account_id=request.account.pk, pk=restore_id, kind=Import.Kind.RESTORE)
        .first()
    )
    if found is None:
        raise Http404
    return found
