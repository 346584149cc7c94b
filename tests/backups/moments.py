"""Doing something at a chosen moment in the course of other work: just before or just after one of its statements."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from django.db import connection

from tests.faults.beside import InThread

ABOUT: Final = ('"backups_backup"', '"backups_erasure"')  # statements about these tables count, and no others


@dataclass
class Moment:
    """The moment before the statement `number` (from 1 on), or after it; `has_come` once it was there."""

    number: int
    after: bool
    has_come: bool = False


def moments(*, after: bool) -> Iterator[Moment]:
    """Moment after moment, until one did not come: then the work has no more statements."""
    moment = Moment(0, after, has_come=True)
    while moment.has_come:
        moment = Moment(moment.number + 1, after)
        yield moment


@contextmanager
def doing_at(moment: Moment, deed: Callable[[], object]) -> Iterator[None]:
    """Have the deed done at that moment of the block, once, by somebody else: in a connection of its own."""
    seen = 0

    def wrapper(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - as Django calls it
        nonlocal seen
        counts = any(table in str(sql) for table in ABOUT) and not moment.has_come
        seen += counts
        if not counts or seen != moment.number:
            return execute(sql, params, many, context)
        moment.has_come = True
        if not moment.after:
            do_beside(deed)
        result = execute(sql, params, many, context)
        if moment.after:
            do_beside(deed)
        return result

    with connection.execute_wrapper(wrapper):
        yield


def do_beside(deed: Callable[[], object]) -> None:
    """Have it done in a thread, and wait for its end."""
    thread = InThread(deed)
    thread.start()
    thread.join()
    if thread.error is not None:
        raise thread.error
