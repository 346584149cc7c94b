"""Recipients: read, written up to 5,000 at a call, edited one by one, signed off, made active, deleted."""

from typing import Any

from django.http import Http404
from django.utils import timezone
from ninja import Query, Router

from accounts.api.cursors import cursor_of, place_of
from accounts.api.gate import ApiRequest
from accounts.api.problems import Problem
from recipients.api.found import group_or_404, problems_of_services
from recipients.api.people import (
    GivenAddresses,
    GivenRecipients,
    ReachedTold,
    RecipientChanges,
    RecipientsAsked,
    RecipientsTold,
    RecipientTold,
    UpsertedTold,
    told,
)
from recipients.given_rows import GivenRow, UnfitValue, value_of
from recipients.listing import Choice, matching
from recipients.masterdata.address import normalise
from recipients.masterdata.file import FieldType
from recipients.masterdata.options import Options
from recipients.models import Group, Recipient
from recipients.queries import fields_of
from recipients.services import edit_recipient
from recipients.services.addresses import activate_addresses, deactivate_addresses, delete_addresses
from recipients.services.upserting import upsert_recipients

router = Router(tags=["Recipients"])


@router.get("/groups/{int:group_id}/recipients", response=RecipientsTold)
def list_recipients(request: ApiRequest, group_id: int, asked: Query[RecipientsAsked]) -> RecipientsTold:
    """The recipients of a list, by their addresses."""
    group = group_or_404(request, group_id)
    choice = Choice(status=asked.status, search=normalise(asked.search))
    rows = matching(group=group, choice=choice).filter(email__gt=place_of(asked.cursor))
    found = list(rows.order_by("email")[: asked.limit + 1])
    return RecipientsTold(
        items=told(group, found[: asked.limit]),
        next_cursor=cursor_of(found[asked.limit - 1].email) if len(found) > asked.limit else None,
    )


@router.post("/groups/{int:group_id}/recipients", response=UpsertedTold)
def write_recipients(request: ApiRequest, group_id: int, body: GivenRecipients) -> UpsertedTold:
    """Add and change recipients, up to 5,000 at a call, in one transaction and without a backup.

    Consent is kept: a later event wins. Whoever signed off or bounced stays so, unless `reactivate` is true and the
    call has a later `activated_at` of them; who is on a block list stays out; who was erased stays out unless
    `readmit_erased` is true. The answer counts these people.
    """
    group = group_or_404(request, group_id)
    options = Options(
        mode=body.mode,
        reactivate=body.reactivate,
        empty_cells=body.empty_values,
        tags=body.tags,
        account_values=body.account_values,
    )
    rows: list[GivenRow] = [one.row() for one in body.recipients]
    with problems_of_services():
        done = upsert_recipients(
            account_id=group.account_id,
            group_id=group.pk,
            rows=rows,
            options=options,
            readmit_erased=body.readmit_erased,
            actor=request.actor,
            now=timezone.now(),
        )
    return UpsertedTold.from_orm(done)


@router.post("/groups/{int:group_id}/recipients/deactivate", response=ReachedTold)
def deactivate_recipients(request: ApiRequest, group_id: int, body: GivenAddresses) -> ReachedTold:
    """Sign recipients off from now on; who has signed off already stays so since then."""
    group = group_or_404(request, group_id)
    with problems_of_services():
        reached = deactivate_addresses(
            account_id=group.account_id,
            group_id=group.pk,
            emails=body.emails,
            actor=request.actor,
            now=timezone.now(),
        )
    return ReachedTold.from_orm(reached)


@router.post("/groups/{int:group_id}/recipients/activate", response=ReachedTold)
def activate_recipients(request: ApiRequest, group_id: int, body: GivenAddresses) -> ReachedTold:
    """Make recipients active from now on, whatever kept them inactive: call it when they have just signed up.

    Nobody becomes active whom a block list holds, and nobody who is not in the list.
    """
    group = group_or_404(request, group_id)
    with problems_of_services():
        reached = activate_addresses(
            account_id=group.account_id,
            group_id=group.pk,
            emails=body.emails,
            actor=request.actor,
            now=timezone.now(),
        )
    return ReachedTold.from_orm(reached)


@router.post("/groups/{int:group_id}/recipients/delete", response=ReachedTold)
def delete_recipients(request: ApiRequest, group_id: int, body: GivenAddresses) -> ReachedTold:
    """Delete recipients with all that hangs on them, without a backup."""
    group = group_or_404(request, group_id)
    with problems_of_services():
        reached = delete_addresses(
            account_id=group.account_id,
            group_id=group.pk,
            emails=body.emails,
            actor=request.actor,
            now=timezone.now(),
        )
    return ReachedTold.from_orm(reached)


@router.get("/groups/{int:group_id}/recipients/{int:recipient_id}", response=RecipientTold)
def read_recipient(request: ApiRequest, group_id: int, recipient_id: int) -> RecipientTold:
    """One recipient."""
    return _one(group_or_404(request, group_id), recipient_id)


@router.patch("/groups/{int:group_id}/recipients/{int:recipient_id}", response=RecipientTold)
def change_recipient(request: ApiRequest, group_id: int, recipient_id: int, body: RecipientChanges) -> RecipientTold:
    """Another address, source, tags or values; null takes a value away, what is left out stays."""
    group = group_or_404(request, group_id)
    with problems_of_services():
        edit_recipient(
            account_id=group.account_id,
            group_id=group.pk,
            recipient_id=recipient_id,
            changes=_changes(group, body),
            actor=request.actor,
            now=timezone.now(),
        )
    return _one(group, recipient_id)


def _one(group: Group, recipient_id: int) -> RecipientTold:
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).filter(id=recipient_id)
    for one in told(group, list(rows)):
        return one
    raise Http404


def _changes(group: Group, body: RecipientChanges) -> dict[str, Any]:
    """What is to be another, as the service takes it. Raises a problem for what is no field's value."""
    changes: dict[str, Any] = body.model_dump(include={"email", "source", "tags"}, exclude_unset=True)
    if "email" in changes and changes["email"] is None:
        raise Problem("invalid", errors=[{"member": "email", "message": "Nobody is without an address."}])
    if "tags" in changes:
        changes["tags"] = changes["tags"] or []
    types = {field.key: FieldType(field.type) for field in fields_of(group)}
    unknown = [key for key in body.fields if key not in types]
    if unknown:
        errors = [{"member": f"fields.{key}", "message": "The list has no such field."} for key in unknown[:100]]
        raise Problem("unknown_fields", errors=errors)
    for key, value in body.fields.items():
        try:
            changes[key] = value_of(types[key], value, member=f"fields.{key}")
        except UnfitValue as unfit:
            errors = [{"member": unfit.member, "message": unfit.reason}]
            raise Problem("invalid", errors=errors) from unfit
    return changes
