"""S6: a backup brought back over a list that was changed, beside the import of the same rows into a new list (S3).

Both from the click that confirms until the report: a restore reads and verifies the backup, makes its safety backup and
applies, as an import reads its file and applies. And the preview that stands before it, for itself.
"""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from django.db import connection
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from backups.restoring import prepare_restore
from benchmarks import floors
from benchmarks.data import FIELDS, person
from benchmarks.jobs import Customer, repeated_backup, seconds_from_confirmation, seconds_of_import, wait
from benchmarks.measures import Bench
from benchmarks.table import Row
from imports.models import Import
from imports.restoring import Way, Wish
from recipients.models import Group

PART = 10  # one in so many is changed, one removed, and as many are added


@dataclass(frozen=True)
class Damage:
    """What somebody did to the list before it is restored."""

    name: str
    every: int  # one recipient in so many is changed
    others: bool  # recipients are removed and added besides


DAMAGES = (
    Damage("a tenth changed, a tenth removed, a tenth added", PART, others=True),
    Damage("every recipient changed", 1, others=False),
)


def measure(bench: Bench) -> list[Row]:
    """Both kinds of damage, each with S3 of the same rows in turn."""
    imports: dict[Damage, list[float]] = {damage: [] for damage in DAMAGES}
    restores: dict[Damage, list[float]] = {damage: [] for damage in DAMAGES}
    with_previews: dict[Damage, list[float]] = {damage: [] for damage in DAMAGES}
    for _repeat in range(bench.repeats):
        for damage in DAMAGES:
            floors.empty()
            group = bench.customer.group()
            seconds, _run = seconds_of_import(bench.customer, group, bench.file(bench.rows, 0))
            imports[damage].append(seconds)
            floors.vacuum()
            backup = made(bench.customer, group)
            change(bench, group, damage)
            floors.vacuum()
            preview, restore = seconds_of_restore(bench.customer, backup, bench.rows)
            restores[damage].append(restore)
            with_previews[damage].append(preview + restore)
    return [
        Row(name, f"{what} of {bench.rows:,}, {damage.name} / S3", times[damage], imports[damage], bar=1.0, aim=0.6)
        for name, what, times in (
            ("S6", "exact restore", restores),
            ("", "the same with its preview", with_previews),
        )
        for damage in DAMAGES
    ]


def made(customer: Customer, group: Group) -> Backup:
    """A complete backup of a list as it is."""
    with account_scope(group.account_id):
        present = Group.objects.select_related("account").get(account_id=group.account_id, pk=group.pk)
    return repeated_backup(customer, present)


def change(bench: Bench, group: Group, damage: Damage) -> None:
    """Change the list by imports without backups."""
    bench.customer.switch_backups(enabled=False)
    path = bench.file(bench.rows, 1) if damage.every == 1 else wrong_file(bench, damage.every)
    seconds_of_import(bench.customer, group, path)
    bench.customer.switch_backups(enabled=True)
    if damage.others:
        with account_scope(group.account_id), connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM recipients_recipient WHERE account_id = %s AND group_id = %s AND email ~ %s",
                [group.account_id, group.pk, r"7@example\d+\.org$"],
            )


def wrong_file(bench: Bench, every: int) -> Path:
    """A file that changes one recipient in `every` and adds as many."""
    path = bench.folder / f"wrong-{bench.rows}-{every}.csv"
    if not path.exists():
        lines = [person(number, bench.rows, 1) for number in range(0, bench.rows, every)]
        lines += [person(bench.rows + number, bench.rows, 1) for number in range(0, bench.rows, every)]
        random.Random(every).shuffle(lines)
        path.write_text(";".join(["E-Mail", *FIELDS]) + "\r\n" + "".join(lines), encoding="utf-8", newline="")
    return path


def seconds_of_restore(customer: Customer, backup: Backup, rows: int) -> tuple[float, float]:
    """Seconds until its preview stands there, and those from the confirmation until it is done."""
    clicked = time.perf_counter()
    with account_scope(backup.account_id):
        run = prepare_restore(backup=backup, wish=Wish(way=Way.EXACT), actor=customer.owner, now=timezone.now())
    wait(run, [Import.Status.PREVIEWING], Import.Status.PREVIEWED)
    previewed = time.perf_counter() - clicked
    seconds = seconds_from_confirmation(customer, run)
    told = run.report
    back = told["changed"] + told["unchanged"] + told["added"]
    if back != rows or not told["changed"] or not told["as_previewed"]:
        raise RuntimeError(f"The list is not as it was: {told}")
    return previewed, seconds
