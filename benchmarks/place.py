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
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.embedded import addresses
from config.embedded.postgres import Postgres
from config.embedded.redis_server import RedisServer
from config.embedded.s3_server import S3Server

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(tempfile.mkdtemp(prefix="listkeep-bench-"))
FOLDER.chmod(0o711)  # the database's user passes through it when this runs as root
VAR = FOLDER / "var"
STEPS = FOLDER / "steps.jsonl"
QUEUES = ("imports", "backups", "files", "imports-small", "backups-small")

os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "LISTKEEP_VAR": str(VAR),
    "LISTKEEP_DEBUG": "0",
    "ALLOWED_HOSTS": "localhost",
    "STATIC_ROOT": str(FOLDER / "static"),
    "SECRET_KEY": "only-for-measuring-" + "x" * 40,
    "DATABASE_URL": addresses.database_url(VAR, role="app"),
    "DATABASE_OWNER_URL": addresses.database_url(VAR, role="owner"),
    "REDIS_URL": addresses.redis_url(VAR),
    "STORAGE_URL": (VAR / "storage").as_uri(),
    "LOG_LEVEL": "INFO",
    "BENCH_STEPS": str(STEPS),
}


@contextmanager
def services(*, s3: bool = False) -> Iterator[None]:
    """PostgreSQL (durable, as in production), Redis and, if asked for, an S3 server, for the block."""
    with ExitStack() as started:
        if s3:
            server = S3Server(VAR / "s3")
            started.callback(server.stop)
            server.start()
            os.environ["STORAGE_URL"] = server.url
        postgres, redis = Postgres(VAR), RedisServer(VAR)
        started.callback(postgres.stop)
        postgres.start()
        started.callback(redis.stop)
        redis.start()
        subprocess.run([sys.executable, "manage.py", "migrate", "--database=owner", "-v0"], cwd=ROOT, check=True)
        yield


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
