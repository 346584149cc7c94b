"""The grammar of delimited text (RFC 4180, any delimiter, any line end), and a careful reader of single records.

All of it works on UTF-8 bytes. A cell is either quoted (a quotation mark inside is doubled) or plain; a plain cell may
have quotation marks anywhere but at its start. A record of nothing but delimiters, spaces and tabs is blank.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc

NO_DELIMITER: Final = "\x1f"
"""What stands for the delimiter of a text that has one column: a character that no text has."""
MOST_CELLS: Final = 2_000
"""So many cells of a record are told apart, twice what a file may have; what follows them stays together as one."""
_QUOTED: Final = re.compile(rb'"(?:[^"]++|"")*+"')
_LINE_END: Final = re.compile(rb"[\r\n]")


@dataclass(frozen=True)
class Record:
    """One record: its first physical line, and its cells; None when its quotation marks are broken."""

    line: int
    cells: list[str] | None
    text: str


def count_lines(data: bytes) -> int:
    """How many line ends there are: CR LF, LF or CR."""
    if b"\r" not in data:
        return data.count(b"\n")
    return data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n")


def cut_at_record(data: bytes) -> int:
    """The length of the longest beginning of well-formed `data` that ends with a whole record; 0 when there is none.

    A line end belongs to a record's end when the quotation marks before it are even in number. What it answers for
    data with broken quotation marks is worthless, so `Grammar.is_regular` must judge the piece.
    """
    line_end = b"\n" if b"\n" in data else b"\r"
    end = len(data) if line_end == b"\n" else len(data) - 1  # a CR at the very end may be half of a CR LF
    quotes = data.count(b'"', 0, end)
    while True:
        position = data.rfind(line_end, 0, end)
        if position < 0:
            return 0
        quotes -= data.count(b'"', position, end)
        if quotes % 2 == 0:
            return position + 1
        end = data.rfind(b'"', 0, position)
        quotes -= 1


class Grammar:
    """The grammar with one delimiter (one ASCII character)."""

    def __init__(self, delimiter: str) -> None:
        mark = re.escape(delimiter)
        quoted = r'"(?:[^"]|"")*"'
        flat = r'"(?:[^"\r\n]|"")*"'
        plain = rf'[^"{mark}\r\n][^{mark}\r\n]*'
        self._regular = _whole_records(quoted, plain, mark)
        self._flat = _whole_records(flat, plain, mark)
        cell = rf'(?:"(?:[^"]++|"")*+"|[^"{mark}\r\n][^{mark}\r\n]*+|)'
        self._record = re.compile(rf"{cell}(?:{mark}{cell})*+(?=[\r\n]|\Z)".encode())
        self._cell = re.compile(rf"({cell})(?:{mark}|\Z)".encode())
        self._loose_cell = re.compile(rf'("(?:[^"]++|"")*+"|[^{mark}]*+)(?:{mark}|\Z)'.encode())
        self._open = re.compile(rf'(?:{cell}{mark})*+"(?:[^"]++|"")*+"?\Z'.encode())
        self._blank = re.compile(rf"[{mark} \t]*".encode())
        self._mark = delimiter.encode()

    @classmethod
    @lru_cache(maxsize=32)
    def of(cls, delimiter: str) -> Self:
        """The grammar for a `Source.delimiter`, where "" means one column."""
        return cls(delimiter or NO_DELIMITER)

    def is_regular(self, data: bytes) -> bool:
        """Whether data is whole, well-formed records without a blank one, the last one with its line end."""
        return _matches(data, self._regular)

    def is_flat(self, data: bytes) -> bool:
        """Whether data is regular and no cell has a line break inside, so that each line is a record."""
        return _matches(data, self._flat)

    def records(
        self, data: bytes, *, first_line: int, final: bool, limit: int | None = None
    ) -> tuple[list[Record], int]:
        """The first `limit` records of `data` without the blank ones, and how many bytes they (and blank ones) take.

        `final` says that nothing follows `data`; otherwise a record that may go on behind its end is left alone. A
        record whose quotation marks are broken ends with its first line, so that the next line is read for itself.
        """
        found: list[Record] = []
        position, line = 0, first_line
        while position < len(data) and len(found) != limit:
            match = self._record.match(data, position)
            if match is None and not final and self._open.match(data, position):
                break
            end = match.end() if match else _end_of_line(data, position)
            after = _after_line_end(data, end)
            if not final and after >= len(data) and data[after - 1 : after] != b"\n":
                break
            if match is None or not self._blank.fullmatch(data, position, end):
                cells = _split(match.group(), self._cell) if match else None
                found.append(Record(line, cells, _decode(data[position:end])))
            line += count_lines(data[position:after])
            position = after
        return found, position

    def loose_cells(self, line: str) -> list[str]:
        """The cells of a line with broken quotation marks, as well as they can be told apart.

        A cell that is quoted rightly is one; any other ends at the next delimiter and keeps its quotation marks.
        """
        return _split(line.encode(), self._loose_cell)

    def broken_cell(self, line: str) -> int:
        """Which cell (0-based) of a line with broken quotation marks is the first that is quoted wrongly."""
        data = line.encode()
        cells = self._loose_cell.finditer(data)
        return next(place for place, cell in enumerate(cells) if cell[1][:1] == b'"' and not _QUOTED.fullmatch(cell[1]))


def _split(record: bytes, pattern: re.Pattern[bytes]) -> list[str]:
    """The cells of a record, each of which matches the pattern, with a delimiter behind it or the end."""
    cells: list[str] = []
    position = 0
    while match := pattern.match(record, position):
        if len(cells) == MOST_CELLS:
            cells.append(_decode(record[position:]))
            break
        cells.append(_decode(_unquoted(match[1])))
        if match.end() == match.end(1):
            break
        position = match.end()
    return cells


def _unquoted(cell: bytes) -> bytes:
    """What a cell holds; the cell itself when it is not quoted, or wrongly."""
    if cell[:1] != b'"' or not _QUOTED.fullmatch(cell):
        return cell
    return cell[1:-1].replace(b'""', b'"')


def _decode(data: bytes) -> str:
    return data.decode("utf-8")


def _whole_records(quoted: str, plain: str, mark: str) -> str:
    """The regular expression (RE2) of whole records that are not blank."""
    first_filled = rf'(?:{quoted}|[ \t]*[^"{mark}\r\n \t][^{mark}\r\n]*|[ \t]+"[^{mark}\r\n]*)'
    record = rf"(?:[ \t]*{mark})*{first_filled}(?:{mark}(?:{quoted}|{plain}|))*(?:\r\n|\n|\r)"
    return rf"\A(?:{record})*\z"


def _matches(data: bytes, pattern: str) -> bool:
    return bool(pc.match_substring_regex(pa.array([data], pa.binary()), pattern)[0].as_py())


def broken_line(data: bytes, *, line: int) -> tuple[Record, int] | None:
    """The first line of `data` as a record with broken quotation marks, and its bytes; None without a line end."""
    end = _end_of_line(data, 0)
    if end == len(data):
        return None
    return Record(line, None, _decode(data[:end])), _after_line_end(data, end)


def _end_of_line(data: bytes, position: int) -> int:
    match = _LINE_END.search(data, position)
    return match.start() if match else len(data)


def _after_line_end(data: bytes, position: int) -> int:
    if data[position : position + 2] == b"\r\n":
        return position + 2
    return min(position + 1, len(data))
