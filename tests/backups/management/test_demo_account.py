"""The demo account: what stands in it, and that a second run leaves it alone."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import Account, AuditEntry, User
from accounts.tenancy import account_scope, across_accounts
from backups.downloads import open_download
from backups.exports.options import Options
from backups.management.demo.files import CUSTOMERS, FAIR, NEWSLETTER, demo_files
from backups.models import Backup
from imports.models import Import
from recipients.models import Activity, Deletion, Field, Group, Recipient
from tests.conftest import empty_tables
from tests.customer import rolled_back
from tests.kept_files import KeptFiles

DAY = timedelta(days=1)
SIGN_IN = "Demo: demo@listkeep.example / listkeep-demo"


def prepare() -> list[str]:
    """What the command says, by lines."""
    said = StringIO()
    call_command("prepare_demo", stdout=said)
    return said.getvalue().splitlines()


def counts() -> dict[str, int]:
    """How many rows there are of everything, in all accounts."""
    with across_accounts("a test counts"):
        models: list[Any] = [Account, Group, Field, Recipient, Activity, Import, Backup, Deletion, AuditEntry]
        return {model.__name__: model.objects.count() for model in models}


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[Account, KeptFiles]]:
    """The demo account, made once for this module's tests, and its files."""
    with django_db_blocker.unblock():
        try:
            assert prepare() == [SIGN_IN]
            files = KeptFiles.of_storage()
            with across_accounts("a test looks for the demo"):
                account = Account.objects.get()
            yield account, files
        finally:
            connections.close_all()
            empty_tables()
            connections.close_all()


@pytest.fixture
def account(made: tuple[Account, KeptFiles]) -> Iterator[Account]:
    """The demo account with its files; what a test changes is undone."""
    made[1].lay_out()
    with rolled_back():
        yield made[0]


@pytest.fixture
def inside(account: Account) -> Iterator[Account]:
    """The demo account, for looking at its rows."""
    with account_scope(account.pk):
        yield account


def test_demo_has_what_the_pages_show(inside: Account) -> None:
    groups = Group.objects.order_by("pk")
    assert [(group.name, group.recipient_count, group.deleted_at is None) for group in groups] == [
        (CUSTOMERS, 3250, True),
        (NEWSLETTER, 1900, True),
        (FAIR, 0, False),
    ]
    assert set(Import.objects.values_list("status", flat=True)) == {"done"}
    assert set(Backup.objects.values_list("status", flat=True)) == {"complete"}
    assert sorted(set(Field.objects.filter(group__name=CUSTOMERS).values_list("type", flat=True))) == [
        *("date", "gender", "number", "text"),
    ]
    assert list(Field.objects.filter(group=None).values_list("label", flat=True)) == ["Kundennummer"]
    assert set(Activity.objects.values_list("kind", flat=True)) == set(Activity.Kind.values)


def test_every_import_into_a_list_with_recipients_and_the_deletion_has_its_backup(inside: Account) -> None:
    files = [file.name for file in demo_files(timezone.localtime())]
    firsts = ["kunden_2026.csv", "newsletter.csv", "messe-koeln.csv"]
    labels = list(Backup.objects.order_by("requested_at").values_list("label", flat=True))
    deletion = [""]
    assert sorted(labels) == sorted([name for name in files if name not in firsts] + deletion)
    assert labels[-1] == "kunden_sortiert.csv"


def test_history_is_spread_over_the_last_month_and_agrees_with_itself(inside: Account) -> None:
    now = timezone.now()
    for backup in Backup.objects.all():
        assert backup.completed_at is not None
        assert backup.requested_at <= backup.completed_at < now
        assert backup.expires_at == backup.completed_at + 30 * DAY
        assert backup.expires_at > now
    times = list(Import.objects.order_by("created_at").values_list("created_at", "finished_at"))
    assert [created <= finished < now for created, finished in times] == [True] * 12
    assert now - times[0][0] > 28 * DAY
    assert now - times[-1][1] < DAY
    assert AuditEntry.objects.filter(at__gte=now).count() == 0


def test_backups_can_be_downloaded_and_hold_the_state_before_the_mistake(inside: Account) -> None:
    backup = Backup.objects.get(label="kunden_sortiert.csv")
    download = open_download(backup=backup, form="csv", options=Options(language="de"))
    lines = b"".join(download).decode("utf-8-sig").splitlines()
    download.close()
    assert len(lines) == 1 + 3250
    person = next(line for line in lines if line.startswith('"aenne.boehm1739@'))
    assert '"Änne"' in person
    assert Recipient.objects.get(email__startswith="aenne.boehm1739@").values["vorname"] != "Änne"


def test_second_run_changes_nothing(account: Account) -> None:
    before = counts()
    assert prepare() == [SIGN_IN]
    assert counts() == before


def test_list_that_the_person_deleted_meanwhile_does_not_come_back(account: Account) -> None:
    with account_scope(account.pk):
        Group.objects.filter(name=NEWSLETTER).update(deleted_at=timezone.now())
    before = counts()
    prepare()
    assert counts() == before


def test_person_can_sign_in_and_sees_the_backups(account: Account) -> None:
    client = Client()
    assert client.login(username="demo@listkeep.example", password="listkeep-demo")
    page = client.get(f"/a/{account.pk}/my-account/backups/").content.decode()
    assert "kunden_sortiert.csv" in page
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        ("demo@listkeep.example", True, True)
    ]


def test_password_of_the_settings_is_the_one_that_is_printed(account: Account, settings: Settings) -> None:
    settings.DEMO_PASSWORD = "another one"  # noqa: S105  # nobody has it
    assert prepare() == ["Demo: demo@listkeep.example / another one"]
    assert User.objects.get(email="demo@listkeep.example").check_password("another one")
