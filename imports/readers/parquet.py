"""A Parquet file as blocks of rows: a backup that was downloaded as one, or somebody else's table."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self, cast

import pyarrow as pa

from imports.readers.blocks import Block, check_width
from imports.readers.problems import FileProblem, UnreadableFile

MEMORY_BYTES: Final = 3 * 1024 * 1024 * 1024
SECONDS: Final = 300
_ROOT: Final = Path(__file__).parents[2]
# What the system ends a process with that wanted more memory or time than it may have, and what it ends itself with.
_TOO_LARGE: Final = (-signal.SIGABRT, -signal.SIGKILL, -signal.SIGXCPU, 3)


class ParquetTable:
    """The rows of a Parquet file, read by `imports.parquet_process`. Raises UnreadableFile."""

    sheets: tuple[str, ...] = ()
    sheet: str | None = None

    def __init__(self, path: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "imports.parquet_process"],
            # Its own allocators would take more addresses than the process may have.
            env={**os.environ, "PYTHONPATH": str(_ROOT), "ARROW_DEFAULT_MEMORY_POOL": "system"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # of a file that broke it; the code tells
        )
        # Pipes were asked for, so there are some.
        stdin, self._answers = cast("tuple[IO[bytes], IO[bytes]]", (self._process.stdin, self._process.stdout))
        request = {"path": str(path.resolve()), "memory": MEMORY_BYTES, "seconds": SECONDS}
        try:
            with suppress(BrokenPipeError), stdin:  # a process that has ended has no answer either
                stdin.write(json.dumps(request).encode())
            held = self._answer()
            self.header: list[str] = held["header"]
            self._rows: int = held["rows"]
            self.rows_known: int | None = self._rows
            if not self.header:
                raise UnreadableFile(FileProblem.EMPTY)
            check_width(len(self.header), line=1)
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def blocks(self, wanted: Sequence[int], never_missing: Sequence[int]) -> Iterator[Block]:
        """All rows, with the wanted columns; their lines are their numbers, from 1. No row is too short or too long."""
        rows = 0
        try:
            for batch in pa.ipc.open_stream(self._answers):
                lines = pa.arange(rows + 1, rows + 1 + batch.num_rows)
                rows += batch.num_rows
                columns = {position: batch.column(position) for position in wanted}
                yield Block(lines, columns, partial(_whole, batch))
        except (pa.ArrowInvalid, OSError) as error:  # the stream broke off
            raise self._died() from error
        if rows != self._rows:
            raise self._died()

    def _answer(self) -> dict[str, Any]:
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise self._died()
        answer: dict[str, Any] = json.loads(line)
        if "problem" in answer:
            raise UnreadableFile(FileProblem(answer["problem"]), detail=answer["detail"])
        return answer

    def _died(self) -> UnreadableFile:
        code = self._process.wait()
        problem = FileProblem.PARQUET_TOO_LARGE if code in _TOO_LARGE else FileProblem.DAMAGED_PARQUET
        return UnreadableFile(problem, detail=f"code {code}")

    def _end(self) -> None:
        """End the process, whatever it does."""
        self._answers.close()
        self._process.kill()
        self._process.wait()


def _whole(batch: pa.RecordBatch, chosen: pa.Array) -> list[pa.Array]:
    return [column.filter(chosen) for column in batch.columns]
