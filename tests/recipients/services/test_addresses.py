"""Many addresses at once: signed off, made active, deleted; and what they did."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from accounts.models import Account, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.deletion import GroupGone, GroupLocked
from recipients.given_rows import Refused
from recipients.models import Activity, Contact, Group, Recipient
from recipients.services.activities import Added, GivenActivity, add_activities
from recipients.services.addresses import Reached, activate_addresses, deactivate_addresses, delete_addresses
from tests.factories import (
    DAY,
    NOW,
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
)

pytestmark = pytest.mark.django_db
LATER = NOW + DAY
Service = Callable[..., Reached]
every_service = pytest.mark.parametrize("service", [activate_addresses, deactivate_addresses, delete_addresses])


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def actor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    """A list with somebody active, somebody signed off, somebody bounced, somebody never activated."""
    group = make_group(account, "Kunden")
    make_recipient(group, "active@example.org")
    make_recipient(group, "off@example.org", deactivated_at=NOW)
    make_recipient(group, "bounced@example.org", bounced_at=NOW)
    make_recipient(group, "never@example.org", activated_at=None)
    return group


def reach(service: Service, group: Group, actor: User, emails: Sequence[str]) -> Reached:
    with account_scope(group.account_id):
        return service(account_id=group.account_id, group_id=group.pk, emails=emails, actor=actor, now=LATER)


def statuses(group: Group) -> dict[str, tuple[Any, ...]]:
    with account_scope(group.account_id):
        rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).order_by("email")
        return {one.email: (one.activated_at, one.deactivated_at, one.bounced_at) for one in rows}


def numbers(group: Group) -> tuple[int, int, int]:
    with account_scope(group.account_id):
        group.refresh_from_db()
    return group.revision, group.recipient_count, group.active_count


def test_who_is_named_is_signed_off_from_now_on(group: Group, actor: User) -> None:
    emails = [" ACTIVE@example.org", "off@example.org", "active@example.org", "kein", "fremd@example.org"]
    assert reach(deactivate_addresses, group, actor, emails) == Reached(
        changed=1,
        unchanged=1,
        missing=1,
        refused=[Refused(2, "email", "doubled"), Refused(3, "email", "invalid_address")],
    )
    assert statuses(group)["active@example.org"] == (NOW, LATER, None)
    assert statuses(group)["off@example.org"] == (NOW, NOW, None)
    assert numbers(group) == (5, 4, 0)


def test_who_is_named_becomes_active_whatever_kept_them_inactive(group: Group, actor: User) -> None:
    emails = [*statuses(group), "fremd@example.org"]
    assert reach(activate_addresses, group, actor, emails) == Reached(3, 1, 1, [])
    assert statuses(group) == {
        "active@example.org": (NOW, None, None),
        "bounced@example.org": (LATER, None, None),
        "never@example.org": (LATER, None, None),
        "off@example.org": (LATER, None, None),
    }
    assert numbers(group) == (5, 4, 4)


def test_nobody_who_is_blocked_becomes_active(account: Account, group: Group, actor: User) -> None:
    make_blocked(account, "*@example.org")
    before = statuses(group)
    refused = [Refused(0, "email", "blocked"), Refused(1, "email", "invalid_address")]
    assert reach(activate_addresses, group, actor, ["off@example.org", "kein"]) == Reached(0, 0, 0, refused)
    assert statuses(group) == before


def test_who_is_named_is_deleted_with_activities_and_values_that_nobody_shows(
    account: Account, group: Group, actor: User
) -> None:
    make_field(account, "Nummer", key="nummer")
    other = make_group(account, "Presse")
    make_recipient(other, "off@example.org")
    for email in ("active@example.org", "off@example.org"):
        make_contact(account, email, {"nummer": "1"})
    with account_scope(account.pk):
        recipient = Recipient.objects.get(group=group, email="active@example.org")
    make_activity(recipient)
    emails = ["active@example.org", "off@example.org", "fremd@example.org", "kein"]
    assert reach(delete_addresses, group, actor, emails) == Reached(2, 0, 1, [Refused(3, "email", "invalid_address")])
    with account_scope(account.pk):
        assert (Activity.objects.count(), list(Contact.objects.values_list("email", flat=True))) == (
            0,
            ["off@example.org"],
        )
        assert not Backup.objects.exists()
    assert list(statuses(group)) == ["bounced@example.org", "never@example.org"]
    assert numbers(group) == (5, 2, 0)


@every_service
def test_nobody_reached_changes_nothing(group: Group, actor: User, service: Service) -> None:
    before = numbers(group)
    assert reach(service, group, actor, ["fremd@example.org"]) == Reached(0, 0, 1, [])
    assert reach(service, group, actor, []) == Reached(0, 0, 0, [])
    assert numbers(group) == before
    with account_scope(group.account_id):
        assert not AuditEntry.objects.exists()


@every_service
def test_a_list_that_is_locked_or_gone_is_refused(group: Group, actor: User, service: Service) -> None:
    refusals: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"locked": True}, GroupLocked),
        ({"deleted_at": NOW}, GroupGone),
    ]
    for columns, refusal in refusals:
        with account_scope(group.account_id):
            Group.objects.update(**columns)
        with pytest.raises(refusal):
            reach(service, group, actor, ["active@example.org"])


def test_activities_are_kept_and_leave_the_lists_revision(group: Group) -> None:
    before, kind = numbers(group), Activity.Kind
    given = [
        GivenActivity("ACTIVE@example.org", kind.OPENED, NOW, " Frühling "),
        GivenActivity("active@example.org", kind.CLICKED, LATER, "https://example.org"),
        GivenActivity("fremd@example.org", kind.OPENED, NOW),
        GivenActivity("kein", kind.OPENED, NOW),
        GivenActivity("off@example.org", kind.OPENED, NOW, "x" * 301),
        GivenActivity("off@example.org", kind.OPENED, NOW.replace(year=1)),
    ]
    with account_scope(group.account_id):
        assert add_activities(group=group, activities=given) == Added(
            added=2,
            missing=1,
            refused=[
                Refused(3, "email", "invalid_address"),
                Refused(4, "subject", "too_long"),
                Refused(5, "at", "out_of_range"),
            ],
        )
        kept = list(Activity.objects.order_by("at").values_list("kind", "at", "subject"))
    assert kept == [("opened", NOW, "Frühling"), ("clicked", LATER, "https://example.org")]
    assert numbers(group) == before
