"""What people read about exports: the choices, and why a file could not be made, with the next step."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backups.exports.options import Preset

FORMATS: Final[dict[str, Promise]] = {
    "csv": gettext_lazy("CSV: a text file that nearly every program reads"),
    "xlsx": gettext_lazy("XLSX: an Excel workbook in which every cell stays as it is"),
    "parquet": gettext_lazy("Parquet: for data tools, with all types"),
}

PRESETS: Final[dict[str, Promise]] = {
    Preset.EXCEL_GERMAN: gettext_lazy("Excel, German or Swiss (semicolons)"),
    Preset.EXCEL_ENGLISH: gettext_lazy("Excel, English (commas)"),
    Preset.OTHERS: gettext_lazy("LibreOffice or Numbers (commas)"),
    Preset.TAB: gettext_lazy("Another program (tabs)"),
}

ENCODINGS: Final[dict[str, Promise | str]] = {
    "utf-8-sig": gettext_lazy("UTF-8 (fits nearly always)"),
    "utf-16": "UTF-16",
    "windows-1252": gettext_lazy("Windows-1252 (for old programs)"),
}

SHORT_FORMATS: Final[dict[str, str]] = {"csv": "CSV", "xlsx": "XLSX", "parquet": "Parquet"}

FAILURES: Final[dict[str, Promise]] = {
    "pending": gettext_lazy("The backup was not complete yet. Export it again when it is."),
    "failed": gettext_lazy(
        "The backup could not be made, so there is nothing to export. Take the one before or after."
    ),
    "missing": gettext_lazy("The backup's file is gone from storage. Take the backup before or after it."),
    "damaged": gettext_lazy("The backup's file is damaged and is not given out. Take the backup before or after it."),
    "file_missing": gettext_lazy("The file is gone from storage. Export it again."),
    "file_damaged": gettext_lazy("The file is not the one that was made, and is not given out. Export it again."),
    "purged": gettext_lazy("The backup's time was over and it was deleted meanwhile. Take a younger one."),
    "group_deleted": gettext_lazy("The list was deleted meanwhile. Its last backup holds what was in it."),
    "interrupted": gettext_lazy("The work was interrupted several times and has been given up. Try again later."),
    "storage_unavailable": gettext_lazy("The place where files are kept could not be reached. Try again later."),
    "internal": gettext_lazy("The fault is ours and has been recorded. Try again later, or take another format."),
    "not_in_encoding": gettext_lazy(
        "Windows-1252 does not have all characters of this list; it lacks: %(characters)s. Take UTF-8, so that nothing"
        " gets lost."
    ),
    "too_many_rows": gettext_lazy(
        "A workbook holds at most 1,048,575 recipients, and these are more. Take CSV or Parquet."
    ),
    "cell_too_long": gettext_lazy(
        "A text under “%(column)s” is longer than the 32,767 characters that a cell of a workbook holds. Take CSV or"
        " Parquet, so that nothing is cut off."
    ),
    "sheet_too_large": gettext_lazy("This would be a workbook too large to be opened. Take CSV or Parquet."),
}


def failure_sentence(code: str, detail: Mapping[str, str]) -> str:
    """Why a file could not be made, and the next step. Characters that cannot be seen are named by their numbers."""
    shown = {**detail, "characters": ", ".join(map(_shown, detail.get("characters", "")))}
    return str(FAILURES.get(code, FAILURES["internal"])) % shown


def _shown(character: str) -> str:
    return character if character.isprintable() else f"U+{ord(character):04X}"


def attempt_sentence(code: str) -> str:
    """Why a pending export is tried again; empty when it is at its first attempt."""
    if not code:
        return ""
    if code == "storage_unavailable":
        return _("The place where files are kept does not answer. It is tried again shortly.")
    return _("The first attempt did not work. It is tried again shortly.")
