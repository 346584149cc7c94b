"""Loaded into the workers (`celery worker --include benchmarks.stopwatch`): notes when each step of a job ran.

The steps stand still under the names that the run of an import and the taking of a backup call them by; each is
wrapped once, when the worker starts. A line of JSON a step goes into STEPS, in the seconds of the system's clock.
"""

import json
import os
import time
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection

STEPS = Path(os.environ["BENCH_STEPS"])
WRAPPED = {
    "read": ("imports.reading", "read"),
    "put": ("imports.reading", "put"),
    "stage": ("imports.preview", "stage"),
    "read the backup to restore": ("backups.restore_source", "read_rows"),
    "compare": ("imports.compared", "find_differences"),
    "stage what differs": ("imports.preview", "stage_differences"),
    "plan": ("imports.preview", "plan"),
    "details": ("imports.preview", "details"),
    "apply": ("imports.run", "apply"),
    "take": ("backups.taking", "take"),
    "put the backup": ("backups.taking", "put"),
    "read back": ("backups.taking", "is_intact"),
}


def note(step: str, started: float, statement: str = "") -> None:
    """Write down a step that has ended just now."""
    line = {"step": step, "statement": statement, "started": started, "ended": time.time()}
    with STEPS.open("a") as file:
        file.write(json.dumps(line) + "\n")


def timed(step: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, noted each time that it is called, and so is each statement that it sends to the database."""

    def statement(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        started = time.time()
        try:
            return execute(sql, *rest)
        finally:
            note(step, started, " ".join(sql.split()[:3]))

    @wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        started = time.time()
        try:
            with connection.execute_wrapper(statement):
                return function(*args, **kwargs)
        finally:
            note(step, started)

    return wrapped


for _step, (_module, _name) in WRAPPED.items():
    _found = import_module(_module)
    setattr(_found, _name, timed(_step, getattr(_found, _name)))
