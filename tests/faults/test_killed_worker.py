"""Workers that are killed at any instant (mission P1, P3; F1): the job ends by itself, and nothing is half done.

`kill -9` goes to the worker and its children. A phase is caught by stopping the worker first and looking again, so that
every kill is known to have hit what it was meant to hit.
"""

import logging
import os
import random
import time
import uuid
from collections.abc import Callable
from functools import partial

import pytest

from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.masterdata.file import FieldScope
from recipients.masterdata.options import Mode
from recipients.models import Deletion
from recipients.revision import lock_group
from tests.faults.beside import have_preview_made
from tests.faults.holding import (
    ENDING,
    held_deletion,
    held_import,
    is_blocked,
    is_running,
    is_waiting,
    other_connection,
)
from tests.faults.rows import rows_in, rows_of
from tests.faults.scenario import (
    Scene,
    activities_of,
    ask_for_deletion,
    ask_for_preview,
    go_back,
    make_scene,
    make_small_scene,
    open_mailing,
    reload,
)
from tests.faults.verdicts import assert_deleted, assert_imported, assert_untouched, releasing_backup, stored
from tests.faults.watching import ENDS, is_caught, sweep, sweep_files_a_day_later, wait_for_end, wait_until, writes
from tests.processes import Process
from tests.runs import backups_of, confirm, fresh

logger = logging.getLogger(__name__)

StartWorker = Callable[..., Process]
KNOWN, READ = 20_000, 50_000  # big enough that each phase lasts
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


@pytest.mark.parametrize(
    ("mode", "stage", "scope", "previewed"),
    [
        (Mode.UPDATE_AND_ADD, "updating", FieldScope.ACCOUNT, False),
        (Mode.ADD, "adding", FieldScope.LIST, True),
        (Mode.DEACTIVATE, "finishing", FieldScope.LIST, False),
        (Mode.DELETE, "deleting", FieldScope.LIST, True),
    ],
)
def test_import_killed_within_its_one_transaction(
    start_worker: StartWorker, mode: Mode, stage: str, scope: FieldScope, *, previewed: bool
) -> None:
    scene = make_small_scene(seed=11, mode=mode, scope=scope)
    opened = open_mailing(scene)
    if previewed:
        have_preview_made(scene)
    worker = start_worker()
    with held_import(scene, stage):
        worker.kill()
    assert fresh(scene.run).status == Import.Status.APPLYING
    assert_untouched(scene)
    assert activities_of(scene) == opened
    start_worker()
    wait_for_end(scene.run)
    sweep_files_a_day_later()
    assert_imported(scene)


def test_worker_killed_before_the_catalogue_has_the_stored_backup(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=12)
    confirm(scene.run, scene.editor)
    with other_connection() as blocker, other_connection() as second:
        blocker.execute("SELECT FROM recipients_group WHERE id = %s FOR UPDATE", [scene.group.pk])
        worker = start_worker("backups")
        wait_until(lambda: is_blocked(blocker, 'SELECT "recipients_group"'), "the backup held by the list's lock")
        second.execute("SELECT FROM backups_backup WHERE group_id = %s FOR UPDATE", [scene.group.pk])
        blocker.rollback()
        wait_until(lambda: is_waiting(ENDING["backup"]), "the backup's row held by a lock")
        worker.kill()
    (backup,) = backups_of(scene.group)
    assert (backup.status, len(stored("backups", scene.account.pk))) == (Backup.Status.PENDING, 1)
    start_worker()
    wait_for_end(scene.run)
    sweep_files_a_day_later()
    assert_imported(scene)


@pytest.mark.parametrize("stage", ["deleting", "finishing"])
def test_deletion_killed_within_its_one_transaction(start_worker: StartWorker, stage: str) -> None:
    scene = make_small_scene(seed=13)
    opened = open_mailing(scene)
    worker = start_worker()
    with held_deletion(scene, stage) as deletion:
        worker.kill()
    assert reload(deletion).status == Deletion.Status.WAITING
    assert_untouched(scene)
    assert activities_of(scene) == opened
    start_worker()
    wait_for_end(deletion)
    sweep_files_a_day_later()
    assert_deleted(scene, deletion)


@pytest.mark.parametrize("seed", SEEDS)
def test_workers_killed_at_random_instants(start_worker: StartWorker, seed: int) -> None:
    chance = random.Random(seed)
    mode = [Mode.UPDATE_AND_ADD, Mode.DELETE, None, Mode.DEACTIVATE, Mode.ADD, Mode.UPDATE][seed % 6]
    scope = chance.choice(list(FieldScope))
    scene = make_scene(known=3_000, read=9_000, seed=seed, mode=mode or Mode.UPDATE_AND_ADD, scope=scope)
    worker = start_worker()
    dead: set[uuid.UUID] = set()
    for do in chance.choice(WAYS_TO_AN_IMPORT) if mode else WAY_TO_A_DELETION:
        do(scene)
        wait_for_work(scene, dead)
        time.sleep(chance.uniform(0, 0.6))
        hit = at_work(scene, dead)
        logger.info("killed at: %s", " and ".join(sorted(hit.values())) or "nothing")
        dead |= hit.keys()
        if chance.random() < 0.5:
            worker.kill_children()  # as the system does when memory runs out; the worker starts another one
        else:
            worker.kill()
            worker = start_worker()
        assert_all_or_nothing(scene)
    job = change_of(scene)
    wait_for_end(job)
    sweep_files_a_day_later()
    if isinstance(job, Deletion):
        assert_deleted(scene, job)
    else:
        assert_imported(scene)


def wait(_scene: Scene) -> None:
    """What a person does between two kills who has done everything already."""


def start(scene: Scene) -> None:
    """Confirm the scene's import, whether or not its preview is made."""
    confirm(scene.run, scene.editor)


def ask_anew(scene: Scene) -> None:
    """Go back to the mapping, whether or not the preview is made, and have it made once more."""
    go_back(scene)
    ask_for_preview(scene)


WAYS_TO_AN_IMPORT: list[list[Callable[[Scene], object]]] = [
    [start, wait],
    [ask_for_preview, start, wait],
    [ask_for_preview, wait, start],
    [ask_for_preview, ask_anew, start],
]
WAY_TO_A_DELETION: list[Callable[[Scene], object]] = [ask_for_deletion, wait]


def change_of(scene: Scene) -> Import | Deletion:
    """What changes the scene's list: its deletion, if one was asked for, else its import."""
    with account_scope(scene.account.pk):
        return Deletion.objects.filter(group=scene.group).first() or scene.run


def is_over(scene: Scene) -> bool:
    """Whether nothing is to be done before the person does something; the sweeps run meanwhile."""
    sweep()
    return reload(change_of(scene)).status in {Import.Status.PREVIEWED, *ENDS}


def wait_for_work(scene: Scene, dead: set[uuid.UUID]) -> None:
    """Wait until a worker that is not dead is at work, or there is nothing to do."""
    wait_until(lambda: is_over(scene) or at_work(scene, dead), "a worker at work")


def at_work(scene: Scene, dead: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    """What workers are at: by the claims of those that are not dead."""
    jobs = [reload(change_of(scene)), *backups_of(scene.group)]
    return {
        job.claim: f"{type(job).__name__.lower()} {job.status}"
        for job in jobs
        if job.claim is not None and job.claim not in dead
    }


def assert_all_or_nothing(scene: Scene) -> None:
    """At this instant the list is the old one, or the new one of a done job whose backup is complete."""
    with account_scope(scene.account.pk):
        # With the lock, so that a change that is being made is seen when it is over.
        lock_group(account_id=scene.account.pk, group_id=scene.group.pk)
        rows, job = rows_of(scene.group), reload(change_of(scene))
        if job.status != "done":
            assert rows == scene.before
            return
    assert rows == ({} if isinstance(job, Deletion) else scene.after)
    assert rows_in(releasing_backup(job)) == scene.before
