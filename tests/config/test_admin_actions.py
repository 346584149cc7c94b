"""What operators do on the admin site: asked first, by the apps' services, in the account's audit trail."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import Account, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup, Erasure, Export
from backups.retention import purge_backup
from recipients.models import Deletion, Group
from tests.backups.catalogue import make_backup
from tests.config.test_admin_site import changelist
from tests.factories import make_account, make_group, make_user, sign_in
from tests.page_content import read

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return make_user("operator@example.org", is_staff=True)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


def act(client: Client, action: str, *rows: Model, confirmed: bool = True) -> Any:
    """Send what the question's button sends, or what asks it."""
    chosen: dict[str, Any] = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return client.post(changelist(type(rows[0])), chosen | ({"confirmed": "yes"} if confirmed else {}))


def trail(account: Account) -> list[tuple[str, str, str]]:
    with account_scope(account.pk):
        entries = AuditEntry.objects.order_by("pk").select_related("actor")
        return [(one.action, one.actor.email if one.actor else "", one.via) for one in entries]


def test_question_names_what_is_chosen_and_changes_nothing(client: Client, account: Account, group: Group) -> None:
    backups = [make_backup(group), make_backup(make_group(account, "Presse"))]
    page = read(act(client, "verify", *backups, confirmed=False))
    assert [item.text.split(",")[0] for item in page.all("li")][-2:] in (
        ["Kunden 2026", "Presse"],
        ["Presse", "Kunden 2026"],
    )
    assert "2 are chosen" in [heading.text for heading in page.all("h2")]
    assert trail(account) == []


def test_verification_is_asked_for(client: Client, account: Account, group: Group, operator: User) -> None:
    backup = make_backup(group)
    act(client, "verify", backup)
    with account_scope(account.pk):
        backup.refresh_from_db()
    assert (backup.verification_requested_by_id, trail(account)) == (
        operator.pk,
        [("verification_asked_for", operator.email, "operator")],
    )


def test_backup_that_is_not_due_is_not_purged(client: Client, account: Account, group: Group) -> None:
    backup = make_backup(group)
    pinned = make_backup(group, requested_at=timezone.now() - timedelta(days=60), pinned_at=timezone.now())
    act(client, "purge", backup, pinned)
    for one in (backup, pinned):
        purge_backup(account_id=account.pk, backup_id=one.pk, now=timezone.now())
    with account_scope(account.pk):
        assert Backup.objects.filter(status=Backup.Status.COMPLETE).count() == 2
    assert trail(account) == []


def test_backup_that_is_due_is_purged(client: Client, account: Account, group: Group, operator: User) -> None:
    backup = make_backup(group, requested_at=timezone.now() - timedelta(days=60))
    other = make_backup(group, requested_at=timezone.now() - timedelta(days=60))
    act(client, "purge", backup)
    assert purge_backup(account_id=account.pk, backup_id=backup.pk, now=timezone.now()).purged == 1
    with account_scope(account.pk):
        assert [one.pk for one in Backup.objects.all()] == [other.pk]
    assert trail(account) == [("purge_asked_for", operator.email, "operator"), ("backup_purged", "", "listkeep")]


def test_resting_job_rests_no_longer(client: Client, account: Account, group: Group, operator: User) -> None:
    later = timezone.now() + timedelta(hours=1)
    with account_scope(account.pk):
        backup = Backup.objects.create(
            account=account,
            group=group,
            trigger="on_demand",
            requested_at=timezone.now(),
            claimed_until=later,
            retry_at=later,
        )
    act(client, "retry", backup)
    with account_scope(account.pk):
        assert Backup.objects.claim(backup.pk, now=timezone.now()) is not None
        backup.refresh_from_db()
    assert (backup.interruptions, backup.retry_at, trail(account)) == (
        0,
        None,
        [("job_retried", operator.email, "operator")],
    )


def test_running_job_is_left_alone(client: Client, account: Account, group: Group) -> None:
    with account_scope(account.pk):
        deletion = Deletion.objects.create(account=account, group=group, requested_at=timezone.now())
        token = Deletion.objects.claim(deletion.pk, now=timezone.now())
    act(client, "retry", deletion)
    with account_scope(account.pk):
        deletion.refresh_from_db()
    assert (deletion.claim, trail(account)) == (token, [])


def test_failed_deletion_stays_failed(client: Client, account: Account, group: Group) -> None:
    with account_scope(account.pk):
        deletion = Deletion.objects.create(
            account=account, group=group, requested_at=timezone.now(), status="failed", failure="internal"
        )
    act(client, "retry", deletion)
    with account_scope(account.pk):
        deletion.refresh_from_db()
    assert (deletion.status, trail(account)) == ("failed", [])


def test_failed_export_and_erasure_begin_anew(client: Client, account: Account, group: Group) -> None:
    given: dict[str, Any] = {
        "account": account,
        "requested_at": timezone.now(),
        "status": "failed",
        "failure": "interrupted",
        "interruptions": 4,
    }
    with account_scope(account.pk):
        export = Export.objects.create(group=group, format="csv", **given)
        erasure = Erasure.objects.create(email="weg@example.org", digest=b"x", finished_at=timezone.now(), **given)
    for job in (export, erasure):
        act(client, "retry", job)
        with account_scope(account.pk):
            job.refresh_from_db()
    assert [(job.status, job.failure, job.interruptions) for job in (export, erasure)] == [
        ("pending", "", 0),
        ("waiting", "", 0),
    ]
    assert erasure.finished_at is None


def test_export_that_no_later_try_mends_stays_failed(client: Client, account: Account, group: Group) -> None:
    with account_scope(account.pk):
        export = Export.objects.create(
            account=account, group=group, format="csv", requested_at=timezone.now(), status="failed", failure="damaged"
        )
    act(client, "retry", export)
    with account_scope(account.pk):
        export.refresh_from_db()
    assert export.status == "failed"


def test_account_is_held_and_released(client: Client, account: Account, operator: User) -> None:
    act(client, "hold", account)
    with account_scope(account.pk):
        account.refresh_from_db()
    assert account.held_at is not None
    act(client, "release", account)
    with account_scope(account.pk):
        assert not Account.objects.filter(held_at__isnull=False).exists()
    assert trail(account) == [
        ("account_held", operator.email, "operator"),
        ("account_released", operator.email, "operator"),
    ]


def test_who_is_no_operator_does_nothing(account: Account) -> None:
    assert act(sign_in(make_user()), "hold", account).status_code == 404
    with account_scope(account.pk):
        account.refresh_from_db()
    assert account.held_at is None
