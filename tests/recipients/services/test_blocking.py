"""Services of block lists: what stands on one, and whom it keeps out."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import pytest
from django.db import IntegrityError, connection

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from recipients.deletion import GroupGone, GroupLocked
from recipients.models import BlockedAddress, Group, Recipient
from recipients.queries import block_list_of, what_blocks
from recipients.revision import lock_group
from recipients.services import (
    AddressBlocked,
    TooManyOtherPatterns,
    activate_recipient,
    block_addresses,
    edit_recipient,
    unblock_addresses,
)
from recipients.services.blocking import MAX_OTHER_PATTERNS
from tests.factories import DAY, NOW, make_account, make_blocked, make_group, make_member, make_recipient

LATER = NOW + DAY
database = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def actor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account, "Kunden")


def block(account: Account, group: Group | None, actor: User, patterns: Sequence[str]) -> int:
    with account_scope(account.pk):
        return block_addresses(account=account, group=group, patterns=patterns, actor=actor, now=LATER)


def unblock(account: Account, group: Group | None, actor: User, patterns: Sequence[str]) -> int:
    with account_scope(account.pk):
        return unblock_addresses(account=account, group=group, patterns=patterns, actor=actor, now=LATER)


def stored(account: Account) -> list[tuple[Any, ...]]:
    with account_scope(account.pk):
        columns = ("group_id", "pattern", "kind", "blocked_at", "blocked_by_id")
        return list(BlockedAddress.objects.order_by("pattern").values_list(*columns))


def trail(account: Account) -> list[tuple[str, str, Any]]:
    with account_scope(account.pk):
        return list(AuditEntry.objects.order_by("pk").values_list("action", "subject", "detail"))


def revisions(account: Account) -> dict[str, tuple[int, Any]]:
    with account_scope(account.pk):
        return {group.name: (group.revision, group.changed_at) for group in Group.objects.all()}


@database
def test_patterns_of_every_kind_are_put_on(account: Account, group: Group, actor: User) -> None:
    patterns = ["spam@example.org", "*@example.org", "*@*.example.org", "*spam*", "*@*"]

    assert block(account, group, actor, patterns) == 5
    assert stored(account) == [
        (group.pk, "*@*", "other", LATER, actor.pk),
        (group.pk, "*@*.example.org", "ending", LATER, actor.pk),
        (group.pk, "*@example.org", "domain", LATER, actor.pk),
        (group.pk, "*spam*", "other", LATER, actor.pk),
        (group.pk, "spam@example.org", "address", LATER, actor.pk),
    ]


@database
@pytest.mark.parametrize("in_list", [True, False])
def test_only_new_patterns_count_and_the_others_stay_as_they_were(
    account: Account, group: Group, actor: User, *, in_list: bool
) -> None:
    where = group if in_list else None
    make_blocked(account, "a@example.org", group=where)

    assert block(account, where, actor, ["b@example.org", "a@example.org", "b@example.org"]) == 1
    assert [row[1:] for row in stored(account)] == [
        ("a@example.org", "address", NOW, None),
        ("b@example.org", "address", LATER, actor.pk),
    ]


@database
def test_a_list_and_the_account_can_have_the_same_pattern(account: Account, group: Group, actor: User) -> None:
    groups = [None, group, make_group(account, "Presse")]

    assert [block(account, where, actor, ["a@example.org"]) for where in groups] == [1, 1, 1]


@database
def test_a_change_to_a_list_raises_its_revision_and_is_noted_without_addresses(
    account: Account, group: Group, actor: User
) -> None:
    make_group(account, "Presse")

    block(account, group, actor, ["a@example.org", "b@example.org"])
    unblock(account, group, actor, ["a@example.org"])

    assert revisions(account) == {"Kunden": (2, LATER), "Presse": (0, NOW)}
    assert trail(account) == [
        (AuditAction.BLOCKED, "Kunden", {"count": 2}),
        (AuditAction.UNBLOCKED, "Kunden", {"count": 1}),
    ]


@database
def test_an_account_wide_change_raises_no_revision_and_is_noted(account: Account, group: Group, actor: User) -> None:
    block(account, None, actor, ["a@example.org"])
    unblock(account, None, actor, ["a@example.org"])

    assert revisions(account) == {"Kunden": (0, NOW)}
    assert trail(account) == [(AuditAction.BLOCKED, "", {"count": 1}), (AuditAction.UNBLOCKED, "", {"count": 1})]


@database
@pytest.mark.parametrize("in_list", [True, False])
def test_what_changes_nothing_leaves_no_trace(account: Account, group: Group, actor: User, *, in_list: bool) -> None:
    where = group if in_list else None
    make_blocked(account, "a@example.org", group=where)

    assert block(account, where, actor, ["a@example.org"]) == 0
    assert unblock(account, where, actor, ["b@example.org"]) == 0
    assert (revisions(account), trail(account)) == ({"Kunden": (0, NOW)}, [])


@database
def test_taking_off_leaves_the_patterns_of_others(account: Account, group: Group, actor: User) -> None:
    other = make_account()
    for owner, where in ((account, None), (account, group), (account, make_group(account, "Presse")), (other, None)):
        make_blocked(owner, "a@example.org", group=where)

    assert unblock(account, group, actor, ["a@example.org"]) == 1
    assert [row[0] is None for row in stored(account)] == [True, False]
    assert unblock(account, None, actor, ["a@example.org"]) == 1
    assert ([row[0] is None for row in stored(account)], len(stored(other))) == ([False], 1)


@database
@pytest.mark.parametrize(("fields", "refusal"), [({"locked": True}, GroupLocked), ({"deleted_at": NOW}, GroupGone)])
def test_a_list_that_takes_no_change_keeps_its_block_list(
    account: Account, actor: User, fields: dict[str, Any], refusal: type[Exception]
) -> None:
    group = make_group(account, **fields)
    make_blocked(account, "a@example.org", group=group)

    with pytest.raises(refusal):
        block(account, group, actor, ["b@example.org"])
    with pytest.raises(refusal):
        unblock(account, group, actor, ["a@example.org"])
    assert [row[1] for row in stored(account)] == ["a@example.org"]


@database
def test_patterns_that_are_tried_one_by_one_are_limited_in_each_block_list(
    account: Account, group: Group, actor: User
) -> None:
    most = [f"spam{number}@*" for number in range(MAX_OTHER_PATTERNS)]

    assert [block(account, where, actor, most) for where in (group, None)] == [MAX_OTHER_PATTERNS] * 2
    with pytest.raises(TooManyOtherPatterns):
        block(account, group, actor, ["a@example.org", "one-more@*"])
    assert len(stored(account)) == 2 * MAX_OTHER_PATTERNS
    assert block(account, group, actor, ["a@example.org", "*@example.org", "*@*.example.org"]) == 3


@database
@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("a@example.org", "other"),
        ("*@example.org", "address"),
        ("*@*.example.org", "domain"),
        ("*@example.*", "domain"),
        ("info@*", "ending"),
        ("*@example.org", "other"),
        ("*@*.example.org", "other"),
        ("a@example.org", "unknown"),
    ],
)
def test_the_database_refuses_a_pattern_of_another_kind(account: Account, pattern: str, kind: str) -> None:
    with pytest.raises(IntegrityError, match="recipients_blocked_kind_is_the_patterns"):
        make_blocked(account, pattern, kind=kind)


@database
def test_the_block_list_of_a_list_has_its_own_patterns_and_the_account_wide_ones(
    account: Account, group: Group, actor: User
) -> None:
    other, empty = make_group(account, "Presse"), make_group(make_account())
    make_blocked(account, "own@example.org", group=group)
    make_blocked(account, "other@example.org", group=other)
    before = account_marks(account, group, other)
    make_blocked(account, "*@example.net")
    marks = account_marks(account, group, other)

    assert len({*before, *marks}) == 4
    with account_scope(empty.account_id):
        assert block_list_of(empty).mark == ""


def account_marks(account: Account, *groups: Group) -> list[str]:
    with account_scope(account.pk):
        return [block_list_of(group).mark for group in groups]


@database
def test_an_address_is_blocked_by_the_most_exact_pattern(account: Account, group: Group) -> None:
    email = "a.spam@sub.example.org"
    patterns = [
        (email, group),
        ("*@sub.example.org", None),
        ("*@*.example.org", group),
        ("*@*.org", None),
        ("*spam*", group),
    ]
    for pattern, where in reversed(patterns):
        make_blocked(account, pattern, group=where)
    for pattern in ("*@example.org", "b*@*", "*@*.net"):
        make_blocked(account, pattern)
    make_blocked(account, "a.*", group=make_group(account, "Presse"))
    found = []
    with account_scope(account.pk):
        while (blocked := what_blocks(account_id=account.pk, group=group, email=email)) is not None:
            found.append((blocked.pattern, blocked.group_id))
            blocked.delete()

    assert found == [(pattern, where.pk if where else None) for pattern, where in patterns]


def change_address(recipient: Recipient, email: str, actor: User) -> Recipient:
    with account_scope(recipient.account_id):
        return edit_recipient(
            account_id=recipient.account_id,
            group_id=recipient.group_id,
            recipient_id=recipient.id,
            changes={"email": email, "source": "Messe"},
            actor=actor,
            now=LATER,
        )


def activate(recipient: Recipient, actor: User) -> Recipient:
    with account_scope(recipient.account_id):
        return activate_recipient(
            account_id=recipient.account_id,
            group_id=recipient.group_id,
            recipient_id=recipient.id,
            actor=actor,
            now=LATER,
        )


def as_stored(recipient: Recipient) -> Recipient:
    with account_scope(recipient.account_id):
        found: Recipient = Recipient.objects.get(id=recipient.id)
        return found


@database
@pytest.mark.parametrize("in_list", [True, False])
def test_nobody_gets_a_blocked_address(account: Account, group: Group, actor: User, *, in_list: bool) -> None:
    make_blocked(account, "*@example.net", group=group if in_list else None)
    recipient = make_recipient(group, "a@example.org")

    with pytest.raises(AddressBlocked) as refused:
        change_address(recipient, "A@Example.net", actor)
    assert refused.value.blocked.pattern == "*@example.net"
    assert (as_stored(recipient).email, as_stored(recipient).source) == ("a@example.org", None)


@database
def test_who_has_a_blocked_address_already_can_be_edited(account: Account, group: Group, actor: User) -> None:
    make_blocked(account, "*@example.org")
    recipient = make_recipient(group, "a@example.org")

    assert change_address(recipient, "a@example.org", actor).source == "Messe"
    assert change_address(recipient, "a@example.net", actor).email == "a@example.net"


@database
@pytest.mark.parametrize(
    "dates", [{"deactivated_at": NOW}, {"bounced_at": NOW}, {"activated_at": None}], ids=lambda dates: next(iter(dates))
)
def test_nobody_who_is_blocked_becomes_active(
    account: Account, group: Group, actor: User, dates: dict[str, Any]
) -> None:
    make_blocked(account, "a@example.org", group=group)
    recipient = make_recipient(group, "a@example.org", **dates)

    with pytest.raises(AddressBlocked):
        activate(recipient, actor)
    assert as_stored(recipient).is_active is False


@database
def test_the_block_list_of_another_list_keeps_nobody_out(account: Account, group: Group, actor: User) -> None:
    make_blocked(account, "*@example.org", group=make_group(account, "Presse"))
    recipient = make_recipient(group, "a@example.net", deactivated_at=NOW)

    assert change_address(recipient, "a@example.org", actor).email == "a@example.org"
    assert activate(recipient, actor).is_active is True


@database
def test_who_is_active_and_blocked_stays_as_they_are(account: Account, group: Group, actor: User) -> None:
    recipient = make_recipient(group, "a@example.org")
    block(account, None, actor, ["a@example.org"])

    assert activate(recipient, actor).activated_at == NOW
    assert as_stored(recipient).is_active is True


@pytest.mark.parametrize("in_list", [True, False])
def test_a_change_waits_for_who_has_the_list_locked(committed_db: None, *, in_list: bool) -> None:
    account = make_account()
    actor, group = make_member(account), make_group(account)

    def change() -> int:
        try:
            return block(account, group if in_list else None, actor, ["a@example.org"])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with account_scope(account.pk):
            lock_group(account_id=account.pk, group_id=group.pk)
            before = block_list_of(group).mark
            changing = pool.submit(change)
            wait([changing], timeout=0.5)
            assert (changing.done(), block_list_of(group).mark) == (False, before)
        assert changing.result(timeout=10) == 1
