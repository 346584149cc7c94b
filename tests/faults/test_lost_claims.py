"""Workers that lost their claim: stopped for longer than their lease, or cancelled while they worked (mission P1, P3).

A stopped worker knows nothing of it and goes on where it was; whatever it still writes must not count.
"""

from collections.abc import Callable
from functools import partial

import pytest

from backups.models import Backup
from imports.models import Import
from tests.factories import make_recipient
from tests.faults.scenario import (
    Scene,
    assert_imported,
    assert_no_file_is_left_over,
    make_scene,
    releasing_backup,
    rows_in,
)
from tests.faults.watching import (
    is_being_stored,
    is_caught,
    thaw,
    wait_for_end,
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


def frozen(
    start_worker: StartWorker, queue: str, seen: Callable[[Process], bool], **size: int
) -> tuple[Process, Scene]:
    """A confirmed import, and the worker that was stopped in a phase of it; when the phase was missed, another one."""
    for seed in range(TRIES):
        scene = make_scene(**size, seed=seed)
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
    stopped, scene = frozen(start_worker, "imports", READING[phase], known=300, read=50_000)
    start_worker()
    wait_for_end(scene.run)
    thaw(stopped)
    stopped.wait_for(GONE_ON)
    assert_imported(scene)


@pytest.mark.parametrize("phase", ["taking", "storing"])
def test_stopped_backup_leaves_it_to_another_worker(start_worker: StartWorker, phase: str) -> None:
    stopped, scene = frozen(start_worker, "backups", TAKING[phase], known=50_000, read=300)
    late = make_recipient(scene.group, "spaet@example.org", values={"vorname": "Spät"})
    start_worker()
    run = wait_for_end(scene.run)
    thaw(stopped)
    stopped.wait_for(DROPPED)
    assert run.status == Import.Status.DONE
    backup = releasing_backup(run)
    rows = rows_in(backup)
    assert rows.pop(late.email)["vorname"] == "Spät"
    assert rows == scene.before
    assert_no_file_is_left_over(scene.group)
