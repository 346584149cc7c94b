"""The strip of the last 30 days."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.queries import BackupFilter
from backups.views.strip import Column, Strip, strip_of
from recipients.models import Group
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group, make_member, sign_in
from tests.page_content import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    """Noon of today, so that an hour more or less is the same day."""
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def group() -> Group:
    return make_group(make_account())


def strip(account: Account, now: datetime, chosen: BackupFilter | None = None) -> Strip:
    with account_scope(account.pk):
        found = strip_of(account.pk, chosen or BackupFilter(), now)
    assert found is not None
    return found


def filled(found: Strip) -> dict[int, Column]:
    """The days that have dots, by how long they are ago."""
    return {29 - index: column for index, column in enumerate(found.columns) if column.dots}


def test_strip_has_a_column_for_each_of_thirty_days(group: Group, now: datetime) -> None:
    for days in (0, 29, 30):
        make_backup(group, requested_at=now - days * DAY)
    found = strip(group.account, now)
    assert (len(found.columns), list(filled(found))) == (30, [29, 0])
    assert (found.columns[0].x, found.columns[29].x) == ("1.67%", "98.33%")


def test_dots_of_a_day_stand_on_each_other_the_newest_on_top(group: Group, now: datetime) -> None:
    for minutes, count in ((2, 100), (1, 25), (0, 0)):
        make_backup(group, requested_at=now - timedelta(minutes=minutes), recipient_count=count)
    dots = filled(strip(group.account, now))[0].dots
    assert [(dot.radius, dot.y, dot.text) for dot in dots] == [
        ("5.4", "38.3", "11:58 · Kunden 2026 · 100"),
        ("4.0", "27.0", "11:59 · Kunden 2026 · 25"),
        ("2.5", "18.5", "12:00 · Kunden 2026 · 0"),
    ]


def test_crowded_day_shows_its_five_newest_and_how_many_more(group: Group, now: datetime) -> None:
    for minutes in range(7):
        make_backup(group, requested_at=now - timedelta(minutes=minutes), recipient_count=minutes)
    column = filled(strip(group.account, now))[0]
    assert [dot.text[-1] for dot in column.dots] == ["4", "3", "2", "1", "0"]
    assert column.more == "+2"


def test_dot_fades_the_sooner_its_backup_leaves(group: Group, now: datetime) -> None:
    for days in (1, 6, 8):
        make_backup(group, requested_at=now - days * DAY, expires_at=now + days * DAY)
    columns = filled(strip(group.account, now))
    assert {days: column.dots[0].opacity for days, column in columns.items()} == {8: "1", 6: "0.5", 1: "0.15"}


def test_pinned_backup_neither_fades_nor_counts_as_leaving(group: Group, now: datetime) -> None:
    make_backup(group, requested_at=now - DAY, expires_at=now + DAY, pinned_at=now)
    found = strip(group.account, now)
    assert filled(found)[1].dots[0].opacity == "1"
    assert found.sentences == ["1 backup was made in the last 30 days and is kept."]


def test_every_trigger_has_a_form_of_its_own_and_words_in_the_legend(group: Group, now: datetime) -> None:
    for days, trigger in enumerate(Backup.Trigger):
        make_backup(group, requested_at=now - days * DAY, trigger=trigger)
    legend = strip(group.account, now).legend
    assert {one.trigger for one in legend} == set(Backup.Trigger.values)
    assert len({one.path for one in legend}) == len({one.words for one in legend}) == len(Backup.Trigger)


def test_legend_has_what_the_strip_shows_alone(group: Group, now: datetime) -> None:
    make_backup(group, requested_at=now, trigger=Backup.Trigger.DAILY)
    assert [one.words for one in strip(group.account, now).legend] == ["daily"]


def test_strip_says_in_words_how_many_there_are_and_how_many_leave(group: Group, now: datetime) -> None:
    for days in (1, 2, 3):
        make_backup(group, requested_at=now - days * DAY)
    assert strip(group.account, now).sentences == ["3 backups were made in the last 30 days and are kept."]
    make_backup(group, requested_at=now - 25 * DAY)
    assert strip(group.account, now).sentences == [
        "4 backups were made in the last 30 days and are kept.",
        "1 of them is deleted within 7 days.",
    ]


def test_strip_has_complete_backups_alone_of_this_account_and_filter(group: Group, now: datetime) -> None:
    make_backup(group, requested_at=now)
    make_backup(group, requested_at=now, trigger=Backup.Trigger.GROUP_DELETION)
    make_backup(make_group(group.account, "Messe"), requested_at=now)
    make_backup(make_group(make_account("Andere AG"), "Geheim"), requested_at=now)
    for status in (Backup.Status.PENDING, Backup.Status.FAILED, Backup.Status.PURGING):
        make_backup(group, requested_at=now, status=status)
    all_of_them = strip(group.account, now)
    assert len(filled(all_of_them)[0].dots) == 3
    chosen = strip(group.account, now, BackupFilter(group_id=group.pk, trigger="group_deletion"))
    assert [dot.trigger for dot in filled(chosen)[0].dots] == ["group_deletion"]


def test_account_without_complete_backups_has_no_strip(group: Group, now: datetime) -> None:
    make_backup(group, status=Backup.Status.PENDING)
    with account_scope(group.account_id):
        assert strip_of(group.account_id, BackupFilter(), now) is None


@pytest.mark.parametrize("language", ["de", "en"])
def test_picture_is_drawn_in_plain_numbers_and_told_in_words(language: str, group: Group) -> None:
    """A German comma or a thousands point in an attribute would leave the picture empty."""
    at = timezone.now() - timedelta(days=5)
    make_backup(group, requested_at=at, recipient_count=40212)
    later = at + timedelta(seconds=1)
    make_backup(group, requested_at=later, recipient_count=4021, trigger=Backup.Trigger.GROUP_DELETION)
    client: Client = sign_in(make_member(group.account, Role.READER))
    page = read(client.get(reverse("backups:overview", args=[group.account_id]), headers={"accept-language": language}))
    (picture,) = page.all("svg", "backup-strip__picture")
    assert (picture.attributes["width"], picture.attributes["height"]) == ("100%", "57.6")
    circle, square = (part.attributes for column in picture.all("svg") for part in column.all("path"))
    assert circle == {
        "class": "backup-dot backup-dot--import",
        "d": "M-5.4 30.2a5.4 5.4 0 0 1 10.8 0a5.4 5.4 0 0 1 -10.8 0Z",
        "fill-opacity": "1",
    }
    assert (square["class"], square["d"]) == (
        "backup-dot backup-dot--group_deletion",
        "M-3.0 16.4L3.0 16.4L3.0 22.4L-3.0 22.4Z",
    )
    (words,) = [part for part in page.all() if part.attributes.get("id") == picture.attributes["aria-labelledby"]]
    told = {"de": "2 Backups aus den letzten 30 Tagen sind", "en": "2 backups were made in the last 30 days and are"}
    assert words.text.startswith(told[language])
