"""A large Parquet file whose rows are fetched by their number, and orders of its rows that were worked out once.

Parquet is read by row groups of 65,536 rows, which is too much for fifty rows that stand apart. So each row group that
a page needs is written once beside the file as blocks of a thousand rows. An order is a file of row numbers, so that a
deep page costs what the first one costs. Memory does not grow with the file. Knows no Django.
"""

import sys
from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from backups.kept_files import FILE, written_whole

BLOCK_ROWS: Final = 1024
NUMBER: Final = 4  # bytes of a row's number
_READ_BUFFER_BYTES: Final = 1024 * 1024


class Order:
    """Numbers of rows in the order in which they are shown."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._count = path.stat().st_size // NUMBER

    def __len__(self) -> int:
        return self._count

    def slice(self, first: int, count: int) -> list[int]:
        """Up to `count` numbers from the place `first` on."""
        with self._path.open("rb") as file:
            file.seek(first * NUMBER)
            numbers = array("I", file.read(count * NUMBER))
        return numbers.tolist()

    def numbers(self) -> list[int]:
        """All of them; for orders that are known to be short."""
        return array("I", self._path.read_bytes()).tolist()


class RowStore:
    """The rows of the file in a kept folder (see `kept_files`); use it in a `with` block."""

    def __init__(self, folder: Path) -> None:
        assert sys.byteorder == "little"  # noqa: S101 - what is written is read by the same machine's kind
        self.folder = folder
        self.parquet = pq.ParquetFile(folder / FILE, pre_buffer=False, memory_map=False, buffer_size=_READ_BUFFER_BYTES)
        sizes = [self.parquet.metadata.row_group(group).num_rows for group in range(self.parquet.num_row_groups)]
        self._starts: list[int] = [0, *accumulate(sizes)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.parquet.close()

    @property
    def row_count(self) -> int:
        """How many rows the file has."""
        return self._starts[-1]

    def batches(self, columns: Sequence[str], batch_size: int = 65_536) -> Iterable[pa.RecordBatch]:
        """All rows of some columns, in the file's order."""
        found: Iterable[pa.RecordBatch] = self.parquet.iter_batches(
            batch_size=batch_size, columns=list(columns), use_threads=False
        )
        return found

    def fetch(self, numbers: Sequence[int]) -> pa.Table:
        """The rows with these numbers, in this order, with all columns."""
        blocks: dict[tuple[int, int], pa.RecordBatch] = {}
        rows = []
        for number in numbers:
            group = bisect_right(self._starts, number) - 1
            block, place = divmod(number - self._starts[group], BLOCK_ROWS)
            if (group, block) not in blocks:
                blocks[group, block] = self._block(group, block)
            rows.append(blocks[group, block].slice(place, 1))
        return pa.Table.from_batches(rows, self.parquet.schema_arrow.remove_metadata())

    def order(self, name: str, write: Callable[[], Iterable[pa.Array]]) -> Order:
        """The order of that name, which `write` gives in parts (numbers of rows) when it is not there yet."""
        path = self.folder / f"{name}.order"
        if not path.exists():
            with written_whole(path) as beside, beside.open("xb") as file:
                for part in write():
                    file.write(_bytes_of(part))
        return Order(path)

    def has_order(self, name: str) -> bool:
        """Whether that order has been worked out."""
        return (self.folder / f"{name}.order").exists()

    def find(self, column: str, value: str) -> int | None:
        """The number of the first row with that text in the column; only row groups that may hold it are read."""
        place = self.parquet.schema_arrow.names.index(column)
        for group, start in enumerate(self._starts[:-1]):
            statistics = self.parquet.metadata.row_group(group).column(place).statistics
            if statistics is not None and statistics.has_min_max and not statistics.min <= value <= statistics.max:
                continue
            values = self.parquet.read_row_group(group, columns=[column], use_threads=False)[column]
            found: int = values.index(pa.scalar(value, values.type)).as_py()
            if found >= 0:
                return start + found
        return None

    def _block(self, group: int, block: int) -> pa.RecordBatch:
        path = self.folder / f"{group}.rows"
        if not path.exists():
            self._write_blocks(group, path)
        with pa.OSFile(str(path)) as file:
            return pa.ipc.open_file(file).get_batch(block)

    def _write_blocks(self, group: int, path: Path) -> None:
        table = self.parquet.read_row_group(group, use_threads=False).replace_schema_metadata(None).combine_chunks()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with (
            written_whole(path) as beside,
            pa.OSFile(str(beside), "wb") as file,
            pa.ipc.new_file(file, table.schema, options=options) as writer,
        ):
            for batch in table.to_batches(max_chunksize=BLOCK_ROWS):
                writer.write_batch(batch)


def _bytes_of(numbers: pa.Array) -> memoryview:
    whole = numbers.cast(pa.uint32())
    start = whole.offset * NUMBER
    return memoryview(whole.buffers()[1])[start : start + len(whole) * NUMBER]
