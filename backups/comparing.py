"""Comparing two master-data files, row by row and column by column, in windows of bounded size.

Both are in the order of their addresses, as `take` writes them. Knows no Django.
"""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from recipients.masterdata.encode import TAG_SEPARATOR
from recipients.masterdata.file import MasterDataFile

WINDOW_ROWS = 16_384


def count_differences(left: MasterDataFile, right: MasterDataFile) -> int:
    """How many recipients stand in one file alone, or with another value in any column that either file has.

    Raises DamagedMasterData.
    """
    differences = 0
    columns = [name for name in left.schema.names if name in right.schema.names]
    # A column of one file alone is a difference of each recipient who has something in it.
    alone = [[name for name in file.schema.names if name not in columns] for file in (left, right)]
    for mine, theirs in windows(left, right):
        at = pc.index_in(mine["email"], theirs["email"])
        known = pc.is_valid(at)
        found = pc.unique(at.filter(known))
        # Who stands in one of the two alone, or several times.
        differences += mine.num_rows - len(found) + theirs.num_rows - len(found)
        ours = mine.filter(known)
        same = _same_rows(ours, theirs.take(at.filter(known)), columns, alone)
        differences += ours.num_rows - (pc.sum(same).as_py() or 0)
    return differences


def _same_rows(left: pa.Table, right: pa.Table, columns: list[str], alone: list[list[str]]) -> pa.ChunkedArray:
    """For each pair of rows, whether they are the same."""
    same = pa.chunked_array([pa.repeat(pa.scalar(True), left.num_rows)])
    for name in columns:
        one, other = _comparable(left[name]), _comparable(right[name])
        if one.type != other.type:
            one, other = pc.is_null(one), pc.is_null(other)  # of two types: the same only where there is nothing
            equal = pc.and_(one, other)
        else:
            both_absent = pc.and_(pc.is_null(one), pc.is_null(other))
            equal = pc.or_(pc.fill_null(pc.equal(one, other), False), both_absent)
        same = pc.and_(same, equal)
    for table, names in zip((left, right), alone, strict=True):
        for name in names:
            same = pc.and_(same, pc.is_null(table[name]))
    return same


def _comparable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column in a type that can be compared: tags joined by what no tag holds."""
    return pc.binary_join(column, TAG_SEPARATOR) if pa.types.is_list(column.type) else column


def windows(left: MasterDataFile, right: MasterDataFile) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Both files in steps: the rows of each up to the same address. Neither side is longer than two batches."""
    sides = [_Side(left), _Side(right)]
    while True:
        for side in sides:
            side.fill()
        lasts = [side.last for side in sides if side.last is not None]
        if not lasts:
            return
        # Of a file that has ended no row can follow, so only the others say how far this step may go.
        open_lasts = [side.last for side in sides if side.last is not None and not side.ended]
        until = min(open_lasts) if open_lasts else max(lasts)
        yield sides[0].up_to(until), sides[1].up_to(until)


class _Side:
    """What has been read of a file and not been given out yet."""

    def __init__(self, file: MasterDataFile) -> None:
        self._batches = file.batches(batch_size=WINDOW_ROWS)
        self._waiting = pa.Table.from_batches([], file.schema)
        self.ended = False

    @property
    def last(self) -> bytes | None:
        """The last address that waits, in the order of bytes; None when none does."""
        if not self._waiting.num_rows:
            return None
        last: str = self._waiting["email"][-1].as_py()
        return last.encode()

    def fill(self) -> None:
        """Read on when less than a batch waits."""
        while not self.ended and self._waiting.num_rows < WINDOW_ROWS:
            batch = next(self._batches, None)
            if batch is None:
                self.ended = True
            else:
                self._waiting = pa.concat_tables([self._waiting, pa.Table.from_batches([batch])])

    def up_to(self, until: bytes) -> pa.Table:
        """Give out the rows up to that address; the rest waits on."""
        now = pc.less_equal(self._waiting["email"].cast(pa.binary()), pa.scalar(until, pa.binary()))
        given = self._waiting.filter(now)
        self._waiting = self._waiting.filter(pc.invert(now)).combine_chunks()
        return given
