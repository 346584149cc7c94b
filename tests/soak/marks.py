"""Marks: each process of a worker says in a file of its own what it is at, so that a fault can be made to hit it."""

import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from celery.signals import task_postrun, task_prerun

FOLDER = "LISTKEEP_SOAK_MARKS"  # in the environment of workers


@dataclass(frozen=True)
class Mark:
    """A process that is at a task, and the job that the task is about."""

    pid: int
    task: str
    job_id: uuid.UUID | None


@task_prerun.connect
def begin(task: Any = None, kwargs: dict[str, Any] | None = None, **_signal: Any) -> None:
    """Say what this process is at."""
    if FOLDER in os.environ:
        path = Path(os.environ[FOLDER]) / str(os.getpid())
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps([task.name, (kwargs or {}).get("job_id")]))
        draft.rename(path)


@task_postrun.connect
def end(**_signal: Any) -> None:
    """Say that this process is at nothing."""
    if FOLDER in os.environ:
        (Path(os.environ[FOLDER]) / str(os.getpid())).unlink(missing_ok=True)


def read_marks(folder: Path) -> list[Mark]:
    """What living processes are at."""
    found = []
    for path in folder.iterdir():
        if path.suffix or not psutil.pid_exists(int(path.name)):
            continue
        try:
            task, job_id = json.loads(path.read_text())
        except FileNotFoundError:  # it has just ended
            continue
        found.append(Mark(pid=int(path.name), task=task, job_id=job_id and uuid.UUID(job_id)))
    return sorted(found, key=lambda mark: mark.pid)
