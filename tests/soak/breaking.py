"""What breaks in a soak: processes, Redis, PostgreSQL, storage; each when a worker is at work."""

import contextlib
import random
import shlex
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
from django.conf import settings
from honcho.environ import parse_procfile
from redis import Redis

from tests import environment
from tests.processes import Process, Started
from tests.soak import failing_storage
from tests.soak.journal import JOBS
from tests.soak.marks import Mark, read_marks
from tests.soak.plan import Break

SEEN_WITHIN = 6.0  # seconds in which a worker may be seen at work; after that the fault hits nothing


@dataclass
class Breaker:
    """The processes of the soak, and what can be done to them."""

    marks: Path
    storage_plan: Path
    admin_url: str
    started: Started = field(default_factory=Started)
    done: Counter[str] = field(default_factory=Counter)  # faults by kind
    hits: Counter[str] = field(default_factory=Counter)  # what was running, by what it was at
    restarted: Counter[str] = field(default_factory=Counter)  # workers that ended by themselves
    hitting: int = 0  # faults that hit something that ran

    def start(self) -> None:
        """Start the workers of the Procfile and beat, and wait until they take messages."""
        self.marks.mkdir(exist_ok=True)
        failing_storage.plan(self.storage_plan)
        for name in commands():
            self._start(name)
        schedule = str(environment.VAR / "beat-schedule")
        beat = ("celery", "-A", "config", "beat", "--schedule", schedule, "--pidfile=", "--loglevel", "INFO")
        self.started.start("beat", *beat)
        for process in self.started.processes:
            process.wait_for("beat: Starting..." if process.name == "beat" else " ready.")

    def _start(self, name: str) -> None:
        self.started.start(name, *shlex.split(commands()[name].replace("WARNING", "INFO"))[1:])

    def befall(self, one: Break, *, is_over: Callable[[], bool]) -> str:
        """Wait until a worker is at that, or there is nothing left to do; then let it happen. Says what it hit."""
        deadline = time.monotonic() + SEEN_WITHIN
        while not self._is_moment(one.moment) and not is_over() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(one.after)
        marks = read_marks(self.marks)
        hit = self._describe(marks)
        BREAKS[one.what](self, one, marks)
        self.done[one.what] += 1
        if not one.storage:  # those hit whatever makes the call, and say so then
            self.hitting += bool(hit)
            self.hits.update(hit)
        return f"{one.what} at: {', '.join(hit) or 'nothing'}"

    def _is_moment(self, moment: str) -> bool:
        marks = read_marks(self.marks)
        return moment in self._describe(marks) if moment else bool(marks)

    def note_befallen(self) -> list[str]:
        """What storage has done since the last time."""
        said = failing_storage.befallen(self.storage_plan)
        self.hitting += bool(said)
        self.hits.update(f"storage {one.rsplit('/', 1)[0].rsplit('/', 2)[0]}" for one in said)
        return said

    def _describe(self, marks: list[Mark]) -> list[str]:
        """What the processes are at: the job's state, or the task's name when there is no job."""
        said = []
        with psycopg.connect(self.admin_url) as admin:
            for mark in marks:
                kind = {"advance_import": "import", "advance_deletion": "deletion", "take_backup": "backup"}.get(
                    mark.task.rsplit(".", 1)[-1]
                )
                if kind is None:
                    if "sweep" not in mark.task:
                        said.append(mark.task)
                    continue
                found = admin.execute(f"SELECT status FROM {JOBS[kind]} WHERE id = %s", [mark.job_id]).fetchone()  # noqa: S608
                said.append(f"{kind} {found[0] if found else 'gone'}")
        return said

    def worker_of(self, pid: int) -> Process | None:
        """The worker that a process belongs to."""
        with contextlib.suppress(psutil.NoSuchProcess):
            parent = psutil.Process(pid).ppid()
            return next((one for one in self.started.processes if one.pid == parent), None)
        return None

    def replace(self, worker: Process) -> None:
        """Kill a whole worker, and start it again."""
        worker.kill()
        self.started.processes.remove(worker)
        self._start(worker.name)

    def is_at_work(self) -> bool:
        """Whether a process is at something else than looking for what was forgotten."""
        return any("sweep" not in mark.task for mark in read_marks(self.marks))

    def supervise(self) -> None:
        """Start workers again that ended by themselves, as docker-compose.yml has it (`restart: unless-stopped`).

        Celery ends a worker when Redis goes away at the wrong moment.
        """
        for process in list(self.started.processes):
            if process.popen.poll() is not None and process.name != "beat":
                self.restarted[process.name] += 1
                self.replace(process)

    def wait_for_workers(self) -> None:
        """Wait until each worker takes messages."""
        self.supervise()
        for process in self.started.processes:
            if process.name != "beat":
                process.wait_for(" ready.")


def commands() -> dict[str, str]:
    """The workers of the Procfile."""
    processes: dict[str, str] = parse_procfile((environment.ROOT / "Procfile").read_text()).processes
    return {name: command for name, command in processes.items() if " worker " in command}


def kill_child(breaker: Breaker, one: Break, marks: list[Mark]) -> None:
    """`kill -9` of a process that is at work; the worker starts another one."""
    chance = random.Random(one.chance)
    busy = [mark.pid for mark in marks if "sweep" not in mark.task] or [mark.pid for mark in marks]
    if not busy:
        busy = [child for worker in breaker.started.processes if worker.name != "beat" for child in children(worker)]
    if busy:
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(chance.choice(busy)).kill()


def children(worker: Process) -> list[int]:
    """The ids of a worker's processes; none when it has ended by itself, which the end of the try sees."""
    try:
        return [child.pid for child in psutil.Process(worker.pid).children()]
    except psutil.NoSuchProcess:
        return []


def kill_worker(breaker: Breaker, one: Break, marks: list[Mark]) -> None:
    """`kill -9` of a worker with all its processes; it is started again."""
    chance = random.Random(one.chance)
    at_work = [worker for mark in marks if (worker := breaker.worker_of(mark.pid)) is not None]
    others = [worker for worker in breaker.started.processes if worker.name != "beat"]
    breaker.replace(chance.choice(at_work or others))


def empty_redis(_breaker: Breaker, _one: Break, _marks: list[Mark]) -> None:
    """Lose every message."""
    with Redis.from_url(settings.REDIS_URL) as client:
        client.flushall()


def restart_redis(_breaker: Breaker, one: Break, _marks: list[Mark]) -> None:
    """Stop Redis for a moment."""
    environment.REDIS.stop()
    time.sleep(random.Random(one.chance).uniform(0, 0.5))
    environment.REDIS.start()


def restart_postgresql(_breaker: Breaker, one: Break, _marks: list[Mark]) -> None:
    """End PostgreSQL at once, as a crash does, and start it again a moment later."""
    environment.POSTGRES.kill()
    time.sleep(random.Random(one.chance).uniform(0, 0.5))
    environment.POSTGRES.start()


def spoil_storage(breaker: Breaker, one: Break, _marks: list[Mark]) -> None:
    """Have storage fail at a call to come."""
    failing_storage.plan(breaker.storage_plan, *one.storage)


BREAKS: dict[str, Callable[[Breaker, Break, list[Mark]], None]] = {
    "kill_child": kill_child,
    "kill_worker": kill_worker,
    "empty_redis": empty_redis,
    "restart_redis": restart_redis,
    "restart_postgresql": restart_postgresql,
    "storage_refuses": spoil_storage,
    "storage_refuses_long": spoil_storage,
    "storage_cuts": spoil_storage,
    "storage_damages": spoil_storage,
    "storage_is_slow": spoil_storage,
}
