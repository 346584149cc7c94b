"""Delimited text as blocks of rows: fast where the text is regular, careful where it is not, and never a row lost.

The text is cut into pieces at record boundaries. A piece that the grammar finds regular is parsed by Arrow. Any other
piece (blank lines, broken quotation marks, rows with too many or too few cells) is read record by record.
"""

from codecs import BOM_UTF8
from collections.abc import Collection, Iterator, Sequence
from functools import partial
from itertools import compress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from imports.readers.blocks import BadRow, Block, check_width, without_empty_end
from imports.readers.choices import Source
from imports.readers.encodings import Utf8Stream
from imports.readers.problems import FileProblem, Reason, UnreadableFile
from imports.readers.records import MOST_CELLS, NO_DELIMITER, Grammar, Record, broken_line, count_lines, cut_at_record

PIECE_BYTES: Final = 1024 * 1024
MAX_RECORD_BYTES: Final = 32 * 1024 * 1024
_HEADERLESS_ROWS: Final = 1_000
_CAREFUL_ROWS: Final = 10_000
_SEPARATOR_LINE: Final = b"sep="
MISSING: Final = "?"
"""What a rejected row has in the place of a missing status date; no date is read from it."""


class DelimitedText:
    """A delimited text file. Raises UnreadableFile when it has no row, too many columns, or a row of over 32 MiB."""

    sheets: tuple[str, ...] = ()
    sheet: str | None = None

    def __init__(self, path: Path, source: Source) -> None:
        self._delimiter = source.delimiter or NO_DELIMITER
        self._grammar = Grammar.of(source.delimiter or "")
        self._stream = Utf8Stream(path, source.encoding or "utf-8")
        self._buffer = b""
        self._ended = False
        self._line = 1
        try:
            self._skip_separator_line()
            self.header = self._take_header() if source.has_header else self._measure_width()
        except UnreadableFile:
            self._stream.close()
            raise
        self.rows_known: int | None = max(0, _count_line_ends(path) - (self._line - 1))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stream.close()

    def _fill(self, size: int) -> None:
        """Read on until the buffer holds `size` bytes or the file has ended."""
        pieces = [self._buffer]
        held = len(self._buffer)
        while held < size and not self._ended:
            piece = self._stream.read()
            self._ended = not piece
            pieces.append(piece)
            held += len(piece)
        self._buffer = b"".join(pieces)

    def _consume(self, length: int, *, lines: int | None = None) -> None:
        """Let go of the buffer's beginning, which has that many lines (None: they are counted)."""
        self._line += count_lines(self._buffer[:length]) if lines is None else lines
        self._buffer = self._buffer[length:]

    def _skip_separator_line(self) -> None:
        """Skip the line by which Excel is told the delimiter."""
        self._fill(PIECE_BYTES)
        length = separator_line_length(self._buffer)
        if length:
            self._consume(length)

    def _take_header(self) -> list[str]:
        """The first record that is not blank, taken out of the rows."""
        size = PIECE_BYTES
        while True:
            self._fill(size)
            final = self._ended and len(self._buffer) <= size
            records, used = self._grammar.records(self._buffer[:size], first_line=self._line, final=final, limit=1)
            if records or final:
                break
            size = self._larger(size)
        if not records:
            raise UnreadableFile(FileProblem.EMPTY)
        self._consume(used)
        header = records[0]
        if header.cells is None:
            column = self._grammar.broken_cell(header.text) + 1
            raise UnreadableFile(FileProblem.BROKEN_HEADER, line=header.line, column=column)
        check_width(len(header.cells), line=header.line)
        return header.cells

    def _measure_width(self) -> list[str]:
        """Empty names for as many columns as the widest of the first rows has cells."""
        records, _ = self._grammar.records(
            self._buffer[:PIECE_BYTES], first_line=self._line, final=self._ended, limit=_HEADERLESS_ROWS
        )
        if not records and self._ended:
            raise UnreadableFile(FileProblem.EMPTY)
        rows = [(record.line, record.cells or self._grammar.loose_cells(record.text)) for record in records]
        line, widest = max(
            ((line, len(without_empty_end(cells))) for line, cells in rows),
            key=lambda each: each[1],
            default=(self._line, 1),
        )
        check_width(widest, line=line)
        return [""] * max(widest, 1)

    def _larger(self, size: int) -> int:
        if size >= MAX_RECORD_BYTES:
            raise UnreadableFile(FileProblem.ROW_TOO_LONG, line=self._line)
        return size * 2

    def blocks(self, wanted: Sequence[int], never_missing: Sequence[int]) -> Iterator[Block]:
        """All rows, with the wanted columns. A row that ends before one of `never_missing` is a bad row."""
        size = PIECE_BYTES
        while True:
            self._fill(size)
            data = self._buffer[:size]
            if not data:
                return
            final = self._ended and len(self._buffer) <= size
            block, used = self._regular_block(data, wanted, final=final)
            if block is None:
                records, used = self._grammar.records(data, first_line=self._line, final=final, limit=_CAREFUL_ROWS)
                if not used and size >= MAX_RECORD_BYTES:
                    # A quotation mark that is not closed within 32 MiB is a broken one.
                    broken = broken_line(data, line=self._line)
                    records, used = ([broken[0]], broken[1]) if broken else ([], 0)
                block = self._careful_block(records, wanted, never_missing)
            if used:
                yield block
                self._consume(used, lines=len(block.lines) if block.is_flat else None)
                size = PIECE_BYTES
            else:
                size = self._larger(size)

    def _regular_block(self, data: bytes, wanted: Sequence[int], *, final: bool) -> tuple[Block | None, int]:
        """The whole records of `data`, when they are regular and all as wide as the header, and their bytes."""
        used = len(data) if final else cut_at_record(data)
        text = data[:used]
        if final and not text.endswith((b"\n", b"\r")):
            text += b"\n"
        is_flat = bool(used) and self._grammar.is_flat(text)
        if not used or not (is_flat or self._grammar.is_regular(text)):
            return None, 0
        columns = self._parse(text, wanted)
        if columns is None:
            return None, 0
        if is_flat:
            lines = pa.arange(self._line, self._line + len(columns[0]))
            whole = partial(self._whole, text)
        else:
            every_column = self._parse(text, range(len(self.header))) or []
            lines = _lines_with_breaks(self._line, every_column)
            whole = partial(_filtered, every_column)
        block = Block(lines, dict(zip(wanted, columns, strict=True)), whole, has_nul=b"\0" in text, is_flat=is_flat)
        return block, used

    def _whole(self, text: bytes, chosen: pa.Array) -> list[pa.Array]:
        """All columns of some rows of a flat text: only their lines are parsed again."""
        some = b"".join(compress(text.splitlines(keepends=True), chosen.to_pylist()))
        return self._parse(some, range(len(self.header))) or []

    def _parse(self, text: bytes, wanted: Sequence[int]) -> list[pa.Array] | None:
        """The wanted columns of regular records; None when a record has another number of cells than the header."""
        ragged: list[object] = []

        def note(row: object) -> str:
            ragged.append(row)
            return "skip"

        if text.startswith(BOM_UTF8):  # Arrow skips one, and this one is a cell's
            text = BOM_UTF8 + text
        names = [str(position) for position in range(len(self.header))]
        wanted_names = [str(position) for position in wanted]
        table = pa.csv.read_csv(
            pa.BufferReader(text),
            pa.csv.ReadOptions(use_threads=False, block_size=len(text) + 1, column_names=names),
            pa.csv.ParseOptions(delimiter=self._delimiter, newlines_in_values=b'"' in text, invalid_row_handler=note),
            pa.csv.ConvertOptions(
                check_utf8=False,  # Utf8Stream gives nothing else
                column_types=dict.fromkeys(wanted_names, pa.string()),
                include_columns=wanted_names,
                null_values=[""],
                strings_can_be_null=True,
            ),
        )
        return None if ragged else [column.combine_chunks() for column in table.columns]

    def _careful_block(self, records: list[Record], wanted: Sequence[int], never_missing: Sequence[int]) -> Block:
        """The block of records that were read one by one."""
        width = len(self.header)
        lines: list[int] = []
        rows: list[list[str]] = []
        bad_rows: list[BadRow] = []
        short_rows = 0
        for record in records:
            bad = self._judge(record, never_missing)
            if bad is not None:
                bad_rows.append(bad)
                continue
            cells = record.cells or []
            if len(cells) < width:
                short_rows += 1
                cells = cells + [""] * (width - len(cells))
            lines.append(record.line)
            rows.append(cells)
        columns = {position: _column(rows, position) for position in wanted}

        def whole(chosen: pa.Array) -> list[pa.Array]:
            some = list(compress(rows, chosen.to_pylist()))
            return [_column(some, position) for position in range(width)]

        return Block(pa.array(lines, pa.int64()), columns, whole, tuple(bad_rows), short_rows)

    def _judge(self, record: Record, never_missing: Collection[int]) -> BadRow | None:
        """What is wrong with a record's shape."""
        width = len(self.header)
        if record.cells is None:
            cells = _filled_up(self._grammar.loose_cells(record.text), width, never_missing)
            column = self._grammar.broken_cell(record.text)
            return BadRow(record.line, Reason.BROKEN_QUOTES, cells, column, cells[min(column, MOST_CELLS)])
        needed = max(never_missing, default=-1) + 1
        if len(record.cells) < needed:
            cells = _filled_up(record.cells, width, never_missing)
            return BadRow(record.line, Reason.TOO_FEW_CELLS, cells, needed - 1, "")
        beyond = [cell for cell in record.cells[width:] if cell.strip()]
        if beyond:
            return BadRow(record.line, Reason.TOO_MANY_CELLS, tuple(record.cells), width, beyond[0])
        return None


def _filled_up(cells: Sequence[str], width: int, never_missing: Collection[int]) -> tuple[str, ...]:
    """A row that may be too short, with all cells.

    One that must not be missing is a question mark, lest it read as empty when the rejected row is imported again as it
    is, and somebody who had unsubscribed is written to.
    """
    missing = range(len(cells), width)
    return (*cells, *(MISSING if position in never_missing else "" for position in missing))


def _filtered(columns: Sequence[pa.Array], chosen: pa.Array) -> list[pa.Array]:
    return [column.filter(chosen) for column in columns]


def _column(rows: Sequence[Sequence[str]], position: int) -> pa.Array:
    return pa.array([row[position] for row in rows], pa.string())


def _lines_with_breaks(first_line: int, columns: Sequence[pa.Array]) -> pa.Array:
    """The line that each row begins in, when cells have line breaks inside."""
    heights = pa.repeat(1, len(columns[0]))
    for column in columns:
        heights = pc.add(heights, pc.fill_null(pc.count_substring_regex(column, r"\r\n|\n|\r"), 0))
    ends = pc.cumulative_sum(heights)
    return pc.cast(pc.add(pc.subtract(ends, heights), first_line), pa.int64())


def separator_line_length(data: bytes) -> int:
    """The length of a first line like `sep=;`, which tells Excel the delimiter; 0 when there is none."""
    if data[: len(_SEPARATOR_LINE)].lower() != _SEPARATOR_LINE:
        return 0
    line = data.split(b"\n", 1)[0]
    return len(line) + 1 if len(line.rstrip(b"\r")) == len(_SEPARATOR_LINE) + 1 else 0


def _count_line_ends(path: Path) -> int:
    """About how many lines the file has: its LF bytes."""
    count = 0
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            count += piece.count(b"\n")
    return count
