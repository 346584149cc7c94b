"""Every code that a page may have to tell has a sentence, in both languages."""

import pytest
from django.utils import translation

from imports.confirming import CannotImport
from imports.models import Import
from imports.readers import FileProblem, Reason, UnreadableFile
from imports.templatetags.imports_format import failure
from imports.wording import CANNOT_IMPORT, FAILURES, FILE_PROBLEMS, REASONS, file_problem, reason_label

RUN_FAILURES = {
    "fields_changed",
    "backup_failed",
    "group_deleted",
    "group_locked",
    "file_missing",
    "unreadable",
    "interrupted",
    "storage_unavailable",
    "internal",
}


def test_each_problem_of_a_file_has_a_sentence() -> None:
    assert set(FILE_PROBLEMS) == set(FileProblem)


def test_each_reason_of_a_rejected_row_has_words() -> None:
    assert set(REASONS) == set(Reason)


def test_each_failure_of_a_run_has_a_sentence() -> None:
    assert set(FAILURES) == RUN_FAILURES


def test_each_refusal_to_start_has_a_sentence() -> None:
    assert {refusal.code for refusal in CannotImport.__subclasses__()} <= set(CANNOT_IMPORT)


@pytest.mark.parametrize(
    ("line", "column", "place"),
    [(None, None, ""), (7, None, " The place: line 7."), (7, 3, " The place: line 7, column 3.")],
)
def test_a_place_is_told_when_there_is_one(line: int | None, column: int | None, place: str) -> None:
    error = UnreadableFile(FileProblem.EMPTY, line=line, column=column)
    assert file_problem(error) == f"The file is empty. Choose a file that has at least one row.{place}"


@pytest.mark.parametrize(
    ("detail", "names"),
    [("a.csv\nb.csv", "2 tables: a.csv, b.csv."), ("a.csv\nb.csv\nc.csv\nd.csv", "4 tables: a.csv, b.csv, c.csv, ….")],
)
def test_the_tables_of_an_archive_are_named(detail: str, names: str) -> None:
    error = UnreadableFile(FileProblem.ZIP_WITH_SEVERAL_TABLES, detail=detail)
    assert file_problem(error) == (
        f"This ZIP archive holds {names} Upload one of them, or an archive with only that one."
    )


def test_a_reason_is_told_in_the_persons_language() -> None:
    with translation.override("de"):
        assert reason_label("invalid_email") == "Ungültige E-Mail-Adresse"


def test_an_unreadable_files_failure_names_the_problem_and_the_place() -> None:
    detail = {"problem": "row_too_long", "line": 12, "column": None, "about": ""}
    run = Import(failure="unreadable", failure_detail=detail)
    assert failure(run) == (
        "The file could not be read to its end. One row of this file is too long to be read. "
        "Often a quotation mark before it is never closed: mend it in a text editor and upload the file again. "
        "The place: line 12."
    )


def test_an_unknown_failure_is_told_as_ours() -> None:
    assert failure(Import(failure="out_of_tea")) == "The fault is ours and has been recorded. Upload the file again."
