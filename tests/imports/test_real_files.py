"""Files that people really have, from the upload to the list, against a model in plain Python.

The table of them is in the folder `real_files`.
"""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import translation

from accounts.models import Account, User
from backups.exports.csv import csv_chunks
from imports.models import Import
from imports.readers import FileProblem, Source, UnreadableFile
from imports.wording import file_problem
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.labels import LANGUAGES, Language
from recipients.models import Group
from recipients.storage import local_copy
from tests.customer import make_backup
from tests.factories import DAY, NOW, make_account, make_group, make_member, make_recipient
from tests.imports.real_files.case import FIELDS, Broken, Readable
from tests.imports.real_files.importing import (
    active_in,
    figures_of,
    guessed,
    import_as_guessed,
    make_list,
    people_in,
    rejected_in,
    upload,
)
from tests.imports.real_files.model import Outcome, outcome_of, told_apart
from tests.imports.real_files.table import BROKEN, READABLE
from tests.imports.uploads import drafts, files_in


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


def columns_of(run: Import, case: Readable) -> dict[str, str | int | None]:
    """Target → the column that is guessed for it, by its header where the case names it so."""
    names = [column["name"] for column in run.sniffed["columns"]]
    found: dict[str, str | int | None] = {}
    for entry in guessed(run):
        is_named = isinstance(case.mapping.get(entry.target), str) and entry.column is not None
        found[entry.target] = names[entry.column or 0] if is_named else entry.column
    return found


@pytest.mark.parametrize("case", READABLE, ids=[case.name for case in READABLE])
def test_a_file_comes_into_the_list_as_the_model_says(account: Account, editor: User, case: Readable) -> None:
    content = case.build()
    run = upload(make_list(account, case.fields), editor, content, case.file_name)
    assert (Source.from_json(run.source), columns_of(run, case)) == (case.source, dict(case.mapping))
    done = import_as_guessed(run, editor)
    assert (done.status, done.failure_detail) == (Import.Status.DONE, {})
    expected = outcome_of(case, content)
    assert Outcome(people_in(done.group, done), rejected_in(done), figures_of(done)) == expected
    assert active_in(done.group) == told_apart(expected.people)
    assert case.active in (None, told_apart(expected.people))


@pytest.mark.parametrize("case", BROKEN, ids=[case.name for case in BROKEN])
@pytest.mark.django_db
def test_a_broken_file_is_told_and_leaves_nothing(storage: Path, case: Broken) -> None:
    account = make_account()
    editor = make_member(account)
    group = make_group(account)
    with pytest.raises(UnreadableFile) as raised:
        upload(group, editor, case.build(), case.file_name)
    told = {}
    for language in LANGUAGES:
        with translation.override(language):
            told[language] = file_problem(raised.value)
    assert (raised.value.code, raised.value.line, raised.value.column, told) == (
        case.problem,
        case.line,
        case.column,
        {"de": case.german, "en": case.english},
    )
    assert (drafts(account.pk), files_in(storage)) == ([], [])


def test_a_file_that_is_broken_further_down_is_told_and_changes_nothing(
    account: Account, editor: User, storage: Path
) -> None:
    content = b"E-Mail;Ort\nada@example.org;Ulm\n" + b"x" * 33 * 1024 * 1024
    done = import_as_guessed(upload(make_list(account, FIELDS), editor, content, "kunden.csv"), editor)
    assert (done.status, done.failure, done.failure_detail) == (
        Import.Status.FAILED,
        "unreadable",
        {"problem": FileProblem.ROW_TOO_LONG, "line": 3, "column": None, "about": ""},
    )
    assert (people_in(done.group), files_in(storage)) == ({}, [])


def make_people(group: Group) -> None:
    """One of each status, with values that are hard to write down."""
    make_recipient(
        group,
        "ada@example.org",
        registered_at=NOW - DAY,
        source="Messe; „Halle 3“",
        tags=["VIP", '"Berlin"'],
        values={
            "vorname": '=HYPERLINK("x")',
            "nachname": "O'Neill",
            "ort": "Köln\nDeutz",
            "plz": "01067",
            "geburtstag": "1980-02-29",
            "umsatz": Decimal("-1234.5000000001"),
            "anrede": "diverse",
        },
    )
    make_recipient(group, "off@example.org", deactivated_at=NOW + timedelta(microseconds=1), values={"ort": "'=Ulm"})
    make_recipient(group, "bounced@example.org", bounced_at=NOW, values={"plz": "007"})
    make_recipient(group, "new@example.org", activated_at=None)
    make_recipient(group, "müller@bücher.example", registered_at=None, activated_at=NOW - 9000 * DAY)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_export_of_listkeep_comes_back_as_it_was(account: Account, editor: User, language: Language) -> None:
    group = make_list(account, FIELDS)
    make_people(group)
    backup = make_backup(group, editor)
    with local_copy("backups", backup.file_key) as path, MasterDataFile.open(path) as file:
        content = b"".join(csv_chunks(file, language=language))
    done = import_as_guessed(upload(make_list(account, FIELDS), editor, content, "Kunden 2026.csv"), editor)
    assert (people_in(done.group), figures_of(done)) == (people_in(group), {"rows": 5, "added": 5})
