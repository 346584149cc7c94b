"""A sheet of an XLSX or XLS workbook as blocks of rows."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain, compress
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, cast

import pyarrow as pa

from imports.readers.archive import check_archive
from imports.readers.blocks import Block, check_width
from imports.readers.choices import ColumnMapping, DecimalMark, Kind, Source
from imports.readers.problems import FileProblem, UnreadableFile

NumberedRow = tuple[int, list[str]]

MEMORY_BYTES: Final = 3 * 1024 * 1024 * 1024
SECONDS: Final = 300
_BLOCK_ROWS: Final = 10_000
_BLOCK_BYTES: Final = 8 * 1024 * 1024
_ROOT: Final = Path(__file__).parents[2]
# What the system ends a process with that wanted more memory or time than it may have.
_TOO_LARGE: Final = (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGXCPU)
_DAMAGED: Final = (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL)


class Sheet:
    """One sheet of a workbook. Raises UnreadableFile when there is no such sheet, no row in it, or too many columns.

    Where a column goes to a number field whose texts have a decimal comma, its numbers are written with one as well, so
    that one notation holds for the whole column.
    """

    def __init__(self, path: Path, source: Source, mapping: Sequence[ColumnMapping] = ()) -> None:
        if source.kind is Kind.XLSX:
            check_archive(path)
        commas = [entry.column for entry in mapping if entry.decimal is DecimalMark.COMMA]
        with_comma = [column for column in commas if column is not None]
        self._process = WorkbookProcess(path, sheet=source.sheet, with_comma=with_comma)
        try:
            found = self._process.answer()
            self.sheets: tuple[str, ...] = tuple(found["sheets"])
            self.sheet: str | None = found["sheet"]
            self.rows_known: int | None = max(0, found["rows"] - source.has_header)
            self._blocks = self._process.blocks()
            rows = next(self._blocks, None)
            if rows is None:
                raise UnreadableFile(FileProblem.EMPTY)
            line, first = rows[0]
            check_width(len(first), line=line)
        except BaseException:
            self._process.end()
            raise
        self.header = first if source.has_header else [""] * len(first)
        self._first_block = rows[1:] if source.has_header else rows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.end()

    def blocks(self, wanted: Sequence[int], never_missing: Sequence[int]) -> Iterator[Block]:
        """All rows, with the wanted columns. No row of a sheet is too short or too long."""
        for rows in chain(filter(None, [self._first_block]), self._blocks):
            columns = {position: _column(rows, position) for position in wanted}
            yield Block(pa.array([number for number, _ in rows], pa.int64()), columns, partial(_whole, rows))


def _column(rows: Sequence[NumberedRow], position: int) -> pa.Array:
    return pa.array([row[position] for _, row in rows], pa.string())


def _whole(rows: Sequence[NumberedRow], chosen: pa.Array) -> list[pa.Array]:
    some = list(compress(rows, chosen.to_pylist()))
    return [_column(some, position) for position in range(len(rows[0][1]))]


class WorkbookProcess:
    """The process of `imports.workbook_process` that reads one sheet."""

    def __init__(self, path: Path, *, sheet: str | None, with_comma: Sequence[int]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "imports.workbook_process"],
            env={**os.environ, "PYTHONPATH": str(_ROOT), "RUST_BACKTRACE": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        # Pipes were asked for, so there are some.
        stdin, self._answers = cast("tuple[IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout))
        request = {
            "path": str(path.resolve()),
            "sheet": sheet,
            "with_comma": with_comma,
            "memory": MEMORY_BYTES,
            "seconds": SECONDS,
        }
        self._size = 0  # bytes of the answers for the block that is being read
        with suppress(BrokenPipeError), stdin:  # a process that has ended has no answer either
            stdin.write(json.dumps(request).encode())

    def answer(self) -> Any:
        """The next answer. Raises UnreadableFile."""
        line = self._answers.readline()
        self._size += len(line)
        if not line.endswith(b"\n"):
            raise self._died()
        answer = json.loads(line)
        if isinstance(answer, dict) and "problem" in answer:
            raise UnreadableFile(FileProblem(answer["problem"]), detail=answer["detail"])
        return answer

    def blocks(self) -> Iterator[list[NumberedRow]]:
        """The rows, with their numbers in the sheet, not too many at a time. Raises UnreadableFile."""
        rows: list[NumberedRow] = []
        self._size = 0
        while (more := self.answer()) is not None:
            rows += more
            if len(rows) >= _BLOCK_ROWS or self._size >= _BLOCK_BYTES:
                yield rows
                rows, self._size = [], 0
        if rows:
            yield rows

    def _died(self) -> Exception:
        code = self._process.wait()
        if code in _TOO_LARGE:
            return UnreadableFile(FileProblem.WORKBOOK_TOO_LARGE)
        if code in _DAMAGED:
            return UnreadableFile(FileProblem.DAMAGED_WORKBOOK, detail=f"signal {-code}")
        return RuntimeError(f"The process that reads workbooks ended with {code}.")

    def end(self) -> None:
        """End the process, whatever it does."""
        self._answers.close()
        self._process.kill()
        self._process.wait()
