"""What pages and services ask of groups, fields and recipients."""

from django.db.models import F, Q

from recipients.masterdata.file import FieldDefinition
from recipients.models import Field, Group


def fields_of(group: Group) -> list[Field]:
    """The fields seen in a group: its own first, then the account-wide ones, each in their order."""
    return list(
        Field.objects.filter(Q(group=group) | Q(group__isnull=True), account_id=group.account_id).order_by(
            F("group_id").asc(nulls_last=True), "position", "id"
        )
    )


def definitions_of(group: Group) -> tuple[FieldDefinition, ...]:
    """The fields seen in a group, as master-data files describe them."""
    return tuple(field.definition() for field in fields_of(group))
