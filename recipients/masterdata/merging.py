"""Merging two streams of master data that are sorted by address, in windows of bounded size, and comparing their rows.

Knows no Django. Called where a list or a file is compared with another: `differing`, `backups.comparing`,
`backups.difference_file`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc

from recipients.masterdata.encode import TAG_SEPARATOR
from recipients.masterdata.file import MasterDataFile

WINDOW_ROWS: Final = 16_384


@dataclass(frozen=True)
class Stream:
    """Rows in the order of the bytes of their addresses, as batches of one schema."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    @classmethod
    def of(cls, file: MasterDataFile) -> Self:
        """The rows of a file that is sorted by address, as `take` writes it."""
        return cls(file.schema, file.batches(batch_size=WINDOW_ROWS))


@dataclass(frozen=True)
class Columns:
    """How two schemas are compared: `both` have these, `alone` are those of the left and of the right."""

    both: tuple[str, ...]
    alone: tuple[tuple[str, ...], tuple[str, ...]]

    @classmethod
    def of(cls, left: pa.Schema, right: pa.Schema, *, ignoring: Sequence[str] = ()) -> Self:
        """All columns but those that are ignored; one of a single side is a difference of whoever has a value there."""
        mine, theirs = ([name for name in schema.names if name not in ignoring] for schema in (left, right))
        return cls(
            tuple(name for name in mine if name in theirs),
            (
                tuple(name for name in mine if name not in theirs),
                tuple(name for name in theirs if name not in mine),
            ),
        )


def windows(left: Stream, right: Stream) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Both in steps: the rows of each up to the same address. Neither side is longer than two batches and a window."""
    sides = [_Side(left), _Side(right)]
    while True:
        for side in sides:
            side.fill()
        lasts = [side.last for side in sides if side.last is not None]
        if not lasts:
            return
        # Of a stream that has ended no row can follow, so only the others say how far this step may go.
        open_lasts = [side.last for side in sides if side.last is not None and not side.ended]
        until = min(open_lasts) if open_lasts else max(lasts)
        yield sides[0].up_to(until), sides[1].up_to(until)


def same_rows(left: pa.Table, right: pa.Table, columns: Columns) -> pa.ChunkedArray:
    """For each pair of rows, whether they are the same."""
    same = pa.chunked_array([pa.repeat(pa.scalar(True), left.num_rows)])
    for name in columns.both:
        one, other = _comparable(left[name]), _comparable(right[name])
        if one.type != other.type:
            one, other = pc.is_null(one), pc.is_null(other)  # of two types: the same only where there is nothing
            equal = pc.and_(one, other)
        else:
            both_absent = pc.and_(pc.is_null(one), pc.is_null(other))
            equal = pc.or_(pc.fill_null(pc.equal(one, other), False), both_absent)
        same = pc.and_(same, equal)
    for table, names in zip((left, right), columns.alone, strict=True):
        for name in names:
            same = pc.and_(same, pc.is_null(table[name]))
    return same


def _comparable(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column in a type that can be compared: tags joined by what no tag holds."""
    return pc.binary_join(column, TAG_SEPARATOR) if pa.types.is_list(column.type) else column


class _Side:
    """What has been read of a stream and not been given out yet."""

    def __init__(self, stream: Stream) -> None:
        self._batches = stream.batches
        self._waiting = pa.Table.from_batches([], stream.schema)
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
