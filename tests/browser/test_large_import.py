"""Large and local files through the wizard: the report says what a plain-Python reading of the same file says."""

import csv
import io
import random
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page

from accounts.models import Role
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.masterdata.file import FieldType
from recipients.masterdata.options import Outcome
from recipients.models import Field, Group, Recipient
from tests.browser.person import Person
from tests.browser.scene import EMAIL, PASSWORD
from tests.browser.words import GERMAN
from tests.factories import make_account, make_field, make_group, make_member, make_user
from tests.processes import Process

FIELDS = {"Vorname": FieldType.TEXT, "Ort": FieldType.TEXT, "Geburtstag": FieldType.DATE, "Umsatz": FieldType.NUMBER}
FIRST = ["Jürgen", "Zoë", "Änne", "Björn", "Käthe", "Noël", "Groß"]
TOWNS = ["Köln", "München", "Düsseldorf", "Würzburg", "Zürich", ""]
# What the files say nothing of: nobody unsubscribes, and there is no field of all lists.
NOTHING = {column.name: 0 for column in fields(Outcome)}
People = dict[str, dict[str, str | int | Decimal]]


@pytest.fixture
def group(committed_db: None) -> Group:
    account = make_account("Blumen Berger GmbH")
    make_member(account, Role.OWNER, make_user(EMAIL, password=PASSWORD))
    made = make_group(account, "Kunden 2026")
    for label, kind in FIELDS.items():
        make_field(account, label, kind, group=made)
    return made


def rows_of(count: int, seed: int, *, first: int = 0) -> list[list[str]]:
    """Lines as a German spreadsheet program has them; some addresses are broken, some stand twice."""
    chance = random.Random(seed)
    rows = []
    for number in range(first, first + count):
        email = f"person{number}@example{number % 7}.org"
        if chance.random() < 0.002:
            email = email.replace("@", chance.choice(["", " at ", "@@"]))
        elif chance.random() < 0.003:
            email = f"PERSON{max(first, number - 5)}@example{max(first, number - 5) % 7}.org"
        cents = chance.randrange(10_000_000)
        amount = f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02}"
        day = f"{chance.randrange(1, 29):02}.{chance.randrange(1, 13):02}.{chance.randrange(1930, 2010)}"
        rows.append([email, chance.choice(FIRST), chance.choice(TOWNS), day, amount])
    chance.shuffle(rows)
    return rows


def text_of(rows: list[list[str]]) -> str:
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=";", lineterminator="\r\n").writerows([["E-Mail", *FIELDS], *rows])
    return written.getvalue()


def read_plainly(text: str, people: People) -> dict[str, object]:
    """Apply the text of a file to `people` as the rules say, row by row; gives the report."""
    added = changed = unchanged = doubled = rejected = 0
    was = len(people)
    seen: set[str] = set()
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))
    for row in rows:
        email = row["E-Mail"].lower()
        if email.count("@") != 1 or " " in email:
            rejected += 1
            continue
        if email in seen:
            doubled += 1
            continue
        seen.add(email)
        day, month, year = row["Geburtstag"].split(".")
        values: dict[str, str | int | Decimal] = {"vorname": row["Vorname"], "geburtstag": f"{year}-{month}-{day}"}
        if row["Ort"]:
            values["ort"] = row["Ort"]
        values["umsatz"] = Decimal(row["Umsatz"].replace(".", "").replace(",", "."))
        if email not in people:
            added += 1
        elif people[email] | values != people[email]:
            changed += 1
        else:
            unchanged += 1
        people[email] = people.get(email, {}) | values
    return {
        **NOTHING,
        "rows": len(rows),
        "added": added,
        "changed": changed,
        "unchanged": unchanged,
        "doubled": doubled,
        "rejected": rejected,
        "rejected_by_reason": {"invalid_email": rejected},
        "notes": {},
        "as_previewed": True,
        "was_empty": not was,
    }


def people_of(group: Group) -> People:
    with account_scope(group.account_id):
        found = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).exclude(activated_at=None)
        return dict(found.values_list("email", "values"))


def last_report(group: Group) -> dict[str, object]:
    with account_scope(group.account_id):
        assert Field.objects.filter(group=group).count() == len(FIELDS)
        report: dict[str, object] = Import.objects.filter(group=group).latest("created_at").report
    return {name: value for name, value in report.items() if name != "backup"}


@pytest.mark.parametrize("browser_locale", [GERMAN.locale])
def test_the_report_says_what_a_plain_reading_says(
    group: Group, live_url: str, page: Page, workers: list[Process], tmp_path: Path
) -> None:
    person = Person(page, live_url, GERMAN, lambda _name: None)
    person.sign_in(EMAIL, PASSWORD)
    people: People = {}

    large = rows_of(100_000, 1)
    (tmp_path / "groß.csv").write_text(text_of(large), encoding="utf-8", newline="")
    expected = read_plainly(text_of(large), people)
    person.import_into("Kunden 2026", tmp_path / "groß.csv")
    assert last_report(group) == expected
    assert person.figure("Hinzugefügt") == f"{expected['added']:,}".replace(",", ".")
    assert people_of(group) == people

    local = large[:3_000] + rows_of(2_000, 2, first=99_000)
    (tmp_path / "aus-excel.csv").write_text(text_of(local), encoding="windows-1252", newline="")
    expected = read_plainly(text_of(local), people)
    person.import_into("Kunden 2026", tmp_path / "aus-excel.csv")
    assert last_report(group) == expected
    figures = [person.figure(label) for label in ("Zeilen in der Datei", "Hinzugefügt", "Geändert", "Unverändert")]
    names = ("rows", "added", "changed", "unchanged")
    assert figures == [f"{expected[name]:,}".replace(",", ".") for name in names]
    assert people_of(group) == people
