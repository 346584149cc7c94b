"""The wizard in a real browser, from the mapping to the report: scripts or none, keyboard alone, the back button."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import Account
from recipients.masterdata.file import FieldType
from recipients.models import Group
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.imports.uploads import draft, drafts
from tests.processes import Process

PATIENCE = 60_000


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
    make_recipient(made, "ada@example.org", values={"vorname": "Augusta"})
    return made


def open_mapping(page: Page, live_url: str, client: Client, group: Group) -> None:
    """Open the mapping page of a new draft as the signed-in person."""
    run = draft(client, group)
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_url}])
    page.goto(live_url + reverse("imports:mapping", args=[group.account_id, run.pk]))


def see_the_preview(page: Page) -> None:
    """Press Next and wait until the preview is made."""
    page.get_by_role("button", name="Weiter", exact=True).click()
    expect(page.get_by_text("Das würde der Import tun")).to_be_visible(timeout=PATIENCE)


def test_preview_and_progress_turn_into_the_report_by_themselves(
    live_url: str, page: Page, client: Client, group: Group, workers: list[Process]
) -> None:
    open_mapping(page, live_url, client, group)
    see_the_preview(page)
    assert page.locator("#preview").get_attribute("hx-get") is None
    page.get_by_role("button", name="1 Empfänger hinzufügen und 1 ändern").click()
    expect(page.get_by_text("Der Import ist fertig")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".stat", has_text="Hinzugefügt")).to_contain_text("1")
    assert page.locator("#run").get_attribute("hx-get") is None
    page.get_by_role("link", name="Das Backup, das vorher erstellt wurde").click()
    expect(page.locator("tr:target")).to_contain_text("Import von kunden.csv")
    expect(page.locator("tr:target")).to_be_in_viewport()


@pytest.mark.usefixtures("start_worker")  # which lets no other worker run; this test starts none
def test_an_import_that_nobody_works_on_says_so_and_can_be_cancelled(
    live_url: str, page: Page, client: Client, group: Group
) -> None:
    open_mapping(page, live_url, client, group)
    page.get_by_role("button", name="Weiter", exact=True).click()
    expect(page.get_by_text("Andere Arbeit kommt zuerst dran")).to_be_visible()
    page.get_by_role("button", name="Sofort importieren").click()
    expect(page.get_by_role("heading", name="Import in „Kunden 2026“")).to_be_visible()
    expect(page.get_by_text("Andere Arbeit kommt zuerst dran")).to_be_visible()
    page.get_by_role("button", name="Abbrechen").click()
    expect(page.get_by_text("Der Import wurde abgebrochen, die Liste ist, wie sie war")).to_be_visible()
    (run,) = drafts(group.account_id)
    assert run.status == "cancelled"


@pytest.mark.usefixtures("start_worker")  # which lets no other worker run; this test starts none
def test_what_takes_a_moment_is_seen_before_the_first_second_is_over(
    live_url: str, page: Page, client: Client, group: Group
) -> None:
    open_mapping(page, live_url, client, group)
    page.get_by_role("button", name="Weiter", exact=True).click()
    expect(page.get_by_text("Andere Arbeit kommt zuerst dran")).to_be_visible()
    page.clock.install(time=NOW)
    page.clock.pause_at(NOW + timedelta(seconds=10))  # time goes on when the test says so
    page.reload()
    with page.expect_response(page.url):
        page.clock.run_for(300)  # milliseconds


def test_the_back_button_leads_to_where_the_import_is(
    live_url: str, page: Page, client: Client, group: Group, workers: list[Process]
) -> None:
    open_mapping(page, live_url, client, group)
    see_the_preview(page)
    page.locator("#confirm").click()
    expect(page.get_by_text("Der Import ist fertig")).to_be_visible(timeout=PATIENCE)
    page.go_back()
    if page.locator("#confirm").is_visible():  # as it was, from the browser's own store
        page.locator("#confirm").click()
    expect(page.get_by_text("Der Import ist fertig")).to_be_visible()
    (run,) = drafts(group.account_id)
    assert run.status == "done"


def test_the_preview_of_one_window_follows_the_other(
    live_url: str, page: Page, client: Client, group: Group, workers: list[Process]
) -> None:
    open_mapping(page, live_url, client, group)
    see_the_preview(page)
    other = page.context.new_page()
    other.goto(page.url)
    page.get_by_role("button", name="Zurück zur Zuordnung").click()
    page.get_by_role("radio", name="Löschen").check()
    see_the_preview(page)
    other.locator("#confirm").click()
    expect(other.get_by_text("Dieser Import wurde in einem anderen Fenster geändert.")).to_be_visible()
    expect(other.locator("#confirm")).to_have_text("1 Empfänger löschen")


def test_the_keyboard_alone_is_enough(
    live_url: str, page: Page, client: Client, group: Group, workers: list[Process]
) -> None:
    open_mapping(page, live_url, client, group)
    page.get_by_role("radio", name="Aktualisieren und Hinzufügen").focus()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="Nur aktualisieren")).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Das würde der Import tun")).to_be_visible(timeout=PATIENCE)
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "confirm":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_text("Der Import ist fertig")).to_be_visible(timeout=PATIENCE)


def test_what_has_the_focus_is_not_hidden_by_the_decision(
    live_url: str, page: Page, client: Client, group: Group, workers: list[Process]
) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    open_mapping(page, live_url, client, group)
    see_the_preview(page)
    hidden = """() => {
      const bar = document.querySelector(".decision");
      const one = document.activeElement;
      const isCovered = one.getBoundingClientRect().bottom > bar.getBoundingClientRect().top + 1;
      return one !== document.body && !bar.contains(one) && isCovered;
    }"""
    page.locator("h1").click()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert not page.evaluate(hidden), page.evaluate("document.activeElement.outerHTML")


def test_on_a_phone_no_label_runs_over_the_next(
    live_url: str, page: Page, client: Client, group: Group, workers: list[Process]
) -> None:
    page.set_viewport_size({"width": 300, "height": 844})
    open_mapping(page, live_url, client, group)
    see_the_preview(page)
    cells = page.locator("td[data-label='Empfänger mit anderem Wert']")
    expect(cells).not_to_have_count(0)
    overflows = "cells => cells.map(cell => cell.scrollHeight - cell.clientHeight)"
    assert set(cells.evaluate_all(overflows)) == {0}


def test_in_a_low_window_the_decision_gives_way(
    live_url: str, page: Page, client: Client, group: Group, workers: list[Process]
) -> None:
    page.set_viewport_size({"width": 640, "height": 400})  # 1280 × 800 at a zoom of 200 %
    open_mapping(page, live_url, client, group)
    see_the_preview(page)
    expect(page.locator(".decision")).not_to_be_in_viewport()
    page.locator("#confirm").focus()
    expect(page.locator("#confirm")).to_be_in_viewport()


def test_the_whole_way_works_without_scripts(
    live_url: str, browser: Browser, client: Client, group: Group, workers: list[Process]
) -> None:
    context = browser.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    try:
        open_mapping(page, live_url, client, group)
        page.locator("#row-geboren select.mapping__column").select_option(label="Geburtstag")
        page.get_by_role("button", name="Auswahl anzeigen").click()
        expect(page.locator("#row-geboren li")).to_have_text(["10.12.1815", "24.02.1990"])
        see_the_preview(page)
        page.get_by_role("button", name="1 Empfänger hinzufügen und 1 ändern").click()
        expect(page.get_by_text("Der Import ist fertig")).to_be_visible(timeout=PATIENCE)
    finally:
        context.close()
