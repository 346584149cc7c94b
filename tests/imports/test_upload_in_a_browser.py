"""Uploading in a real browser: how much has arrived is shown, and the way back is open until all has."""

from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from accounts.models import Account
from recipients.models import Group
from tests import environment
from tests.factories import make_account, make_group, make_member, sign_in
from tests.imports.uploads import CSV, drafts, files_in, groups

PATIENCE = 60_000


@pytest.fixture
def account(committed_db: None, storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


def open_page(page: Page, live_url: str, client: Client, path: str) -> None:
    """Open a page as the signed-in person."""
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_url}])
    page.goto(live_url + path)


def upload_page(group: Group) -> str:
    return reverse("imports:upload", args=[group.account_id, group.pk])


def large_file(folder: Path) -> Path:
    """A list of some megabytes."""
    path = folder / "große Liste.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("E-Mail;Name\n")
        file.writelines(f"person{number}@example.org;{'x' * 200}\n" for number in range(20_000))
    return path


@pytest.fixture
def slow_line(page: Page) -> None:
    """A line that sends half a megabyte a second."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 500_000}
    session.send("Network.emulateNetworkConditions", conditions)


def press_upload(page: Page) -> None:
    page.get_by_role("button", name="Upload", exact=True).click()


@pytest.mark.usefixtures("slow_line")
def test_how_much_has_arrived_is_shown_and_the_mapping_follows(
    live_url: str, page: Page, client: Client, group: Group, tmp_path: Path
) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    open_page(page, live_url, client, upload_page(group))
    page.locator("input[type=file]").set_input_files(large_file(tmp_path))
    press_upload(page)
    expect(page.locator("[data-upload-bytes]")).to_contain_text("MB von 4,5 MB")
    expect(page.get_by_text("Die Datei wird hochgeladen.")).to_be_visible()
    expect(page.locator("[data-upload-form]").first).to_be_hidden()
    assert page.get_by_role("progressbar", name="große Liste.csv").get_attribute("max") is not None
    page.locator("form[data-upload]").evaluate("form => form.requestSubmit()")  # as a second press would
    expect(page.get_by_role("heading", name="Datenfeldzuweisung")).to_be_visible(timeout=PATIENCE)
    (found,) = drafts(group.account_id)
    assert sent == [live_url + upload_page(group)]
    assert page.url == live_url + reverse("imports:mapping", args=[group.account_id, found.pk])


@pytest.mark.usefixtures("slow_line", "storage")
def test_an_upload_can_be_cancelled_and_leaves_nothing(
    live_url: str, page: Page, client: Client, group: Group, tmp_path: Path
) -> None:
    open_page(page, live_url, client, upload_page(group))
    page.locator("input[type=file]").set_input_files(large_file(tmp_path))
    press_upload(page)
    cancel = page.get_by_role("button", name="Hochladen abbrechen")
    expect(cancel).to_be_focused()
    cancel.click()
    expect(page.get_by_text("Das Hochladen wurde abgebrochen. Nichts wurde aufbewahrt.")).to_be_visible()
    expect(page.locator("[data-drop-zone-file]")).to_contain_text("große Liste.csv")
    assert (drafts(group.account_id), files_in(environment.STORAGE)) == ([], [])


def test_a_line_that_breaks_is_told_and_the_file_stays_chosen(
    live_url: str, browser: Browser, client: Client, group: Group, tmp_path: Path
) -> None:
    context = browser.new_context(locale="de-DE")
    try:
        page = context.new_page()
        open_page(page, live_url, client, upload_page(group))
        page.locator("input[type=file]").set_input_files(large_file(tmp_path))
        context.set_offline(True)
        press_upload(page)
        expect(page.get_by_text("Die Datei ist nicht angekommen.")).to_be_visible()
        context.set_offline(False)
        press_upload(page)
        expect(page.get_by_role("heading", name="Datenfeldzuweisung")).to_be_visible(timeout=PATIENCE)
    finally:
        context.close()


def test_a_file_that_cannot_be_read_is_told_beside_it(
    live_url: str, page: Page, client: Client, group: Group, tmp_path: Path
) -> None:
    (tmp_path / "leer.csv").write_text("")
    open_page(page, live_url, client, upload_page(group))
    page.locator("input[type=file]").set_input_files(tmp_path / "leer.csv")
    press_upload(page)
    expect(page.locator(".field__error:visible")).to_have_text(
        "leer.csv: Die Datei ist leer. Wählen Sie eine Datei mit mindestens einer Zeile."
    )
    (tmp_path / "voll.csv").write_text(CSV)
    page.locator("input[type=file]").set_input_files(tmp_path / "voll.csv")
    press_upload(page)
    expect(page.get_by_role("heading", name="Datenfeldzuweisung")).to_be_visible(timeout=PATIENCE)


def test_a_file_stays_chosen_when_something_else_is_missing(
    live_url: str, page: Page, client: Client, account: Account, tmp_path: Path
) -> None:
    (tmp_path / "kunden.csv").write_text(CSV)
    open_page(page, live_url, client, reverse("imports:new_list", args=[account.pk]))
    page.locator("input[type=file]").set_input_files(tmp_path / "kunden.csv")
    press_upload(page)
    name = page.get_by_label("Name der Liste")
    expect(name).to_be_focused()
    name.fill("Kunden")
    press_upload(page)
    expect(page.get_by_role("heading", name="Datenfeldzuweisung")).to_be_visible(timeout=PATIENCE)
    assert groups(account) == ["Kunden"]


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    live_url: str, page: Page, client: Client, group: Group, tmp_path: Path
) -> None:
    with (tmp_path / "riesig.csv").open("wb") as file:
        file.truncate(settings.UPLOAD_MOST_BYTES + 1)
    open_page(page, live_url, client, upload_page(group))
    page.locator("input[type=file]").set_input_files(tmp_path / "riesig.csv")
    expect(page.get_by_text("Diese Datei ist größer als 1,0 GB.")).to_be_visible()
    press_upload(page)
    expect(page.locator("[data-upload-progress]")).to_be_hidden()
    expect(page.locator("input[type=file]")).to_be_focused()


def test_pasted_rows_are_sent_as_ever(live_url: str, page: Page, client: Client, group: Group) -> None:
    open_page(page, live_url, client, upload_page(group))
    page.get_by_text("Oder Zeilen einfügen").click()
    page.get_by_label("Zeilen aus einer Tabelle oder eine Liste von Adressen").fill("a@example.org\n")
    press_upload(page)
    expect(page.get_by_role("heading", name="Datenfeldzuweisung")).to_be_visible(timeout=PATIENCE)


def test_a_file_is_uploaded_without_scripts(
    live_url: str, browser: Browser, client: Client, group: Group, tmp_path: Path
) -> None:
    (tmp_path / "kunden.csv").write_text(CSV)
    context = browser.new_context(locale="de-DE", java_script_enabled=False)
    try:
        page = context.new_page()
        open_page(page, live_url, client, upload_page(group))
        page.locator("input[type=file]").set_input_files(tmp_path / "kunden.csv")
        press_upload(page)
        expect(page.get_by_role("heading", name="Datenfeldzuweisung")).to_be_visible(timeout=PATIENCE)
    finally:
        context.close()
