"""Stopping a process that is at a job: the job goes back at once, and another process takes it up.

A process that is killed keeps its claim until the lease has run out. One that is asked to stop (SIGTERM) breaks off
what it is at, wherever that is; what it changed is rolled back, and the claim is given back
(`recipients.jobs.heartbeat`).
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class StopAsked(KeyboardInterrupt):
    """The process is to stop, and gives back the job that it is at.

    A KeyboardInterrupt, because the drivers of database and storage then break off what their servers are at.
    """


@contextmanager
def stoppable() -> Iterator[None]:
    """Have SIGTERM break off the block by StopAsked, once. In the main thread; in others it does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _break_off)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _break_off(signum: int, frame: FrameType | None) -> NoReturn:
    signal.signal(signum, signal.SIG_IGN)  # what is given back now must not be broken off as well
    raise StopAsked
