"""The mapping page in a real browser: choices show what they mean at once, and disturb nothing beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Account
from recipients.masterdata.file import FieldType
from recipients.models import Group
from tests.factories import make_account, make_field, make_group, make_member, sign_in
from tests.imports.uploads import CSV, draft


@pytest.fixture
def account(committed_db: None, storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_field(account, "Vorname", group=made)
    make_field(account, "Geboren", FieldType.DATE, group=made)
    return made


def open_mapping(page: Page, live_url: str, client: Client, group: Group, content: str | bytes = CSV) -> None:
    """Open the mapping page of a new draft as the signed-in person."""
    run = draft(client, group, content)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_url}])
    page.goto(live_url + reverse("imports:mapping", args=[group.account_id, run.pk]))


@contextmanager
def without_loading_the_page_again(page: Page) -> Iterator[None]:
    """Fails when the page is left or loaded again meanwhile."""
    page.evaluate("document.body.dataset.same = 'yes'")
    yield
    assert page.evaluate("document.body.dataset.same") == "yes"


def test_choosing_a_column_shows_its_values_and_leaves_all_else(
    live_url: str, page: Page, client: Client, group: Group
) -> None:
    open_mapping(page, live_url, client, group)
    page.locator("#registration > summary").click()
    source = page.locator("#row-source").get_by_label("Derselbe Wert für alle Zeilen")
    source.fill("Messe")
    with without_loading_the_page_again(page):
        page.locator("#row-geboren select.mapping__column").focus()
        page.locator("#row-geboren select.mapping__column").select_option(label="Geburtstag")
        expect(page.locator("#row-geboren li")).to_have_text(["10.12.1815", "24.02.1990"])
        expect(page.locator("#unused legend")).to_have_text(["Umsatz", "PLZ"])
    expect(page.locator("#row-geboren select").nth(1)).to_have_value("dd.mm.yyyy")
    expect(source).to_have_value("Messe")
    expect(page.locator("#row-geboren select.mapping__column")).to_be_focused()


def test_another_encoding_is_shown_at_once(live_url: str, page: Page, client: Client, group: Group) -> None:
    open_mapping(page, live_url, client, group, "E-Mail;Vorname\na@example.org;Jürgen\n".encode("windows-1252"))
    with without_loading_the_page_again(page):
        page.get_by_label("Zeichensatz").select_option("cp850")
        expect(page.locator("#row-vorname li")).to_have_text(["J³rgen"])
        page.get_by_label("Zeichensatz").select_option("windows-1252")
        expect(page.locator("#row-vorname li")).to_have_text(["Jürgen"])


def test_a_guess_is_shown_until_another_column_is_chosen(
    live_url: str, page: Page, client: Client, group: Group
) -> None:
    open_mapping(page, live_url, client, group)
    row = page.locator("#row-vorname")
    column = row.get_by_label("Vorname", exact=True)
    expect(row.locator(".mapping__guess")).to_have_text("Vermutet: Die Spalte heißt genauso")
    expect(column).to_have_accessible_description("Vermutet: Die Spalte heißt genauso")
    column.select_option(label="PLZ")
    expect(row.locator(".mapping__guess")).to_have_count(0)
    expect(page.locator("#left-out")).to_have_text("Nicht importiert: Vorname, Geburtstag, Umsatz")


def test_what_is_not_imported_is_told_anew_with_each_new_field(
    live_url: str, page: Page, client: Client, group: Group
) -> None:
    open_mapping(page, live_url, client, group)
    left_out = page.locator("#left-out")
    expect(left_out).to_have_text("Nicht importiert: Geburtstag, Umsatz, PLZ")
    with without_loading_the_page_again(page):
        plz = page.locator("#unused fieldset", has_text="PLZ")
        plz.get_by_label("Neues Feld anlegen").check()
        expect(left_out).to_have_text("Nicht importiert: Geburtstag, Umsatz")
        plz.get_by_label("Name des Feldes").fill("Postleitzahl")
        page.locator("#unused fieldset", has_text="Umsatz").get_by_label("Neues Feld anlegen").check()
        expect(left_out).to_have_text("Nicht importiert: Geburtstag")
        expect(plz.get_by_label("Name des Feldes")).to_have_value("Postleitzahl")


def test_a_status_says_what_its_words_mean_and_may_be_told_otherwise(
    live_url: str, page: Page, client: Client, group: Group
) -> None:
    open_mapping(page, live_url, client, group, "E-Mail;Post\na@example.org;ja\nb@example.org;nein\n")
    page.locator("#registration > summary").click()
    row = page.locator("#row-subscription-status")
    row.get_by_label("Status", exact=True).select_option(label="Post")
    expect(row.locator("li")).to_have_text(["ja: unbekannt", "nein: unbekannt"])
    expect(row.locator(".mapping__doubt")).to_contain_text("Was „ja“, „nein“ hier bedeutet, kann niemand wissen.")
    row.get_by_label("So sagt es die Spalte").select_option("yes_active")
    expect(row.locator("li")).to_have_text(["ja: aktiv", "nein: abgemeldet"])
    expect(row.locator(".mapping__doubt")).to_have_count(0)


def test_only_what_matters_to_a_choice_is_shown(live_url: str, page: Page, client: Client, group: Group) -> None:
    open_mapping(page, live_url, client, group)
    row = page.locator("#row-geboren")
    expect(row.get_by_label("Derselbe Wert für alle Zeilen")).to_be_visible()
    expect(row.get_by_label("Schreibweise des Datums")).to_be_hidden()
    new = page.locator("#unused fieldset", has_text="Umsatz")
    expect(new.get_by_label("Name des Feldes")).to_be_hidden()
    new.get_by_label("Neues Feld anlegen").check()
    expect(new.get_by_label("Schreibweise der Zahlen")).to_be_visible()
    new.get_by_label("Typ").select_option("text")
    expect(new.get_by_label("Schreibweise der Zahlen")).to_be_hidden()
    row.locator("select.mapping__column").select_option(label="Geburtstag")
    expect(row.get_by_label("Schreibweise des Datums")).to_be_visible()
    expect(row.get_by_label("Derselbe Wert für alle Zeilen")).to_be_hidden()
