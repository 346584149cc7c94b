"""Workers that are told to stop in the middle of a job, as with each new version: nothing waits for a lease.

No beat runs here, so no sweep finds a job: who goes on was sent there by the worker that stopped.
"""

from collections.abc import Callable

from imports.models import Import
from tests.faults.holding import held_deletion, held_import
from tests.faults.scenario import make_small_scene, reload
from tests.faults.verdicts import assert_deleted, assert_imported, assert_untouched
from tests.faults.watching import wait_for_end, wait_until
from tests.processes import Process
from tests.runs import fresh

StartWorker = Callable[..., Process]


def test_import_whose_worker_is_told_to_stop_goes_on_at_another_at_once(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=31)
    first = start_worker()
    with held_import(scene, "updating"):
        claim = fresh(scene.run).claim
        start_worker("imports")
        first.popen.terminate()
        wait_until(lambda: fresh(scene.run).claim not in (None, claim), "the import at the other worker")
        assert first.popen.wait() == 0
        assert_untouched(scene)
    wait_for_end(scene.run)
    assert fresh(scene.run).interruptions == 0
    assert_imported(scene)


def test_deletion_whose_worker_is_told_to_stop_goes_on_at_another_at_once(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=32)
    first = start_worker()
    with held_deletion(scene, "deleting") as deletion:
        claim = reload(deletion).claim
        start_worker("imports")
        first.popen.terminate()
        wait_until(lambda: reload(deletion).claim not in (None, claim), "the deletion at the other worker")
        assert first.popen.wait() == 0
        assert_untouched(scene)
    wait_for_end(deletion)
    assert_deleted(scene, deletion)


def test_worker_that_is_told_to_stop_ends_what_it_is_at_when_that_is_soon_over(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=33)
    worker = start_worker(settings={"LISTKEEP_STOP_SECONDS": "600"})
    with held_import(scene, "updating"):
        worker.popen.terminate()
        worker.wait_for("Warm shutdown")
    assert worker.popen.wait() == 0
    assert_imported(scene)


def test_process_of_a_worker_that_is_told_to_stop_alone_gives_its_job_back(start_worker: StartWorker) -> None:
    """As a supervisor does that sends the signal to all processes of a service at once."""
    scene = make_small_scene(seed=34)
    first = start_worker()
    with held_import(scene, "adding"):
        claim = fresh(scene.run).claim
        second = start_worker("imports")
        first.terminate_group()
        wait_until(lambda: fresh(scene.run).claim not in (None, claim), "the import at the other worker")
        assert first.popen.wait() == 0
    wait_for_end(scene.run)
    assert second.popen.poll() is None
    assert fresh(scene.run).status == Import.Status.DONE
