"""Erasures when something goes wrong, or when others do something at the same moment: the person is gone in the end."""

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup, Erasure
from backups.retention import finish_purges
from backups.suppressing import suppression_for
from backups.taking import take_backup
from recipients.models import Group, Recipient
from recipients.storage import DurableFileSystemStorage, place
from tests.backups import failing_deletions
from tests.backups.catalogue import make_backup, take_backup_of
from tests.backups.erasures import (
    PERSON,
    addresses_in,
    advance,
    again,
    erase,
    fresh,
    keys_in,
    told_in_database,
    told_in_files,
)
from tests.backups.failing_deletions import ForgetfulStorage, Plan
from tests.factories import make_account, make_group, make_member, make_recipient
from tests.faults.beside import InThread, at_once
from tests.faults.holding import is_blocked, other_connection
from tests.faults.storages import Fault, failing, storage_of
from tests.faults.watching import sweep_files_a_day_later, wait_for_end, wait_until
from tests.processes import Process
from tests.runs import advance as advance_run
from tests.runs import confirm, make_draft, take_pending
from tests.runs import fresh as fresh_run

StartWorker = Callable[..., Process]
OTHERS = ["anna@example.org", "zoe@example.org"]


@pytest.fixture
def account(committed_db: None, storage: Path) -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account)
    for email in [*OTHERS, PERSON]:
        make_recipient(group, email)
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


def is_gone(account: Account) -> bool:
    return (told_in_database(account, PERSON), told_in_files(PERSON)) == ([], [])


def test_worker_does_it(account: Account, owner: User, backup: Backup, start_worker: StartWorker) -> None:
    start_worker()
    done = wait_for_end(erase(account, owner))
    assert (done.status, done.backup_count) == (Erasure.Status.DONE, 1)
    assert (addresses_in(backup), is_gone(account)) == (OTHERS, True)


def test_worker_killed_before_the_rows_know_the_new_file(
    account: Account, owner: User, backup: Backup, start_worker: StartWorker
) -> None:
    worker = start_worker()
    with other_connection() as blocker:
        blocker.execute("SELECT FROM backups_backup WHERE id = %s FOR UPDATE", [backup.pk])
        erasure = erase(account, owner)
        wait_until(lambda: is_blocked(blocker, "SELECT"), "the job held before it points the backup at the new file")
        worker.kill()
    assert again(backup).file_key == backup.file_key
    assert len(keys_in(place("backups"))) == 2, "the old file, and the new one that nobody knows"
    with account_scope(account.pk):
        assert suppression_for(again(backup)).has(PERSON)
    start_worker()
    assert wait_for_end(erasure).status == Erasure.Status.DONE
    assert (addresses_in(backup), is_gone(account)) == (OTHERS, True)
    sweep_files_a_day_later()
    assert keys_in(place("backups")) == [again(backup).file_key]


@pytest.mark.parametrize("seed", range(5))
def test_worker_killed_at_a_random_instant(
    seed: int, *, account: Account, owner: User, group: Group, tmp_path: Path, start_worker: StartWorker
) -> None:
    backups = [take_backup_of(group, tmp_path, requested_at=timezone.now()) for _one in range(10)]
    worker = start_worker()
    erasure = erase(account, owner)
    rewritten = random.Random(seed).randrange(10)
    wait_until(lambda: fresh(erasure).backup_count >= rewritten, "some of the files rewritten")
    worker.kill()
    start_worker()
    assert wait_for_end(erasure).status == Erasure.Status.DONE
    assert [addresses_in(one) for one in backups] == [OTHERS] * 10
    assert is_gone(account)


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.CUT, Fault.DAMAGED, Fault.GONE])
def test_storage_that_spoils_the_new_file_leaves_the_old_one_until_it_works_again(
    account: Account, owner: User, backup: Backup, fault: Fault
) -> None:
    erasure = erase(account, owner)
    with failing("backups", fault):
        rested = advance(erasure)
    assert (rested.status, rested.failure) == (Erasure.Status.WAITING, "storage_unavailable")
    assert rested.retry_at is not None
    assert (again(backup).file_key, keys_in(place("backups"))) == (backup.file_key, [backup.file_key])
    assert advance(erasure).status == Erasure.Status.DONE
    assert (addresses_in(backup), is_gone(account)) == (OTHERS, True)


def test_old_file_that_storage_does_not_delete_is_deleted_before_the_end(
    account: Account, owner: User, backup: Backup
) -> None:
    erasure = erase(account, owner)
    failing_deletions.PLAN = Plan(share=1.0, dice=random.Random(1))
    try:
        with storage_of("backups", ForgetfulStorage):
            rested = advance(erasure)
    finally:
        failing_deletions.PLAN = Plan()
    assert (rested.status, rested.report["doomed"]) == (Erasure.Status.WAITING, [backup.file_key])
    assert addresses_in(backup) == OTHERS
    assert advance(erasure).status == Erasure.Status.DONE
    assert is_gone(account)


class PausingStorage(DurableFileSystemStorage):
    """A local folder that holds up whoever puts a file there until the test lets them go on."""

    reached, go_on = threading.Event(), threading.Event()

    def _save(self, name: str, content: object) -> str:
        self.reached.set()
        assert self.go_on.wait(60)
        return super()._save(name, content)  # type: ignore[arg-type]  # as it came


def test_backup_whose_snapshot_is_older_than_the_erasure_is_searched_too(
    account: Account, owner: User, group: Group
) -> None:
    being_taken = make_backup(group, status=Backup.Status.PENDING)
    PausingStorage.reached.clear()
    PausingStorage.go_on.clear()
    with storage_of("backups", PausingStorage):
        taking = InThread(lambda: take_backup(account_id=account.pk, backup_id=being_taken.pk))
        taking.start()
        assert PausingStorage.reached.wait(60)
        erasure = advance(erase(account, owner))
        assert erasure.status == Erasure.Status.WAITING
        PausingStorage.go_on.set()
        taking.join()
        assert taking.error is None
        assert PERSON in addresses_in(being_taken), "the snapshot was not older"
        assert advance(erasure).status == Erasure.Status.DONE
    assert (addresses_in(being_taken), is_gone(account)) == (OTHERS, True)


def test_backup_that_is_purged_while_its_file_is_rewritten(account: Account, owner: User, backup: Backup) -> None:
    erasure = erase(account, owner)
    with other_connection() as blocker:
        blocker.execute("SELECT FROM recipients_group FOR UPDATE")
        rewriting = InThread(lambda: advance(erasure))
        rewriting.start()
        wait_until(lambda: is_blocked(blocker, 'SELECT "recipients_group"'), "the list's lock waited for")
        blocker.execute("UPDATE backups_backup SET status = 'purging' WHERE id = %s", [backup.pk])
        blocker.commit()
    rewriting.join()
    assert rewriting.error is None
    assert fresh(erasure).status == Erasure.Status.DONE
    finish_purges(now=timezone.now())
    assert (keys_in(place("backups")), is_gone(account)) == ([], True)


def test_erasure_waits_for_whoever_changes_a_list_that_the_person_is_not_in_yet(account: Account, owner: User) -> None:
    """An import that is just being applied brings them in: the erasure must see that."""
    make_group(account, "Presse")
    with other_connection() as blocker:
        blocker.execute("SELECT FROM recipients_group FOR UPDATE")
        erasing = InThread(lambda: erase(account, owner))
        erasing.start()
        wait_until(
            lambda: is_blocked(blocker, 'SELECT "recipients_group"') or not erasing.is_alive(),
            "the erasure held by the list's lock",
        )
        assert erasing.is_alive(), "the erasure did not wait"
    erasing.join()
    assert erasing.error is None


@pytest.mark.parametrize("seed", range(5))
def test_erasure_beside_an_import_that_is_applied(account: Account, owner: User, group: Group, seed: int) -> None:
    """Whoever is first: the person is not in the list at the end, and nothing is left of them."""
    run = make_draft(group, f"E-Mail\n{PERSON}\nneu@example.org\n")
    confirm(run, owner)
    advance_run(run)
    take_pending(group)
    pause = random.Random(seed).random() / 50
    erasures: list[Erasure] = []

    def erase_soon() -> None:
        threading.Event().wait(pause)
        erasures.append(erase(account, owner))

    assert at_once(lambda: advance_run(run), erase_soon) == [None, None]
    while fresh_run(run).is_running:
        take_pending(group)
        advance_run(run)
    while advance(erasures[0]).status == Erasure.Status.WAITING:
        pass
    with account_scope(account.pk):
        assert sorted(Recipient.objects.values_list("email", flat=True)) == sorted([*OTHERS, "neu@example.org"])
    assert is_gone(account)
    connection.close()
