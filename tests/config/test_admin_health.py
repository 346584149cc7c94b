"""The health of the whole: what is well, what is to be looked at, and the queues."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.tenancy import account_scope
from backups.models import Backup, RestoreDrill
from config.storage_url import storage_from_url
from recipients.models import Deletion
from tests.backups.catalogue import make_backup
from tests.factories import make_account, make_group, make_user, sign_in
from tests.page_content import read

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def client() -> Client:
    return sign_in(make_user("operator@example.org", is_staff=True))


def rows(client: Client, table: int) -> dict[str, list[str]]:
    """A table of the page: what stands beside each row's head."""
    found = read(client.get(reverse("admin:health"))).all("table")[table].all("tr")[1:]
    return {row.all("th")[0].text: [cell.text for cell in row.all("td")] for row in found}


def states(client: Client) -> dict[str, str]:
    return {about: cells[0] for about, cells in rows(client, 0).items()}


def test_all_is_good_where_nothing_has_happened(client: Client) -> None:
    assert set(states(client).values()) == {"Good"}


def test_everything_that_is_not_well_is_to_be_looked_at_and_comes_first(client: Client) -> None:
    now = timezone.now()
    account = make_account()
    group = make_group(account)
    make_backup(group, damage=Backup.Damage.MISSING)
    make_backup(group, status=Backup.Status.FAILED)
    make_backup(group, requested_at=now - 300 * DAY)
    with account_scope(account.pk):
        Deletion.objects.create(account=account, group=group, requested_at=now - DAY, interruptions=1)
        RestoreDrill.objects.create(
            account=account,
            group_name=group.name,
            started_at=now,
            finished_at=now,
            result=RestoreDrill.Result.DIFFERENT,
        )
    found = states(client)
    assert list(found.values()) == ["Look at it"] * 7 + ["Good"] * 5
    assert {about for about, state in found.items() if state == "Good"} == {
        "Storage",
        "Redis",
        "Clock",
        "Accounts on hold",
        "Closings of accounts",
    }


def test_storage_that_does_not_answer_is_told(client: Client, settings: Settings) -> None:
    nowhere = storage_from_url("s3://a:b@127.0.0.1:9/x", folder="backups")
    settings.STORAGES = {**settings.STORAGES, "backups": nowhere}
    assert states(client)["Storage"] == "Look at it"


def test_queues_say_who_waits_and_for_how_long(client: Client) -> None:
    now = timezone.now()
    account = make_account()
    with account_scope(account.pk):
        for name, ago in (("Kunden", 3), ("Presse", 1)):
            Deletion.objects.create(
                account=account, group=make_group(account, name), requested_at=now - timedelta(hours=ago)
            )
        running = Deletion.objects.create(account=account, group=make_group(account, "Messe"), requested_at=now)
        assert Deletion.objects.claim(running.pk, now=now)
    found = rows(client, 1)
    assert found["imports-small"] == ["2", "1", "3 hours (Look at it)"]
    assert found["imports"] == ["0", "0", "–"]
