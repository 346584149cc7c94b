"""Block lists: patterns of addresses that must not come into one list, or into none of the account."""

from typing import Annotated

from django.utils import timezone
from ninja import Router
from pydantic import Field as Member

from accounts.api.cursors import cursor_of, place_of
from accounts.api.gate import ApiRequest
from accounts.api.problems import Problem
from accounts.api.schemas import USUAL_PAGE, Cursor, Given, Limit, Moment, Text, Told
from recipients.api.found import group_or_404, problems_of_services
from recipients.masterdata.blocklist import InvalidPattern, canonical_pattern
from recipients.models import BlockedAddress, Group
from recipients.services import block_addresses, unblock_addresses

MOST_PATTERNS = 5_000

router = Router(tags=["Block lists"])


class PatternTold(Told):
    """A pattern, such as `spam@example.org`, `*@example.org` or `*@*.example.org`."""

    pattern: str
    blocked_at: Moment


class PatternsTold(Told):
    """A page of patterns, in their order."""

    items: list[PatternTold]
    next_cursor: str | None


class GivenPatterns(Given):
    """Patterns to be put on or taken off; `example.org` means `*@example.org`."""

    patterns: Annotated[list[Text], Member(min_length=1, max_length=MOST_PATTERNS)]


class CountTold(Told):
    """How many patterns are new, or stood there; the others were so already."""

    changed: int


@router.get("/blocklist", response=PatternsTold)
def list_account_patterns(request: ApiRequest, cursor: Cursor | None = None, limit: Limit = USUAL_PAGE) -> PatternsTold:
    """The account-wide block list."""
    return _page(request, None, cursor, limit)


@router.post("/blocklist", response=CountTold)
def block_in_account(request: ApiRequest, body: GivenPatterns) -> CountTold:
    """Put patterns on the account-wide block list. Who is in a list already stays as they are."""
    return _blocked(request, None, body)


@router.post("/blocklist/delete", response=CountTold)
def unblock_in_account(request: ApiRequest, body: GivenPatterns) -> CountTold:
    """Take patterns off the account-wide block list."""
    return _unblocked(request, None, body)


@router.get("/groups/{int:group_id}/blocklist", response=PatternsTold)
def list_patterns(
    request: ApiRequest, group_id: int, cursor: Cursor | None = None, limit: Limit = USUAL_PAGE
) -> PatternsTold:
    """A list's own block list."""
    return _page(request, group_or_404(request, group_id), cursor, limit)


@router.post("/groups/{int:group_id}/blocklist", response=CountTold)
def block_in_list(request: ApiRequest, group_id: int, body: GivenPatterns) -> CountTold:
    """Put patterns on a list's block list. Who is in the list already stays as they are."""
    return _blocked(request, group_or_404(request, group_id), body)


@router.post("/groups/{int:group_id}/blocklist/delete", response=CountTold)
def unblock_in_list(request: ApiRequest, group_id: int, body: GivenPatterns) -> CountTold:
    """Take patterns off a list's block list."""
    return _unblocked(request, group_or_404(request, group_id), body)


def _page(request: ApiRequest, group: Group | None, cursor: str | None, limit: int) -> PatternsTold:
    own = BlockedAddress.objects.filter(account_id=request.account.pk, group=group, pattern__gt=place_of(cursor))
    found = list(own.order_by("group_id", "pattern")[: limit + 1])
    return PatternsTold(
        items=[PatternTold.from_orm(one) for one in found[:limit]],
        next_cursor=cursor_of(found[limit - 1].pattern) if len(found) > limit else None,
    )


def _blocked(request: ApiRequest, group: Group | None, body: GivenPatterns) -> CountTold:
    with problems_of_services():
        changed = block_addresses(
            account=request.account,
            group=group,
            patterns=_canonical(body.patterns),
            actor=request.actor,
            now=timezone.now(),
        )
    return CountTold(changed=changed)


def _unblocked(request: ApiRequest, group: Group | None, body: GivenPatterns) -> CountTold:
    with problems_of_services():
        changed = unblock_addresses(
            account=request.account,
            group=group,
            patterns=_canonical(body.patterns),
            actor=request.actor,
            now=timezone.now(),
        )
    return CountTold(changed=changed)


def _canonical(patterns: list[str]) -> list[str]:
    """The patterns that the texts mean; a problem that names those that are none."""
    canonical, errors = [], []
    for place, text in enumerate(patterns):
        try:
            canonical.append(canonical_pattern(text))
        except InvalidPattern as refused:
            errors.append({"member": f"patterns.{place}", "message": f"This is no pattern: {refused.reason.value}."})
    if errors:
        raise Problem("invalid", errors=errors[:100])
    return canonical
