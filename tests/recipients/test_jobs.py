"""Claims: one process a job, and for one account no more jobs of a queue at a time than its limit."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.jobs import SMALL_LIST, Job, lock_turns
from tests.factories import make_account, make_group
from tests.faults.holding import other_connection
from tests.faults.watching import wait_until
from tests.recipients.some_jobs import (
    claim,
    is_held_back,
    make_backup,
    make_deletion,
    make_import,
    release,
    waiting_for_turns,
)


@pytest.fixture
def account(committed_db: None) -> Account:
    """A customer."""
    return make_account()


def two_imports(account: Account) -> tuple[Import, Import]:
    """Imports into two lists of the account."""
    return make_import(make_group(account, "Eins")), make_import(make_group(account, "Zwei"))


def test_account_has_one_job_of_a_queue_done_at_a_time(account: Account) -> None:
    first, second = two_imports(account)
    assert claim(first) is not None
    assert claim(second) is None
    assert (is_held_back(first), is_held_back(second)) == (False, True)


def test_job_that_was_held_back_is_done_when_the_other_is_over(account: Account) -> None:
    first, second = two_imports(account)
    token = claim(first)
    assert token is not None
    assert claim(second) is None
    release(first, token, status=Import.Status.WAITING)
    assert claim(second) is not None
    assert not is_held_back(second)


def test_job_keeps_the_time_since_which_it_is_held_back(account: Account) -> None:
    first, second = two_imports(account)
    now = timezone.now()
    claim(first, now=now)
    claim(second, now=now)
    claim(second, now=now + timedelta(seconds=1))
    assert is_held_back(second)
    assert second.held_back_at == now


def test_job_of_another_account_is_done_meanwhile(account: Account) -> None:
    assert claim(make_import(make_group(account))) is not None
    assert claim(make_import(make_group(make_account()))) is not None


def test_jobs_of_the_account_in_other_queues_are_done_meanwhile(account: Account) -> None:
    large = make_group(account, recipient_count=SMALL_LIST + 1)
    small = make_group(account, recipient_count=SMALL_LIST)
    jobs = [make_import(small, large=True), make_import(small), make_backup(large), make_backup(small)]
    assert [claim(job) is not None for job in jobs] == [True] * 4


def test_imports_and_deletions_share_their_turns(account: Account) -> None:
    run, deletion = make_import(make_group(account)), make_deletion(make_group(account))
    token = claim(run)
    assert token is not None
    assert claim(deletion) is None
    release(run, token, status=Import.Status.WAITING)
    assert claim(deletion) is not None
    assert claim(run) is None
    assert is_held_back(run)


def test_limit_is_a_setting(account: Account, settings: Settings) -> None:
    settings.JOBS_PER_ACCOUNT = 2
    jobs = [make_import(make_group(account)) for _number in range(3)]
    assert [claim(job) is not None for job in jobs] == [True, True, False]


def test_claim_of_a_dead_process_takes_nobodys_turn(account: Account, settings: Settings) -> None:
    first, second = two_imports(account)
    dead = timezone.now() - settings.JOB_LEASE - timedelta(seconds=1)
    assert claim(first, now=dead) is not None
    assert claim(second) is not None


def test_job_that_rests_after_an_error_takes_nobodys_turn(account: Account) -> None:
    first, second = two_imports(account)
    token = claim(first)
    assert token is not None
    with account_scope(account.pk):
        first.give_back(token, until=timezone.now() + timedelta(minutes=1))
    assert claim(second) is not None


def test_job_with_nothing_to_be_done_is_not_held_back(account: Account) -> None:
    first, second = two_imports(account)
    claim(first)
    with account_scope(account.pk):
        Import.objects.filter(pk=second.pk).update(status=Import.Status.CANCELLED)
    assert claim(second) is None
    assert not is_held_back(second)


def test_job_that_is_claimed_is_not_held_back(account: Account) -> None:
    job = make_import(make_group(account))
    assert claim(job) is not None
    assert claim(job) is None
    assert not is_held_back(job)


def test_two_jobs_of_an_account_claimed_at_once_do_not_both_get_its_turn(account: Account) -> None:
    jobs = two_imports(account)
    with ThreadPoolExecutor(2) as pool:
        with account_scope(account.pk):
            lock_turns(account_id=account.pk)  # so that both have looked at nothing yet when they go on
            claims = [pool.submit(claim_in_thread, job) for job in jobs]
            wait_until(lambda: waiting_for_turns() == 2, "both claims waiting")
        tokens = [one.result() for one in claims]
    assert sorted(token is None for token in tokens) == [False, True]
    assert sorted(is_held_back(job) for job in jobs) == [False, True]


def claim_in_thread(job: Job) -> object:
    """Claim a job in a connection of the thread's own."""
    try:
        return claim(job)
    finally:
        connection.close()


def test_sweep_of_forgotten_jobs_does_not_wait_for_one_whose_row_is_locked(account: Account) -> None:
    first, second = two_imports(account)
    with other_connection() as holder, account_scope(account.pk), connection.cursor() as cursor:
        holder.execute("SELECT FROM imports_import WHERE id = %s FOR UPDATE", [first.pk])
        cursor.execute("SET LOCAL lock_timeout = '1s'")
        assert Import.objects.take_forgotten(now=timezone.now()) == [(account.pk, second.pk)]


def test_sweep_of_forgotten_jobs_leaves_those_that_are_held_back(account: Account) -> None:
    first, second = two_imports(account)
    claim(first)
    claim(second)
    third = make_import(make_group(account))
    with account_scope(account.pk):
        assert Import.objects.take_forgotten(now=timezone.now()) == [(account.pk, third.pk)]
