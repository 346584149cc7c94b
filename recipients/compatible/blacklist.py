"""The account-wide block list. Listkeep keeps no comments on its entries."""

from collections.abc import Sequence
from typing import Any, Final

from recipients.compatible.bodies import object_of, rows_of, text_of
from recipients.compatible.calls import Call
from recipients.compatible.refusals import Refusal
from recipients.compatible.shapes import Shape, blocked_shape
from recipients.masterdata.address import normalise
from recipients.masterdata.blocklist import canonical_pattern
from recipients.models import BlockedAddress
from recipients.queries import blocked_everywhere_among
from recipients.services import block_addresses, unblock_addresses

MOST_A_PAGE: Final = 5_000


def list_blocked(call: Call) -> list[Shape]:
    """A page of entries, by their patterns."""
    size = min(call.asked_number("pagesize", MOST_A_PAGE), MOST_A_PAGE) or MOST_A_PAGE
    start = call.asked_number("page", 0, most=10**9) * size
    return [blocked_shape(one) for one in _entries(call).order_by("group_id", "pattern")[start : start + size]]


def read_blocked(call: Call, email: str) -> Shape:
    """One entry."""
    return blocked_shape(_entry(call, email))


def block(call: Call) -> Any:
    """One entry, or a list of them; who is in a list stays there as they are."""
    rows = rows_of(call.body, name="emails")
    if not rows:
        raise Refusal(400, "email is missing")
    patterns = _patterns(rows)
    block_addresses(account=call.account, group=None, patterns=patterns, actor=call.actor, now=call.now)
    found = {one.pattern: one for one in _entries(call).filter(pattern__in=patterns)}
    shapes = [blocked_shape(found[pattern]) for pattern in patterns]
    return shapes if isinstance(call.body, list) else shapes[0]


def block_again(call: Call, email: str | None = None) -> Shape:
    """One entry; that there is nothing to change is a conflict."""
    given = object_of(call.body)
    (pattern,) = _patterns([given.get("email") or email])
    if not block_addresses(account=call.account, group=None, patterns=[pattern], actor=call.actor, now=call.now):
        raise Refusal(409, "unchanged")
    return blocked_shape(_entry(call, pattern))


def unblock(call: Call, email: str) -> bool:
    """One entry goes."""
    pattern = _entry(call, email).pattern
    unblock_addresses(account=call.account, group=None, patterns=[pattern], actor=call.actor, now=call.now)
    return True


def not_blocked_among(call: Call) -> list[str]:
    """Those of some addresses that no account-wide entry holds."""
    body = object_of(call.body)
    if "emails" not in body:
        raise Refusal(400, "emails are missing")
    emails = [text_of(one, name="emails") for one in rows_of(body["emails"], name="emails")]
    blocked = blocked_everywhere_among(call.account.pk, [normalise(one) for one in emails])
    return [one for one, is_blocked in zip(emails, blocked, strict=True) if not is_blocked]


def _entries(call: Call) -> Any:
    return BlockedAddress.objects.filter(account_id=call.account.pk, group__isnull=True)


def _entry(call: Call, email: str) -> BlockedAddress:
    found: BlockedAddress | None = _entries(call).filter(pattern=canonical_pattern(email)).first()
    if found is None:
        raise Refusal(404, "invalid email")
    return found


def _patterns(rows: Sequence[Any]) -> list[str]:
    texts = [text_of(row.get("email") if isinstance(row, dict) else row, name="email") for row in rows]
    return [canonical_pattern(text) for text in texts]
