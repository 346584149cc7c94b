"""A place to measure in: services, a migrated database and workers of its own, in a folder that goes afterwards.

Importing this module sets the environment, because Django's settings read it once.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded import addresses
from config.embedded.postgres import Postgres
from config.embedded.redis_server import RedisServer

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.mkdtemp(prefix="listkeep-bench-"))
FOLDER.chmod(0o711)  # the database's user passes through it when this runs as root
VAR = FOLDER / "var"
STEPS = FOLDER / "steps.jsonl"
QUEUES = ("imports", "backups", "imports-small", "backups-small")

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "LISTKEEP_VAR": str(VAR),
    "LISTKEEP_DEBUG": "0",
    "SECRET_KEY": "only-for-measuring-" + "x" * 40,
    "DATABASE_URL": addresses.database_url(VAR, role="app"),
    "DATABASE_OWNER_URL": addresses.database_url(VAR, role="owner"),
    "REDIS_URL": addresses.redis_url(VAR),
    "STORAGE_URL": (VAR / "storage").as_uri(),
    "LOG_LEVEL": "WARNING",
    "BENCH_STEPS": str(STEPS),
}


@contextmanager
def services() -> Iterator[None]:
    """PostgreSQL (durable, as in production) and Redis, for the block."""
    postgres, redis = Postgres(VAR), RedisServer(VAR)
    postgres.start()
    try:
        redis.start()
        try:
            subprocess.run([sys.executable, "manage.py", "migrate", "--database=owner", "-v0"], cwd=ROOT, check=True)
            yield
        finally:
            redis.stop()
    finally:
        postgres.stop()


@contextmanager
def workers(*, stopwatch: bool = False) -> Iterator[dict[str, int]]:
    """One worker process per queue for the block; gives the ids of the processes that do the work, by queue.

    With a `stopwatch` they note when each step of their jobs ran (`benchmarks.stopwatch`).
    """
    started = [start_worker(queue, ["--include", "benchmarks.stopwatch"] if stopwatch else []) for queue in QUEUES]
    try:
        yield {queue: only_child(process.pid) for queue, process in zip(QUEUES, started, strict=True)}
    finally:
        for process in started:
            process.send_signal(signal.SIGTERM)
        for process in started:
            process.wait(60)


def start_worker(queue: str, more: list[str]) -> "subprocess.Popen[bytes]":
    """A Celery worker for one queue, with one process that works."""
    log = (VAR / f"worker-{queue}.log").open("wb")
    command = ["-m", "celery", "-A", "config", "worker", "-Q", queue, "-c", "1", "-n", f"{queue}@bench", "-l", "INFO"]
    process = subprocess.Popen([sys.executable, *command, *more], cwd=ROOT, stdout=log, stderr=log)
    while b" ready." not in Path(log.name).read_bytes():
        if process.poll() is not None:
            raise RuntimeError(Path(log.name).read_text())
        time.sleep(0.1)
    return process


def only_child(pid: int) -> int:
    """The id of the process that a worker works in."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(children[0])
