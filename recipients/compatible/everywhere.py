"""Recipients wherever they are: calls under `/receivers`, which name no list or name one in `group_id`."""

from recipients.compatible.bodies import number_of, object_of, rows_of, text_of, truth_of
from recipients.compatible.calls import Call
from recipients.compatible.reading import whole_shape
from recipients.compatible.receivers import delete_named, names_of
from recipients.compatible.refusals import Refusal
from recipients.compatible.shapes import Shape, group_shape
from recipients.masterdata.address import normalise
from recipients.models import Recipient


def read_anywhere(call: Call, receiver: str) -> Shape:
    """Somebody in the list that is named, or in the first that has them."""
    found = call.receivers_named(receiver)[0]
    return whole_shape(found, found.group)


def delete_anywhere(call: Call, receiver: str) -> bool:
    """Somebody goes from every list that has them, or from the one that is named."""
    for one in call.receivers_named(receiver):
        delete_named(call, one.group, [one.email])
    return True


def delete_several(call: Call) -> list[Shape]:
    """People go from every list that has them, or from the one that is named; what became of each."""
    names = names_of(rows_of(call.body, name="receivers"))
    emails = [normalise(name) for name in names]
    ids = [number_of(name, name="receiver") for name in names if name.isascii() and name.isdigit()]
    groups = {pk: call.group(pk) for pk in _groups_named(call)}
    rows = Recipient.objects.filter(account_id=call.account.pk, group_id__in=list(groups))
    reached = {*rows.filter(email__in=emails).values_list("group_id", flat=True)}
    reached |= {*rows.filter(id__in=ids).values_list("group_id", flat=True)}
    # Where nobody has them, one list says so of all.
    told = [delete_named(call, groups[pk], names) for pk in sorted(reached or [*groups][:1])]
    return [next((one for one in each if one["status"] == "success"), each[0]) for each in zip(*told, strict=True)]


def groups_of_receiver(call: Call, receiver: str) -> list[Shape]:
    """The lists that have somebody; with `state` those where they are `active`, or `inactive`."""
    state = call.query.get("state", "").strip().lower()
    wanted = {"": {True, False}, "all": {True, False}, "active": {True}, "inactive": {False}}.get(state)
    if wanted is None:
        raise Refusal(400, "invalid state")
    return [group_shape(one.group) for one in call.receivers_named(receiver) if one.is_active in wanted]


def valid_among(call: Call) -> list[str]:
    """Those of some addresses that are active, in the list that is named or in any; with `invert` the others."""
    body = object_of(call.body)
    if "emails" not in body:
        raise Refusal(400, "emails are missing")
    emails = [text_of(one, name="emails") for one in rows_of(body["emails"], name="emails")]
    rows = Recipient.objects.filter(account_id=call.account.pk, group_id__in=_groups_named(call))
    asked = {normalise(one) for one in emails}
    active = set(rows.with_status("active").filter(email__in=asked).values_list("email", flat=True))
    is_wanted = not truth_of(body.get("invert"))
    return [one for one in emails if (normalise(one) in active) == is_wanted]


def count_tag(call: Call) -> int:
    """How many recipients have a tag, in the list that is named or in all lists together."""
    tag = call.query.get("tag", "").strip()
    if not tag:
        raise Refusal(400, "tag is missing")
    rows = Recipient.objects.filter(account_id=call.account.pk, group_id__in=_groups_named(call))
    return int(rows.filter(tags__contains=[tag]).count())


def _groups_named(call: Call) -> list[int]:
    """The number of the list that `group_id` of the query or the body names, or of all."""
    named = call.named_group()
    return [named.pk] if named else list(call.groups().order_by("pk").values_list("pk", flat=True))
