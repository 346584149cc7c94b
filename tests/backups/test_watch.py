"""The watch: what it finds and what it lets be."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups import watch
from backups.models import Backup
from backups.queries import groups_with_backups
from backups.watch import Kind, alerts_of, disk_usage
from backups.watch_wording import alert_in_words
from config.storage_url import storage_from_url
from imports.models import Import
from recipients.models import Deletion, Group
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group, make_member, sign_in
from tests.page_content import notices

pytestmark = pytest.mark.django_db

NOW = timezone.now()
HOUR = timedelta(hours=1)


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


@pytest.fixture(autouse=True)
def room_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether this machine's disk is full is not asked by tests about other things."""
    monkeypatch.setattr(watch, "LEAST_FREE_SHARE", 0)
    monkeypatch.setattr(watch, "LEAST_FREE_BYTES", 0)


def found(account: Account) -> list[tuple[Kind, list[str]]]:
    """What the watch finds, with the lists that it is about."""
    with account_scope(account.pk):
        alerts = alerts_of(account.pk, groups_with_backups(account.pk), now=NOW)
        return [(alert.kind, [about.name for about in alert.about]) for alert in alerts]


def said(account: Account) -> list[str]:
    """The notices of the overview, without their buttons."""
    response = sign_in(make_member(account, Role.READER)).get(reverse("backups:overview", args=[account.pk]))
    return [text.removesuffix(" To the backups of this list") for text in notices(response)]


def make_two(group: Group, before: int, after: int, **fields: Any) -> Backup:
    """A backup of yesterday and a newest one with so many recipients."""
    make_backup(group, requested_at=NOW - DAY, recipient_count=before, active_count=0)
    return make_backup(group, requested_at=NOW - HOUR, recipient_count=after, active_count=0, **fields)


def make_deletion(group: Group, number: int, **fields: Any) -> None:
    given = {"requested_at": NOW - 2 * HOUR, "finished_at": NOW - 2 * HOUR, "status": "done", "kind": "recipients"}
    with account_scope(group.account_id):
        Deletion.objects.create(account_id=group.account_id, group=group, recipient_count=number, **{**given, **fields})


def make_import(group: Group, removed: int, **fields: Any) -> None:
    given = {"mode": "delete", "status": "done", "created_at": NOW - 2 * HOUR, "finished_at": NOW - 2 * HOUR}
    with account_scope(group.account_id):
        Import.objects.create(
            account_id=group.account_id,
            group=group,
            file_size=1,
            **{**given, **fields},
            report={"removed": removed},
        )


def test_nothing_is_said_of_backups_that_are_well(account: Account, group: Group) -> None:
    make_two(group, 1000, 1010)
    make_backup(group, requested_at=NOW, status=Backup.Status.PENDING)
    assert found(account) == []


# --- failed ----------------------------------------------------------------------------------------------------------


def test_newest_backup_that_failed_is_told_with_what_to_do(account: Account, group: Group) -> None:
    make_backup(group, requested_at=NOW - DAY)
    make_backup(group, requested_at=NOW, status=Backup.Status.FAILED, failure="storage_unavailable")
    assert said(account) == [
        (
            "The newest backup of “Kunden 2026” could not be made The place where backups are kept could not be reached"
            " at several attempts. So the import was not carried out, and the list is as it was. Start the import again"
            " later."
        )
    ]


def test_failed_backup_is_forgotten_when_a_later_one_is_complete(account: Account, group: Group) -> None:
    make_backup(group, requested_at=NOW - DAY, status=Backup.Status.FAILED, failure="internal")
    make_backup(group, requested_at=NOW)
    assert found(account) == []


def test_failed_backup_of_a_list_that_was_deleted_is_no_news(account: Account) -> None:
    gone = make_group(account, deleted_at=NOW)
    make_backup(gone, requested_at=NOW, status=Backup.Status.FAILED, failure="group_deleted")
    assert found(account) == []


def test_many_failures_are_one_notice_that_names_three_lists(account: Account) -> None:
    for name in "DBAC":
        make_backup(make_group(account, name), status=Backup.Status.FAILED, failure="internal", change_id=uuid4())
    assert found(account) == [(Kind.FAILED, ["A", "B", "C", "D"])]
    assert said(account) == [
        (
            "The newest backups of 4 lists could not be made Lists concerned: “A”, “B”, “C” and 1 more. What they were"
            " made for was not carried out. What to do stands beside each of them below."
        )
    ]


# --- much smaller ----------------------------------------------------------------------------------------------------


def test_backup_much_smaller_than_the_one_before_is_told_with_what_to_do(account: Account, group: Group) -> None:
    make_two(group, 40212, 400)
    assert said(account) == [
        (
            "The newest backup of “Kunden 2026” is much smaller than the one before It has 400 recipients, the one"
            " before had 40,212. If nobody did that on purpose, pin the backup before it, so that it stays, and get the"
            " missing recipients back from it."
        )
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [(1000, 499, True), (1000, 500, False), (100, 49, True), (99, 0, False), (1000, 5000, False)],
)
def test_less_than_half_of_a_hundred_or_more_is_much_smaller(
    account: Account, group: Group, before: int, after: int, *, told: bool
) -> None:
    make_two(group, before, after)
    assert found(account) == ([(Kind.SHRUNK, ["Kunden 2026"])] if told else [])


def test_what_people_deleted_meanwhile_is_no_surprise(account: Account, group: Group) -> None:
    make_two(group, 1000, 300)
    make_deletion(group, 500)
    assert found(account) == []


def test_what_an_import_removed_on_purpose_is_no_surprise(account: Account, group: Group) -> None:
    make_two(group, 1000, 300)
    make_import(group, 500)
    assert found(account) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "failed"},
        {"finished_at": NOW - 3 * DAY},
        {"kind": "field"},
    ],
    ids=["not carried out", "before both backups", "of a field"],
)
def test_other_deletions_explain_nothing(account: Account, group: Group, fields: dict[str, Any]) -> None:
    make_two(group, 1000, 300)
    make_deletion(group, 500, **fields)
    assert found(account) == [(Kind.SHRUNK, ["Kunden 2026"])]


def test_deletion_that_explains_a_part_leaves_the_rest_to_be_told(account: Account, group: Group) -> None:
    make_two(group, 1000, 300)
    make_deletion(group, 100)
    assert found(account) == [(Kind.SHRUNK, ["Kunden 2026"])]


def test_deletion_in_another_list_explains_nothing(account: Account, group: Group) -> None:
    make_two(group, 1000, 300)
    make_deletion(make_group(account, "Messe"), 500)
    assert found(account) == [(Kind.SHRUNK, ["Kunden 2026"])]


def test_smaller_backup_is_no_news_after_a_week_nor_when_a_later_one_is_like_it(account: Account) -> None:
    old, later = make_group(account, "Alt"), make_group(account, "Neu")
    for days, count in ((9, 1000), (8, 10)):
        make_backup(old, requested_at=NOW - days * DAY, recipient_count=count)
    for days, count in ((3, 1000), (2, 10), (1, 11)):
        make_backup(later, requested_at=NOW - days * DAY, recipient_count=count)
    assert found(account) == []


# --- damage, purge, storage ------------------------------------------------------------------------------------------


def test_damaged_files_are_counted_and_told_with_what_to_do(account: Account, group: Group) -> None:
    for hours, damage in ((1, "missing"), (2, "differs"), (3, "")):
        make_backup(group, requested_at=NOW - hours * HOUR, damage=damage)
    assert said(account) == [
        (
            "The files of 2 backups are damaged or missing Lists concerned: “Kunden 2026”. The list itself is not"
            " affected. Have it backed up now, and tell the people who run Listkeep for you: a copy of the storage may"
            " still hold the file."
        )
    ]


@pytest.mark.parametrize(("hours", "told"), [(25, False), (27, True)])
def test_purge_that_is_late_by_more_than_a_day_is_told_calmly(
    account: Account, group: Group, hours: int, *, told: bool
) -> None:
    make_backup(group, requested_at=NOW - 30 * DAY - hours * HOUR)
    assert (
        said(account)
        == [
            (
                "Some backups are kept a little longer than announced Their time is over and they are not deleted yet."
                " That is made up for by itself; you need do nothing."
            )
        ]
        * told
    )


def test_pinned_and_contradictory_backups_are_not_late(account: Account, group: Group) -> None:
    make_backup(group, requested_at=NOW - 40 * DAY, pinned_at=NOW)
    make_backup(group, requested_at=NOW - 39 * DAY, completed_at=NOW, expires_at=NOW - 9 * DAY)
    assert found(account) == []


@pytest.mark.parametrize(("name", "least"), [("LEAST_FREE_SHARE", 1.0), ("LEAST_FREE_BYTES", 2**60)])
def test_disk_with_too_little_room_is_told(
    account: Account, group: Group, monkeypatch: pytest.MonkeyPatch, name: str, least: float
) -> None:
    make_backup(group)
    monkeypatch.setattr(watch, name, least)
    (text,) = said(account)
    assert text.startswith("The place where backups are kept is nearly full What is kept there is safe.")


def test_room_is_that_of_the_disk_even_before_the_first_backup(storage: Path) -> None:
    shutil.rmtree(storage)
    usage = disk_usage()
    assert usage is not None
    assert usage[1] == os.statvfs(storage.parent).f_blocks * os.statvfs(storage.parent).f_frsize


def test_room_on_an_s3_server_is_unknown(settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "backups": storage_from_url("s3://a:b@127.0.0.1:9/x", folder="backups")}
    assert disk_usage() is None


# --- all of them -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_watch_asks_as_often_for_one_list_as_for_three(
    account: Account, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for one in range(number):
        make_two(make_group(account, f"Klein {one}"), 1000, 10)
        make_backup(make_group(account, f"Fehler {one}"), status=Backup.Status.FAILED, change_id=uuid4())
    with account_scope(account.pk):
        groups = groups_with_backups(account.pk)
        with django_assert_num_queries(2):  # the newest backups in doubt, and what was removed meanwhile
            alerts = alerts_of(account.pk, groups, now=NOW)
    assert [(alert.kind, alert.number) for alert in alerts] == [(Kind.FAILED, number), (Kind.SHRUNK, number)]
    assert all(alert_in_words(alert).title for alert in alerts)


def test_another_accounts_troubles_are_not_told(account: Account, group: Group) -> None:
    make_backup(group)
    other = make_group(make_account("Andere AG"), "Geheim")
    make_two(other, 1000, 10, damage="missing")
    make_backup(other, requested_at=NOW, status=Backup.Status.FAILED, failure="internal")
    assert found(account) == []
