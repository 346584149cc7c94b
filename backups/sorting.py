"""Sorting the rows of a large file by one column, in memory that does not grow with it. Knows no Django.

Texts are sorted as people do, without regard to capitals and accents; what has no value comes last in both directions;
rows with the same value keep their order.
"""

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from recipients.masterdata.encode import TAG_SEPARATOR
from recipients.scratch import SCRATCH

MERGED_ROWS: Final = 65_536  # in memory at a time while runs are merged, about
SMALLEST_STEP: Final = 256
_MARKS: Final = r"\p{M}+"


def sort_key(column: pa.Array) -> pa.Array:
    """What a column is sorted by."""
    if pa.types.is_list(column.type):
        column = pc.binary_join(column, TAG_SEPARATOR)
    if not pa.types.is_string(column.type):
        return column
    key = pc.utf8_lower(column)
    if pc.all(pc.string_is_ascii(key), min_count=0).as_py():
        return key
    return pc.replace_substring_regex(pc.utf8_normalize(key, "NFD"), _MARKS, "")


def first_rows(keyed: Iterable[pa.RecordBatch], count: int, *, descending: bool) -> pa.Array:
    """The numbers of the first `count` rows; `keyed` has the columns `key` and `row`."""
    best: pa.Table | None = None
    for batch in keyed:
        part = pa.Table.from_batches([batch])
        together = part if best is None else pa.concat_tables([best, part])
        best = together.take(_first_places(together, count, descending=descending)).combine_chunks()
    return pa.array([], pa.uint32()) if best is None else best["row"].combine_chunks()


def all_rows(keyed: Iterable[pa.RecordBatch], *, descending: bool) -> Iterator[pa.Array]:
    """The numbers of all rows in parts. Sorted runs are written to the disk, and merged in windows."""
    with tempfile.TemporaryDirectory(prefix=SCRATCH) as folder, ExitStack() as opened:
        paths = []
        for number, batch in enumerate(keyed):
            path = Path(folder) / str(number)
            table = pa.Table.from_batches([batch])
            _write_run(table.take(pc.sort_indices(table, sort_keys=_keys(descending=descending))), path)
            paths.append(path)
        step = max(SMALLEST_STEP, MERGED_ROWS // max(1, len(paths)))
        yield from _merged([_Run(path, opened, step) for path in paths], descending=descending)


def _keys(*, descending: bool) -> list[tuple[str, str]]:
    return [("key", "descending" if descending else "ascending"), ("row", "ascending")]


def _first_places(table: pa.Table, count: int, *, descending: bool) -> pa.Array:
    """The places of the first rows, in order."""
    if table.num_rows > 4 * count:
        # The smallest `count` values hold the first rows; only they are put in order.
        known = pc.indices_nonzero(pc.is_valid(table["key"]))
        if len(known) > count:
            values = table["key"].take(known)
            order = "descending" if descending else "ascending"
            last = values.take(pc.select_k_unstable(values, count, [("", order)]).slice(count - 1))[0]
            compare = pc.greater_equal if descending else pc.less_equal
            few = pc.indices_nonzero(pc.fill_null(compare(table["key"], last), False))
            part = table.take(few)
            return few.take(pc.sort_indices(part, sort_keys=_keys(descending=descending)).slice(0, count))
    return pc.sort_indices(table, sort_keys=_keys(descending=descending)).slice(0, count)


def _write_run(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        for batch in table.combine_chunks().to_batches(max_chunksize=SMALLEST_STEP):
            writer.write_batch(batch)


class _Run:
    """A sorted run, read on in steps."""

    def __init__(self, path: Path, opened: ExitStack, step: int) -> None:
        self._reader = pa.ipc.open_file(opened.enter_context(pa.OSFile(str(path))))
        self._next, self._step = 0, step
        self.waiting = pa.Table.from_batches([], self._reader.schema)

    @property
    def ended(self) -> bool:
        """Whether nothing follows what waits."""
        known: int = self._reader.num_record_batches
        return self._next >= known

    def fill(self) -> None:
        """Read on when less than a step waits."""
        batches = []
        rows = self.waiting.num_rows
        while rows < self._step and not self.ended:
            batches.append(self._reader.get_batch(self._next))
            rows += batches[-1].num_rows
            self._next += 1
        if batches:
            self.waiting = pa.concat_tables([self.waiting, pa.Table.from_batches(batches)]).combine_chunks()

    def give(self, count: int) -> pa.Table:
        """Take the first rows that wait."""
        given, self.waiting = self.waiting.slice(0, count), self.waiting.slice(count)
        return given

    def before(self, value: pa.Scalar, *, descending: bool) -> pa.Table:
        """Take the rows that wait and stand before a value."""
        keys = self.waiting["key"]
        if not value.is_valid:
            return self.give(pc.sum(pc.is_valid(keys)).as_py() or 0)
        compare = pc.greater if descending else pc.less
        return self.give(pc.sum(compare(keys, value)).as_py() or 0)

    def equal(self, value: pa.Scalar) -> Iterator[pa.Table]:
        """Take all rows with a value, which come next, whether they have been read or not."""
        while True:
            self.fill()
            keys = self.waiting["key"]
            same = pc.equal(keys, value) if value.is_valid else pc.is_null(keys)
            count = pc.sum(same).as_py() or 0
            if not count:
                return
            yield self.give(count)


def _merged(runs: list[_Run], *, descending: bool) -> Iterator[pa.Array]:
    """All that the runs hold, in order.

    Up to the least of the runs' last values that wait, nothing can come that has not been read. Rows with that very
    value follow run by run: of one value, a run's rows stand before those of the next run.
    """
    keys = _keys(descending=descending)
    while True:
        for run in runs:
            run.fill()
        waiting = [run.waiting.slice(run.waiting.num_rows - 1) for run in runs if run.waiting.num_rows]
        if not waiting:
            return
        lasts = pa.concat_tables(waiting)
        until = lasts["key"][pc.sort_indices(lasts, sort_keys=keys)[0].as_py()]
        certain = pa.concat_tables([run.before(until, descending=descending) for run in runs])
        if certain.num_rows:
            yield certain["row"].take(pc.sort_indices(certain, sort_keys=keys)).combine_chunks()
        for run in runs:
            for rows in run.equal(until):
                yield rows["row"].combine_chunks()
