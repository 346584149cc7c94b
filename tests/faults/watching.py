"""Waiting for what happens in other processes, and catching it in the act.

Nothing here says how long something may take: a state is waited for, generously, and looked at again once the world has
been stopped.
"""

import time
from collections.abc import Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import psutil
from django.utils import timezone

import backups.orphans
import imports.orphans
from backups.closing_job import sweep_closures
from backups.erasing import sweep_erasures
from backups.exporting import sweep_exports
from backups.taking import sweep_backups
from imports.models import Import
from imports.run import sweep_imports
from imports.tidying import tidy_imports
from recipients.deletion import sweep_deletions
from recipients.nudge import sweep_held_back
from recipients.orphans import KEPT
from tests import environment
from tests.faults.scenario import J, Scene, reload
from tests.processes import Process

T = TypeVar("T")

WAIT_SECONDS = 90.0
ENDS = {"done", "failed", "cancelled", "complete"}


def wait_until(seen: Callable[[], T | None], what: str) -> T:
    """Look again and again until there is something to see; gives it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := seen()):
        assert time.monotonic() < deadline, f"{what}: waited for in vain"
        time.sleep(0.03)
    return found


def wait_for_end(job: J, *, ends: Collection[str] = ENDS) -> J:
    """Wait until a job has ended by itself, while the sweeps run as beat sends them; gives it as it is then."""
    swept = 0.0

    def ended() -> J | None:
        nonlocal swept
        if time.monotonic() - swept > 0.5:
            sweep()
            swept = time.monotonic()
        now = reload(job)
        return now if now.status in ends else None

    return wait_until(ended, f"the end of {job!r}")


def wait_for_preview(scene: Scene) -> Import:
    """Wait until the preview is made, or cannot be, as `wait_for_end` does."""
    return wait_for_end(scene.run, ends={Import.Status.PREVIEWED, *ENDS})


def sweep() -> None:
    """What beat has workers do each few seconds or minutes."""
    now = timezone.now()
    sweep_imports(now=now)
    tidy_imports(now=now)
    sweep_backups(now=now)
    sweep_exports(now=now)
    sweep_erasures(now=now)
    sweep_closures(now=now)
    sweep_deletions(now=now)
    sweep_held_back(now=now)


def sweep_files_a_day_later() -> None:
    """What beat has workers do each hour about files that died processes left, once a day has passed."""
    now = timezone.now() + KEPT + timedelta(minutes=1)
    backups.orphans.remove_orphaned_files(now=now)
    imports.orphans.remove_orphaned_files(now=now)


def is_caught(worker: Process, seen: Callable[[], bool], is_over: Callable[[], bool]) -> bool:
    """Freeze the worker in the phase that `seen` tells; False, with the worker running, when the phase was missed."""
    while not is_over():
        for _look in range(20):
            if not seen():
                continue
            worker.freeze()
            if seen():
                return True
            worker.thaw()
    return False


def writes(worker: Process, name: str) -> bool:
    """Whether a process of the worker has a file of that name open which is not empty."""
    for process in psutil.Process(worker.pid).children(recursive=True):
        try:
            paths = [Path(file.path) for file in process.open_files()]
            if any(path.name == name and path.stat().st_size for path in paths):
                return True
        except (psutil.NoSuchProcess, FileNotFoundError):
            continue  # gone between two looks
    return False


def is_being_stored(place: str) -> bool:
    """Whether a file is on its way into a place."""
    return any(environment.STORAGE.glob(f"{place}/*/*/.*.partial"))
