"""How many requests a token may make in a minute: counted in Redis, where all web processes count together.

A Redis that does not answer neither stops programs nor lets them go on without limit: each process counts by itself
until Redis is back, so that a token may then make as many requests as it may otherwise, times the number of processes.
"""

import logging
import threading
import time
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Final

import redis
from django.conf import settings

logger = logging.getLogger(__name__)

WINDOW: Final = 60  # seconds, from each full minute on
PATIENCE: Final = 0.3  # seconds that a request waits for Redis
REST: Final = 5.0  # seconds in which Redis is not asked again after it did not answer


@dataclass(frozen=True)
class Allowance:
    """What a token may still do: `left` of `limit` requests, until there are new ones in `resets_in` seconds."""

    limit: int
    left: int
    resets_in: int
    is_spent: bool


class _Counting:
    """Counts the requests of this minute by themselves, for as long as Redis does not."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window = 0
        self._counts: Counter[int] = Counter()
        self.asks_redis_from = 0.0  # on the clock of time.monotonic

    def count(self, token_id: int, window: int) -> int:
        with self._lock:
            if window != self._window:
                self._window, self._counts = window, Counter()
            self._counts[token_id] += 1
            return self._counts[token_id]


_here = _Counting()


def count_request(*, token_id: int) -> Allowance:
    """Count one request of a token; whether it is one too many stands in the answer. Never raises."""
    now, limit = time.time(), settings.API_REQUESTS_PER_MINUTE
    window = int(now // WINDOW)
    made = _counted(token_id, window)
    return Allowance(
        limit=limit, left=max(limit - made, 0), resets_in=WINDOW - int(now % WINDOW), is_spent=made > limit
    )


def _counted(token_id: int, window: int) -> int:
    if time.monotonic() < _here.asks_redis_from:
        return _here.count(token_id, window)
    key = f"listkeep:api:{token_id}:{window}"
    try:
        with _redis(settings.REDIS_URL).pipeline(transaction=True) as pipe:
            pipe.set(key, 0, ex=2 * WINDOW, nx=True)
            pipe.incr(key)
            return int(pipe.execute()[1])
    except redis.RedisError:
        logger.warning("Redis does not answer; requests of the interface are counted by each process for %s s", REST)
        _here.asks_redis_from = time.monotonic() + REST
        return _here.count(token_id, window)


@cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
