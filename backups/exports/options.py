"""What a person chose for an export: plain values, kept with the session and with the job."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Literal, Self

from backups.exports.csv import Dialect, Encoding
from recipients.masterdata.labels import Language

Format = Literal["csv", "xlsx", "parquet"]
CONTENT_TYPES: Final[dict[Format, str]] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
_CHARSETS: Final[dict[Encoding, str]] = {"utf-8-sig": "utf-8"}


class Preset(StrEnum):
    """The program that a CSV file is for, which says what parts its columns."""

    EXCEL_GERMAN = "excel_german"
    EXCEL_ENGLISH = "excel_english"
    OTHERS = "others"
    TAB = "tab"


DELIMITERS: Final[dict[Preset, str]] = {
    Preset.EXCEL_GERMAN: ";",
    Preset.EXCEL_ENGLISH: ",",
    Preset.OTHERS: ",",
    Preset.TAB: "\t",
}
OFFERED_ENCODINGS: Final[tuple[Encoding, ...]] = ("utf-8-sig", "utf-16", "windows-1252")


@dataclass(frozen=True)
class Options:
    """How a file is written. Preset and encoding matter to CSV alone, the language of the headers not to Parquet."""

    language: Language
    preset: Preset = Preset.EXCEL_GERMAN
    encoding: Encoding = "utf-8-sig"

    @property
    def dialect(self) -> Dialect:
        """How a CSV file is written."""
        return Dialect(DELIMITERS[self.preset], self.encoding)

    def content_type(self, form: Format) -> str:
        """The type of a file of that form, as browsers are told."""
        charset = f"; charset={_CHARSETS.get(self.encoding, self.encoding)}" if form == "csv" else ""
        return CONTENT_TYPES[form] + charset

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Back from `to_json`. Raises KeyError or ValueError for anything else."""
        return cls(language=data["language"], preset=Preset(data["preset"]), encoding=data["encoding"])
