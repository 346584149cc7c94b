"""Closings of accounts whose worker dies (F1): one whole file in the end, and of a deleted account nothing at all."""

import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from django.db import connection

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from backups.models import Closure
from recipients.models import Group, Recipient
from tests.backups.catalogue import take_backup_of
from tests.backups.closings import archive_of, close, due, fresh, is_gone, keys_of, record_of, table
from tests.factories import DAY, NOW, make_account, make_group, make_member, make_recipient, make_user
from tests.faults.holding import is_blocked, is_waiting, other_connection
from tests.faults.watching import is_caught, sweep, sweep_files_a_day_later, wait_for_end, wait_until, writes
from tests.processes import Process
from tests.tenant_tables import everything_of

StartWorker = Callable[..., Process]
ROWS = 60_000  # big enough that writing and deleting last
TRIES = 5
READY = {Closure.Status.WAITING.value, Closure.Status.FAILED.value}


@pytest.fixture
def account(committed_db: None, storage: Path) -> Account:
    return make_account()


@pytest.fixture
def members(account: Account) -> list[User]:
    return [make_member(account, role) for role in Role]


@pytest.fixture
def operator(committed_db: None) -> User:
    return make_user(is_staff=True)


@pytest.fixture
def group(account: Account, members: list[User], tmp_path: Path) -> Group:
    """A big list with a backup, and what its people did."""
    made = make_group(account, "Kunden", recipient_count=ROWS, active_count=ROWS)
    with account_scope(account.pk), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO recipients_recipient (account_id, group_id, email, activated_at, tags, values)
            SELECT %s, %s, lpad(n::text, 7, '0') || '@example.org', %s, '{}', '{}' FROM generate_series(1, %s) AS n
            """,
            [account.pk, made.pk, NOW, ROWS],
        )
        cursor.execute(
            """
            INSERT INTO recipients_activity (account_id, recipient_id, kind, at, subject)
            SELECT account_id, id, 'opened', %s, 'Betreff' FROM recipients_recipient
            """,
            [NOW],
        )
    take_backup_of(made, tmp_path)
    return made


@pytest.fixture
def small(account: Account, members: list[User], tmp_path: Path) -> Group:
    made = make_group(account, "Kunden")
    for number in range(3):
        make_recipient(made, f"{number}@example.org")
    take_backup_of(made, tmp_path)
    return made


def files_of(account: Account) -> list[str]:
    """The files of exports."""
    return [key for key in keys_of(account.pk) if "/exports/" in key]


def assert_whole(closure: Closure, rows: int) -> None:
    """The export is complete, its file holds everything, and it is the only one."""
    now = fresh(closure)
    assert (now.status, files_of(now.account)) == (Closure.Status.WAITING, [f"backups/{now.file_key}"])
    archive = archive_of(now)
    assert len(table(archive["lists/Kunden/recipients.csv"])) == rows + 1


def wait_until_gone(account: Account) -> None:
    """Wait until nothing is left of the account, while beat sweeps."""
    swept = 0.0

    def gone() -> bool:
        nonlocal swept
        if time.monotonic() - swept > 0.5:
            sweep()
            swept = time.monotonic()
        return is_gone(account.pk)

    wait_until(gone, "the end of the account")


def assert_nothing_left(account: Account, members: list[User]) -> None:
    """Of the account, its files and its people; but that it was there."""
    assert {table: rows for table, rows in everything_of(account.pk).items() if rows} == {}
    assert keys_of(account.pk) == []
    assert not User.objects.filter(pk__in=[one.pk for one in members]).exists()
    kept = record_of(account.pk)
    assert kept is not None
    assert (kept.deleted_at is not None, kept.member_count, kept.user_count) == (True, 3, 3)


def test_worker_killed_while_it_writes_the_file(
    account: Account, group: Group, operator: User, start_worker: StartWorker
) -> None:
    worker = start_worker("maintenance")
    closure = close(account, operator)
    is_over = partial(is_in, closure, Closure.Status.WAITING)
    assert is_caught(worker, partial(writes, worker, "account.zip"), is_over), "the writing was missed"
    worker.kill()
    assert (fresh(closure).status, files_of(account)) == (Closure.Status.EXPORTING, [])
    start_worker("maintenance")
    wait_for_end(closure, ends=READY)
    assert_whole(closure, ROWS)


def is_in(closure: Closure, status: str) -> bool:
    return fresh(closure).status == status


def test_worker_killed_before_the_row_knows_the_stored_file(
    account: Account, small: Group, operator: User, start_worker: StartWorker
) -> None:
    with other_connection() as blocker:
        closure = close(account, operator)
        blocker.execute("LOCK TABLE accounts_auditentry IN ACCESS EXCLUSIVE MODE")  # it is read last
        worker = start_worker("maintenance")
        wait_until(lambda: is_blocked(blocker, "DECLARE"), "the audit trail read")
        with other_connection() as second:
            second.execute("SELECT FROM backups_closure FOR UPDATE")
            blocker.rollback()
            wait_until(lambda: is_waiting('UPDATE "backups_closure" SET "status"'), "the file stored")
            assert len(files_of(account)) == 1
            worker.kill()
    assert (fresh(closure).status, len(files_of(account))) == (Closure.Status.EXPORTING, 1)
    start_worker("maintenance")
    wait_for_end(closure, ends=READY)
    sweep_files_a_day_later()
    assert_whole(closure, 3)


def test_worker_killed_while_it_deletes_rows(  # noqa: PLR0917  # a test names what it needs
    account: Account, small: Group, members: list[User], operator: User, start_worker: StartWorker, tmp_path: Path
) -> None:
    other = make_group(make_account("Andere"), "Presse")
    make_recipient(other)
    take_backup_of(other, tmp_path)
    before = everything_of(other.account_id), keys_of(other.account_id)
    due(account, operator)
    with other_connection() as blocker:
        blocker.execute("SELECT FROM recipients_recipient WHERE email = '1@example.org' FOR UPDATE")
        worker = start_worker("maintenance")
        wait_until(lambda: is_blocked(blocker, 'DELETE FROM "recipients_recipient"'), "the deletion held by a lock")
        worker.kill()
    with account_scope(account.pk):
        assert (Recipient.objects.count(), keys_of(account.pk)) == (3, [])
    start_worker("maintenance")
    wait_until_gone(account)
    assert_nothing_left(account, members)
    assert (everything_of(other.account_id), keys_of(other.account_id)) == before


def test_worker_killed_in_the_last_transaction(
    account: Account, small: Group, members: list[User], operator: User, start_worker: StartWorker
) -> None:
    due(account, operator)
    with other_connection() as blocker:
        blocker.execute("SELECT FROM accounts_user WHERE id = %s FOR KEY SHARE", [members[0].pk])
        worker = start_worker("maintenance")
        wait_until(lambda: is_blocked(blocker, 'SELECT "accounts_user"'), "the last step held by a lock")
        worker.kill()
    assert (is_gone(account.pk), User.objects.filter(pk=members[0].pk).exists()) == (False, True)
    start_worker("maintenance")
    wait_until_gone(account)
    assert_nothing_left(account, members)


@pytest.mark.parametrize("seed", range(3))
def test_worker_killed_at_a_random_instant_of_the_deletion(  # noqa: PLR0917  # a test names what it needs
    seed: int, account: Account, group: Group, members: list[User], operator: User, start_worker: StartWorker
) -> None:
    due(account, operator)
    worker = start_worker("maintenance")
    time.sleep(random.Random(seed).random())
    worker.kill()
    start_worker("maintenance")
    wait_until_gone(account)
    assert_nothing_left(account, members)


def test_beat_and_a_worker_close_an_account_by_themselves(  # noqa: PLR0917  # a test names what it needs
    account: Account, small: Group, members: list[User], operator: User, workers: list[Process], beat: Process
) -> None:
    closure = close(account, operator)
    wait_until(lambda: is_in(closure, Closure.Status.WAITING), "the export")
    wait_until(lambda: fresh(closure).told_at is not None, "the mail")
    with account_scope(account.pk):
        Closure.objects.update(requested_at=NOW, completed_at=NOW, delete_at=NOW + 30 * DAY)
    wait_until(lambda: is_gone(account.pk), "the end of the account")
    assert_nothing_left(account, members)
