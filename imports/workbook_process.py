"""Reads one sheet of a workbook in a process of its own: `python -m imports.workbook_process`.

The library lays a sheet out in memory as the rectangle that holds all of its cells. A file of a few kilobytes can make
that larger than any machine; then the library ends the process that it runs in. So it has one with a limit of its own.

Asked by one JSON object on standard input (see `Request`). Answers by JSON on standard output, one value a line: what
the workbook holds, then many rows a line, by columns: `[[number, …], [[text, …], …]]`, then null. A workbook that
cannot be read is answered by `{"problem": …, "detail": …}`, with a code of `imports.readers.FileProblem`.

It starts in a few hundredths of a second, and imports as little as that allows.
"""

import errno
import gc
import io
import json
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, Final, TypedDict

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from imports.workbook_padding import padded_copy
from imports.workbook_xml import shortened_copy, silent_members, speaking_copy
from recipients.masterdata.values import format_number

Cell = int | float | str | bool | time | date | datetime | timedelta

_LINE_ROWS: Final = 10_000
_LINE_CHARACTERS: Final = 8_000_000
# Excel keeps and shows 15 significant digits; the rest of a binary fraction is noise.
_DIGITS: Final = ".15g"


class Request(TypedDict):
    """What to read: the sheet of that name, or without one the first that has cells.

    With `rows`, an XLSX sheet may end after its first so many rows. The numbers of the columns `with_comma` (0-based)
    are written with a decimal comma. `memory` is in bytes, `seconds` are those of computing.
    """

    path: str
    sheet: str | None
    rows: int | None
    with_comma: list[int]
    memory: int
    seconds: int


class Unreadable(Exception):
    """The workbook cannot be read; `problem` is a FileProblem."""

    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.detail = detail


def main() -> None:
    """Answer the request on standard input."""
    gc.disable()  # nothing here refers to itself, and looking for it takes a tenth of the time
    request: Request = json.load(sys.stdin)
    _limit(request["memory"], request["seconds"])
    try:
        for answer in _answers(request):
            _say(answer)
    except Unreadable as error:
        _say({"problem": error.problem, "detail": error.detail})
    except MemoryError:
        _say({"problem": "workbook_too_large", "detail": ""})


def _limit(memory: int, seconds: int) -> None:
    for kind, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # some systems know no such limit
            resource.setrlimit(kind, (most, most))


def _say(answer: Any) -> None:
    sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")


def _answers(request: Request) -> Iterator[Any]:
    with _library_errors():
        names, sheet = _beginning(request) or _opened(request)
        yield {"sheets": names, "sheet": sheet.name, "rows": sheet.height}
        yield from _lines(sheet, [column for column in request["with_comma"] if 0 <= column < sheet.width])
    yield None


@contextmanager
def _library_errors() -> Iterator[None]:
    """Turn what the library raises into Unreadable."""
    try:
        yield
    except PasswordError as error:
        raise Unreadable("password_protected") from error
    except (CalamineError, zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, UnicodeDecodeError) as error:
        raise Unreadable("damaged_workbook", str(error)) from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # what the system says of a place before the file's beginning
            raise
        raise Unreadable("damaged_workbook", str(error)) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a fault of the library itself; it cannot be imported
            raise
        raise Unreadable("damaged_workbook", str(error)) from error


def _beginning(request: Request) -> tuple[list[str], CalamineSheet] | None:
    """As `_opened`, with the first rows of the sheet alone; None when these do not tell what the sheet is."""
    with Path(request["path"]).open("rb") as file:
        if request["rows"] is None or not zipfile.is_zipfile(file):
            return None
        try:
            shortened = shortened_copy(file, request["rows"])
            shortened = padded_copy(io.BytesIO(shortened)) or shortened
            silent = silent_members(io.BytesIO(shortened))
            copy = speaking_copy(io.BytesIO(shortened), silent) if silent else io.BytesIO(shortened)
            names, sheet = _sheet_of(copy, request["sheet"])
        except (CalamineError, Unreadable):
            return None
    is_first = request["sheet"] is not None or sheet.name == names[0]
    return (names, sheet) if is_first and any(not _is_blank(row) for row in sheet.iter_rows()) else None


def _opened(request: Request) -> tuple[list[str], CalamineSheet]:
    """The names of the sheets, and the wanted one."""
    path = Path(request["path"])
    # Not by its path: the library would trust the ending of the name.
    with path.open("rb") as file, path.open("rb") as same:
        if not zipfile.is_zipfile(same):
            return _sheet_of(file, request["sheet"])
        copy = padded_copy(same)
        if copy is None:
            return _speaking_sheet_of(file, same, request["sheet"])
    return _speaking_sheet_of(io.BytesIO(copy), io.BytesIO(copy), request["sheet"])


def _speaking_sheet_of(file: BinaryIO, same: BinaryIO, wanted: str | None) -> tuple[list[str], CalamineSheet]:
    """As `_opened`, of an XLSX workbook that is opened twice.

    Whether it has cells that the library takes for empty is found out meanwhile. But a date of unsubscription that
    could not be worked out is no missing one: then it is read once more, from a copy in which such cells are texts.
    """
    with ThreadPoolExecutor(max_workers=1) as other:
        looking = other.submit(silent_members, same)
        found = _sheet_of(file, wanted)
        silent = looking.result()
    return _sheet_of(speaking_copy(same, silent), wanted) if silent else found


def _sheet_of(file: BinaryIO, wanted: str | None) -> tuple[list[str], CalamineSheet]:
    file.seek(0)
    workbook = CalamineWorkbook.from_filelike(file)
    names = _sheet_names(workbook)
    return names, _find_sheet(workbook, names, wanted)


def _sheet_names(workbook: CalamineWorkbook) -> list[str]:
    """The names of the sheets that hold cells: the visible ones, or all when none is visible."""
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    visible = [sheet for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return [sheet.name for sheet in visible or sheets]


def _find_sheet(workbook: CalamineWorkbook, names: list[str], wanted: str | None) -> CalamineSheet:
    """The wanted sheet, or the first one that has cells."""
    possible = names if wanted is None else [name for name in workbook.sheet_names if name == wanted]
    if not possible:
        raise Unreadable("no_sheet", wanted or "")
    for name in possible:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.height:
            return sheet
    raise Unreadable("empty")


def _lines(sheet: CalamineSheet, with_comma: list[int]) -> Iterator[tuple[list[int], list[tuple[str, ...]]]]:
    """The rows that are not blank, with their numbers in the sheet, by columns. All have the width of the sheet."""
    numbers: list[int] = []
    rows: list[list[str]] = []
    characters = 0
    for number, cells in enumerate(sheet.iter_rows(), 1):
        if _is_blank(cells):
            continue
        texts = _texts(cells, with_comma)
        numbers.append(number)
        rows.append(texts)
        characters += sum(map(len, texts))
        if len(rows) == _LINE_ROWS or characters >= _LINE_CHARACTERS:
            yield numbers, list(zip(*rows, strict=True))
            numbers, rows, characters = [], [], 0
    if rows:
        yield numbers, list(zip(*rows, strict=True))


def _is_blank(cells: list[Cell]) -> bool:
    return cells.count("") == len(cells)


def _texts(cells: list[Cell], with_comma: list[int]) -> list[str]:
    """The cells as texts. Most are texts already, which need no call."""
    texts = [cell if type(cell) is str else show(cell) for cell in cells]
    for position in with_comma:
        texts[position] = show(cells[position], comma=True)
    return texts


def show(cell: Cell, *, comma: bool = False) -> str:
    """A cell as text: numbers as a spreadsheet program shows them in full, dates and times in ISO notation."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        number = format(cell, _DIGITS)
        if "e" in number or number == "-0":
            number = format_number(Decimal(number))
        return number.replace(".", ",") if comma else number
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ") if cell.time() != time() else cell.date().isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    hours, rest = divmod(round(cell.total_seconds()), 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}"


if __name__ == "__main__":
    main()
