"""Guesses are shown as guesses; a file like an earlier one is mapped as that was."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.masterdata.file import FieldDefinition
from recipients.masterdata.labels import export_headers
from recipients.models import Group
from recipients.queries import definitions_of
from tests.factories import make_account, make_field, make_group, make_member, sign_in
from tests.imports.filled_form import form_data
from tests.imports.mapping.shown import (
    import_done,
    list_with_fields,
    new_fields,
    newest,
    part,
    refreshed,
    shown,
    url_of,
)
from tests.imports.uploads import draft, upload
from tests.page_content import notices

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    return list_with_fields(account)


def guess_of(response: Any, target: str) -> str:
    """What the page says of the guess for a target; "" when it says nothing."""
    hints = part(response, f"row-{target}").all(css_class="mapping__guess")
    return hints[0].text if hints else ""


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("Kontakt;Vorname", ("Guessed from the values", "Guessed: the column has the same name")),
        ("E-Mail;First Name", ("Guessed from the name of the column", "Guessed from the name of the column")),
        ("E-Mail;Ort", ("Guessed from the name of the column", "")),
    ],
)
def test_a_guess_is_shown_as_one(client: Client, group: Group, header: str, hint: tuple[str, str]) -> None:
    run = draft(client, group, f"{header}\na@example.org;Ada\n")
    response = client.get(url_of(run))
    assert (guess_of(response, "email"), guess_of(response, "vorname")) == hint


def test_the_drop_down_is_described_by_its_guess(client: Client, group: Group) -> None:
    (row,) = [part(client.get(url_of(draft(client, group))), "row-vorname")]
    described = row.all("select")[0].attributes["aria-describedby"]
    assert [hint.attributes["id"] for hint in row.all(css_class="mapping__guess")] == [described]


def test_what_the_person_chose_is_no_guess_any_more(client: Client, group: Group) -> None:
    run = draft(client, group)
    assert guess_of(refreshed(client, run, to__vorname__column="4"), "vorname") == ""
    assert guess_of(refreshed(client, run, to__source__alternative="Messe"), "vorname") != ""


def test_a_file_with_the_same_header_is_mapped_as_before(client: Client, group: Group) -> None:
    import_done(client, group, to__vorname__column="4", to__umsatz__column="", to__source__alternative="Messe")
    upload(client, group)
    response = client.get(url_of(newest(group)))
    data = form_data(response, "mapping")
    names = ("to-vorname-column", "to-umsatz-column", "to-source-alternative")
    assert [data[name] for name in names] == ["4", "", "Messe"]
    hint = "As in your last import of such a file"
    assert [guess_of(response, target) for target in ("vorname", "umsatz", "source")] == [hint, "", hint]
    assert "open" in part(response, "registration").attributes


def test_a_mapping_into_another_list_is_recalled_too(client: Client, group: Group, account: Account) -> None:
    import_done(client, group, to__vorname__column="4")
    other = make_group(account, "Andere")
    make_field(account, "Vorname", group=other, key="fn")
    upload(client, other)
    response = client.get(url_of(newest(group)))
    data = form_data(response, "mapping")
    assert (data["to-fn-column"], guess_of(response, "fn")) == (
        "4",
        "As in your last import of such a file into another list",
    )


def test_a_new_list_gets_the_fields_that_such_a_file_filled_before(
    client: Client, group: Group, account: Account
) -> None:
    import_done(client, group, to__umsatz__column="", to__anrede__column="")
    upload(client, make_group(account, "Leer"))
    data = shown(client, newest(group))
    ticked = {name: data[name.replace("create", "label")] for name in data if name.endswith("-create")}
    assert ticked == {"new-1-create": "Vorname", "new-2-create": "Geburtstag"}


def test_an_export_of_ours_is_mapped_as_such_unless_this_very_list_had_it_otherwise(
    client: Client, group: Group, account: Account
) -> None:
    with account_scope(group.account_id):
        headers = export_headers(definitions_of(group), "de")
    content = ";".join(headers.values()) + "\na@example.org;;;;;;;Ada;;;\n"
    import_done(client, group, content, to__source__column="")
    upload(client, group, content)
    assert shown(client, newest(group))["to-source-column"] == ""
    upload(client, make_group(account, "Leer"), content)
    assert shown(client, newest(group))["to-source-column"] == "5"


def export_with(fields: Sequence[FieldDefinition], *, beside: str, cells: dict[str, str]) -> str:
    """An export of a list with these fields and one row, and another column beside them."""
    names = [*export_headers(fields, "de").values(), beside]
    return f"{';'.join(names)}\n{';'.join(cells.get(name, '') for name in names)}\n"


def about(column: str, response: Any) -> list[str]:
    """The notices that name a column."""
    return [one for one in notices(response) if column in one]


STATES = {"E-Mail": "a@example.org", "Aktiviert am": "2024-07-01T10:00:05+00:00", "Zustand": "abgemeldet"}


def test_words_for_a_status_in_an_export_become_a_field_again_and_are_told(client: Client, account: Account) -> None:
    run = draft(client, make_group(account), export_with([], beside="Zustand", cells=STATES))
    response = client.get(url_of(run))
    assert (new_fields(response), shown(client, run)["new-7-create"]) == (["Zustand"], "on")
    told = (
        "This file is an export of Listkeep: its dates say who is active, unsubscribed or bounced. The column Zustand "
        "seems to tell that, too. If you have added it since, choose it for “Status” under “Registration information”."
    )
    assert about("Zustand", response) == [told]
    assert about("Zustand", refreshed(client, run, **{"to-subscription-status-column": "7"})) == []


def test_words_for_a_status_in_a_field_of_an_export_are_not_told(client: Client, group: Group) -> None:
    with account_scope(group.account_id):
        before = definitions_of(group)
    make_field(group.account, "Zustand", group=group)
    run = draft(client, group, export_with(before, beside="Zustand", cells=STATES))
    assert about("Zustand", client.get(url_of(run))) == []
    assert shown(client, run)["to-subscription-status-column"] == ""
