"""One run of all measures: each line is printed as soon as it is known, the steps and the JSON file come last."""

import json
import logging
import platform
from collections.abc import Iterator

from benchmarks import (
    exporting,
    looking,
    memory,
    pages,
    place,
    restoring,
    side_by_side,
    steps,
    table,
    upserting,
    workbooks,
)
from benchmarks.jobs import Customer
from benchmarks.measures import Bench
from benchmarks.table import Row

RESULTS = place.ROOT / "benchmarks" / "results.json"
RESULTS_S3 = RESULTS.with_name("results-s3.json")
MANY = 100_000  # rows of the workbook, and of what the peer imports


def run(rows: int, repeats: int, *, flat: bool, s3: bool) -> None:
    """Measure, print, write results.json. With `s3` without what knows no storage: the peer and workbooks."""
    logging.getLogger("listkeep").setLevel(logging.WARNING)  # of this process; the servers' logs are files of theirs
    bench = Bench(Customer.new(), place.FOLDER, rows, repeats)
    print(f"\n{rows:,} rows, {repeats} repeats, medians; {platform.machine()}, Python {platform.python_version()}\n")
    print(table.HEADER, flush=True)
    found = []
    for row in measured(bench, flat=flat, everything=not s3):
        print(table.line(row), flush=True)
        found.append(row)
    print(f"\nA backup has {bench.backup_bytes / 1e6:.1f} MB, {bench.backup_bytes / rows:.0f} bytes a recipient.")
    if not side_by_side.PYTHON.is_file() and not s3:
        print("django-import-export is not installed in .venv-bench; `make bench` does that.")
    many = min(rows, MANY)
    where = steps.where_the_time_goes(bench)
    if not s3:
        where[f"an XLSX of {many:,} rows"] = workbooks.steps(workbooks.workbook(bench.file(many, 0)), many)
    print(*steps.lines(where), sep="\n")
    result = {
        "rows": rows,
        "repeats": repeats,
        "backup_bytes": bench.backup_bytes,
        "measures": [row.to_json() for row in found],
        "steps": steps.to_json(where),
    }
    target = RESULTS_S3 if s3 else RESULTS
    target.write_text(json.dumps(result, indent=2) + "\n")
    print(f"\nWritten to {target.relative_to(place.ROOT)}.")


def measured(bench: Bench, *, flat: bool, everything: bool) -> Iterator[Row]:
    """The lines of the table, one measure after the other."""
    many = min(bench.rows, MANY)
    people = bench.file(many, 0)
    with place.workers():
        imported, group = bench.import_into_new_list()
        yield imported
        yield bench.backup(group)
        yield from bench.size(group)
        yield from exporting.stream_csv(bench, group)
        yield bench.update_with_and_without_backups(group)
        yield bench.small_import()
        yield from pages.measure(bench, group)
        yield from restoring.measure(bench)
        if side_by_side.PYTHON.is_file() and everything:
            yield from side_by_side.measure(bench.customer, (people, bench.file(many, 1)), many, bench.repeats)
    yield from upserting.measure(bench)
    if everything:
        yield workbooks.measure(people, many, bench.repeats)
        yield exporting.write_workbooks(people, many, bench.repeats)
    sizes = (bench.rows, 5 * bench.rows) if flat else (bench.rows // 5, bench.rows)
    yield from memory.table({rows: memory.peaks(bench, rows) for rows in sizes})
    yield from exporting.memory(bench, sizes)
    yield from looking.table(bench, sizes)
