"""Lists, recipients, fields and patterns in the shapes that clients know: types exactly, every member always there."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from recipients.masterdata.file import FieldScope
from recipients.masterdata.values import format_number
from recipients.models import Activity, BlockedAddress, Field, Group, Recipient

Shape = dict[str, Any]
_NEVER: Final = 0


def seconds(moment: datetime | None) -> int:
    """Whole seconds since 1970; 0 for never."""
    return int(moment.timestamp()) if moment is not None else _NEVER


def group_shape(group: Group) -> Shape:
    """A list."""
    return {
        "id": str(group.pk),
        "name": group.name,
        "locked": group.locked,
        "backup": group.automatic_backups,
        "receiver_info": group.note,
        "stamp": seconds(group.created_at),
        "last_mailing": _NEVER,
        "last_changed": seconds(group.changed_at),
    }


def receiver_shape(recipient: Recipient, fields: Sequence[Field], account_wide: Mapping[str, Any]) -> Shape:
    """A recipient, with every field that their list shows; `account_wide` are the values of their address."""
    own = {one.key: text_of(recipient.values.get(one.key)) for one in fields if one.scope is FieldScope.LIST}
    everywhere = {one.key: text_of(account_wide.get(one.key)) for one in fields if one.scope is FieldScope.ACCOUNT}
    return {
        "id": str(recipient.id),
        "group_id": str(recipient.group_id),
        "email": recipient.email,
        "imported": _NEVER,
        "bounced": seconds(recipient.bounced_at),
        "activated": seconds(recipient.activated_at),
        "registered": seconds(recipient.registered_at),
        "deactivated": seconds(recipient.deactivated_at),
        "source": recipient.source or "",
        "last_ip": "",
        "last_location": "",
        "last_client": "",
        "points": 0,
        "stars": 0,
        "conversion_rate": 0,
        "open_rate": 0,
        "click_rate": 0,
        "active": recipient.is_active,
        "attributes": own,
        "global_attributes": everywhere,
        "tags": list(recipient.tags),
    }


def text_of(value: str | int | Decimal | None) -> str:
    """A stored value as a text; "" for none."""
    if value is None:
        return ""
    return value if isinstance(value, str) else format_number(Decimal(value))


def event_shape(activity: Activity, group_id: int) -> Shape:
    """Something that a recipient did."""
    return {
        "stamp": seconds(activity.at),
        "type": "api",
        "type_id": activity.kind,
        "value": activity.subject,
        "mailing_id": "0",
        "groups_id": str(group_id),
    }


def attribute_shape(field: Field) -> Shape:
    """A field; 0 in `groups_id` says that it is account-wide."""
    return {
        "id": field.pk,
        "groups_id": field.group_id or 0,
        "name": field.key,
        "description": field.label,
        "preview_value": "",
        "type": field.type,
        "value": None,
        "tag": "{" + field.key.upper() + "}",
    }


def blocked_shape(blocked: BlockedAddress) -> Shape:
    """An entry of the account-wide block list."""
    return {"email": blocked.pattern, "comment": "", "stamp": seconds(blocked.blocked_at), "isLocked": False}


def each_with(shapes: Sequence[Shape], name: str, values: Mapping[str, Collection[Shape]]) -> None:
    """Give each recipient a member with the list that is theirs by id."""
    for shape in shapes:
        shape[name] = list(values.get(shape["id"], ()))
