"""What people read about files, rows and imports that went wrong: a sentence for each code, and the next step."""

from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports.readers import FileProblem, Reason, UnreadableFile

NAMES_SHOWN: Final = 3

FILE_PROBLEMS: Final[dict[FileProblem, Promise]] = {
    FileProblem.EMPTY: gettext_lazy("The file is empty. Choose a file that has at least one row."),
    FileProblem.NOT_TEXT: gettext_lazy(
        "This file holds no table. Save your list as XLSX or CSV in your spreadsheet program and upload that file."
    ),
    FileProblem.UNKNOWN_ENCODING: gettext_lazy(
        "The characters of this file could not be recognised. Save it as CSV in UTF-8 and upload that file."
    ),
    FileProblem.PASSWORD_PROTECTED: gettext_lazy(
        "This workbook is protected with a password. Save it without a password and upload it again."
    ),
    FileProblem.ZIP_BOMB: gettext_lazy(
        "This file unpacks to more data than any list of recipients holds. Save the table as CSV and upload that file."
    ),
    FileProblem.ZIP_PASSWORD_PROTECTED: gettext_lazy(
        "This ZIP archive is protected with a password. Pack the file without a password, or upload the file itself."
    ),
    FileProblem.ZIP_WITHOUT_TABLE: gettext_lazy(
        "This ZIP archive holds no table. Put your list into it as CSV, TXT, XLSX or XLS, or upload the list itself."
    ),
    FileProblem.ZIP_WITH_SEVERAL_TABLES: gettext_lazy(
        "This ZIP archive holds %(number)d tables: %(names)s. Upload one of them, or an archive with only that one."
    ),
    FileProblem.DAMAGED_ZIP: gettext_lazy(
        "This ZIP archive cannot be unpacked. Pack the file again, or upload the file itself."
    ),
    FileProblem.WORKBOOK_TOO_LARGE: gettext_lazy(
        "This workbook is too large to be opened. Save the sheet as CSV and upload that file."
    ),
    FileProblem.DAMAGED_WORKBOOK: gettext_lazy(
        "This file is damaged. Open your list in a spreadsheet program, save it as a new XLSX file and upload that one."
    ),
    FileProblem.DAMAGED_PARQUET: gettext_lazy(
        "This Parquet file is damaged. Export it again, or as CSV, and upload that file."
    ),
    FileProblem.PARQUET_TOO_LARGE: gettext_lazy(
        "This Parquet file holds more than can be read at once. Export the table as CSV and upload that file."
    ),
    FileProblem.XLS_WITH_ERRORS: gettext_lazy(
        "Cells of this workbook hold errors such as #N/A, which cannot be told from empty ones in an XLS file. Mend "
        "them, or save the workbook as XLSX and upload that file."
    ),
    FileProblem.UNSUPPORTED_WORKBOOK: gettext_lazy(
        "Workbooks of this kind cannot be read. Save the sheet as XLSX or CSV and upload that file."
    ),
    FileProblem.NO_SHEET: gettext_lazy("This workbook has no sheet with rows. Choose another file."),
    FileProblem.TOO_MANY_COLUMNS: gettext_lazy(
        "This file has more columns than can be read. Delete those that you do not need and upload it again."
    ),
    FileProblem.BROKEN_HEADER: gettext_lazy(
        "A quotation mark in the first row is never closed. Mend the row in a text editor and upload the file again."
    ),
    FileProblem.ROW_TOO_LONG: gettext_lazy(
        "One row of this file is too long to be read. Often a quotation mark before it is never closed: mend it in a "
        "text editor and upload the file again."
    ),
}

REASONS: Final[dict[Reason, Promise]] = {
    Reason.BROKEN_QUOTES: gettext_lazy("A quotation mark is not closed"),
    Reason.TOO_MANY_CELLS: gettext_lazy("More cells than columns"),
    Reason.TOO_FEW_CELLS: gettext_lazy("The row ends too early"),
    Reason.UNREADABLE_CHARACTER: gettext_lazy("Unreadable character"),
    Reason.MISSING_EMAIL: gettext_lazy("No e-mail address"),
    Reason.INVALID_EMAIL: gettext_lazy("Invalid e-mail address"),
    Reason.BLOCKED: gettext_lazy("Blocked address"),
    Reason.ERASED: gettext_lazy("Was erased on request"),
    Reason.UNKNOWN_STATUS: gettext_lazy("Unknown status"),
    Reason.NOT_CONFIRMED: gettext_lazy("Sign-up not confirmed"),
    Reason.UNREADABLE_DATE_TIME: gettext_lazy("Unreadable time of registration or sign-off"),
    Reason.UNREADABLE_DATE: gettext_lazy("Unreadable date"),
    Reason.UNREADABLE_NUMBER: gettext_lazy("Unreadable number"),
    Reason.UNKNOWN_GENDER: gettext_lazy("Unknown gender"),
    Reason.TEXT_TOO_LONG: gettext_lazy("Text too long"),
}

FAILURES: Final[dict[str, Promise]] = {
    "backup_failed": gettext_lazy(
        "The backup of the list could not be made, and without it nothing is changed. Upload the file again; if that "
        "fails too, tell whoever runs Listkeep that backups cannot be made."
    ),
    "group_deleted": gettext_lazy(
        "The list was deleted before the import was applied. Import the file into a new list."
    ),
    "group_locked": gettext_lazy(
        "The list was locked before the import was applied. Unlock it in its settings, then upload the file again."
    ),
    "file_missing": gettext_lazy("The uploaded file is no longer there. Upload it again."),
    "unreadable": gettext_lazy("The file could not be read to its end."),
    "interrupted": gettext_lazy(
        "The import was interrupted several times and has been given up. Upload the file again, a large one in parts."
    ),
    "storage_unavailable": gettext_lazy(
        "The place where files are kept could not be reached for several minutes. Upload the file again in a while."
    ),
    "fields_changed": gettext_lazy(
        "The field “%(label)s” is another one now, or gone, because somebody has changed the fields since the columns "
        "were assigned. Upload the file again and assign the columns once more."
    ),
    "internal": gettext_lazy("The fault is ours and has been recorded. Upload the file again."),
}

CANNOT_IMPORT: Final[dict[str, Promise]] = {
    "group_locked": gettext_lazy("The list is locked. Unlock it in its settings, then try again."),
    "group_deleted": gettext_lazy("The list has been deleted, or is about to be. Import the file into a new list."),
    "deletion_running": gettext_lazy(
        "Something of this list is just being deleted. Wait until that is over, then try again."
    ),
    "group_present": gettext_lazy("The list is there again already; somebody else has restored it meanwhile."),
    "import_running": gettext_lazy(
        "Another import into this list has not ended yet. Wait until it has, then try again."
    ),
    "file_missing": gettext_lazy("The uploaded file is no longer there. Upload it again."),
    "storage_unavailable": gettext_lazy(
        "The place where files are kept cannot be reached. Nothing has changed. Try again in a while."
    ),
}


def file_problem(error: UnreadableFile) -> str:
    """What is wrong with a file, where, and what to do, in the present language."""
    return unreadable_sentence(error.code, line=error.line, column=error.column, about=error.detail)


def unreadable_sentence(code: str, *, line: int | None, column: int | None, about: str) -> str:
    """As `file_problem`, from an import's `failure_detail`."""
    sentence = str(FILE_PROBLEMS[FileProblem(code)])
    if code == FileProblem.ZIP_WITH_SEVERAL_TABLES:
        sentence %= _some_names(about.split("\n"))
    if line is None:
        return sentence
    place = _("The place: line %(line)d, column %(column)d.") if column is not None else _("The place: line %(line)d.")
    return f"{sentence} {place % {'line': line, 'column': column}}"


def _some_names(names: list[str]) -> dict[str, Any]:
    shown = names[:NAMES_SHOWN] + ["…"] * (len(names) > NAMES_SHOWN)
    return {"number": len(names), "names": ", ".join(shown)}


def cannot_import_sentence(code: str) -> str:
    """Why an import cannot start, and the next step, in the present language."""
    return str(CANNOT_IMPORT[code])


def failure_sentence(code: str, *, label: str = "") -> str:
    """Why an import failed, and the next step, in the present language. `label` names a field that it is about."""
    return str(FAILURES.get(code, FAILURES["internal"])) % {"label": label}


def reason_label(code: str) -> str:
    """Why a row was rejected, in the present language."""
    return str(REASONS[Reason(code)])
