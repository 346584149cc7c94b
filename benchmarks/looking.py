"""The memory of who looks into a backup and compares it: the web server and the worker, at two sizes of the list."""

import time
from collections.abc import Iterator
from pathlib import Path

from accounts.tenancy import account_scope
from backups.models import Backup, Export
from benchmarks import floors, place
from benchmarks.jobs import POLL, repeated_backup, seconds_of_import
from benchmarks.measures import Bench
from benchmarks.memory import FLAT, MB, kilobytes
from benchmarks.restoring import PART, wrong_file
from benchmarks.table import Row
from benchmarks.website import Website, website
from recipients.models import Group

WEB, WORKER = (350.0, 250.0), (350.0, 250.0)  # MB: bar and aim, as of a backup (S2)


def table(bench: Bench, sizes: tuple[int, int]) -> Iterator[Row]:
    """The rows of the table for two sizes, the larger one last."""
    low, high = (peaks(Bench(bench.customer, bench.folder, rows, 1)) for rows in sizes)
    limits = {"the web server that views and compares": WEB, "the worker that compares": WORKER}
    for (what, (bar, aim)), small, large in zip(limits.items(), low, high, strict=True):
        yield Row("", f"memory of {what}, {sizes[1]:,} rows", [large], None, bar, aim, unit="MB")
        yield Row("", f"the same beside that at {sizes[0]:,} rows", [large], [small], FLAT, FLAT, unit="MB")


def peaks(bench: Bench) -> tuple[float, float]:
    """The most resident memory, in MB, of a fresh web server and a fresh worker that do all of it once."""
    floors.empty()
    with place.workers() as pids, website(bench.customer.owner) as site:
        group = bench.customer.group()
        seconds_of_import(bench.customer, group, bench.file(bench.rows, 0))
        with account_scope(group.account_id):
            present = Group.objects.select_related("account").get(account_id=group.account_id, pk=group.pk)
        backup = repeated_backup(bench.customer, present)
        seconds_of_import(bench.customer, group, wrong_file(bench, PART))
        look(site, backup, bench.rows)
        compare(site, backup)
        return resident(site.pid), resident(pids["files"])


def look(site: Website, backup: Backup, rows: int) -> None:
    """Look at the first page, search, sort by a field and go deep."""
    path = f"/a/{backup.account_id}/backups/{backup.pk}/view/"
    for query in ("", "?q=.77@", "?status=inactive", "?sort=f1&down=on", f"?sort=f5&page={rows // 100}"):
        site.get(path + query)


def compare(site: Website, backup: Backup) -> None:
    """Compare with today, and look at the changes, all and those of one field."""
    path = f"/a/{backup.account_id}/backups/{backup.pk}/compare/"
    site.post(path, {"with": "today"})
    while True:
        with account_scope(backup.account_id):
            export = Export.objects.filter(account_id=backup.account_id, backup_id=backup.pk).latest("requested_at")
        if export.status != Export.Status.PENDING:
            break
        time.sleep(POLL)
    if export.status != Export.Status.COMPLETE:
        raise RuntimeError(f"The comparison ended as {export.status}: {export.failure}")
    for query in ("?", "?kind=changed&field=f5", "?kind=added&page=1000"):
        site.get(path + query)


def resident(pid: int) -> float:
    """The most memory that a process had, in MB."""
    return kilobytes(Path(f"/proc/{pid}/status"), "VmHWM") * 1024 / MB
