"""S1, S3, S4, S10 and S11: each beside its floor, several times in turn."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks import floors
from benchmarks.data import FIELDS, write_csv
from benchmarks.jobs import Customer, repeated_backup, seconds_of_backup, seconds_of_import
from benchmarks.table import Row
from recipients.models import Group

KEYS = [f"f{place}" for place in range(len(FIELDS))]
SMALL_LIST, SMALL_FILE = 10_000, 100


@dataclass
class Bench:
    """One run of all measures."""

    customer: Customer
    folder: Path
    rows: int
    repeats: int
    backup_bytes: int = 0  # of the last backup

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

    def backup(self, group: Group) -> Row:
        """S1, with the floor in turn."""
        ours, floor = [], []
        for _repeat in range(self.repeats + 2):
            floor.append(floors.copy_out(group.account_id, group.pk, KEYS))
            seconds, backup = seconds_of_backup(self.customer, group)
            ours.append(seconds)
            self.backup_bytes = backup.size or 0
        what = f"backup of {self.rows:,} recipients / COPY TO STDOUT, discarded"
        return Row("S1", what, ours, floor, bar=2.5, aim=1.5)

    def size(self, group: Group) -> list[Row]:
        """S11: the bytes of a backup, and those of another one of the unchanged list."""
        _seconds, backup = seconds_of_backup(self.customer, group)
        again = repeated_backup(self.customer, group)
        as_csv = floors.compressed_csv(group.account_id, group.pk, KEYS)
        more = 0 if again.file_key == backup.file_key else again.size or 0
        what = f"size of a backup of {self.rows:,} recipients / the rows as csv.zst, level 3"
        mb = 1_000_000
        return [
            Row("S11", what, [(backup.size or 0) / mb], [as_csv / mb], bar=1.0, aim=1.0, unit="MB"),
            Row("", "what another backup of the unchanged list adds", [more / mb], None, bar=0.0, aim=0.0, unit="MB"),
        ]

    def update_with_and_without_backups(self, group: Group) -> Row:
        """S4: every row of the list changes each time, backups on and off in turn, now the one first, now the other.

        Once before, unmeasured: the first change of all rows of a new list finds no room beside them, the next ones do.
        """
        times: dict[bool, list[float]] = {True: [], False: []}
        self.seconds_of_update(group, 1)
        for repeat in range(self.repeats):
            for enabled, variant in zip((repeat % 2 == 0, repeat % 2 == 1), (0, 1), strict=True):
                self.customer.switch_backups(enabled=enabled)
                times[enabled].append(self.seconds_of_update(group, variant))
        self.customer.switch_backups(enabled=True)
        what = f"update and add, {self.rows:,} rows changed, backups on / off"
        return Row("S4", what, times[True], times[False], bar=1.10, aim=1.03)

    def seconds_of_update(self, group: Group, variant: int) -> float:
        """Seconds of an import that changes every row of the list."""
        floors.vacuum()
        seconds, run = seconds_of_import(self.customer, group, self.file(self.rows, variant))
        if run.report["changed"] != self.rows:
            raise RuntimeError(f"Not every row changed: {run.report}")
        return seconds

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
