"""Closing an account: on hold at once, exported, deleted 30 days after that at the earliest, taken back until then."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError
from django.utils import timezone

from accounts.holding import hold_account, release_account
from accounts.models import Account, AuditEntry, Role, User
from accounts.tenancy import account_scope
from backups.closing import LATE_DELETION, LATE_EXPORT, close_account, late_closures
from backups.closing_job import advance_closure, sweep_closures
from backups.closure_admin import FAILURES
from backups.models import Backup, Closure
from backups.orphans import remove_orphaned_files
from backups.retention import purge_due_backups
from recipients.jobs import MAX_INTERRUPTIONS
from recipients.models import Deletion, Group
from recipients.orphans import KEPT
from recipients.retrying import retry_job
from recipients.storage import place
from tests.backups.catalogue import make_backup
from tests.backups.closings import (
    LINK,
    advance,
    archive_of,
    close,
    due,
    exported,
    fresh,
    is_there,
    keys_of,
    let_time_pass,
    record_of,
    reopen,
)
from tests.factories import make_account, make_group, make_member, make_recipient, make_user
from tests.faults.storages import Fault, failing

pytestmark = pytest.mark.usefixtures("committed_db", "storage")
Status = Closure.Status


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account)
    make_recipient(group, "anna@example.org")
    return group


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user("owner@example.org", language="de"))


@pytest.fixture
def operator() -> User:
    return make_user(is_staff=True)


def is_held(account: Account) -> bool:
    with account_scope(account.pk):
        return Account.objects.filter(held_at__isnull=False).exists()


def trail(account: Account) -> list[tuple[str, int | None]]:
    with account_scope(account.pk):
        return list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))


def recipients(group: Group) -> int:
    with account_scope(group.account_id):
        return group.recipients.count()


def test_account_is_on_hold_at_once_and_the_export_waits_for_a_worker(account: Account, operator: User) -> None:
    closure = close(account, operator)
    assert (closure.status, is_held(account), trail(account)) == (
        Status.EXPORTING,
        True,
        [("account_closed", operator.pk), ("account_held", operator.pk)],
    )


def test_closing_twice_is_closing_once(account: Account, operator: User) -> None:
    close(account, operator)
    with account_scope(account.pk):
        again = close_account(
            account=account,
            actor_id=operator.pk,
            language="de",
            link=LINK,
            leave_out_unreadable=False,
            now=timezone.now(),
        )
        assert (again, Closure.objects.count()) == (False, 1)


def test_hold_stays_as_long_as_the_account_is_being_closed(account: Account, operator: User) -> None:
    closure = close(account, operator)
    with account_scope(account.pk):
        assert not release_account(account=account, actor_id=operator.pk, now=timezone.now())
    assert is_held(account)
    assert reopen(account, operator)
    assert not is_held(account)
    assert fresh(closure).status == Status.REOPENED


def test_language_is_the_one_that_an_owner_has_chosen(account: Account, owner: User, operator: User) -> None:
    assert close(account, operator).language == "de"


def test_export_waits_for_what_was_running_when_the_hold_began(account: Account, group: Group, operator: User) -> None:
    now = timezone.now()
    with account_scope(account.pk):
        deletion = Deletion.objects.create(account=account, group=group, requested_at=now)
        token = Deletion.objects.claim(deletion.pk, now=now)
    assert token is not None
    closure = close(account, operator)
    waiting = advance(closure)
    assert waiting is not None
    assert (waiting.status, waiting.failure, waiting.interruptions) == (Status.EXPORTING, "", 0)
    with account_scope(account.pk):
        deletion.release(token, status=Deletion.Status.DONE)
    done = advance(closure)
    assert done is not None
    assert done.status == Status.WAITING


def test_day_is_30_days_after_the_export_and_no_earlier(account: Account, group: Group, operator: User) -> None:
    closure = exported(account, operator)
    assert closure.delete_at is not None
    assert closure.completed_at is not None
    assert closure.delete_at - closure.completed_at == timedelta(days=30)
    let_time_pass(closure, timedelta(days=30) - timedelta(minutes=1))
    sweep_closures(now=timezone.now())
    assert advance(closure) is not None
    assert (fresh(closure).status, recipients(group)) == (Status.WAITING, 1)
    let_time_pass(closure, timedelta(minutes=2))
    sweep_closures(now=timezone.now())
    assert (fresh(closure).status, recipients(group)) == (Status.VERIFYING, 1)


def test_day_does_not_come_early_because_one_process_had_a_wrong_clock(account: Account, operator: User) -> None:
    closure = exported(account, operator)
    long_ago = timezone.now() - timedelta(days=40)
    with account_scope(account.pk):
        mine = Closure.objects.filter(pk=closure.pk)
        mine.update(completed_at=long_ago, delete_at=long_ago + timedelta(days=30))
    sweep_closures(now=timezone.now())
    assert fresh(closure).status == Status.WAITING
    with account_scope(account.pk):
        now = timezone.now()
        mine.update(requested_at=long_ago, completed_at=now, delete_at=now + timedelta(seconds=1))
    sweep_closures(now=timezone.now() + timedelta(seconds=2))
    assert fresh(closure).status == Status.WAITING


def test_no_day_comes_while_the_clock_is_in_doubt(account: Account, operator: User) -> None:
    closure = exported(account, operator)
    sweep_closures(now=timezone.now() + timedelta(days=40))
    assert fresh(closure).status == Status.WAITING


def test_nothing_is_deleted_as_long_as_there_is_no_export(account: Account, group: Group, operator: User) -> None:
    closure = close(account, operator)
    let_time_pass(closure, timedelta(days=100))
    with account_scope(account.pk):
        Closure.objects.update(status=Status.FAILED, failure="internal")
    sweep_closures(now=timezone.now())
    assert advance(closure) is not None
    assert (fresh(closure).status, recipients(group), record_of(account.pk)) == (Status.FAILED, 1, None)


@pytest.mark.parametrize("status", [Status.WAITING, Status.VERIFYING, Status.DELETING])
def test_database_refuses_a_deletion_without_an_export(status: str, account: Account, operator: User) -> None:
    closure = close(account, operator)
    with account_scope(account.pk), pytest.raises(IntegrityError, match="backups_closure_deletes_after_its_export"):
        Closure.objects.filter(pk=closure.pk).update(status=status)


@pytest.mark.parametrize("spoil", ["damage", "remove"])
def test_export_that_is_not_whole_on_its_day_is_made_anew_and_nothing_deleted(
    spoil: str, account: Account, group: Group, operator: User
) -> None:
    closure = exported(account, operator)
    path = Path(place("backups").path(closure.file_key))
    path.write_bytes(path.read_bytes()[:-1]) if spoil == "damage" else path.unlink()
    let_time_pass(closure)
    sweep_closures(now=timezone.now())
    anew = advance(closure)
    assert anew is not None
    assert (anew.status, anew.failure, anew.delete_at, recipients(group)) == (Status.EXPORTING, "file_changed", None, 1)
    done = advance(closure)
    assert done is not None
    assert done.delete_at is not None
    assert (done.status, done.delete_at > timezone.now() + timedelta(days=29)) == (Status.WAITING, True)
    assert keys_of(account.pk) == [f"backups/{done.file_key}"]
    assert record_of(account.pk) is None


def test_list_that_is_another_one_on_the_day_is_exported_anew(account: Account, group: Group, operator: User) -> None:
    closure = exported(account, operator)
    make_recipient(group, "spaet@example.org")  # nothing may write while the account is on hold; if something has:
    let_time_pass(closure)
    sweep_closures(now=timezone.now())
    anew = advance(closure)
    assert anew is not None
    assert anew.status == Status.EXPORTING
    advance(closure)
    assert "spaet@example.org" in archive_of(closure)["lists/Kunden 2026/recipients.csv"].decode()


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.CUT, Fault.DAMAGED, Fault.GONE])
def test_storage_that_spoils_the_export_is_asked_again(fault: Fault, account: Account, operator: User) -> None:
    closure = close(account, operator)
    with failing("backups", fault):
        rested = advance(closure)
    assert rested is not None
    assert (rested.status, rested.failure, keys_of(account.pk)) == (Status.EXPORTING, "storage_unavailable", [])
    assert rested.retry_at is not None
    done = advance(closure)
    assert done is not None
    assert (done.status, done.failure) == (Status.WAITING, "")


def test_export_that_fails_again_and_again_is_given_up_and_begun_anew_by_an_operator(
    account: Account, group: Group, operator: User
) -> None:
    closure = close(account, operator)
    for attempt in range(MAX_INTERRUPTIONS + 1):
        with account_scope(account.pk):
            Closure.objects.filter(pk=closure.pk).update(
                claimed_until=timezone.now() if attempt else None, retry_at=None
            )
        with failing("backups", Fault.REFUSED):
            advance_as_it_is(closure)
    with account_scope(account.pk):
        Closure.objects.filter(pk=closure.pk).update(claimed_until=timezone.now(), retry_at=None)
    advance_as_it_is(closure)
    assert (fresh(closure).status, fresh(closure).failure) == (Status.FAILED, "storage_unavailable")
    assert (is_held(account), recipients(group)) == (True, 1)
    assert trail(account)[-1] == ("account_export_failed", None)
    with account_scope(account.pk):
        assert retry_job(job=fresh(closure), actor_id=operator.pk, now=timezone.now())
    advance_as_it_is(closure)
    assert fresh(closure).status == Status.WAITING


@pytest.mark.parametrize("code", FAILURES)
def test_whatever_the_export_failed_for_it_can_be_begun_anew(code: str, account: Account, operator: User) -> None:
    closure = close(account, operator)
    with account_scope(account.pk):
        Closure.objects.filter(pk=closure.pk).update(status=Status.FAILED, failure=code)
        assert retry_job(job=fresh(closure), actor_id=operator.pk, now=timezone.now())
    done = advance(closure)
    assert done is not None
    assert (done.status, done.failure) == (Status.WAITING, "")


def advance_as_it_is(closure: Closure) -> None:
    advance_closure(account_id=closure.account_id, closure_id=closure.pk)


def test_reopened_account_goes_on_and_its_file_goes(account: Account, group: Group, operator: User) -> None:
    closure = exported(account, operator)
    assert keys_of(account.pk) == [f"backups/{closure.file_key}"]
    assert reopen(account, operator)
    sweep_closures(now=timezone.now())
    assert (keys_of(account.pk), is_there(closure), is_held(account), recipients(group)) == ([], False, False, 1)
    assert [action for action, _actor in trail(account)] == [
        *("account_closed", "account_held", "account_exported", "account_reopened", "account_released"),
    ]


def test_account_that_was_on_hold_before_stays_so(account: Account, operator: User) -> None:
    with account_scope(account.pk):
        hold_account(account=account, actor_id=operator.pk, now=timezone.now())
    close(account, operator)
    assert reopen(account, operator)
    assert is_held(account)
    with account_scope(account.pk):
        assert release_account(account=account, actor_id=operator.pk, now=timezone.now())
    close(account, operator)
    assert reopen(account, operator)
    assert not is_held(account)


def test_reopening_twice_or_what_is_open_does_nothing(account: Account, operator: User) -> None:
    assert not reopen(account, operator)
    close(account, operator)
    assert [reopen(account, operator), reopen(account, operator)] == [True, False]


def test_reopened_account_can_be_closed_again_before_its_old_file_is_gone(account: Account, operator: User) -> None:
    first = exported(account, operator)
    reopen(account, operator)
    second = exported(account, operator)
    sweep_closures(now=timezone.now())
    assert (is_there(first), keys_of(account.pk)) == (False, [f"backups/{second.file_key}"])


def test_closing_that_is_being_verified_can_be_taken_back(account: Account, operator: User) -> None:
    closure = exported(account, operator)
    let_time_pass(closure)
    sweep_closures(now=timezone.now())
    assert reopen(account, operator)
    advance(closure)
    assert fresh(closure).status == Status.REOPENED


def test_deletion_that_has_begun_cannot_be_taken_back(account: Account, operator: User) -> None:
    due(account, operator)
    assert not reopen(account, operator)
    assert is_held(account)


def test_sweeps_of_others_leave_the_file_and_the_backups_alone(account: Account, group: Group, operator: User) -> None:
    old = make_backup(group, requested_at=timezone.now() - timedelta(days=60))
    with account_scope(account.pk):
        Backup.objects.filter(pk=old.pk).update(status=Backup.Status.FAILED)
    closure = exported(account, operator)
    remove_orphaned_files(now=timezone.now() + KEPT + timedelta(minutes=1))
    assert purge_due_backups(now=timezone.now()).purged == 0
    assert keys_of(account.pk) == [f"backups/{closure.file_key}"]


def test_file_that_no_closing_names_is_an_orphan(account: Account, operator: User) -> None:
    closure = exported(account, operator)
    with account_scope(account.pk):
        Closure.objects.all().delete()
    assert (remove_orphaned_files(now=timezone.now() + KEPT + timedelta(minutes=1)), keys_of(account.pk)) == (1, [])
    assert closure.file_key.endswith(".zip")


def test_late_is_what_should_be_over(account: Account, operator: User) -> None:
    def late() -> int:
        with account_scope(account.pk):
            return late_closures(timezone.now()).count()

    closure = close(account, operator)
    assert late() == 0
    let_time_pass(closure, LATE_EXPORT + timedelta(minutes=1))
    assert late() == 1
    advance(closure)
    assert late() == 0
    let_time_pass(closure, timedelta(days=30) + LATE_DELETION + timedelta(minutes=1))
    assert late() == 1
