"""Faults while a preview is made, and people who do not wait for it (mission P1, P3; F1): nothing of the list changes.

A preview is a state of the import that has not been confirmed. Whoever makes one and is overtaken, by another worker or
by the person who goes on, goes back or cancels, must neither write over the import's row nor leave a file.
"""

from collections.abc import Callable
from functools import partial

import pytest

from imports.models import Import
from tests.faults.beside import steps_done
from tests.faults.holding import held_preview
from tests.faults.scenario import (
    Scene,
    ask_for_preview,
    cancel,
    go_back,
    make_scene,
    make_small_scene,
)
from tests.faults.verdicts import (
    assert_cancelled,
    assert_imported,
    assert_previewed,
    assert_unread,
    assert_untouched,
)
from tests.faults.watching import (
    is_caught,
    sweep,
    sweep_files_a_day_later,
    wait_for_end,
    wait_for_preview,
    writes,
)
from tests.processes import Process
from tests.runs import confirm, fresh

StartWorker = Callable[..., Process]
TRIES = 10
GONE_ON = "this attempt changed nothing"


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_small_scene(seed=71)


def frozen_reader(start_worker: StartWorker) -> tuple[Process, Scene]:
    """A preview being made, and the worker that was stopped while it read the file; when that was missed, another."""
    for seed in range(TRIES):
        scene = make_scene(known=300, read=30_000, seed=seed)
        worker = start_worker("imports")
        ask_for_preview(scene)
        if is_caught(worker, partial(writes, worker, "rows.parquet"), partial(is_read, scene)):
            return worker, scene
        worker.kill()
    pytest.fail(f"the reading was missed {TRIES} times")


def is_read(scene: Scene) -> bool:
    """Whether the scene's file has been read."""
    return bool(fresh(scene.run).rows_key)


def test_preview_killed_while_it_reads_is_made_by_another_worker(start_worker: StartWorker) -> None:
    worker, scene = frozen_reader(start_worker)
    worker.kill()
    run = fresh(scene.run)
    assert (run.status, run.claim is None, run.rows_key) == (Import.Status.PREVIEWING, False, "")
    start_worker()
    wait_for_preview(scene)
    sweep_files_a_day_later()
    assert_previewed(scene)
    confirm(scene.run, scene.editor)
    wait_for_end(scene.run)
    assert_imported(scene)


def test_preview_killed_while_it_counts_is_made_by_another_worker(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=72)
    worker = start_worker()
    with held_preview(scene):
        worker.kill()
    assert fresh(scene.run).status == Import.Status.PREVIEWING
    assert_untouched(scene)
    start_worker()
    wait_for_preview(scene)
    assert_previewed(scene)


def test_import_confirmed_while_a_stopped_worker_reads_for_its_preview_is_made_once(start_worker: StartWorker) -> None:
    stopped, scene = frozen_reader(start_worker)
    confirm(scene.run, scene.editor)
    start_worker()
    wait_for_end(scene.run)
    stopped.thaw()
    stopped.wait_for(GONE_ON)
    assert_imported(scene)


@pytest.mark.parametrize("stage", ["reading", "counting"])
def test_import_confirmed_while_its_preview_is_made_is_made_once(scene: Scene, stage: str) -> None:
    with steps_done(scene):
        with held_preview(scene, stage):
            rows_key = fresh(scene.run).rows_key
            confirm(fresh(scene.run), scene.editor)
            run = fresh(scene.run)
        wait_for_end(scene.run)
    assert (run.status, run.rows_key) == (Import.Status.WAITING if rows_key else Import.Status.READING, rows_key)
    assert_imported(scene)


@pytest.mark.parametrize("stage", ["reading", "counting"])
def test_going_back_while_the_preview_is_made_leaves_a_draft_and_nothing_that_was_read(
    scene: Scene, stage: str
) -> None:
    with steps_done(scene), held_preview(scene, stage):
        go_back(scene)
    assert_unread(scene)


@pytest.mark.parametrize("stage", ["reading", "counting"])
def test_preview_asked_for_again_while_it_is_made_is_made(scene: Scene, stage: str) -> None:
    with steps_done(scene):
        with held_preview(scene, stage):
            go_back(scene)
            ask_for_preview(scene)
        wait_for_preview(scene)
    assert_previewed(scene)


@pytest.mark.parametrize("stage", ["reading", "counting"])
def test_import_cancelled_while_its_preview_is_made_is_over(scene: Scene, stage: str) -> None:
    with steps_done(scene), held_preview(scene, stage):
        cancel(scene)
    sweep()
    assert_cancelled(scene)
