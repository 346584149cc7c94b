"""Messages that are lost or doubled, and services that go away (F3, F4): the row is the truth, so no job is lost."""

from collections.abc import Callable

from django.conf import settings
from django.db import connections
from redis import Redis

from accounts.tenancy import account_scope
from imports.confirming import TASK
from imports.models import Import
from recipients.models import Deletion
from recipients.nudge import nudge
from tests import environment
from tests.faults.holding import held_import, held_preview
from tests.faults.scenario import Scene, ask_for_deletion, ask_for_preview, make_small_scene, reload
from tests.faults.verdicts import assert_deleted, assert_imported, assert_previewed, assert_untouched
from tests.faults.watching import ENDS, sweep_files_a_day_later, wait_for_end, wait_for_preview, wait_until
from tests.processes import Process
from tests.runs import confirm, fresh

StartWorker = Callable[..., Process]


def empty_redis() -> None:
    """Lose every message and everything else that Redis holds."""
    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()


def wait_for_beat(job: Import | Deletion) -> None:
    """Wait until a job has ended, with nobody but the running beat to send workers to it."""
    wait_until(lambda: reload(job).status in ENDS, f"the end of {job!r}")


def test_preview_and_import_whose_messages_are_lost_are_found_by_beat(start_worker: StartWorker, beat: Process) -> None:
    scene = make_small_scene(seed=41)
    ask_for_preview(scene)
    empty_redis()
    start_worker()
    wait_until(lambda: fresh(scene.run).status == Import.Status.PREVIEWED, "the preview")
    assert_previewed(scene)
    confirm(scene.run, scene.editor)
    empty_redis()
    wait_for_beat(scene.run)
    assert_imported(scene)


def test_deletion_whose_messages_are_lost_is_found_by_beat(start_worker: StartWorker, beat: Process) -> None:
    scene = make_small_scene(seed=42)
    deletion = ask_for_deletion(scene)
    empty_redis()
    start_worker()
    wait_for_beat(deletion)
    assert_deleted(scene, deletion)


def test_workers_and_beat_go_on_after_redis_was_emptied_under_them(start_worker: StartWorker, beat: Process) -> None:
    first, second = make_small_scene(seed=43), make_small_scene(seed=44)
    start_worker()
    with held_import(first, "updating"):
        empty_redis()
    confirm(second.run, second.editor)
    empty_redis()
    for scene in (first, second):
        wait_for_beat(scene.run)
        assert_imported(scene)


def test_import_confirmed_while_redis_is_down_is_found_when_it_is_back(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=45)
    worker = start_worker()
    environment.REDIS.stop()
    try:
        confirm(scene.run, scene.editor)
        worker.wait_for("Trying again")
    finally:
        environment.REDIS.start()
    wait_for_end(scene.run)
    assert_imported(scene)


def test_preview_and_import_during_which_postgresql_was_restarted_are_made_again(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=46)
    start_worker()
    try:
        with held_preview(scene):
            restart_postgresql()
    finally:
        connections.close_all()
    wait_for_preview(scene)
    assert_previewed(scene)
    try:
        with held_import(scene, "adding"):
            restart_postgresql()
    finally:
        connections.close_all()
    assert_untouched(scene)
    wait_for_end(scene.run)
    sweep_files_a_day_later()
    assert_imported(scene)


def restart_postgresql() -> None:
    """Stop the server under everybody's transactions, and start it on the same data."""
    environment.POSTGRES.stop()
    environment.POSTGRES.start()


def test_import_with_doubled_messages_is_made_once(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=47)
    confirm(scene.run, scene.editor)
    for _time in range(5):
        send_again(scene)
    start_worker("imports", "backups")
    start_worker("backups", "imports")
    wait_for_end(scene.run)
    send_again(scene)
    assert_imported(scene)


def send_again(scene: Scene) -> None:
    """Send workers to the scene's import once more."""
    with account_scope(scene.account.pk):
        nudge(TASK, account_id=scene.account.pk, job_id=fresh(scene.run).pk)
