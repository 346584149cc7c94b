"""Nudges: into which queue, to whom when a turn is free, and nothing lost when nobody takes them."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Account
from accounts.tenancy import account_scope
from config.celery import app
from imports.confirming import cancel_import
from imports.models import Import
from recipients.jobs import SMALL_LIST, Job, lock_turns
from recipients.models import Group
from recipients.nudge import nudge, nudge_held_back, sweep_held_back
from tests.factories import NOW, make_account, make_group, make_member
from tests.faults.watching import wait_until
from tests.messages import messages
from tests.recipients.some_jobs import claim, make_backup, make_deletion, make_import, waiting_for_turns

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def account(start_worker: Callable[..., object]) -> Account:
    """A customer; no worker runs, so that messages stay where they are."""
    return make_account()


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[None]:
    """A broker that cannot be reached, for the test."""
    unreachable = Celery("nobody", broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=False)
    unreachable.conf.broker_transport_options = {"max_retries": 0}
    unreachable.set_current()
    yield
    app.set_current()


def test_broker_that_cannot_be_reached_is_logged_and_undoes_nothing(
    committed_db: None, nobody: None, caplog: pytest.LogCaptureFixture
) -> None:
    account = make_account()
    with account_scope(account.pk):
        make_group(account)
        nudge("imports.advance_import", account_id=account.pk, job_id=uuid.uuid4())
    with account_scope(account.pk):
        assert Group.objects.count() == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def of_large_list(make: Callable[..., Job]) -> Callable[[Account], Job]:
    return lambda account: make(make_group(account, recipient_count=SMALL_LIST + 1))


def of_small_list(make: Callable[..., Job]) -> Callable[[Account], Job]:
    return lambda account: make(make_group(account, recipient_count=SMALL_LIST))


QUEUES: dict[str, tuple[str, Callable[[Account], Job]]] = {
    "small file": ("imports-small", of_large_list(make_import)),
    "large file": ("imports", lambda account: make_import(make_group(account), large=True)),
    "few rows": ("imports-small", lambda account: make_import(make_group(account), report={"rows": SMALL_LIST})),
    "packed rows": ("imports", lambda account: make_import(make_group(account), report={"rows": SMALL_LIST + 1})),
    "backup of a small list": ("backups-small", of_small_list(make_backup)),
    "backup of a large list": ("backups", of_large_list(make_backup)),
    "deletion of a small list": ("imports-small", of_small_list(make_deletion)),
    "deletion of a large list": ("imports", of_large_list(make_deletion)),
}


@pytest.mark.parametrize("case", QUEUES)
def test_job_waits_in_the_queue_of_its_kind_and_size(account: Account, case: str) -> None:
    queue, make = QUEUES[case]
    job = make(account)
    with account_scope(account.pk):
        nudge(job.task, account_id=account.pk, job_id=job.pk)
    assert messages() == {queue: [str(job.pk)]}


def held_back(account: Account, **fields: Any) -> Import:
    """An import that was refused a claim before."""
    return make_import(make_group(account), held_back_at=NOW, **fields)


def test_who_asked_first_of_those_held_back_has_the_turn(account: Account) -> None:
    held_back(account, asked_for_at=LATER)
    first = held_back(account)
    held_back(account, asked_for_at=LATER)
    nudge_held_back(account_id=account.pk)
    assert messages() == {"imports-small": [str(first.pk)]}


def test_as_many_as_may_be_done_are_sent_for_in_each_queue(account: Account, settings: Settings) -> None:
    settings.JOBS_PER_ACCOUNT = 2
    claim(make_import(make_group(account)))
    small = [held_back(account, asked_for_at=NOW + timedelta(seconds=number)) for number in range(2)]
    large = [held_back(account, large=True, asked_for_at=NOW + timedelta(seconds=number)) for number in range(3)]
    nudge_held_back(account_id=account.pk)
    assert messages() == {"imports-small": [str(small[0].pk)], "imports": [str(run.pk) for run in large[:2]]}


def test_deletion_that_asked_first_comes_before_an_import(account: Account) -> None:
    held_back(account, asked_for_at=LATER)
    deletion = make_deletion(make_group(account), held_back_at=LATER)
    nudge_held_back(account_id=account.pk)
    assert messages() == {"imports-small": [str(deletion.pk)]}


def test_nobody_is_sent_while_the_account_has_enough_done(account: Account) -> None:
    claim(make_import(make_group(account)))
    held_back(account)
    nudge_held_back(account_id=account.pk)
    assert messages() == {}


def test_nobody_is_sent_to_jobs_that_were_not_held_back(account: Account) -> None:
    make_import(make_group(account), status=Import.Status.WAITING)
    nudge_held_back(account_id=account.pk)
    assert messages() == {}


def test_nobody_is_sent_to_jobs_of_other_accounts(account: Account) -> None:
    held_back(make_account())
    nudge_held_back(account_id=account.pk)
    assert messages() == {}


def test_job_cancelled_while_it_was_held_back_leaves_the_turn_to_the_next(account: Account) -> None:
    first, second = held_back(account), held_back(account, asked_for_at=LATER)
    with account_scope(account.pk):
        cancel_import(run=first, actor=make_member(account), now=timezone.now())
    nudge_held_back(account_id=account.pk)
    assert messages() == {"imports-small": [str(second.pk)]}


def test_job_that_is_just_being_held_back_is_not_missed(account: Account) -> None:
    """Whoever refuses it has not committed yet when the account's other job is over and looks for the next."""
    run = make_import(make_group(account))
    with ThreadPoolExecutor(1) as pool:
        with account_scope(account.pk):
            lock_turns(account_id=account.pk)
            Import.objects.filter(pk=run.pk).update(held_back_at=NOW)
            looking = pool.submit(nudge_held_back_in_thread, account)
            wait_until(lambda: looking.done() or waiting_for_turns() == 1, "somebody looking for the next")
        looking.result()
    assert messages() == {"imports-small": [str(run.pk)]}


def nudge_held_back_in_thread(account: Account) -> None:
    """Look for the account's next job in a connection of the thread's own."""
    try:
        nudge_held_back(account_id=account.pk)
    finally:
        connection.close()


@pytest.mark.parametrize("make", [make_import, make_backup, make_deletion])
def test_task_that_is_over_sends_a_worker_to_the_next(
    account: Account, make: Callable[..., Job], storage: Path
) -> None:
    """Whatever came of it: the import's file is missing, the others have nothing to do or are over at once."""
    app.loader.import_default_modules()
    first, second = make(make_group(account)), make(make_group(account), held_back_at=NOW)
    app.tasks[first.task](account_id=account.pk, job_id=str(first.pk))
    assert str(second.pk) in messages()[f"{second.queue}-small"]


def test_sweep_sends_workers_to_those_held_back_behind_a_dead_process(account: Account, settings: Settings) -> None:
    dead = timezone.now() - settings.JOB_LEASE - timedelta(seconds=1)
    claim(make_import(make_group(account)), now=dead)
    next_one = held_back(account)
    held_back(account, asked_for_at=LATER)
    other_accounts = held_back(make_account())
    sweep_held_back(now=timezone.now())
    assert messages() == {"imports-small": [str(next_one.pk), str(other_accounts.pk)]}
