"""Whether the clock can be trusted with a deletion: nothing is purged early because a clock jumped.

Two witnesses: the database's clock, which is another machine's where it matters, and the time since this machine was
started, which nobody can set. Where the clock moved against the second one, the new time is believed after a day, so
that a wrong clock that was put right does not stop the purge for ever.
"""

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

TOLERANCE = timedelta(minutes=5)
BELIEVED_AFTER = timedelta(days=1)


class ClockWatch:
    """Notices when the wall clock moves against a steady one. Begins with the time that it is made with."""

    def __init__(self, wall: datetime, steady: timedelta) -> None:
        self._trusted = wall - steady
        self._doubted: datetime | None = None
        self._doubted_since = steady

    def jump(self, wall: datetime, steady: timedelta) -> timedelta:
        """How far the wall clock has moved away from the time that is believed; zero within the tolerance."""
        offset = wall - steady
        if abs(offset - self._trusted) <= TOLERANCE:
            self._doubted = None
            return timedelta(0)
        if self._doubted is None or abs(offset - self._doubted) > TOLERANCE:
            self._doubted, self._doubted_since = offset, steady
        if steady - self._doubted_since >= BELIEVED_AFTER:
            self._trusted, self._doubted = offset, None
            return timedelta(0)
        return offset - self._trusted


def steady_time() -> timedelta:
    """The time since the machine was started, sleep included where the system counts it."""
    kind = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return timedelta(seconds=time.clock_gettime(kind))


WATCH = ClockWatch(timezone.now(), steady_time())


def doubt_about(now: datetime) -> str:
    """Why `now` cannot be trusted, as a sentence for the operator; empty when it can."""
    apart = now - database_time()
    if abs(apart) > TOLERANCE:
        return f"The clock is {_difference(apart)} the database's clock."
    jump = WATCH.jump(now, steady_time())
    if jump:
        return f"The clock was set and is {_difference(jump)} the time it showed before; it is believed after a day."
    return ""


def database_time() -> datetime:
    """What the database's clock says at this moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def _difference(apart: timedelta) -> str:
    return f"{abs(apart)} {'ahead of' if apart > timedelta(0) else 'behind'}"
