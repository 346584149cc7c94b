"""Fields: read, made, renamed, deleted; account-wide ones, and those of a list."""

from collections.abc import Mapping
from typing import Any

from recipients.compatible.bodies import object_of, text_of
from recipients.compatible.calls import Call
from recipients.compatible.groups import carry_out
from recipients.compatible.refusals import Refusal
from recipients.compatible.shapes import Shape, attribute_shape
from recipients.deletion import request_field_deletion
from recipients.holds import Interface
from recipients.masterdata.file import RESERVED_KEYS, FieldType
from recipients.masterdata.values import normalise_text
from recipients.models import Field, Group
from recipients.services import FieldLabelTaken, create_field, rename_field
from recipients.services.fields import MAX_LABEL_LENGTH, key_for

_NOWHERE = frozenset({"", "0", "None", "null"})


def list_attributes(call: Call) -> list[Shape]:
    """The account-wide fields, or those of the list in `group_id`."""
    return _listed(call, _group_of(call, call.query.get("group_id")))


def list_group_attributes(call: Call, group: str) -> list[Shape]:
    """The fields of a list."""
    return _listed(call, call.group(group))


def make_attribute(call: Call) -> Shape:
    """A new field, account-wide or of the list in `groups_id` or `group_id`."""
    given = object_of(call.body)
    named = given.get("groups_id") or given.get("group_id") or call.query.get("group_id")
    return _made(call, given, _group_of(call, named))


def make_group_attribute(call: Call, group: str) -> Shape:
    """A new field of a list."""
    return _made(call, object_of(call.body), call.group(group))


def change_attribute(call: Call, attribute: str) -> Shape:
    """Another label, from `description` or else from `name`. The name that values go by stays as it is."""
    field, given = call.attribute(attribute), object_of(call.body)
    label = text_of(given.get("description"), name="description") or text_of(given.get("name"), name="name")
    if label and label != field.key:
        rename_field(field=field, label=_label(label), actor=call.actor, now=call.now)
    return attribute_shape(field)


def delete_attribute(call: Call, attribute: str) -> bool:
    """A field goes with all its values."""
    field = call.attribute(attribute)
    deletion = request_field_deletion(field=field, actor=call.actor, now=call.now, interface=Interface.API)
    call.afterwards.append(lambda: carry_out(deletion))
    return True


def _listed(call: Call, group: Group | None) -> list[Shape]:
    found = Field.objects.filter(account_id=call.account.pk, group=group).order_by("position", "id")
    return [attribute_shape(one) for one in found]


def _group_of(call: Call, named: Any) -> Group | None:
    return None if str(named or "").strip() in _NOWHERE else call.group(named)


def _made(call: Call, given: Mapping[str, Any], group: Group | None) -> Shape:
    name = _label(text_of(given.get("name"), name="name"))
    if name.lower() in RESERVED_KEYS:
        raise Refusal(409, "attribute exists")
    kind = text_of(given.get("type"), name="type").strip().lower() or FieldType.TEXT.value
    if kind not in set(FieldType):
        raise Refusal(400, "invalid type")
    label = _label(text_of(given.get("description"), name="description") or name)
    try:
        return attribute_shape(_create(call, group, name, label, FieldType(kind)))
    except FieldLabelTaken:
        if label == name:
            raise
        # Clients know fields by their names, and give many the same description.
        return attribute_shape(_create(call, group, name, name, FieldType(kind)))


def _create(call: Call, group: Group | None, name: str, label: str, kind: FieldType) -> Field:
    return create_field(
        account=call.account,
        group=group,
        label=label,
        type=kind,
        key=key_for(name, taken=()),
        actor=call.actor,
        now=call.now,
    )


def _label(text: str) -> str:
    label = normalise_text(text)
    if label is None or len(label) > MAX_LABEL_LENGTH:
        raise Refusal(400, "invalid name")
    return label
