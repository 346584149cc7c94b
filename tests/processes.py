"""Real processes of Listkeep for tests: workers, beat and the web server, on the session's services."""

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from honcho.environ import parse_procfile
from redis import Redis

from config.embedded.s3_server import free_port
from tests import environment
from tests.forking import Forked, Nursery

QUEUES = {  # by what is done: large and small jobs
    "imports": ("imports", "imports-small"),
    "backups": ("backups", "backups-small"),
    "maintenance": ("maintenance", "files", "files-small"),
}
PROGRAMS = {"TMPDIR": str(environment.SCRATCH), "LISTKEEP_IDLE_TRANSACTION_SECONDS": "45"}  # of all that is started
START_SECONDS = 60.0
STOP_SECONDS = 20.0
REST_SECONDS = 5.0


@dataclass
class Process:
    """A started program with its log; it leads a process group of its own."""

    name: str
    log: Path
    popen: "subprocess.Popen[bytes] | Forked"

    @property
    def pid(self) -> int:
        """The id of the program's first process."""
        return self.popen.pid

    def kill(self) -> None:
        """End the program and all its children at once, as `kill -9` or a crash would."""
        with contextlib.suppress(ProcessLookupError):  # all of them may have ended already
            os.killpg(self.pid, signal.SIGKILL)
        self.popen.wait()

    def kill_children(self) -> None:
        """Kill the processes of a worker that carry out tasks, as the system does when memory runs out.

        The worker starts others.
        """
        for child in psutil.Process(self.pid).children():
            child.kill()

    def terminate_group(self) -> None:
        """Ask the program and its children to end, each of them, as some supervisors do."""
        os.killpg(self.pid, signal.SIGTERM)

    def freeze(self) -> None:
        """Stop the program and its children in the middle of whatever they do."""
        os.killpg(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen program go on as if nothing had happened."""
        os.killpg(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """Ask the program to end in good order, and make it when it does not within 20 seconds."""
        self.popen.terminate()
        try:
            self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait_for(self, text: str) -> None:
        """Wait until the program's log holds `text`; fail with the log when it ends or takes too long."""
        deadline = time.monotonic() + START_SECONDS
        while text not in self.log.read_text(errors="replace"):
            if self.popen.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"{self.name} did not say {text!r}:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)


@dataclass
class Started:
    """The processes of one owner: a test, or the session."""

    processes: list[Process] = field(default_factory=list)
    count: int = 0

    def start(self, name: str, *arguments: str, settings: Mapping[str, str] | None = None) -> Process:
        """Start `python -m arguments` on the session's services, with `settings` in its environment beside theirs."""
        self.count += 1
        environment.LOGS.mkdir(parents=True, exist_ok=True)
        log = environment.LOGS / f"{name}-{id(self)}-{self.count}.log"
        env = os.environ | environment.ENVIRONMENT | PROGRAMS | dict(settings or {})
        process = Process(name=name, log=log, popen=_start(arguments, env, log))
        self.processes.append(process)
        return process

    def start_worker(self, *parts: str, settings: Mapping[str, str] | None = None) -> Process:
        """Start a Celery worker with one child for these parts of QUEUES, or for all; wait until it takes messages."""
        chosen = parts or tuple(QUEUES)
        process = self.start(
            f"worker-{'-'.join(chosen)}",
            *(
                "celery",
                "-A",
                "config",
                "worker",
                "-Q",
                ",".join(queue for part in chosen for queue in QUEUES[part]),
                "-n",
                f"{'-'.join(chosen)}-{self.count}@test",
            ),
            *("--pool", "prefork", "--concurrency", "1", "--loglevel", "INFO", "--without-gossip", "--without-mingle"),
            settings=settings,
        )
        process.wait_for(" ready.")
        return process

    def start_procfile_workers(self) -> None:
        """Start the workers of the Procfile as `make run` does, each by its name, and wait until they take messages."""
        commands = parse_procfile((environment.ROOT / "Procfile").read_text()).processes
        for name, command in commands.items():
            if " worker " in command:
                self.start(name, *shlex.split(command.replace("WARNING", "INFO"))[1:])
        for process in self.processes:
            process.wait_for(" ready.")

    def rest(self) -> None:
        """Freeze these workers once they have done what they are at; end them when that takes long."""
        with Redis.from_url(settings.REDIS_URL) as client:
            client.delete(*(queue for queues in QUEUES.values() for queue in queues))
            deadline = time.monotonic() + REST_SECONDS
            while client.exists("unacked"):  # messages of tasks that run or wait for their time
                if time.monotonic() > deadline:
                    self.end()
                    return
                time.sleep(0.02)
        for process in self.processes:
            process.freeze()

    def end(self) -> None:
        """End them all, without waiting for what they are at."""
        for process in self.processes:
            process.kill()
        self.processes.clear()

    def end_with_session(self) -> None:
        """End them with the session, before the process that they are forked from: it tells when they have ended."""
        nursery()
        environment.AT_END.callback(self.end)


@cache
def nursery() -> Nursery:
    """The process that has Listkeep loaded; it ends with the session."""
    env = os.environ | environment.ENVIRONMENT | PROGRAMS
    made = Nursery.open(env, cwd=environment.ROOT, log=environment.LOGS / "forking.log")
    environment.AT_END.callback(made.close)
    return made


def _start(arguments: Sequence[str], env: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes] | Forked":
    """Start `python -m arguments`: forked from what has Listkeep loaded, unless its environment is another one."""
    if nursery().suits(env):
        return nursery().start(arguments, log=log)
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=environment.ROOT,
            env=env,
            start_new_session=True,
        )


SHARED_WORKERS = Started()
SHARED_WEB = Started()


@pytest.fixture
def workers(committed_db: None, storage: Path) -> Iterator[list[Process]]:
    """A running worker for each part of QUEUES.

    They stay for later tests, and rest while others do the steps of jobs alone.
    """
    if not SHARED_WORKERS.processes:
        SHARED_WORKERS.end_with_session()
        for part in QUEUES:
            SHARED_WORKERS.start_worker(part)
    for process in SHARED_WORKERS.processes:
        process.thaw()
    yield SHARED_WORKERS.processes
    SHARED_WORKERS.rest()


@pytest.fixture
def start_worker(committed_db: None, storage: Path) -> Iterator[Callable[..., Process]]:
    """Starts a worker of the test's own for the parts of QUEUES it names; no other worker runs meanwhile."""
    SHARED_WORKERS.end()
    started = Started()
    try:
        yield started.start_worker
    finally:
        started.end()


@pytest.fixture
def beat(committed_db: None, tmp_path: Path) -> Iterator[Process]:
    """A running beat, which sends the sweeps each second."""
    started = Started()
    try:
        process = started.start(
            "beat", "celery", "-A", "config", "beat", "--schedule", str(tmp_path / "beat"), "--loglevel", "INFO"
        )
        process.wait_for("beat: Starting...")
        yield process
    finally:
        started.end()


@pytest.fixture(scope="session")
def web_port(django_db_setup: None) -> int:
    """The port of a web server on the session's database, which runs until the session ends."""
    port = free_port()
    SHARED_WEB.end_with_session()
    process = SHARED_WEB.start(
        *(
            "web",
            "gunicorn",
            "config.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--worker-class",
            "gthread",
            "--threads",
            "4",
        )
    )
    process.wait_for("Booting worker")
    wait_for_port(port)
    return port


@pytest.fixture
def live_url(committed_db: None, storage: Path, web_port: int) -> str:
    """The address, without a slash at its end, of the real web server on the test's database."""
    return f"http://127.0.0.1:{web_port}"


def wait_for_port(port: int) -> None:
    """Wait until somebody listens on the port of this machine."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert time.monotonic() < deadline, f"nobody listens on port {port}"
        time.sleep(0.05)
