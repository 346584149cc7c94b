"""What is measured: S1, S3, S4 and S10, each beside its floor, several times in turn."""

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from django.utils import timezone

from accounts.tenancy import account_scope
from benchmarks import floors
from benchmarks.data import FIELDS, write_csv
from benchmarks.jobs import Customer, draft, seconds_of_backup, seconds_of_import
from benchmarks.place import peak_memory
from imports.readers import ColumnMapping, Source, read
from recipients.masterdata.apply import apply
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.plan import Mode, Options
from recipients.masterdata.staging import stage
from recipients.models import Group
from recipients.queries import definitions_of
from recipients.revision import lock_group

KEYS = [f"f{place}" for place in range(len(FIELDS))]
SMALL_LIST, SMALL_FILE = 10_000, 100


@dataclass(frozen=True)
class Row:
    """One line of the table. Times in seconds, all runs of each."""

    name: str
    what: str
    ours: list[float]
    floor: list[float] | None
    bar: float  # of the ratio, or of the seconds when there is no floor
    aim: float

    @property
    def figure(self) -> float:
        """The median of ours, in units of the floor's when there is one."""
        return median(self.ours) / median(self.floor) if self.floor else median(self.ours)


@dataclass
class Bench:
    """One run of all measures."""

    customer: Customer
    folder: Path
    rows: int
    repeats: int
    pids: dict[str, int]

    def file(self, rows: int, variant: int) -> Path:
        """A generated file, made once."""
        path = self.folder / f"people-{rows}-{variant}.csv"
        if not path.exists():
            write_csv(path, rows, seed=rows, variant=variant)
        return path

    def import_into_new_list(self) -> tuple[Row, Group]:
        """S3, with the floor in turn; gives the last list too."""
        ours, floor = [], []
        for _repeat in range(self.repeats):
            floors.empty()
            group = self.customer.group()
            seconds, _run = seconds_of_import(self.customer, group, self.file(self.rows, 0))
            ours.append(seconds)
            floors.vacuum()
            copy = floors.CopyIn(group.account_id, group.pk, self.folder / "rows.bin")
            floor.append(copy.seconds())
            copy.path.unlink()
        what = f"import of {self.rows:,} rows into a new list / binary COPY of them"
        return Row("S3", what, ours, floor, bar=4.0, aim=2.5), group

    def backup(self, group: Group) -> tuple[Row, int]:
        """S1, with the floor in turn; gives the backup's size in bytes too."""
        ours, floor = [], []
        for _repeat in range(self.repeats + 2):
            floor.append(floors.copy_out(group.account_id, group.pk, KEYS))
            seconds, backup = seconds_of_backup(self.customer, group)
            ours.append(seconds)
        what = f"backup of {self.rows:,} recipients / COPY TO STDOUT, discarded"
        return Row("S1", what, ours, floor, bar=2.5, aim=1.5), backup.size or 0

    def update_with_and_without_backups(self, group: Group) -> Row:
        """S4: every row of the list changes each time, backups on and off in turn."""
        times: dict[bool, list[float]] = {True: [], False: []}
        for _repeat in range(self.repeats):
            for enabled, variant in ((True, 1), (False, 0)):
                self.customer.switch_backups(enabled=enabled)
                floors.vacuum()
                seconds, run = seconds_of_import(self.customer, group, self.file(self.rows, variant))
                if run.report["changed"] != self.rows:
                    raise RuntimeError(f"Not every row changed: {run.report}")
                times[enabled].append(seconds)
        self.customer.switch_backups(enabled=True)
        what = f"update and add, {self.rows:,} rows changed, backups on / off"
        return Row("S4", what, times[True], times[False], bar=1.10, aim=1.03)

    def small_import(self) -> Row:
        """S10: a hundred rows into a list of ten thousand, the backup included."""
        group = self.customer.group()
        seconds_of_import(self.customer, group, self.file(SMALL_LIST, 0))
        ours = []
        for variant in range(max(10, self.repeats)):
            seconds, _run = seconds_of_import(self.customer, group, self.file(SMALL_FILE, variant))
            ours.append(seconds)
        what = f"import of {SMALL_FILE} rows into {SMALL_LIST:,}, its backup included (seconds)"
        return Row("S10", what, ours, None, bar=2.0, aim=0.5)

    def memory(self) -> dict[str, int]:
        """The most memory that each worker had, in bytes."""
        return {queue: peak_memory(pid) for queue, pid in self.pids.items()}

    def where_the_time_goes(self) -> dict[str, float]:
        """Seconds of each step of S3, in this process, one after the other."""
        floors.empty()
        group = self.customer.group()
        run = draft(self.customer, group, self.file(self.rows, 0))
        seconds: dict[str, float] = {}
        with tempfile.TemporaryDirectory(dir=self.folder) as name, account_scope(group.account_id):
            target, rejected = Path(name) / "rows", Path(name) / "rejected"
            started = time.perf_counter()
            read(
                self.file(self.rows, 0),
                source=Source.from_json(run.source),
                mapping=[ColumnMapping.from_json(one) for one in run.mapping],
                fields=definitions_of(group),
                target=target,
                rejected=rejected,
                progress=ignore,
            )
            started = lap(seconds, "read: CSV → master-data file", started)
            with MasterDataFile.open(target) as file:
                staged = stage(file, progress=ignore)
            started = lap(seconds, "stage: master-data file → temporary table, doubles out", started)
            locked = lock_group(account_id=group.account_id, group_id=group.pk)
            apply(group=locked, staged=staged, options=Options(Mode.UPDATE_AND_ADD), now=timezone.now())
            lap(seconds, "apply: one INSERT, counts", started)
        return seconds


def lap(seconds: dict[str, float], name: str, started: float) -> float:
    """Note the time since `started` and begin the next."""
    now = time.perf_counter()
    seconds[name] = now - started
    return now


def ignore(_done: int, _known: int | None) -> None:
    """Progress that nobody looks at."""
