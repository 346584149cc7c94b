"""Workers that are killed at any instant (mission P1, P3; F1): the job ends by itself, and nothing is half done.

`kill -9` goes to the worker and its children. A phase is caught by stopping the worker first and looking again, so that
every kill is known to have hit what it was meant to hit.
"""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import psutil
import pytest
from django.utils import timezone

from accounts.models import AuditAction, AuditEntry
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.deletion import request_deletion
from recipients.models import Activity, Deletion, Recipient
from recipients.revision import lock_group
from tests.factories import make_activity
from tests.faults.scenario import (
    Scene,
    assert_imported,
    assert_no_file_is_left_over,
    assert_untouched,
    make_scene,
    numbers_of,
    releasing_backup,
    rows_in,
    rows_of,
    stored,
)
from tests.faults.watching import (
    is_blocked,
    is_caught,
    is_running,
    other_connection,
    reload,
    sweep_files_a_day_later,
    wait_for_end,
    wait_until,
    writes,
)
from tests.processes import Process
from tests.runs import backups_of, confirm, fresh

StartWorker = Callable[..., Process]
KNOWN, READ = 20_000, 50_000  # big enough that each phase lasts
FEW = {"known": 300, "read": 600}
# The statement with which a job's row ends; it is the last one of its transaction that can be held.
ENDING = {
    "import": 'UPDATE "imports_import" SET "status"',
    "backup": 'UPDATE "backups_backup" SET "status"',
    "deletion": 'UPDATE "recipients_deletion" SET "status"',
}
SEEDS = range(int(os.environ.get("LISTKEEP_FAULT_TRIES", "3")))  # more of them are a soak
TRIES = 5


def import_killed(start_worker: StartWorker, queues: tuple[str, ...], seen: Callable[[Process], bool]) -> Scene:
    """A confirmed import of a big file whose worker was killed in a phase; when it was missed, another one."""
    for seed in range(TRIES):
        scene = make_scene(known=KNOWN, read=READ, seed=seed)
        worker = start_worker(*queues)
        confirm(scene.run, scene.editor)
        if is_caught(worker, partial(seen, worker), partial(has_ended, scene)):
            worker.kill()
            return scene
    pytest.fail(f"the phase was missed {TRIES} times")


def has_ended(scene: Scene) -> bool:
    """Whether the scene's import has ended."""
    return not fresh(scene.run).is_running


def test_import_killed_while_it_reads(start_worker: StartWorker) -> None:
    scene = import_killed(start_worker, ("imports",), lambda worker: writes(worker, "rows.parquet"))
    run = fresh(scene.run)
    assert (run.status, run.claim is None, run.rows_key) == (Import.Status.READING, False, "")
    assert_untouched(scene)
    start_worker()
    wait_for_end(run)
    sweep_files_a_day_later()
    assert_imported(scene)


def test_import_killed_while_its_backup_is_taken(start_worker: StartWorker) -> None:
    scene = import_killed(start_worker, ("backups",), lambda worker: writes(worker, "backup.parquet"))
    (backup,) = backups_of(scene.group)
    assert (backup.status, backup.claim is None, backup.file_key) == (Backup.Status.PENDING, False, "")
    assert_untouched(scene)
    start_worker()
    wait_for_end(scene.run)
    sweep_files_a_day_later()
    assert_imported(scene)


def test_import_killed_while_it_applies(start_worker: StartWorker) -> None:
    scene = import_killed(start_worker, (), lambda _worker: is_running("UPDATE recipients_recipient"))
    run = fresh(scene.run)
    assert (run.status, run.claim is None) == (Import.Status.APPLYING, False)
    assert_untouched(scene)
    start_worker()
    wait_for_end(run)
    sweep_files_a_day_later()
    assert_imported(scene)


@pytest.mark.parametrize("stage", ["updating", "adding", "finishing"])
def test_import_killed_within_its_one_transaction(start_worker: StartWorker, stage: str) -> None:
    scene = make_scene(**FEW, seed=11)
    worker = start_worker()
    with held_within_the_change(scene, stage):
        worker.kill()
    assert fresh(scene.run).status == Import.Status.APPLYING
    assert_untouched(scene)
    start_worker()
    wait_for_end(scene.run)
    sweep_files_a_day_later()
    assert_imported(scene)


@contextmanager
def held_within_the_change(scene: Scene, stage: str) -> Iterator[None]:
    """Confirm the import, and hold it by a row's lock when it updates, adds, or has changed all but its own row."""
    updated = max(email for email, row in scene.before.items() if scene.after[email] != row)
    added = max(scene.after.keys() - scene.before.keys())
    with other_connection() as blocker, other_connection() as second:
        if stage == "adding":
            blocker.execute(
                "INSERT INTO recipients_recipient (account_id, group_id, email, tags, values)"
                " VALUES (%s, %s, %s, '{}', '{}')",
                [scene.account.pk, scene.group.pk, added],
            )
        else:
            blocker.execute("SELECT FROM recipients_recipient WHERE email = %s FOR UPDATE", [updated])
        confirm(scene.run, scene.editor)
        statement = "INSERT INTO recipients_recipient" if stage == "adding" else "UPDATE recipients_recipient"
        wait_until(lambda: is_blocked(blocker, statement), f"{stage} held by a lock")
        if stage == "finishing":
            second.execute("SELECT FROM imports_import WHERE id = %s FOR UPDATE", [scene.run.pk])
            blocker.rollback()
            wait_until(lambda: is_blocked(second, ENDING["import"]), "the import's row held by a lock")
        yield


def test_worker_killed_before_the_catalogue_has_the_stored_backup(start_worker: StartWorker) -> None:
    scene = make_scene(**FEW, seed=12)
    confirm(scene.run, scene.editor)
    with other_connection() as blocker, other_connection() as second:
        blocker.execute("SELECT FROM recipients_group WHERE id = %s FOR UPDATE", [scene.group.pk])
        worker = start_worker("backups")
        wait_until(lambda: is_blocked(blocker, 'SELECT "recipients_group"'), "the backup held by the list's lock")
        second.execute("SELECT FROM backups_backup WHERE group_id = %s FOR UPDATE", [scene.group.pk])
        blocker.rollback()
        wait_until(lambda: is_blocked(second, ENDING["backup"]), "the backup's row held by a lock")
        worker.kill()
    (backup,) = backups_of(scene.group)
    assert (backup.status, len(stored("backups", scene.account.pk))) == (Backup.Status.PENDING, 1)
    start_worker()
    wait_for_end(scene.run)
    sweep_files_a_day_later()
    assert_imported(scene)


@pytest.mark.parametrize("stage", ["deleting", "finishing"])
def test_deletion_killed_within_its_one_transaction(start_worker: StartWorker, stage: str) -> None:
    scene = make_scene(**FEW, seed=13)
    opened = open_mailing(scene)
    worker = start_worker()
    with other_connection() as blocker, other_connection() as second:
        blocker.execute("SELECT FROM recipients_recipient WHERE email = %s FOR UPDATE", [max(scene.before)])
        deletion = ask_for_deletion(scene)
        wait_until(lambda: is_blocked(blocker, "DELETE FROM recipients_recipient"), "the deletion held by a lock")
        if stage == "finishing":
            second.execute("SELECT FROM recipients_deletion WHERE id = %s FOR UPDATE", [deletion.pk])
            blocker.rollback()
            wait_until(lambda: is_blocked(second, ENDING["deletion"]), "the deletion's row held by a lock")
        worker.kill()
    assert reload(deletion).status == Deletion.Status.WAITING
    assert_untouched(scene)
    assert activities_of(scene) == opened
    start_worker()
    wait_for_end(deletion)
    sweep_files_a_day_later()
    assert_deleted(scene, deletion)


def ask_for_deletion(scene: Scene) -> Deletion:
    """Ask for the deletion of the scene's list as its page does."""
    with account_scope(scene.account.pk):
        return request_deletion(group=scene.group, actor=scene.editor, now=timezone.now())


def open_mailing(scene: Scene) -> int:
    """Have three recipients of the list open a mailing; gives how many did."""
    with account_scope(scene.account.pk):
        readers = list(Recipient.objects.of(account_id=scene.account.pk, group_id=scene.group.pk)[:3])
    for reader in readers:
        make_activity(reader)
    return len(readers)


def activities_of(scene: Scene) -> int:
    """How many activities the account's recipients have."""
    with account_scope(scene.account.pk):
        return Activity.objects.count()


def assert_deleted(scene: Scene, deletion: Deletion) -> None:
    """The list was deleted whole and once, after a complete backup of exactly what it held."""
    assert (rows_of(scene.group), activities_of(scene), numbers_of(scene.group)) == ({}, 0, (0, 0))
    done = reload(deletion)
    assert (done.status, done.failure, done.recipient_count) == (Deletion.Status.DONE, "", len(scene.before))
    assert scene.group.deleted_at is not None
    backup = releasing_backup(done)
    assert (rows_in(backup), backup.revision) == (scene.before, scene.group.revision - 1)
    with account_scope(scene.account.pk):
        assert AuditEntry.objects.filter(action=AuditAction.GROUP_DELETED).count() == 1
    assert_no_file_is_left_over(scene.group)


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_killed_at_random_instants(start_worker: StartWorker, seed: int) -> None:
    chance = random.Random(seed)
    scene = make_scene(known=3_000, read=9_000, seed=seed)
    worker = start_worker()
    job: Import | Deletion = scene.run
    if seed % 3 == 2:
        job = ask_for_deletion(scene)
    else:
        confirm(scene.run, scene.editor)
    for _kill in range(2):
        time.sleep(chance.uniform(0, 1.2))
        if chance.random() < 0.5:
            kill_child(worker)  # as the system does when memory runs out; the worker starts another one
        else:
            worker.kill()
            worker = start_worker()
        assert_all_or_nothing(scene, job)
    wait_for_end(job)
    sweep_files_a_day_later()
    if isinstance(job, Deletion):
        assert_deleted(scene, job)
    else:
        assert_imported(scene)


def kill_child(worker: Process) -> None:
    """Kill the process of a worker that carries out tasks."""
    for child in psutil.Process(worker.pid).children():
        child.send_signal(signal.SIGKILL)


def assert_all_or_nothing(scene: Scene, job: Import | Deletion) -> None:
    """At this instant the list is the old one, or the new one of a done job whose backup is complete."""
    with account_scope(scene.account.pk):
        lock_group(
            account_id=scene.account.pk, group_id=scene.group.pk
        )  # what is being changed is seen when it is over
        rows, now = rows_of(scene.group), reload(job)
        if now.status != "done":
            assert rows == scene.before
            return
    assert rows == ({} if isinstance(job, Deletion) else scene.after)
    assert rows_in(releasing_backup(now)) == scene.before
