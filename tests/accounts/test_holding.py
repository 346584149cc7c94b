"""Accounts on hold: their people look and change nothing, no job begins but exports, no backup is purged."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.holding import hold_account, release_account
from accounts.models import Account, ApiToken, AuditEntry, Role, User
from accounts.tenancy import account_scope
from accounts.tokens import create_token
from backups.models import Backup, Export
from backups.retention import purge_due_backups
from recipients.models import Deletion, Group
from tests.backups.catalogue import make_backup
from tests.factories import NOW, make_account, make_group, make_member, make_user, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


def hold(account: Account) -> None:
    with account_scope(account.pk):
        assert hold_account(account=account, actor_id=make_user().pk, now=NOW)


def test_people_look_at_an_account_on_hold_and_are_told(account: Account, owner: User, group: Group) -> None:
    hold(account)
    page = sign_in(owner).get(reverse("recipients:group", args=[account.pk, group.pk]))
    assert (page.status_code, "on hold" in page.content.decode()) == (200, True)


def test_nobody_changes_an_account_on_hold_and_is_told_why(account: Account, owner: User, group: Group) -> None:
    hold(account)
    page = sign_in(owner).post(reverse("recipients:switch_backups", args=[account.pk, group.pk]))
    assert (page.status_code, "on hold" in page.content.decode()) == (403, True)
    with account_scope(account.pk):
        assert Group.objects.get().automatic_backups


def test_export_of_an_account_on_hold_can_be_asked_for(account: Account, owner: User, group: Group) -> None:
    hold(account)
    page = sign_in(owner).post(reverse("backups:export_group", args=[account.pk, group.pk]), {"format": "x"})
    assert page.status_code == 422


def test_program_reads_an_account_on_hold_and_changes_nothing(account: Account, owner: User) -> None:
    with account_scope(account.pk):
        _token, secret = create_token(
            account=account, name="Shop", scope=ApiToken.Scope.WRITE, expires_at=None, actor=owner, now=timezone.now()
        )
    hold(account)
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    written = client.post("/api/v1/groups", {"name": "Neu"}, content_type="application/json")
    assert (client.get("/api/v1/groups").status_code, written.status_code, written.json()["code"]) == (
        200,
        403,
        "account_held",
    )


def test_no_job_begins_but_an_export(account: Account, owner: User, group: Group) -> None:
    now = timezone.now()
    with account_scope(account.pk):
        deletion = Deletion.objects.create(account=account, group=group, requested_at=now)
        backup = make_pending(group)
        export = Export.objects.create(account=account, group=group, format="csv", requested_at=now, requested_by=owner)
    hold(account)
    with account_scope(account.pk):
        claims = [type(job).objects.claim(job.pk, now=now) is not None for job in (deletion, backup, export)]
        forgotten = [kind.objects.take_forgotten(now=now) for kind in (Deletion, Backup)]
    assert (claims, forgotten) == ([False, False, True], [[], []])


def make_pending(group: Group) -> Backup:
    return Backup.objects.create(
        account_id=group.account_id,
        group=group,
        group_name=group.name,
        trigger=Backup.Trigger.ON_DEMAND,
        requested_at=timezone.now(),
    )


def test_jobs_go_on_after_the_release(account: Account, group: Group) -> None:
    with account_scope(account.pk):
        backup = make_pending(group)
    hold(account)
    with account_scope(account.pk):
        assert release_account(account=account, actor_id=make_user().pk, now=NOW)
        assert Backup.objects.claim(backup.pk, now=timezone.now()) is not None


def test_no_backup_is_purged_until_the_release(account: Account, group: Group) -> None:
    now = timezone.now()
    make_backup(group, requested_at=now - timedelta(days=60))
    hold(account)
    assert (purge_due_backups(now=now).purged, purge_due_backups(now=now).contradictory) == (0, 0)
    with account_scope(account.pk):
        release_account(account=account, actor_id=make_user().pk, now=NOW)
    assert purge_due_backups(now=now).purged == 1


def test_hold_and_release_stand_in_the_audit_trail_once(account: Account) -> None:
    actor = make_user()
    with account_scope(account.pk):
        done = [
            hold_account(account=account, actor_id=actor.pk, now=NOW),
            hold_account(account=account, actor_id=actor.pk, now=NOW),
            release_account(account=account, actor_id=actor.pk, now=NOW),
            release_account(account=account, actor_id=actor.pk, now=NOW),
        ]
        told = list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))
    assert done == [True, False, True, False]
    assert told == [("account_held", actor.pk), ("account_released", actor.pk)]
