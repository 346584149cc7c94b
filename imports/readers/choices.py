"""What is known or guessed about a file, and what a person chose: all of it plain JSON, to be kept with the import."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self


class Kind(StrEnum):
    """How a file is built. CSV stands for every text with rows and cells: CSV, TXT, pasted."""

    CSV = "csv"
    XLSX = "xlsx"
    XLS = "xls"
    PARQUET = "parquet"


class DateFormat(StrEnum):
    """How dates are written in a column; each may be followed by a time.

    Cells in ISO notation are read in every format, because they cannot mean anything else.
    """

    ISO = "iso"  # 2026-12-31, 2026-12-31 23:59, 2026-12-31T23:59:59.123+01:00
    DAY_DOT = "dd.mm.yyyy"  # 31.12.2026 23:59
    DAY_SLASH = "dd/mm/yyyy"  # 31/12/2026
    MONTH_SLASH = "mm/dd/yyyy"  # 12/31/2026 11:59 PM
    DAY_DASH = "dd-mm-yyyy"  # 31-12-2026
    COMPACT = "yyyymmdd"  # 20261231, 20261231235959
    EXCEL = "excel"  # 46387.5: days since 1899-12-30
    UNIX = "unix"  # 1798761599: seconds since 1970-01-01 UTC


class DecimalMark(StrEnum):
    """The mark between a number's whole and its fraction; the other one may group thousands."""

    COMMA = "comma"
    POINT = "point"


class StatusFormat(StrEnum):
    """How a column that has no dates tells who may be written to."""

    WORDS = "words"  # active, unsubscribed, bounced, …
    YES_ACTIVE = "yes_active"  # an opt-in: “no” is a sign-off
    YES_UNSUBSCRIBED = "yes_unsubscribed"  # an opt-out: every entry but “no” is a sign-off
    YES_BOUNCED = "yes_bounced"  # every entry but “no” is a bounce, as a reason for it is


STATUS_TARGET: Final = "subscription-status"
"""The target that becomes no column of its own but sign-offs and bounces. No field can have this key."""


ENCODINGS: Final = (
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "windows-1252",
    "iso-8859-15",
    "windows-1250",
    "mac-roman",
    "cp850",
)
"""What the mapping page offers, besides whatever was guessed. A byte order mark is skipped in every case."""

DELIMITERS: Final = (";", ",", "\t", "|")


@dataclass(frozen=True)
class Source:
    """How to read a file. `encoding` and `delimiter` are None but for text, `sheet` but for workbooks.

    `delimiter` is "" for a text that has one column and no delimiter.
    """

    kind: Kind
    encoding: str | None
    delimiter: str | None
    has_header: bool
    sheet: str | None

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Back from `to_json`. Raises KeyError or ValueError for anything else."""
        return cls(
            kind=Kind(data["kind"]),
            encoding=data["encoding"],
            delimiter=data["delimiter"],
            has_header=data["has_header"],
            sheet=data["sheet"],
        )


@dataclass(frozen=True)
class ColumnMapping:
    """Where one column of the master-data file comes from.

    `target` is a base column, a field key or STATUS_TARGET; `column` the 0-based position in the source file, or None;
    `alternative` is the value that every row gets when `column` is None. With neither, the target is not mapped.
    `date_format` matters to dates and status columns (None: ISO), `decimal` to numbers (None: point), `status` to
    STATUS_TARGET (None: words), to `deactivated_at` and `bounced_at` (None: the column has dates).
    """

    target: str
    column: int | None
    alternative: str | None = None
    date_format: DateFormat | None = None
    decimal: DecimalMark | None = None
    status: StatusFormat | None = None

    @property
    def is_mapped(self) -> bool:
        """Whether there is a column or an alternative."""
        return self.column is not None or bool((self.alternative or "").strip())

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Back from `to_json`. Raises KeyError or ValueError for anything else."""
        status = data.get("status")  # mappings kept before there was one have none
        return cls(
            target=data["target"],
            column=data["column"],
            alternative=data["alternative"],
            date_format=DateFormat(data["date_format"]) if data["date_format"] else None,
            decimal=DecimalMark(data["decimal"]) if data["decimal"] else None,
            status=StatusFormat(status) if status else None,
        )


@dataclass(frozen=True)
class SniffedColumn:
    """A column of the source file: 0-based `position`, `name` as the header has it ("" without one or when blank).

    Names may repeat. `samples` are its cells in the first rows. `date_formats` and `decimals` are the notations in
    which every non-empty cell of the first 1,000 rows can be read, the likeliest first; empty when there is none.
    `values` are its different cells in those rows, the most frequent first and "" for an empty one; empty when there
    are more than 20, or long ones. `likeliest_date_format` and `likeliest_decimal` are the notations in which most of
    these cells can be read, so that one wrong cell does not cost all others; None when none of them can be read.
    """

    position: int
    name: str
    samples: tuple[str, ...]
    date_formats: tuple[DateFormat, ...]
    decimals: tuple[DecimalMark, ...]
    values: tuple[str, ...] = ()
    likeliest_date_format: DateFormat | None = None
    likeliest_decimal: DecimalMark | None = None


@dataclass(frozen=True)
class Sniffed:
    """What a file seems to be. `sheets` are the names of a workbook's sheets; `sample` its first rows, header left out.

    Each row of `sample` has as many cells as there are `columns`. `inner_name` is the table's name in its ZIP archive.
    """

    source: Source
    sheets: tuple[str, ...]
    columns: tuple[SniffedColumn, ...]
    sample: tuple[tuple[str, ...], ...]
    inner_name: str = ""
