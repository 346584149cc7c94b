"""Workers that lost their claim: stopped for longer than their lease, or cancelled while they worked (mission P1, P3).

A stopped worker knows nothing of it and goes on where it was; whatever it still writes must not count.
"""

import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.masterdata.options import Mode
from recipients.models import Deletion
from tests.factories import make_recipient
from tests.faults.beside import have_preview_made, steps_done
from tests.faults.holding import held_deletion, held_import
from tests.faults.rows import rows_in
from tests.faults.scenario import Scene, cancel, make_scene, make_small_scene, reload
from tests.faults.verdicts import (
    assert_cancelled,
    assert_deleted,
    assert_imported,
    assert_no_file_is_left_over,
    assert_untouched,
    releasing_backup,
)
from tests.faults.watching import (
    is_being_stored,
    is_caught,
    sweep,
    wait_for_end,
    wait_until,
    writes,
)
from tests.processes import Process
from tests.runs import backups_of, confirm, fresh

StartWorker = Callable[..., Process]
TRIES = 10
READING: dict[str, Callable[[Process], bool]] = {
    "reading": lambda worker: writes(worker, "rows.parquet"),
    "storing": lambda _worker: is_being_stored("imports"),
}
TAKING: dict[str, Callable[[Process], bool]] = {
    "taking": lambda worker: writes(worker, "backup.parquet"),
    "storing": lambda _worker: is_being_stored("backups"),
}
GONE_ON = "this attempt changed nothing"
DROPPED = "this attempt is dropped"
TOO_LATE = "could not be given back; the sweep finds it"


def frozen(
    start_worker: StartWorker, queue: str, seen: Callable[[Process], bool], *, known: int, read: int
) -> tuple[Process, Scene]:
    """A confirmed import, and the worker that was stopped in a phase of it; when the phase was missed, another one."""
    for seed in range(TRIES):
        scene = make_scene(known=known, read=read, seed=seed)
        worker = start_worker(queue)
        confirm(scene.run, scene.editor)
        if is_caught(worker, partial(seen, worker), partial(is_behind, scene, queue)):
            return worker, scene
        worker.kill()
    pytest.fail(f"the phase was missed {TRIES} times")


def is_behind(scene: Scene, queue: str) -> bool:
    """Whether the queue's worker has done its part of the import."""
    if queue == "backups":
        return backups_of(scene.group)[0].status != Backup.Status.PENDING
    return fresh(scene.run).status != Import.Status.READING


@pytest.mark.parametrize("phase", ["reading", "storing"])
def test_stopped_reader_leaves_the_import_to_another_worker(start_worker: StartWorker, phase: str) -> None:
    stopped, scene = frozen(start_worker, "imports", READING[phase], known=300, read=30_000)
    start_worker()
    wait_for_end(scene.run)
    stopped.thaw()
    stopped.wait_for(GONE_ON)
    assert_imported(scene)


@pytest.mark.parametrize("phase", ["taking", "storing"])
def test_stopped_backup_leaves_it_to_another_worker(start_worker: StartWorker, phase: str) -> None:
    stopped, scene = frozen(start_worker, "backups", TAKING[phase], known=30_000, read=300)
    late = make_recipient(scene.group, "spaet@example.org", values={"vorname": "Spät"})
    start_worker()
    run = wait_for_end(scene.run)
    stopped.thaw()
    stopped.wait_for(DROPPED)
    assert run.status == Import.Status.DONE
    backup = releasing_backup(run)
    rows = rows_in(backup)
    assert rows.pop(late.email)["vorname"] == "Spät"
    assert rows == scene.before
    assert_no_file_is_left_over(scene.group)


def is_taken_over(job: Import | Deletion, claim: uuid.UUID | None) -> bool:
    """Whether another worker has the claim now; the sweeps run meanwhile."""
    sweep()
    return reload(job).claim not in (claim, None)


@pytest.mark.parametrize(("mode", "stage"), [(Mode.UPDATE_AND_ADD, "adding"), (Mode.DELETE, "deleting")])
def test_stopped_change_is_rolled_back_and_made_by_another_worker(
    start_worker: StartWorker, mode: Mode, stage: str
) -> None:
    scene = make_small_scene(seed=31, mode=mode)
    stopped = start_worker()
    with held_import(scene, stage):
        stopped.freeze()
    claim = fresh(scene.run).claim
    start_worker()
    wait_until(lambda: is_taken_over(scene.run, claim), "another worker")
    assert_untouched(scene)
    stopped.thaw()
    stopped.wait_for(GONE_ON)
    wait_for_end(scene.run)
    assert_imported(scene)


def test_worker_stopped_before_its_commit_holds_the_import_for_a_while_only(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=33)
    stopped = start_worker(settings={"LISTKEEP_IDLE_TRANSACTION_SECONDS": "4"})
    with held_import(scene, "finishing"):
        stopped.freeze()
    wait_until(lambda: is_row_locked(scene.run), "everything changed, and not committed")
    assert_untouched(scene)
    start_worker()
    wait_for_end(scene.run)
    stopped.thaw()
    stopped.wait_for(TOO_LATE)
    assert_imported(scene)


def is_row_locked(job: Import) -> bool:
    """Whether somebody has the job's row locked."""
    with account_scope(job.account_id):
        found = Import.objects.filter(pk=job.pk).select_for_update(skip_locked=True).first()
    return found is None


def test_stopped_deletion_is_rolled_back_and_made_by_another_worker(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=32)
    stopped = start_worker()
    with held_deletion(scene, "deleting") as deletion:
        stopped.freeze()
    claim = reload(deletion).claim
    start_worker()
    wait_until(lambda: is_taken_over(deletion, claim), "another worker")
    assert_untouched(scene)
    stopped.thaw()
    stopped.wait_for(GONE_ON)
    wait_for_end(deletion)
    assert_deleted(scene, deletion)


def test_slow_worker_keeps_its_claim_beyond_the_first_lease(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=34)
    start_worker()
    start_worker()
    with held_import(scene, "updating"):
        first = fresh(scene.run)
        assert first.claimed_until is not None
        end = first.claimed_until
        wait_until(lambda: is_renewed_after(scene, end), "the end of the first lease")
        assert fresh(scene.run).claim == first.claim
    run = wait_for_end(scene.run)
    assert run.interruptions == 0
    assert_imported(scene)


def is_renewed_after(scene: Scene, end: datetime) -> bool:
    """Whether that time is over and the import is still claimed; the sweeps run meanwhile."""
    sweep()
    claimed_until = fresh(scene.run).claimed_until
    return timezone.now() > end and claimed_until is not None and claimed_until > timezone.now()


def test_import_cancelled_while_it_is_read_changes_nothing(start_worker: StartWorker) -> None:
    worker, scene = frozen(start_worker, "imports", READING["reading"], known=300, read=30_000)
    cancel(scene)
    worker.thaw()
    worker.wait_for(GONE_ON)
    sweep()
    assert_cancelled(scene)


def test_import_cancelled_while_its_backup_is_taken_changes_nothing(start_worker: StartWorker) -> None:
    worker, scene = frozen(start_worker, "backups", TAKING["taking"], known=30_000, read=300)
    cancel(scene)
    worker.thaw()
    start_worker("imports")
    backup = wait_for_end(backups_of(scene.group)[0])
    assert rows_in(backup) == scene.before
    sweep()
    assert_cancelled(scene)


@pytest.mark.parametrize("previewed", [False, True])
@pytest.mark.parametrize(
    ("mode", "stage"), [(Mode.UPDATE_AND_ADD, "adding"), (Mode.DEACTIVATE, "updating"), (Mode.DELETE, "deleting")]
)
def test_import_cancelled_while_it_applies_changes_nothing(
    committed_db: None, mode: Mode, stage: str, *, previewed: bool
) -> None:
    scene = make_small_scene(seed=33, mode=mode)
    if previewed:
        have_preview_made(scene)
    with steps_done(scene), held_import(scene, stage):
        cancel(scene)
    sweep()
    assert_cancelled(scene)
