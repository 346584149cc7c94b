"""Data fields: of a list, or account-wide ones, which every list shows."""

from typing import Annotated

from django.utils import timezone
from ninja import Router, Status
from pydantic import Field as Member

from accounts.api.gate import ApiRequest
from accounts.api.schemas import Given, Told
from recipients.api.found import field_or_404, group_or_404, problems_of_services
from recipients.api.groups import DeletionTold
from recipients.api.texts import SAID
from recipients.deletion import request_field_deletion
from recipients.holds import Interface
from recipients.masterdata.file import FieldType
from recipients.models import Deletion, Field, Group
from recipients.queries import fields_of
from recipients.services import create_field, rename_field
from recipients.services.fields import MAX_LABEL_LENGTH

router = Router(tags=["Fields"])

Label = Annotated[str, Member(min_length=1, max_length=MAX_LABEL_LENGTH), SAID]


class FieldTold(Told):
    """A field. `key` names it in the member `fields` of recipients; `scope` is `list` or `account`."""

    id: int
    key: str
    label: str
    type: FieldType
    scope: str


class FieldsTold(Told):
    """All fields, in their order: at most 45 are seen in a list."""

    items: list[FieldTold]


class NewField(Given):
    """A new field. Its key is made from the label."""

    label: Label
    type: FieldType = FieldType.TEXT


class FieldChanges(Given):
    """Another label; the key stays."""

    label: Label


@router.get("/fields", response=FieldsTold)
def list_account_fields(request: ApiRequest) -> FieldsTold:
    """The account-wide fields."""
    found = Field.objects.filter(account_id=request.account.pk, group__isnull=True).order_by("position", "id")
    return FieldsTold(items=[FieldTold.from_orm(field) for field in found])


@router.post("/fields", response={201: FieldTold})
def make_account_field(request: ApiRequest, body: NewField) -> Status[Field]:
    """A new account-wide field."""
    return _made(request, None, body)


@router.get("/groups/{int:group_id}/fields", response=FieldsTold)
def list_fields(request: ApiRequest, group_id: int) -> FieldsTold:
    """The fields that a list shows: its own, then the account-wide ones."""
    return FieldsTold(items=[FieldTold.from_orm(field) for field in fields_of(group_or_404(request, group_id))])


@router.post("/groups/{int:group_id}/fields", response={201: FieldTold})
def make_field(request: ApiRequest, group_id: int, body: NewField) -> Status[Field]:
    """A new field of a list."""
    return _made(request, group_or_404(request, group_id), body)


@router.patch("/fields/{int:field_id}", response=FieldTold)
def change_field(request: ApiRequest, field_id: int, body: FieldChanges) -> Field:
    """Give a field another label; its values stay."""
    field = field_or_404(request, field_id)
    with problems_of_services():
        rename_field(field=field, label=body.label, actor=request.actor, now=timezone.now())
    return field


@router.delete("/fields/{int:field_id}", response={202: DeletionTold})
def delete_field(request: ApiRequest, field_id: int) -> Status[Deletion]:
    """Have a field deleted with all its values. No backup is made of them."""
    field = field_or_404(request, field_id)
    with problems_of_services():
        deletion = request_field_deletion(field=field, actor=request.actor, now=timezone.now(), interface=Interface.API)
    return Status(202, deletion)


def _made(request: ApiRequest, group: Group | None, body: NewField) -> Status[Field]:
    with problems_of_services():
        field = create_field(
            account=request.account,
            group=group,
            label=body.label,
            type=body.type,
            actor=request.actor,
            now=timezone.now(),
        )
    return Status(201, field)
