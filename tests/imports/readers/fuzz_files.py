"""Files of the shapes that people have, drawn by chance: text in every notation, workbooks, archives."""

import csv
import io
import zipfile
from collections.abc import Callable
from random import Random
from typing import Final

import openpyxl

from tests.imports.readers.xls import workbook_stream, xls_file

ENCODINGS: Final = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "windows-1252",
    "windows-1250",
    "cp850",
    "mac-roman",
)
DELIMITERS: Final = (";", ",", "\t", "|", "^", "\x01")
LINE_ENDS: Final = ("\r\n", "\n", "\r")

NAMES: Final = (
    "E-Mail",
    "Vorname",
    "Geburtstag",
    "Umsatz",
    "Anrede",
    "Registriert am",
    "Abgemeldet am",
    "Bounced am",
    "Quelle",
    "Tags",
    "Status",
    "PLZ",
    "",
    "Vorname",
)
CELLS: Final = (
    "",
    " ",
    "a@example.org",
    "Jürgen.Größe@Bücher.example.org",
    "kein at",
    "a@b@c",
    "31.12.2024",
    "2024-12-31T23:59:59+01:00",
    "12/31/2024 11:59 PM",
    "20241231",
    "31.02.2024",
    "0000-00-00",
    "9999-12-31 23:59:59",
    "0001-01-01",
    "45413.5",
    "1714557600",
    "1.234,50",
    "1e400",
    "-0",
    "NaN",
    "1" * 40,
    "Herr",
    "weiblich",
    "x",
    "vip, b2b,,",
    "yes",
    "unsubscribed",
    "#N/A",
    "=1+1",
    "'=1",
    "''@x",
    '"',
    'a"b',
    '""',
    "a\nb",
    "a\r\nb",
    "\x00",
    "\ufeff",
    "\u202e\u200d",
    "👩\u200d👧",
    "e\u0301",
    "\u2028",
    "ß" * 300,
    "x" * 10_001,
)


def csv_file(chance: Random) -> bytes:
    """A text file as some program or other writes it."""
    text = io.StringIO(newline="")
    delimiter = chance.choice(DELIMITERS)
    writer = csv.writer(
        text,
        delimiter=delimiter,
        lineterminator=chance.choice(LINE_ENDS),
        quoting=chance.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    )
    if chance.random() < 0.05:
        text.write(f"sep={delimiter}\r\n")
    writer.writerows(table(chance))
    return text.getvalue().encode(chance.choice(ENCODINGS), errors="replace")


def table(chance: Random) -> list[list[str]]:
    """Rows of people, mostly good ones, below the names of their columns."""
    names = chance.sample(NAMES, chance.randrange(1, len(NAMES)))
    if chance.random() < 0.8 and "E-Mail" not in names:
        names[0] = "E-Mail"
    rows = [names] if chance.random() < 0.9 else []
    for number in range(chance.choice([0, 1, 3, 20, 200])):
        row = [chance.choice(CELLS) if chance.random() < 0.2 else f"Wert {number}" for _ in names]
        if "E-Mail" in names and chance.random() < 0.9:
            row[names.index("E-Mail")] = f"{number}@example.org"
        rows.append(row)
    return rows


def xlsx_file(chance: Random) -> bytes:
    """A workbook of today."""
    workbook = openpyxl.Workbook(write_only=True)
    for _ in range(chance.choice([1, 1, 2])):
        sheet = workbook.create_sheet()
        for row in table(chance)[:30]:
            sheet.append([_typed(chance, cell) for cell in row])
    content = io.BytesIO()
    workbook.save(content)
    return content.getvalue()


def _typed(chance: Random, cell: str) -> object:
    """A cell as a text that XML can hold, or a value of another type."""
    if chance.random() < 0.1:
        return chance.choice([1.5, 45413, True, None, 1e300])
    return "".join(character for character in cell if character.isprintable() or character == "\n")


def xls_book(chance: Random) -> bytes:
    """A workbook of 1997."""
    rows: list[list[str | float | None]] = [
        [cell[:200] if chance.random() < 0.9 else 45413.5 for cell in row] for row in table(chance)[:30]
    ]
    return xls_file(workbook_stream(rows or [["E-Mail"]]))


def zip_file(chance: Random) -> bytes:
    """An archive with a table, and sometimes with more."""
    content = io.BytesIO()
    method = chance.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
    with zipfile.ZipFile(content, "w", method) as archive:
        if chance.random() < 0.3:
            archive.writestr("__MACOSX/._kunden.csv", b"x")
        make = chance.choice([csv_file, csv_file, csv_file, xlsx_file, xls_book])
        archive.writestr(chance.choice(["kunden.csv", "a/kunden.txt", "../kunden.xlsx", "kunden.xls"]), make(chance))
        if chance.random() < 0.1:
            archive.writestr("kunden2.csv", csv_file(chance))
    return content.getvalue()


MAKERS: Final[tuple[Callable[[Random], bytes], ...]] = (
    (csv_file,) * 14 + (zip_file,) * 3 + (xlsx_file,) * 2 + (xls_book,)
)
