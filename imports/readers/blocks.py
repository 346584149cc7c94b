"""A block: some rows of a source file as columns of texts, whatever kind of file it is."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import pyarrow as pa

from imports.readers.problems import FileProblem, Reason, UnreadableFile

MAX_COLUMNS: Final = 1_000


@dataclass(frozen=True)
class BadRow:
    """A row whose cells cannot be told apart for certain. `column` (0-based) and `value` say what it is about.

    `cells` are as many as the file has columns, or more, as well as they can be told.
    """

    line: int
    reason: Reason
    cells: tuple[str, ...]
    column: int
    value: str


@dataclass(frozen=True)
class Block:
    """Rows of one piece of a file: `lines` (int64), and the raw texts of the wanted columns by their position.

    An empty cell is "" or null. `whole` gives all columns of the rows at which a boolean array is true; that is dear,
    and for rows that are rejected. `has_nul` is false when no cell has a NUL character, `is_flat` true when the piece
    had no lines but the block's.
    """

    lines: pa.Array
    columns: dict[int, pa.Array]
    whole: Callable[[pa.Array], list[pa.Array]]
    bad_rows: tuple[BadRow, ...] = ()
    short_rows: int = 0
    has_nul: bool = True
    is_flat: bool = False


class RowSource(Protocol):
    """A file whose rows can be read block by block: `header` has its column names, `rows_known` is an estimate.

    `sheets` are the names of a workbook's sheets, `sheet` the one that is read; text has none.
    """

    header: list[str]
    rows_known: int | None
    sheets: tuple[str, ...]
    sheet: str | None

    def blocks(self, wanted: Sequence[int], never_missing: Sequence[int]) -> Iterator[Block]:
        """All rows, with the wanted columns. A row that ends before one of `never_missing` is a bad row."""


def check_width(columns: int, *, line: int) -> None:
    """Raise UnreadableFile when there are more columns than a person could map."""
    if columns > MAX_COLUMNS:
        raise UnreadableFile(FileProblem.TOO_MANY_COLUMNS, line=line, detail=str(MAX_COLUMNS))


def without_empty_end(cells: Sequence[str]) -> list[str]:
    """The cells up to the last one with content."""
    length = len(cells)
    while length and not cells[length - 1].strip():
        length -= 1
    return list(cells[:length])
