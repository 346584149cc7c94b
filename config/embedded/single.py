"""One embedded stack at a time in one `var` folder, also after one was killed without being able to clean up."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

MARK = "LISTKEEP_STACK"  # stands in the environment of every process of the stack, with its `var` folder as value
END_SECONDS = 5.0


class AlreadyRunningError(Exception):
    """Another stack runs on the same data; the message says which."""


@contextmanager
def only_stack(var_dir: Path) -> Iterator[None]:
    """Be the only stack of `var_dir` for the block. Raises AlreadyRunningError."""
    var_dir.mkdir(parents=True, exist_ok=True)
    # A record lock: unlike flock's it belongs to this process alone, so that a child cannot keep it after a kill.
    with (var_dir / "stack.lock").open("a+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            raise AlreadyRunningError(
                f"Listkeep already runs on the data in {var_dir} (process {file.read().strip()}). "
                "Stop it there with Ctrl-C, or set LISTKEEP_VAR to another folder for a second one."
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def environment(var_dir: Path) -> dict[str, str]:
    """What marks a process as one of the stack of `var_dir`."""
    return {MARK: str(var_dir)}


def end_leftovers(var_dir: Path) -> int:
    """End the processes of a stack of `var_dir` that was killed, and return how many there were.

    To be called while `only_stack` holds; PostgreSQL and Redis look after themselves when they start.
    """
    found = [process for process in psutil.process_iter() if is_marked(process, var_dir)]
    for process in found:
        process.terminate()
    _, living = psutil.wait_procs(found, timeout=END_SECONDS)
    for process in living:
        process.kill()
    psutil.wait_procs(living, timeout=END_SECONDS)
    return len(found)


def is_marked(process: psutil.Process, var_dir: Path) -> bool:
    """Whether the process belongs to a stack of `var_dir`; other users' processes do not."""
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == str(var_dir)
    except (psutil.AccessDenied, psutil.NoSuchProcess):
        return False
