"""What hangs on one recipient: single values, tags, what they did. Orders are not kept."""

from typing import Any, Final

from recipients.compatible.bodies import moment_of, object_of, text_of, texts_of
from recipients.compatible.calls import Call
from recipients.compatible.reading import events_of
from recipients.compatible.receivers import UPDATE_PLUS
from recipients.compatible.refusals import INVALID_ATTRIBUTE, Refusal
from recipients.compatible.shapes import Shape
from recipients.compatible.writing import write_receivers
from recipients.masterdata.values import normalise_tags
from recipients.models import Activity, Recipient
from recipients.services.activities import GivenActivity, add_activities

_KINDS: Final = {
    **dict.fromkeys(("opened", "open"), Activity.Kind.OPENED),
    **dict.fromkeys(("clicked", "click"), Activity.Kind.CLICKED),
    **dict.fromkeys(("received", "sent"), Activity.Kind.RECEIVED),
}


def set_value(call: Call, receiver: str, attribute: str, group: str | None = None) -> bool:
    """One value of somebody: of a list's field in that list, of an account-wide one for all lists."""
    field = call.attribute(attribute)
    reached = [one for one in _reached(call, receiver, group) if field.group_id in {None, one.group_id}]
    if not reached:
        raise Refusal(404, INVALID_ATTRIBUTE)
    value = call.body.get("value") if isinstance(call.body, dict) else call.body
    name = "attributes" if field.group_id else "global_attributes"
    _write(call, reached[0], {name: {field.key: value}})
    return True


def add_tags(call: Call, receiver: str, group: str | None = None) -> list[str]:
    """The tags that somebody has got, in the list that is named or in every one that has them."""
    tags = texts_of(call.body.get("tags") if isinstance(call.body, dict) else call.body, name="tags")
    if not tags:
        raise Refusal(400, "tags are missing")
    for one in _reached(call, receiver, group):
        _write(call, one, {"tags": tags})
    return [tag for tag in normalise_tags(tags) if not tag.startswith("-")]


def list_events(call: Call, group: str, receiver: str) -> list[Shape]:
    """What somebody did last, newest first."""
    found = call.group(group)
    one = call.receiver(found, receiver)
    return events_of(found, [one]).get(str(one.id), [])


def add_event(call: Call, group: str, receiver: str) -> bool:
    """Something that somebody did: opened, clicked or received a mailing, in `type_id` or `type`."""
    found, given = call.group(group), object_of(call.body)
    one = call.receiver(found, receiver)
    words = [text_of(given.get(name), name=name).strip().lower() for name in ("type_id", "type")]
    kind = next((_KINDS[word] for word in words if word in _KINDS), None)
    if kind is None:
        raise Refusal(400, "type_id is none of opened, clicked, received")
    at = moment_of(given.get("stamp"), call.now, name="stamp") or call.now
    subject = text_of(given.get("value"), name="value")
    done = add_activities(group=found, activities=[GivenActivity(one.email, kind, at, subject)])
    if done.refused:
        raise Refusal(400, f"invalid {'value' if done.refused[0].member == 'subject' else 'stamp'}")
    return True


def list_orders(call: Call, group: str, receiver: str) -> list[Shape]:
    """None: Listkeep keeps no orders."""
    call.receiver(call.group(group), receiver)
    return []


def _reached(call: Call, receiver: str, group: str | None) -> list[Recipient]:
    if group is None:
        return call.receivers_named(receiver)
    return [call.receiver(call.group(group), receiver)]


def _write(call: Call, one: Recipient, given: dict[str, Any]) -> None:
    (done,) = write_receivers(
        group=one.group, rows=[{"email": one.email, **given}], manner=UPDATE_PLUS, actor=call.actor, now=call.now
    )
    if done.problem:
        raise Refusal(400, done.problem)
