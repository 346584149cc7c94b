"""Lists: read, made, changed, emptied, deleted; their figures."""

import time
from typing import Any, Final

from django.db.models import Count, Q

from accounts.tenancy import account_scope
from recipients.compatible.bodies import object_of, text_of, truth_of
from recipients.compatible.calls import Call
from recipients.compatible.refusals import Refusal
from recipients.compatible.shapes import Shape, group_shape
from recipients.deletion import advance_deletion, request_clearing, request_deletion
from recipients.holds import Interface
from recipients.jobs import SMALL_LIST
from recipients.masterdata.values import normalise_text
from recipients.models import Deletion, Group, Recipient
from recipients.querysets import ACTIVE, BOUNCED
from recipients.services import create_group, set_group_backups, update_group

PATIENCE: Final = 10.0  # seconds that a call waits for a small deletion that a worker has begun
_ORDERS: Final = {"created": "created_at", "changed": "changed_at"}
MOST_NAME: Final = 200
MOST_NOTE: Final = 5_000


def list_groups(call: Call) -> list[Shape]:
    """All lists; `order` is "created" or "changed" with a direction."""
    name, _space, direction = call.query.get("order", "").strip().lower().partition(" ")
    if name and name not in _ORDERS:
        raise Refusal(400, "invalid order")
    by = _ORDERS.get(name, "pk")
    return [group_shape(one) for one in call.groups().order_by(f"-{by}" if direction == "desc" else by, "pk")]


def make_group(call: Call) -> Shape:
    """A new list; without a name there is none."""
    given = object_of(call.body)
    name, note = _name(given.get("name")), _note(given.get("receiver_info"))
    group = create_group(account=call.account, name=name, note=note, actor=call.actor, now=call.now)
    _set(call, group, given)
    return group_shape(group)


def read_group(call: Call, group: str) -> Shape:
    """One list."""
    return group_shape(call.group(group))


def change_group(call: Call, group: str) -> Shape:
    """Another name, note, lock or backup switch; what is left out stays."""
    found, given = call.group(group), object_of(call.body)
    _set(call, found, given)
    return group_shape(call.group(group))


def delete_group(call: Call, group: str) -> bool:
    """The list and all that is in it go."""
    found = call.group(group)
    deletion = request_deletion(group=found, actor=call.actor, now=call.now, interface=Interface.API)
    call.afterwards.append(lambda: carry_out(deletion))
    return True


def clear_group(call: Call, group: str) -> bool:
    """All recipients go, the list stays."""
    found = call.group(group)
    deletion = request_clearing(group=found, actor=call.actor, now=call.now, interface=Interface.API)
    call.afterwards.append(lambda: carry_out(deletion))
    return True


def read_stats(call: Call, group: str) -> Shape:
    """The figures of a list. Those of mailings and orders are 0: Listkeep sends and sells nothing."""
    found = call.group(group)
    rows = Recipient.objects.of(account_id=found.account_id, group_id=found.pk)
    counted = rows.aggregate(
        total=Count("id"), active=Count("id", filter=Q(ACTIVE)), bounced=Count("id", filter=BOUNCED)
    )
    return {
        "total_count": counted["total"],
        "inactive_count": counted["total"] - counted["active"] - counted["bounced"],
        "active_count": counted["active"],
        "bounce_count": counted["bounced"],
        "avg_points": 0.0,
        "quality": 0,
        "time": int(call.now.timestamp()),
        "order_count": 0,
    }


def carry_out(deletion: Deletion) -> None:
    """Have a small deletion over before the client is answered; a large one is a worker's. Raises Refusal if it failed.

    A worker hears of it as well, and may have it already; then this waits for a moment.
    """
    if deletion.recipient_count > SMALL_LIST:
        return
    advance_deletion(account_id=deletion.account_id, deletion_id=deletion.pk)
    until = time.monotonic() + PATIENCE
    while (status := _status_of(deletion)) == Deletion.Status.WAITING and time.monotonic() < until:
        time.sleep(0.05)
    if status == Deletion.Status.FAILED:
        raise Refusal(409, "it could not be deleted")


def _status_of(deletion: Deletion) -> str:
    with account_scope(deletion.account_id):
        return str(Deletion.objects.values_list("status", flat=True).get(pk=deletion.pk))


def _set(call: Call, group: Group, given: Any) -> None:
    """Write the settings that a client gives; the same again changes nothing."""
    update_group(
        group=group,
        name=_name(given["name"]) if "name" in given else group.name,
        note=_note(given["receiver_info"]) if "receiver_info" in given else group.note,
        locked=truth_of(given["locked"]) if "locked" in given else group.locked,
        actor=call.actor,
        now=call.now,
    )
    if given.get("backup") is not None:
        set_group_backups(group=group, enabled=truth_of(given["backup"]), actor=call.actor, now=call.now)


def _name(value: Any) -> str:
    name = normalise_text(text_of(value, name="name"))
    if name is None or len(name) > MOST_NAME:
        raise Refusal(400, "invalid name")
    return name


def _note(value: Any) -> str:
    note = normalise_text(text_of(value, name="receiver_info")) or ""
    if len(note) > MOST_NOTE:
        raise Refusal(400, "invalid receiver_info")
    return note
