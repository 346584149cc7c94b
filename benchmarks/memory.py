"""S2 and S5: the memory of the workers that do one import and one backup, and whether it grows with the rows.

Each size has workers of its own, because a process keeps the memory that it once had.
"""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from benchmarks import floors, place
from benchmarks.jobs import seconds_of_backup, seconds_of_import
from benchmarks.measures import Bench
from benchmarks.table import Row

EVERY = 0.05  # seconds
LIMITS = {"imports": ("S5", 500.0, 300.0), "backups": ("S2", 350.0, 250.0)}  # MB: bar and aim
FLAT = 1.2  # times the memory of the smaller job
MB = 1_000_000


@dataclass
class Watch:
    """The most proportional memory (PSS: what is shared with other processes counts in parts), looked at often."""

    pids: dict[str, int]
    peak: dict[str, float] = field(default_factory=dict)  # MB by queue

    def __enter__(self) -> Self:
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(EVERY):
            for queue, pid in self.pids.items():
                now = kilobytes(Path(f"/proc/{pid}/smaps_rollup"), "Pss") * 1024 / MB
                self.peak[queue] = max(now, self.peak.get(queue, 0.0))


@dataclass(frozen=True)
class Peak:
    """The most memory that a worker had, in MB: resident, and proportional."""

    resident: float
    proportional: float


def peaks(bench: Bench, rows: int) -> dict[str, Peak]:
    """The memory of fresh workers that import `rows` rows and back them up, by queue."""
    floors.empty()
    with place.workers() as pids, Watch(pids) as watch:
        group = bench.customer.group()
        seconds_of_import(bench.customer, group, bench.file(rows, 0))
        seconds_of_backup(bench.customer, group)
        resident = {queue: kilobytes(Path(f"/proc/{pid}/status"), "VmHWM") * 1024 / MB for queue, pid in pids.items()}
    return {queue: Peak(resident[busier(queue, resident)], watch.peak[busier(queue, resident)]) for queue in LIMITS}


def busier(queue: str, resident: dict[str, float]) -> str:
    """Which of the queues for large and for small jobs had the job."""
    return max((each for each in resident if each.startswith(queue)), key=lambda each: resident[each])


def table(found: dict[int, dict[str, Peak]]) -> list[Row]:
    """The rows of the table for two sizes, the larger one last."""
    small, large = found
    rows = []
    for queue, (name, bar, aim) in LIMITS.items():
        low, high = found[small][queue], found[large][queue]
        what = f"memory of the worker of {queue}, {large:,} rows (PSS {high.proportional:.0f} MB)"
        rows.append(Row(name, what, [high.resident], None, bar, aim, unit="MB"))
        what = f"the same beside that at {small:,} rows (PSS {low.proportional:.0f} MB)"
        rows.append(Row("", what, [high.resident], [low.resident], FLAT, FLAT, unit="MB"))
    return rows


def kilobytes(path: Path, name: str) -> int:
    """A figure of the kernel's about a process."""
    for line in path.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise RuntimeError(f"The kernel tells no {name}.")
