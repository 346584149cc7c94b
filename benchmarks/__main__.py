"""`python -m benchmarks [--rows N] [--repeats N] [--flat]`: measure, print, write benchmarks/results.json."""

import argparse
import json
import platform
import shutil

import django

from benchmarks import place

RESULTS = place.ROOT / "benchmarks" / "results.json"
MANY = 100_000  # rows of the workbook, and of what the peer imports


def main() -> None:
    """Measure with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure Listkeep against its floors.")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument(
        "--flat",
        action="store_true",
        help="compare the memory at ROWS with that at five times as many, and not with that at a fifth",
    )
    arguments = parser.parse_args()
    try:
        with place.services():
            django.setup()
            measure(arguments.rows, arguments.repeats, flat=arguments.flat)
    finally:
        shutil.rmtree(place.FOLDER)


def measure(rows: int, repeats: int, *, flat: bool) -> None:
    """Run every measure and tell what came out."""
    # Models can be imported only when Django is set up.
    from benchmarks import memory, side_by_side, steps, table, workbooks  # noqa: PLC0415
    from benchmarks.jobs import Customer  # noqa: PLC0415
    from benchmarks.measures import Bench  # noqa: PLC0415

    bench = Bench(Customer.new(), place.FOLDER, rows, repeats)
    many = min(rows, MANY)
    with place.workers():
        imported, group = bench.import_into_new_list()
        backed_up, size = bench.backup(group)
        found = [backed_up, imported, bench.update_with_and_without_backups(group), bench.small_import()]
        beside = side_by_side.measure(bench.customer, (bench.file(many, 0), bench.file(many, 1)), many, repeats)
    sizes = (rows, 5 * rows) if flat else (rows // 5, rows)
    remembered = memory.table({each: memory.peaks(bench, each) for each in sizes})
    workbook, workbook_steps = workbooks.measure(bench.file(many, 0), many, repeats)
    where = steps.where_the_time_goes(bench)
    found += [*remembered, workbook, *beside]

    print(f"\n{rows:,} rows, {repeats} repeats, medians; {platform.machine()}, Python {platform.python_version()}\n")
    print(*table.lines(found), sep="\n")
    print(f"\nA backup has {size / 1e6:.1f} MB, {size / rows:.0f} bytes a recipient.")
    print("S8's other half, a workbook written, waits for the XLSX export: nothing writes one yet.")
    print(*steps.lines(where), sep="\n")
    result = {
        "rows": rows,
        "repeats": repeats,
        "backup_bytes": size,
        "measures": [row.to_json() for row in found],
        "steps_of_workbook": workbook_steps,
        "steps": steps.to_json(where),
    }
    RESULTS.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\nWritten to {RESULTS.relative_to(place.ROOT)}.")


if __name__ == "__main__":
    main()
