"""Recipients of one list: pages, single ones, batches, status, deletion."""

from dataclasses import replace
from typing import Any

from recipients.compatible.bodies import number_of, object_of, rows_of, text_of, texts_of
from recipients.compatible.calls import Call
from recipients.compatible.reading import (
    MOST_A_PAGE,
    TYPES,
    USUAL_PAGE,
    Detail,
    Page,
    read_page,
    receivers_by_email,
    shapes_of,
    whole_shape,
)
from recipients.compatible.refusals import INVALID_RECEIVER, Refusal
from recipients.compatible.shapes import Shape
from recipients.compatible.writing import Manner, Written, write_receivers
from recipients.erased import erased_entry
from recipients.masterdata.address import normalise
from recipients.masterdata.options import Mode
from recipients.models import Group, Recipient
from recipients.queries import account_wide_keys
from recipients.services import activate_recipient, deactivate_recipient, edit_recipient, lock_to_change
from recipients.services.addresses import delete_addresses

INSERT = Manner(Mode.ADD)
UPSERT = Manner(Mode.UPDATE_AND_ADD)
UPDATE = Manner(Mode.UPDATE, replaces_tags=True)
UPDATE_PLUS = Manner(Mode.UPDATE)


def list_receivers(call: Call, group: str) -> list[Shape]:
    """A page of a list; past the end it is empty."""
    found, query = call.group(group), call.query
    kind = TYPES.get(query.get("type", "").strip().lower())
    if kind is None:
        raise Refusal(400, "invalid type")
    page = Page(
        number=call.asked_number("page", 0, most=10**9),
        size=min(call.asked_number("pagesize", USUAL_PAGE), MOST_A_PAGE) or USUAL_PAGE,
        kind=kind,
        order=query.get("order_by", ""),
    )
    if emails := query.get("email_list"):
        page = replace(page, emails=[normalise(one) for one in _asked(emails, "email_list")])
    if numbers := query.get("id_list"):
        page = replace(page, ids=[number_of(one, name="id_list") for one in _asked(numbers, "id_list")])
    detail = Detail(call.asked_number("detail", 0, most=2**31) & 7)
    return shapes_of(found, read_page(found, page), detail)


def add_receivers(call: Call, group: str) -> Any:
    """One new recipient; whoever is in the list already is refused. A list of them is answered as by `insert`."""
    found = call.group(group)
    if isinstance(call.body, list) and call.body:
        return _batch(call, found, INSERT)
    (done,) = write_receivers(
        group=found, rows=[dict(object_of(call.body))], manner=INSERT, actor=call.actor, now=call.now
    )
    if done.problem:
        raise Refusal(409 if done.problem.startswith("duplicate") else 400, done.problem)
    return _one(call, found, done.email)


def insert_receivers(call: Call, group: str) -> list[Any]:
    """A batch of new recipients."""
    return _batch(call, call.group(group), INSERT)


def upsert_receivers(call: Call, group: str) -> list[Any]:
    """A batch of recipients, new or known."""
    return _batch(call, call.group(group), UPSERT)


def update_receivers(call: Call, group: str) -> list[Any]:
    """A batch of known recipients; their tags become those given."""
    return _batch(call, call.group(group), UPDATE)


def update_receivers_plus(call: Call, group: str) -> list[Any]:
    """A batch of known recipients; tags are added and taken away."""
    return _batch(call, call.group(group), UPDATE_PLUS)


def delete_receivers(call: Call, group: str) -> list[Shape]:
    """A batch of recipients goes; one that is not there is told."""
    found = call.group(group)
    return delete_named(call, found, names_of(rows_of(call.body, name="receivers")))


def read_receiver(call: Call, group: str, receiver: str) -> Shape:
    """One recipient with what they did."""
    found = call.group(group)
    return whole_shape(call.receiver(found, receiver), found)


def change_receiver(call: Call, group: str, receiver: str) -> Shape:
    """What is given of one recipient, another address too; tags become those given."""
    found, given = call.group(group), dict(object_of(call.body))
    return change_one(call, found, call.receiver(found, receiver), given)


def delete_receiver(call: Call, group: str, receiver: str) -> bool:
    """One recipient goes."""
    found = call.group(group)
    _delete(call, found, [call.receiver(found, receiver).email])
    return True


def activate(call: Call, group: str, receiver: str) -> bool:
    """One recipient is active from now on, whatever kept them inactive but a block list."""
    one = call.receiver(call.group(group), receiver)
    activate_recipient(
        account_id=one.account_id, group_id=one.group_id, recipient_id=one.id, actor=call.actor, now=call.now
    )
    return True


def deactivate(call: Call, group: str, receiver: str) -> bool:
    """One recipient is signed off."""
    one = call.receiver(call.group(group), receiver)
    deactivate_recipient(
        account_id=one.account_id, group_id=one.group_id, recipient_id=one.id, actor=call.actor, now=call.now
    )
    return True


def change_one(call: Call, group: Group, recipient: Recipient, given: dict[str, Any]) -> Shape:
    """Write what a client gives of one recipient; they as they are then."""
    wanted = text_of(given.get("email"), name="email")
    if wanted and normalise(wanted) != recipient.email:
        _move(call, recipient, wanted)
    given["email"] = normalise(wanted) if wanted else recipient.email
    (done,) = write_receivers(group=group, rows=[given], manner=UPDATE, actor=call.actor, now=call.now)
    if done.problem:
        raise Refusal(400, done.problem)
    return _one(call, group, done.email)


def names_of(rows: list[Any]) -> list[str]:
    """The addresses or numbers in a batch: as texts, or as members of objects."""
    return [
        text_of(row.get("email") or row.get("id"), name="receiver") if isinstance(row, dict) else text_of(row)
        for row in rows
    ]


def delete_named(call: Call, group: Group, names: list[str]) -> list[Shape]:
    """Delete recipients of a list by addresses or numbers; what became of each."""
    numbers = {int(name) for name in names if _is_number(name)}
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
    by_id = dict(rows.filter(id__in=numbers).values_list("id", "email")) if numbers else {}
    emails = [by_id.get(int(name), "") if _is_number(name) else normalise(name) for name in names]
    present = set(rows.filter(email__in=set(emails)).values_list("email", flat=True))
    if present:
        _delete(call, group, sorted(present))
    gone = {"status": "success"}
    missing = {"status": "error", "message": Refusal(404, INVALID_RECEIVER).message}
    return [gone if email in present else missing for email in emails]


def _delete(call: Call, group: Group, emails: list[str]) -> None:
    delete_addresses(account_id=group.account_id, group_id=group.pk, emails=emails, actor=call.actor, now=call.now)


def _move(call: Call, recipient: Recipient, email: str) -> None:
    """Give somebody another address; no client lets somebody in who was erased. Asked with the list locked."""
    lock_to_change(
        account_id=recipient.account_id,
        group_id=recipient.group_id,
        account_wide=bool(account_wide_keys(recipient.account_id)),
    )
    if erased_entry(account_id=recipient.account_id, email=normalise(email)) is not None:
        raise Refusal(400, "blocked address")
    edit_recipient(
        account_id=recipient.account_id,
        group_id=recipient.group_id,
        recipient_id=recipient.id,
        changes={"email": email},
        actor=call.actor,
        now=call.now,
    )


def _batch(call: Call, group: Group, manner: Manner) -> list[Any]:
    """The answer to a batch: for each row the recipient and its status, or the text that says why it was not taken."""
    rows = rows_of(call.body, name="receivers")
    written = write_receivers(group=group, rows=rows, manner=manner, actor=call.actor, now=call.now)
    shapes = receivers_by_email(group, [one.email for one in written if not one.problem])
    return [one.problem or {**shapes[one.email], "status": _told(one)} for one in written]


def _told(written: Written) -> str:
    return "insert success" if written.is_new else "update success"


def _one(call: Call, group: Group, email: str) -> Shape:
    return whole_shape(call.receiver(group, email), group)


def _asked(text: str, name: str) -> list[str]:
    asked = texts_of(text, name=name)
    if len(asked) > MOST_A_PAGE:
        raise Refusal(413, f"at most {MOST_A_PAGE} in {name}")
    return asked


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) < 19
