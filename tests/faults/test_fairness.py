"""Fairness between accounts, on the workers of the Procfile: nobody waits for another account's million rows.

What is asserted is the order in which things end, or that one ends while another is held at a statement; never a time.
Nothing is swept but where it says so: whoever was held back is sent for when a turn is free.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import psycopg
import pytest
from django.db import connection

from accounts.models import Account
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.jobs import SMALL_FILE, SMALL_LIST
from recipients.models import Group
from recipients.revision import lock_group, raise_revision
from tests.factories import NOW, make_account, make_group, make_member
from tests.faults.holding import other_connection
from tests.faults.watching import ENDS, wait_for_end, wait_until
from tests.processes import Process, Started
from tests.runs import backups_of, confirm, fresh, make_draft

HELD = "kunde000001@example.org"  # whoever holds this recipient of a list holds every change of it
WIDE = "x" * 1000  # makes a file large without making it long
ADD = """
    INSERT INTO recipients_recipient (account_id, group_id, email, tags, values)
    SELECT %s, %s, 'kunde' || lpad(number::text, 6, '0') || '@example.org', '{}', '{}'
    FROM generate_series(1, %s) AS number
"""


@pytest.fixture(scope="module")
def started() -> Iterator[Started]:
    """The processes of this file's tests."""
    processes = Started()
    yield processes
    processes.end()


@pytest.fixture
def stack(start_worker: Callable[..., Process], started: Started) -> Iterator[dict[str, Process]]:
    """The Procfile's workers by name; no others run meanwhile. They rest between the tests."""
    if not started.processes:
        started.start_procfile_workers()
    for process in started.processes:
        process.thaw()
    yield {process.name: process for process in started.processes}
    started.rest()


def make_list(account: Account, *, known: int = 3) -> Group:
    """A list with so many recipients, which are written as one change."""
    group = make_group(account)
    with account_scope(account.pk):
        lock_group(account_id=account.pk, group_id=group.pk)
        with connection.cursor() as cursor:
            cursor.execute(ADD, [account.pk, group.pk, known])
        raise_revision(group=group, now=NOW, recount=True)
    return group


def text(rows: int, *, more: str = "") -> str:
    """A file of so many rows, the first of which are of a list's recipients; `more` stands in each, for nothing."""
    lines = (f"kunde{number:06d}@example.org;Messe Köln, Stand {number};{more}" for number in range(1, rows + 1))
    return "\n".join(["E-Mail;Quelle;Mehr", *lines]) + "\n"


def drafts(account: Account, count: int, content: str, *, known: int = 3) -> list[Import]:
    """So many imports of the same file, each into a new list of the account."""
    return [
        make_draft(make_list(account, known=known), content, targets=("email", "source")) for _number in range(count)
    ]


def begin(*runs: Import) -> None:
    """Confirm the imports, one after the other."""
    for run in runs:
        confirm(run, make_member(run.group.account))


def wait_for(*runs: Import) -> None:
    """Wait until the imports have ended; nobody sweeps."""
    wait_until(lambda: all(fresh(run).status in ENDS for run in runs), f"the ends of {runs}")


def assert_done(run: Import, *, rows: int) -> datetime:
    """The import is done, all its rows and after its backup; gives when that was."""
    now = fresh(run)
    assert (now.status, now.failure, now.report["rows"], now.report["rejected"]) == (Import.Status.DONE, "", rows, 0)
    (backup,) = backups_of(run.group)
    assert backup.status == Backup.Status.COMPLETE
    assert backup.completed_at is not None
    assert now.finished_at is not None
    assert backup.completed_at < now.finished_at
    return now.finished_at


@contextmanager
def held(*accounts: Account) -> Iterator[psycopg.Connection]:
    """Hold each change of the lists that these accounts have now; they go on after the block."""
    with other_connection() as holder:
        holder.execute(
            "SELECT FROM recipients_recipient WHERE account_id = ANY (%s) AND email = %s FOR UPDATE",
            [[account.pk for account in accounts], HELD],
        )
        yield holder


def held_by(holder: psycopg.Connection) -> int:
    """How many sessions the holder keeps from going on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE %s = ANY (pg_blocking_pids(pid))", [holder.info.backend_pid]
        )
        return int(cursor.fetchone()[0])


def count_held_back(account: Account) -> int:
    """How many of the account's imports say that they are held back."""
    with account_scope(account.pk):
        return Import.objects.filter(held_back_at__isnull=False).count()


def test_hundred_rows_are_imported_before_the_second_of_five_large_files(stack: dict[str, Process]) -> None:
    content = text(60_000, more="x" * 50)
    assert len(content) > SMALL_FILE
    first, second, third = make_account("Viele"), make_account("Einige"), make_account("Wenig")
    many = drafts(first, 5, content, known=SMALL_LIST + 1)
    some = drafts(second, 2, content, known=SMALL_LIST + 1)
    (few,) = drafts(third, 1, text(100))
    begin(*many, *some, few)
    wait_for(few, *some, *many)
    end = assert_done(few, rows=100)
    ends = sorted(assert_done(run, rows=60_000) for run in many)
    others = sorted(assert_done(run, rows=60_000) for run in some)
    assert end < min(ends[1], others[1])
    assert others[0] < ends[2]


def test_small_import_passes_large_ones_that_hold_every_process(stack: dict[str, Process]) -> None:
    accounts = make_account(), make_account()
    large = [drafts(account, 1, text(1000, more=WIDE * 6))[0] for account in accounts]
    assert large[0].file_size > SMALL_FILE
    (few,) = drafts(make_account(), 1, text(100))
    with held(*accounts) as holder:
        begin(*large)
        wait_until(lambda: held_by(holder) == 2, "both processes held")
        begin(few)
        wait_for(few)
        assert held_by(holder) == 2
    assert_done(few, rows=100)
    wait_for(*large)
    for run in large:
        assert_done(run, rows=1000)


def test_small_import_passes_large_backups_that_hold_every_process(stack: dict[str, Process]) -> None:
    accounts = make_account(), make_account()
    large = [drafts(account, 1, text(100), known=SMALL_LIST + 1)[0] for account in accounts]
    (few,) = drafts(make_account(), 1, text(100))
    stack["backups"].freeze()
    begin(*large)
    with other_connection() as holder:
        holder.execute("SELECT FROM recipients_group WHERE id = ANY (%s) FOR UPDATE", [[run.group_id for run in large]])
        stack["backups"].thaw()
        wait_until(lambda: held_by(holder) == 2, "both processes held")
        begin(few)
        wait_for(few)
        assert held_by(holder) == 2
    assert_done(few, rows=100)
    wait_for(*large)
    for run in large:
        assert_done(run, rows=100)


@pytest.mark.parametrize(("count", "more"), [(3, WIDE * 6), (5, "")], ids=["large", "small"])
def test_import_passes_those_of_an_account_that_has_many(stack: dict[str, Process], count: int, more: str) -> None:
    busy = make_account()
    many = drafts(busy, count, text(1000, more=more))
    (one,) = drafts(make_account(), 1, text(1000, more=more))
    with held(busy) as holder:
        begin(*many)
        wait_until(lambda: held_by(holder) + count_held_back(busy) == count, "one held, and the others held back")
        begin(one)
        wait_for(one)
        assert held_by(holder) == 1
    assert_done(one, rows=1000)
    wait_for(*many)
    for run in many:
        assert_done(run, rows=1000)


def test_imports_held_back_behind_a_killed_process_are_done(stack: dict[str, Process]) -> None:
    account = make_account()
    runs = drafts(account, 3, text(1000, more=WIDE * 6))
    with held(account) as holder:
        begin(*runs)
        wait_until(lambda: held_by(holder) + count_held_back(account) == 3, "one held, and the others held back")
        stack["imports"].kill_children()
    for run in runs:
        wait_for_end(run)
        assert_done(run, rows=1000)
    assert sorted(fresh(run).interruptions for run in runs) == [0, 0, 1]
