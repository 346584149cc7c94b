"""`python -m benchmarks [--rows N] [--repeats N]`: measure, print one table, write benchmarks/results.json."""

import argparse
import json
import platform
import shutil
from statistics import median
from typing import TYPE_CHECKING

import django

from benchmarks import place

if TYPE_CHECKING:
    from benchmarks.measures import Row

RESULTS = place.ROOT / "benchmarks" / "results.json"


def main() -> None:
    """Measure with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure Listkeep against its floors.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    try:
        with place.services(), place.workers() as pids:
            django.setup()
            measure(arguments.rows, arguments.repeats, pids)
    finally:
        shutil.rmtree(place.FOLDER)


def measure(rows: int, repeats: int, pids: dict[str, int]) -> None:
    """Run every measure and tell what came out."""
    from benchmarks.jobs import Customer  # noqa: PLC0415  # models can be imported only when Django is set up
    from benchmarks.measures import Bench  # noqa: PLC0415

    bench = Bench(Customer.new(), place.FOLDER, rows, repeats, pids)
    imported, group = bench.import_into_new_list()
    backed_up, size = bench.backup(group)
    updated = bench.update_with_and_without_backups(group)
    small = bench.small_import()
    memory = bench.memory()
    steps = bench.where_the_time_goes()
    table = [backed_up, imported, updated, small]
    print(f"\n{rows:,} rows, {repeats} repeats, medians; {platform.machine()}, Python {platform.python_version()}\n")
    print(f"{'':4} {'what':70} {'ours s':>8} {'floor s':>8} {'figure':>7} {'bar':>5} {'aim':>5}")
    for row in table:
        floor = f"{median(row.floor):8.2f}" if row.floor else f"{'':8}"
        print(
            f"{row.name:4} {row.what:70} {median(row.ours):8.2f} {floor} {row.figure:7.2f}"
            f" {row.bar:5.2f} {row.aim:5.2f}"
        )
    print(f"\nA backup has {size / 1e6:.1f} MB, {size / rows:.0f} bytes a recipient.")
    for queue, peak in memory.items():
        print(f"The worker of {queue} had at most {peak / 1e6:.0f} MB.")
    print("\nWhere the time of S3 goes (one process, one step after the other):")
    for name, seconds in steps.items():
        print(f"  {name:60} {seconds:7.2f} s")
    RESULTS.write_text(json.dumps(as_json(rows, table, size, memory, steps), indent=2) + "\n")
    print(f"\nWritten to {RESULTS.relative_to(place.ROOT)}.")


def as_json(
    rows: int, table: "list[Row]", size: int, memory: dict[str, int], steps: dict[str, float]
) -> dict[str, object]:
    """Everything that was measured, all runs of it."""
    return {
        "rows": rows,
        "backup_bytes": size,
        "peak_bytes": memory,
        "steps_seconds": steps,
        "measures": [
            {"name": row.name, "what": row.what, "ours": row.ours, "floor": row.floor, "figure": row.figure}
            for row in table
        ],
    }


if __name__ == "__main__":
    main()
