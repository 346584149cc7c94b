"""Lists: read, made, renamed, locked; emptied and deleted by a job that the answer names."""

from typing import Annotated
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from ninja import Router, Status
from pydantic import Field as Member

from accounts.api.cursors import cursor_of, number_of
from accounts.api.gate import ApiRequest
from accounts.api.schemas import USUAL_PAGE, Cursor, Flag, Given, Limit, Moment, Told
from recipients.api.found import group_or_404, problems_of_services
from recipients.api.texts import SAID, STORED
from recipients.deletion import request_clearing, request_deletion
from recipients.holds import Interface
from recipients.models import Deletion, Group
from recipients.revision import lock_group
from recipients.services import create_group, update_group

router = Router(tags=["Lists"])

Name = Annotated[str, Member(min_length=1, max_length=200), SAID]
Note = Annotated[str, Member(max_length=5_000), STORED]


class GroupTold(Told):
    """A list. `revision` rises with every change to its recipients and fields."""

    id: int
    name: str
    note: str
    locked: bool
    automatic_backups: bool
    recipient_count: int
    active_count: int
    revision: int
    created_at: Moment
    changed_at: Moment
    last_backup_at: Moment | None


class GroupsTold(Told):
    """A page of lists, by their numbers."""

    items: list[GroupTold]
    next_cursor: str | None


class NewGroup(Given):
    """A new list."""

    name: Name
    note: Note = ""


class GroupChanges(Given):
    """What is to be another; members that are left out stay."""

    name: Name | None = None
    note: Note | None = None
    locked: Flag | None = None


class DeletionTold(Told):
    """A deletion: `waiting`, `done` or `failed` with a code in `failure`."""

    id: UUID
    kind: str
    status: str
    failure: str
    recipient_count: int
    requested_at: Moment
    finished_at: Moment | None


@router.get("/groups", response=GroupsTold)
def list_groups(request: ApiRequest, cursor: Cursor | None = None, limit: Limit = USUAL_PAGE) -> GroupsTold:
    """The lists of the account, by their numbers."""
    present = Group.objects.present().filter(account_id=request.account.pk, pk__gt=number_of(cursor)).order_by("pk")
    found = list(present[: limit + 1])
    return GroupsTold(
        items=[GroupTold.from_orm(group) for group in found[:limit]],
        next_cursor=cursor_of(str(found[limit - 1].pk)) if len(found) > limit else None,
    )


@router.post("/groups", response={201: GroupTold})
def make_group(request: ApiRequest, body: NewGroup) -> Status[Group]:
    """A new list without recipients."""
    group = create_group(
        account=request.account, name=body.name, note=body.note, actor=request.actor, now=timezone.now()
    )
    return Status(201, group)


@router.get("/groups/{int:group_id}", response=GroupTold)
def read_group(request: ApiRequest, group_id: int) -> Group:
    """One list."""
    return group_or_404(request, group_id)


@router.patch("/groups/{int:group_id}", response=GroupTold)
def change_group(request: ApiRequest, group_id: int, body: GroupChanges) -> Group:
    """Another name or note; locks the list against changes, or unlocks it."""
    group = group_or_404(request, group_id)
    group = lock_group(account_id=group.account_id, group_id=group.pk)  # what is left out stays as it is then
    wanted = {name: value for name, value in body.model_dump().items() if value is not None}
    present = {"name": group.name, "note": group.note, "locked": group.locked}
    with problems_of_services():
        update_group(group=group, **{**present, **wanted}, actor=request.actor, now=timezone.now())
    return group_or_404(request, group_id)


@router.delete("/groups/{int:group_id}", response={202: DeletionTold})
def delete_group(request: ApiRequest, group_id: int) -> Status[Deletion]:
    """Have a list deleted with all its recipients. No backup is made of it."""
    group = group_or_404(request, group_id)
    with problems_of_services():
        deletion = request_deletion(group=group, actor=request.actor, now=timezone.now(), interface=Interface.API)
    return Status(202, deletion)


@router.post("/groups/{int:group_id}/clear", response={202: DeletionTold})
def clear_group(request: ApiRequest, group_id: int) -> Status[Deletion]:
    """Have all recipients of a list deleted. No backup is made of it."""
    group = group_or_404(request, group_id)
    with problems_of_services():
        deletion = request_clearing(group=group, actor=request.actor, now=timezone.now(), interface=Interface.API)
    return Status(202, deletion)


@router.get("/deletions/{uuid:deletion_id}", response=DeletionTold)
def read_deletion(request: ApiRequest, deletion_id: UUID) -> Deletion:
    """How far a deletion of a list, of its recipients or of a field is."""
    found: Deletion | None = Deletion.objects.filter(account_id=request.account.pk, pk=deletion_id).first()
    if found is None:
        raise Http404
    return found
