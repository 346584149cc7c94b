"""Daily backups: of lists that changed, in accounts that have them switched on, one a list and day."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from accounts.models import Account
from accounts.tenancy import account_scope
from backups.daily import take_daily_backups
from backups.models import Backup
from recipients.models import Group
from tests.backups.catalogue import make_backup
from tests.factories import make_account, make_group, make_recipient
from tests.runs import backups_of, take_pending

NOW = datetime.fromisoformat("2026-03-02T02:07:00+01:00")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def make_list(**fields: Any) -> Group:
    """A list with one recipient, in an account of its own that has daily backups switched on."""
    group = make_group(make_account(daily_backups=True), **fields)
    make_recipient(group)
    with account_scope(group.account_id):
        group.refresh_from_db()
    return group


def states(group: Group) -> list[tuple[str, str]]:
    return [(backup.trigger, backup.status) for backup in backups_of(group)]


@pytest.mark.django_db
def test_a_changed_list_gets_one() -> None:
    group, other = make_list(), make_list()
    assert take_daily_backups(now=NOW) == 2
    for one in (group, other):
        (backup,) = backups_of(one)
        assert (backup.account_id, backup.trigger, backup.status, backup.requested_at) == (
            *(one.account_id, Backup.Trigger.DAILY, Backup.Status.PENDING),
            NOW,
        )
        assert (backup.change_id, backup.requested_by_id) == (None, None)


@pytest.mark.django_db
def test_asking_again_at_once_begins_none() -> None:
    group = make_list()
    assert [take_daily_backups(now=NOW), take_daily_backups(now=NOW)] == [1, 0]
    assert len(backups_of(group)) == 1


def switch_account(group: Group) -> None:
    Account.objects.update(daily_backups=False)


def switch_group(group: Group) -> None:
    Group.objects.update(automatic_backups=False)


def delete(group: Group) -> None:
    Group.objects.update(deleted_at=NOW)


def empty(group: Group) -> None:
    Group.objects.update(recipient_count=0, active_count=0)


@pytest.mark.django_db
@pytest.mark.parametrize("change", [switch_account, switch_group, delete, empty])
def test_none_is_made_of_a_list_that_is_switched_off_deleted_or_empty(change: Any) -> None:
    group = make_list()
    with account_scope(group.account_id):
        change(group)
    assert (take_daily_backups(now=NOW), backups_of(group)) == (0, [])


@pytest.mark.django_db
def test_none_is_made_of_a_state_that_a_complete_backup_holds() -> None:
    group = make_list()
    make_backup(group, revision=group.revision, requested_at=NOW - 20 * DAY)
    assert take_daily_backups(now=NOW) == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"revision": 0},  # of an earlier state
        {"status": Backup.Status.FAILED},
        {"status": Backup.Status.PENDING},
        {"status": Backup.Status.PURGING},
    ],
)
def test_one_is_made_beside_others_that_do_not_hold_the_present_state(fields: dict[str, Any]) -> None:
    group = make_list()
    make_backup(group, **{"revision": group.revision, "requested_at": NOW - HOUR, **fields})
    assert take_daily_backups(now=NOW) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours", "status", "begun"),
    [
        (23, Backup.Status.COMPLETE, 0),
        (24, Backup.Status.COMPLETE, 1),
        (23, Backup.Status.PENDING, 0),
        (24, Backup.Status.PENDING, 0),  # it is not made yet: that one is given
        (5, Backup.Status.FAILED, 0),
        (6, Backup.Status.FAILED, 1),
    ],
)
def test_one_a_day_and_sooner_after_a_failure(hours: int, status: str, begun: int) -> None:
    group = make_list()
    make_backup(group, trigger=Backup.Trigger.DAILY, status=status, revision=0, requested_at=NOW - hours * HOUR)
    take_daily_backups(now=NOW)
    assert len(backups_of(group)) == 1 + begun


def test_it_is_made_like_any_other_and_the_next_day_only_after_a_change(committed_db: None) -> None:
    group = make_list()
    take_daily_backups(now=NOW)
    take_pending(group)
    assert states(group) == [("daily", "complete")]
    take_daily_backups(now=NOW + DAY)
    assert len(backups_of(group)) == 1
    make_recipient(group)
    take_daily_backups(now=NOW + DAY)
    take_pending(group)
    first, second = backups_of(group)
    assert [(one.status, one.recipient_count) for one in (first, second)] == [("complete", 1), ("complete", 2)]


def test_beat_asks_each_hour() -> None:
    entry = settings.CELERY_BEAT_SCHEDULE["take-daily-backups"]
    assert (entry["task"], str(entry["schedule"])) == (
        "backups.take_daily_backups",
        "<crontab: 7 * * * * (m/h/dM/MY/d)>",
    )
