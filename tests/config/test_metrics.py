"""/metrics: who may read it, and every figure in it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import Account
from accounts.tenancy import account_scope
from backups.models import Backup, RestoreDrill
from config.storage_url import storage_from_url
from recipients.models import Deletion
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
QUEUES = [name + size for name in ("backups", "files", "imports") for size in ("", "-small")]
TOKEN = "ein-langes-wort"  # noqa: S105  # of nobody


@pytest.fixture
def client(settings: Settings) -> Client:
    """What Prometheus sends."""
    settings.METRICS_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


def read(client: Client) -> dict[str, float]:
    """The figures by name, with the label's value behind it; ages in whole hours."""
    found = {}
    for family in text_string_to_metric_families(client.get("/metrics").content.decode()):
        for sample in family.samples:
            name = " ".join([sample.name.removeprefix("listkeep_"), *sample.labels.values()])
            found[name] = sample.value // 3600 if "_seconds" in name else sample.value
    return found


def test_without_a_token_in_the_settings_there_is_no_such_page(settings: Settings) -> None:
    settings.METRICS_TOKEN = ""
    for header in ("", "Bearer ", "Bearer x"):
        assert Client(headers={"Authorization": header}).get("/metrics").status_code == 404


@pytest.mark.parametrize("header", ["", TOKEN, "Bearer", "Bearer falsch", f"Basic {TOKEN}", f"Bearer {TOKEN}\u00e4"])
def test_without_the_token_nothing_is_told(settings: Settings, header: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    response = Client(headers={"Authorization": header}).get("/metrics")
    assert (response.status_code, response["WWW-Authenticate"], response.content) == (401, "Bearer", b"token missing")


def test_only_reading_is_meant(client: Client) -> None:
    assert client.post("/metrics").status_code == 405


def test_answer_is_prometheus_text_and_kept_by_no_cache(client: Client) -> None:
    response = client.get("/metrics")
    assert response["Content-Type"].startswith("text/plain; version=")
    assert "no-store" in response["Cache-Control"]


def test_nothing_yet_is_zero_or_left_out(client: Client) -> None:
    found = read(client)
    assert found.pop("storage_free_bytes") > 0
    assert set(found.values()) == {0}
    assert [name for name in found if name.endswith("_seconds") or name.startswith("restore_drill")] == []


def test_figures_are_those_of_all_accounts(client: Client) -> None:
    now = timezone.now()
    first, second = make_account(), make_account("Andere AG")
    fill(first)
    fill(second)
    found = read(client)
    found.pop("storage_free_bytes")
    assert now <= timezone.now()
    assert found == {
        "backups complete": 6,
        "backups failed": 4,
        "backups pending": 2,
        "backups purging": 2,
        "backups_damaged differs": 2,
        "backups_damaged missing": 0,
        "backups_failed_last_day": 2,
        "backups_overdue": 2,
        "backup_oldest_pending_seconds": 5,
        "backup_longest_unverified_seconds": 32 * 24,
        "restore_drill_age_seconds": 7,
        "restore_drill_last different": 1,
        "restore_drill_last equal": 0,
        "restore_drill_last failed": 0,
        "jobs_waiting backups": 0,
        "jobs_waiting backups-small": 2,
        "jobs_waiting files": 0,
        "jobs_waiting files-small": 0,
        "jobs_waiting imports": 2,
        "jobs_waiting imports-small": 0,
        **dict.fromkeys((f"jobs_running {queue}" for queue in QUEUES), 0),
        "job_longest_waiting_seconds backups-small": 5,
        "job_longest_waiting_seconds imports": 0,
        "jobs_interrupted": 0,
        "accounts_held": 0,
        "account_closings_failed": 0,
        "account_closings_late": 0,
    }


def fill(account: Account) -> None:
    """One account with something for every figure."""
    group, now = make_group(account), timezone.now()
    make_backup(group, requested_at=now - 2 * DAY, damage="differs", verified_at=now - HOUR)
    make_backup(group, requested_at=now - 3 * DAY)
    make_backup(group, requested_at=now - 32 * DAY - HOUR / 2)
    make_backup(group, requested_at=now - 31 * DAY, status=Backup.Status.PURGING)
    make_backup(group, requested_at=now - 2 * HOUR, status=Backup.Status.FAILED)
    make_backup(group, requested_at=now - 25 * HOUR, status=Backup.Status.FAILED)
    make_backup(group, requested_at=now - 5 * HOUR, status=Backup.Status.PENDING)
    with account_scope(account.pk):
        Deletion.objects.create(account=account, group=group, recipient_count=60_000, requested_at=now)
        for hours, result in ((9, "equal"), (7, "different")):
            at = now - hours * HOUR
            RestoreDrill.objects.create(
                account=account, group_name="Kunden", started_at=at, finished_at=at, result=result
            )


def test_number_of_queries_does_not_follow_the_rows(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in (1, 3):
        for one in range(number):
            fill(make_account(f"Firma {one}"))
        # the scope's five in a test; times, statuses, damage, overdue, newest drill, its result; accounts on hold;
        # closings that failed and late ones; of each of six kinds of jobs who waits, is at work, was interrupted
        with django_assert_num_queries(32):
            client.get("/metrics")


def test_s3_server_does_not_say_how_much_room_there_is(client: Client, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "backups": storage_from_url("s3://a:b@127.0.0.1:9/x", folder="backups")}
    assert "storage_free_bytes" not in read(client)
