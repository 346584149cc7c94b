"""Which files are read again tonight: all in half the time that they are kept, and a few that nobody could foresee."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.tenancy import account_scope, across_accounts
from backups.models import Backup
from backups.sampling import LEAST_SAMPLE, some_files, tonights_files, verify_sample
from recipients.models import Group
from tests.backups.catalogue import make_backup
from tests.factories import DAY, NOW, make_account, make_group

pytestmark = pytest.mark.django_db


@pytest.fixture
def group() -> Group:
    return make_group(make_account())


def backups_of_ages(group: Group, *ages: float, **fields: Any) -> list[str]:
    """The keys of backups that were made so many days before NOW."""
    return [make_backup(group, requested_at=NOW - age * DAY, **fields).file_key for age in ages]


def tonight(now: datetime = NOW) -> set[str]:
    with across_accounts("a test asks what is verified"):
        return {key for _account_id, key in tonights_files(now=now)}


def marked() -> set[str]:
    with across_accounts("a test asks what is to be verified"):
        return set(Backup.objects.filter(verification_requested_at__isnull=False).values_list("file_key", flat=True))


def test_every_file_is_chosen_before_half_its_time_is_over(group: Group) -> None:
    due = backups_of_ages(group, *(14.5 + place / 1000 for place in range(20)))
    backups_of_ages(group, *(1 + place / 1000 for place in range(200)))
    assert set(due) <= tonight()


def test_half_the_time_is_the_accounts_own(group: Group) -> None:
    short = make_group(make_account(retention_days=4))
    due = backups_of_ages(short, *(1.5 + place / 1000 for place in range(20)))
    backups_of_ages(group, *(1.5 + place / 1000 for place in range(200)))
    assert set(due) <= tonight()


def test_nights_are_alike_and_a_sample_of_the_rest_is_random(group: Group) -> None:
    """300 files in half of 30 days are 20 a night; 5 of the others are drawn by lot."""
    keys = backups_of_ages(group, *(1 + place / 1000 for place in range(300)))
    nights = [tonight() for _night in range(3)]
    assert [len(night) for night in nights] == [20 + LEAST_SAMPLE] * 3
    assert all(set(keys[-20:]) <= night for night in nights)
    assert len(set.union(*nights)) > 20 + LEAST_SAMPLE


def test_one_in_a_hundred_is_drawn_when_there_are_many(group: Group) -> None:
    backups_of_ages(group, *(place / 10_000 for place in range(1500)))
    assert len(tonight()) == 100 + 14


def test_all_are_chosen_when_there_are_few(group: Group) -> None:
    keys = backups_of_ages(group, 1, 2, 3)
    assert tonight() == set(keys)


def test_night_after_night_every_file_is_verified_within_half_its_time(group: Group) -> None:
    keys = backups_of_ages(group, *(place / 1000 for place in range(60)))
    last = dict.fromkeys(keys, NOW)
    longest = timedelta(0)
    for night in range(1, 31):
        now = NOW + night * DAY
        for key in tonight(now):
            longest = max(longest, now - last[key])
            last[key] = now
        longest = max([longest, *(now - at for at in last.values())])
        with account_scope(group.account_id):
            Backup.objects.filter(file_key__in=[key for key, at in last.items() if at == now]).update(verified_at=now)
    assert longest <= 15 * DAY


def test_file_that_a_newer_backup_read_when_it_was_made_is_not_due(group: Group) -> None:
    (old,) = backups_of_ages(group, 14.9)
    make_backup(group, requested_at=NOW - DAY, file_key=old)
    backups_of_ages(group, *(5 + place / 1000 for place in range(200)))
    with across_accounts("a test asks in which order files are verified"):
        assert some_files(now=NOW)[-1] == (group.account_id, old)


def test_damaged_file_is_read_again_each_night(group: Group) -> None:
    (damaged,) = backups_of_ages(group, 0, damage=Backup.Damage.MISSING)
    backups_of_ages(group, *(1 + place / 1000 for place in range(300)))
    assert all(damaged in tonight() for _night in range(3))


@pytest.mark.parametrize("column", ["verified_at", "completed_at"])
def test_file_that_a_wrong_clock_says_was_read_next_year_is_due(group: Group, column: str) -> None:
    (wrong,) = backups_of_ages(group, 20, **{column: NOW + 365 * DAY, "expires_at": NOW + 395 * DAY})
    backups_of_ages(group, *(1 + place / 1000 for place in range(300)))
    assert wrong in tonight()


@pytest.mark.parametrize("status", [Backup.Status.PENDING, Backup.Status.FAILED, Backup.Status.PURGING])
def test_backup_that_is_not_complete_is_not_chosen(group: Group, status: Backup.Status) -> None:
    backups_of_ages(group, 20, status=status)
    assert tonight() == set()


def test_sample_is_asked_for_in_the_rows_of_all_accounts(group: Group) -> None:
    keys = {*backups_of_ages(group, 20), *backups_of_ages(make_group(make_account()), 20)}
    assert (verify_sample(now=NOW), marked()) == (2, keys)


def test_nothing_to_verify_is_no_error() -> None:
    assert verify_sample(now=NOW) == 0


def test_request_of_a_person_stays_theirs(group: Group) -> None:
    (key,) = backups_of_ages(group, 20, verification_requested_at=NOW - DAY)
    verify_sample(now=NOW)
    with account_scope(group.account_id):
        assert Backup.objects.get(file_key=key).verification_requested_at == NOW - DAY


def test_so_many_files_are_those_that_nobody_read_for_the_longest_time(group: Group) -> None:
    old, older, new = backups_of_ages(group, 5, 6, 1)
    with across_accounts("a test asks which files are verified"):
        assert some_files(now=NOW, number=2) == [(group.account_id, older), (group.account_id, old)]
        assert some_files(now=NOW, account_id=group.account_id)[-1] == (group.account_id, new)
        assert some_files(now=NOW, account_id=make_account().pk) == []
