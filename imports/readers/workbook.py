"""A sheet of an XLSX or XLS workbook as blocks of rows."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, cast

import pyarrow as pa

from imports.readers.archive import check_archive
from imports.readers.blocks import Block, check_width
from imports.readers.choices import ColumnMapping, DecimalMark, Kind, Source
from imports.readers.problems import FileProblem, UnreadableFile

Rows = tuple[list[int], list[list[str]]]
"""Some rows: their numbers in the sheet, and the texts of each column."""

MEMORY_BYTES: Final = 3 * 1024 * 1024 * 1024
SECONDS: Final = 300
_ROOT: Final = Path(__file__).parents[2]
# What the system ends a process with that wanted more memory or time than it may have.
_TOO_LARGE: Final = (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGXCPU)
_DAMAGED: Final = (-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL)


class Sheet:
    """One sheet of a workbook. Raises UnreadableFile when there is no such sheet, no row in it, or too many columns.

    Where a column goes to a number field whose texts have a decimal comma, its numbers are written with one as well, so
    that one notation holds for the whole column. With `rows`, the sheet may end after its first so many rows.
    """

    def __init__(
        self, path: Path, source: Source, mapping: Sequence[ColumnMapping] = (), *, rows: int | None = None
    ) -> None:
        if source.kind is Kind.XLSX:
            check_archive(path)
        commas = [entry.column for entry in mapping if entry.decimal is DecimalMark.COMMA]
        with_comma = [column for column in commas if column is not None]
        self._process = WorkbookProcess(path, sheet=source.sheet, with_comma=with_comma, rows=rows)
        try:
            held = self._process.answer()
            self.sheets: tuple[str, ...] = tuple(held["sheets"])
            self.sheet: str | None = held["sheet"]
            self.rows_known: int | None = max(0, held["rows"] - source.has_header)
            self._blocks = self._process.blocks()
            found = next(self._blocks, None)
            if found is None:
                raise UnreadableFile(FileProblem.EMPTY)
            numbers, columns = found
            check_width(len(columns), line=numbers[0])
        except BaseException:
            self._process.end()
            raise
        self.header = [column[0] if source.has_header else "" for column in columns]
        first = int(source.has_header)
        self._first_block: Rows = (numbers[first:], [column[first:] for column in columns])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.end()

    def blocks(self, wanted: Sequence[int], never_missing: Sequence[int]) -> Iterator[Block]:
        """All rows, with the wanted columns. No row of a sheet is too short or too long."""
        for numbers, texts in chain([self._first_block] if self._first_block[0] else [], self._blocks):
            columns = {position: pa.array(texts[position], pa.string()) for position in wanted}
            yield Block(pa.array(numbers, pa.int64()), columns, partial(_whole, texts))


def _whole(columns: Sequence[Sequence[str]], chosen: pa.Array) -> list[pa.Array]:
    return [pa.array(column, pa.string()).filter(chosen) for column in columns]


class WorkbookProcess:
    """The process of `imports.workbook_process` that reads one sheet."""

    def __init__(self, path: Path, *, sheet: str | None, with_comma: Sequence[int], rows: int | None) -> None:
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
            "rows": rows,
            "with_comma": with_comma,
            "memory": MEMORY_BYTES,
            "seconds": SECONDS,
        }
        with suppress(BrokenPipeError), stdin:  # a process that has ended has no answer either
            stdin.write(json.dumps(request).encode())

    def answer(self) -> Any:
        """The next answer. Raises UnreadableFile."""
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise self._died()
        answer = json.loads(line)
        if isinstance(answer, dict) and "problem" in answer:
            raise UnreadableFile(FileProblem(answer["problem"]), detail=answer["detail"])
        return answer

    def blocks(self) -> Iterator[Rows]:
        """The rows, not too many at a time. Raises UnreadableFile."""
        while (rows := self.answer()) is not None:
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
