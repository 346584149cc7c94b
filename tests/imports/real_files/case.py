"""What a row of the table is: a file as people have it, and what must become of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from imports.readers import FileProblem, Kind, Source
from recipients.masterdata.file import FieldType

Build = Callable[[], bytes]
Rows = Sequence[Sequence[str]]

FIELDS: Final = {
    "Vorname": FieldType.TEXT,
    "Nachname": FieldType.TEXT,
    "Ort": FieldType.TEXT,
    "PLZ": FieldType.TEXT,
    "Geburtstag": FieldType.DATE,
    "Umsatz": FieldType.NUMBER,
    "Anrede": FieldType.GENDER,
}
"""The fields of the list that most files go into; a field's key is its label in small letters."""


@dataclass(frozen=True)
class Readable:
    """A file that is imported into an empty list with nothing changed on the mapping page, and how it is understood.

    `mapping`: what is guessed, target → header of the column, or its 0-based position where that does not tell it.
    `notations`: target → how its cells are written: a format of `strptime`, "unix", "excel", "go", the decimal mark,
    "sheet" for texts with a comma beside numbers; without one dates are in ISO notation and numbers have a point.
    `says`: what words mean in columns that tell a status: "active", "off", "bounced", "pending" or "no". `canonical`:
    addresses that are stored otherwise than as written in small letters. `rejected`: line (a sheet's row) → reason.
    `rows`: the file's rows, header and blank ones included, where no library reads them. `active`: who may be written
    to, where the file speaks of that.
    """

    name: str
    file_name: str
    build: Build
    source: Source
    mapping: Mapping[str, str | int]
    fields: Mapping[str, FieldType] = field(default_factory=lambda: FIELDS)
    notations: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, str] = field(default_factory=dict)
    canonical: Mapping[str, str] = field(default_factory=dict)
    rejected: Mapping[int, str] = field(default_factory=dict)
    rows: Rows | None = None
    active: frozenset[str] | None = None


@dataclass(frozen=True)
class Broken:
    """A file that cannot be read: the problem, its place, and what the person is told of it."""

    name: str
    file_name: str
    build: Build
    problem: FileProblem
    german: str
    english: str
    line: int | None = None
    column: int | None = None


def as_text(*, encoding: str = "utf-8", delimiter: str = ";", has_header: bool = True) -> Source:
    """How a text is read."""
    return Source(Kind.CSV, encoding, delimiter, has_header, None)


def as_sheet(sheet: str, *, kind: Kind = Kind.XLSX, has_header: bool = True) -> Source:
    """How a sheet of a workbook is read."""
    return Source(kind, None, None, has_header, sheet)


def active(*names: str) -> frozenset[str]:
    """The addresses of these people at example.org."""
    return frozenset(f"{name}@example.org" for name in names)
