"""The deletion of a closed account: nothing of it is left but what operators keep, and nothing of others is touched."""

import errno
import os
import random
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account, AuditEntry, Membership, Role, User
from accounts.tenancy import account_scope, across_accounts
from backups import account_deletion
from backups.account_deletion import TABLES
from backups.closing_job import sweep_closures
from backups.models import Closure
from recipients.models import Group
from recipients.storage import DurableFileSystemStorage, place, remove_below
from tests import tenant_tables
from tests.backups import failing_deletions
from tests.backups.closings import advance, due, fresh, is_gone, keys_of, record_of
from tests.backups.failing_deletions import ForgetfulStorage, Plan
from tests.customer import Customer, make_customer
from tests.factories import make_account, make_group, make_member, make_recipient, make_user
from tests.faults.storages import storage_of
from tests.tenant_tables import everything_of
from tests.test_sweep_tasks import files_in

pytestmark = pytest.mark.usefixtures("committed_db", "storage")


@pytest.fixture
def operator() -> User:
    return make_user("betrieb@example.org", is_staff=True)


@pytest.fixture
def customer() -> Customer:
    made = make_customer("rosenrot")
    with account_scope(made.account.pk):
        Closure.objects.all().delete()
    return made


def left_of(account_id: int) -> dict[str, int]:
    """The tables that have rows of the account, and how many."""
    return {table: len(rows) for table, rows in everything_of(account_id).items() if rows}


def test_every_tenant_table_is_emptied() -> None:
    assert {*TABLES, Closure, Account} == set(tenant_tables.TENANT_MODELS)


def test_nothing_is_left_of_the_account_and_everything_of_others(customer: Customer, operator: User) -> None:
    other = make_customer("eigenwort")
    with across_accounts("a test looks"):
        users = set(User.objects.values_list("email", flat=True))
    before = everything_of(other.account.pk), keys_of(other.account.pk)
    account_id, members = customer.account.pk, {user.email for user in customer.members.values()}
    closure = due(customer.account, operator)
    assert left_of(account_id).keys() == set(tenant_tables.TABLES)
    assert advance(closure) is None
    assert (left_of(account_id), keys_of(account_id), is_gone(account_id)) == ({}, [], True)
    assert (everything_of(other.account.pk), keys_of(other.account.pk)) == before
    assert set(User.objects.values_list("email", flat=True)) == users - members


def test_what_stays_tells_operators_how_much_there_was_and_nobodys_data(customer: Customer, operator: User) -> None:
    account_id = customer.account.pk
    closure = due(customer.account, operator)
    assert advance(closure) is None
    kept = record_of(account_id)
    assert kept is not None
    assert kept.deleted_at is not None
    assert kept.exported_at < kept.begun_at <= kept.deleted_at
    assert (kept.requested_by_id, kept.list_count, kept.recipient_count, kept.backup_count) == (operator.pk, 2, 6, 2)
    assert (kept.member_count, kept.user_count) == (3, 3)
    assert not [value for value in vars(kept).values() if "rosenrot" in str(value)]


def test_who_belongs_to_another_account_or_is_an_operator_stays(operator: User) -> None:
    account, other = make_account(), make_account("Andere")
    leaving = make_member(account, Role.EDITOR)
    staying = make_member(account, Role.OWNER)
    make_member(other, Role.OWNER, staying)
    make_member(account, Role.READER, operator)
    with account_scope(other.pk):  # was a member there once, and has done something
        AuditEntry.objects.create(account=other, at=timezone.now(), actor=leaving, action="group_created")
    assert advance(due(account, operator)) is None
    assert set(User.objects.values_list("pk", flat=True)) == {staying.pk, operator.pk}
    with account_scope(other.pk):
        assert AuditEntry.objects.get().actor is None
        assert Membership.objects.get().user_id == staying.pk
    kept = record_of(account.pk)
    assert kept is not None
    assert (kept.member_count, kept.user_count) == (3, 1)


def test_rows_go_in_batches(operator: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account_deletion, "BATCH", 2)
    account = make_account()
    group = make_group(account)
    for _one in range(5):
        make_recipient(group)
    assert advance(due(account, operator)) is None
    assert left_of(account.pk) == {}


@pytest.mark.parametrize("seed", range(3))
def test_storage_that_refuses_is_asked_again_until_all_is_gone(seed: int, customer: Customer, operator: User) -> None:
    account_id = customer.account.pk
    closure = due(customer.account, operator)
    plan = failing_deletions.PLAN = Plan(share=0.3, dice=random.Random(seed))
    try:
        with storage_of("backups", ForgetfulStorage), storage_of("imports", ForgetfulStorage):
            for _try in range(100):
                if advance(closure) is None:
                    break
    finally:
        failing_deletions.PLAN = Plan()
    assert plan.refused + plan.unanswered > 0
    assert (left_of(account_id), keys_of(account_id), is_gone(account_id)) == ({}, [], True)


class RefusingStorage(DurableFileSystemStorage):
    """A local folder that deletes nothing."""

    def delete(self, name: str) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO), name)


def test_storage_that_refuses_keeps_the_rows_and_lets_nobody_in(customer: Customer, operator: User) -> None:
    closure = due(customer.account, operator)
    with storage_of("backups", RefusingStorage):
        rested = advance(closure)
    assert rested is not None
    assert (rested.status, rested.failure) == (Closure.Status.DELETING, "storage_unavailable")
    assert rested.retry_at is not None
    with account_scope(customer.account.pk):
        assert (Membership.objects.count(), Group.objects.count()) == (0, 3)
    kept = record_of(customer.account.pk)
    assert kept is not None
    assert kept.deleted_at is None
    for _attempt in range(10):  # however often: a deletion is not given up
        with storage_of("backups", RefusingStorage):
            advance(closure)
    assert fresh(closure).status == Closure.Status.DELETING
    assert advance(closure) is None


def test_disk_that_is_not_mounted_is_no_empty_one(customer: Customer, operator: User) -> None:
    closure = due(customer.account, operator)
    folder = Path(place("backups").path(""))
    folder.rename(folder.with_name("elsewhere"))
    rested = advance(closure)
    folder.with_name("elsewhere").rename(folder)
    assert rested is not None
    assert (rested.failure, Group.objects.count()) == ("storage_unavailable", 0)
    with account_scope(customer.account.pk):
        assert Group.objects.count() == 3
    assert advance(closure) is None
    assert keys_of(customer.account.pk) == []


def test_sweep_after_the_end_finds_nothing(customer: Customer, operator: User, storage: Path) -> None:
    closure = due(customer.account, operator)
    advance(closure)
    sweep_closures(now=timezone.now())
    assert advance(closure) is None
    assert files_in(storage) == {}


def test_files_of_an_account_whose_number_begins_alike_stay(storage: Path) -> None:
    for key in ("7/1/a.parquet", "7/exports/.b.partial", "71/1/c.parquet"):
        path = storage / "backups" / key
        path.parent.mkdir(parents=True)
        path.write_text("x")
    for _time in range(2):
        remove_below("backups", "7")
    assert files_in(storage).keys() == {"backups/71/1/c.parquet"}
    assert not (storage / "backups" / "7").exists()
