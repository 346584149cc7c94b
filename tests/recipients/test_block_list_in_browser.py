"""The block list of a list in a real browser, with scripts and without."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.tenancy import account_scope
from recipients.models import BlockedAddress, Group
from tests.factories import make_account, make_blocked, make_group, make_member, sign_in_page


@pytest.fixture
def group(committed_db: None) -> Group:
    """A list with two entries on its block list."""
    account = make_account()
    group = make_group(account, "Kunden 2026")
    for pattern in ("spam@example.org", "*@example.net"):
        make_blocked(account, pattern, group=group)
    return group


def open_block_list(page: Page, live_url: str, group: Group) -> None:
    sign_in_page(page, make_member(group.account), address=live_url)
    page.goto(f"{live_url}/a/{group.account_id}/recipients/{group.pk}/settings/")
    page.locator(".tabs").get_by_role("link", name="Blacklist").click()
    page.wait_for_url("**/settings/block-list/")  # loaded: what is typed before the scripts run starts no search


def patterns(group: Group) -> list[str]:
    with account_scope(group.account_id):
        return list(BlockedAddress.objects.order_by("pattern").values_list("pattern", flat=True))


def extend_and_shorten(page: Page) -> None:
    page.get_by_label("Adressen und Muster").fill("example.com\nkein Muster")
    page.get_by_role("button", name="Auf die Blacklist setzen").click()
    expect(page.get_by_text("„*@example.com“ ist ab jetzt gesperrt.")).to_be_visible()
    expect(page.get_by_text("„kein Muster“ enthält Leerzeichen.")).to_be_visible()
    expect(page.get_by_label("Adressen und Muster")).to_have_value("kein Muster")

    page.get_by_label("spam@example.org auswählen").check()
    page.get_by_label("*@example.net auswählen").check()
    page.get_by_role("button", name="Angekreuzte Einträge entfernen").click()
    expect(page.get_by_text("2 Einträge sind entfernt.")).to_be_visible()


def test_entries_are_added_and_removed(page: Page, live_url: str, group: Group) -> None:
    open_block_list(page, live_url, group)
    extend_and_shorten(page)

    assert patterns(group) == ["*@example.com"]


def test_typing_searches_and_tells_what_blocks_an_address(page: Page, live_url: str, group: Group) -> None:
    open_block_list(page, live_url, group)
    page.get_by_placeholder("Blacklist durchsuchen").press_sequentially("anna@example.net")
    expect(page.get_by_text("anna@example.net ist durch „*@example.net“ gesperrt.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"\?q=anna%40example\.net$"))

    page.get_by_placeholder("Blacklist durchsuchen").fill("spam")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label("spam@example.org auswählen").check()
    page.get_by_role("button", name="Angekreuzte Einträge entfernen").click()
    expect(page.get_by_text("„spam@example.org“ ist nicht mehr gesperrt.")).to_be_visible()
    expect(page.get_by_placeholder("Blacklist durchsuchen")).to_have_value("spam")

    assert patterns(group) == ["*@example.net"]


def test_everything_works_without_scripts(browser: Browser, live_url: str, group: Group) -> None:
    context = browser.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    open_block_list(page, live_url, group)
    extend_and_shorten(page)
    page.get_by_placeholder("Blacklist durchsuchen").fill("anna@example.com")
    page.get_by_role("button", name="Anzeigen").click()
    expect(page.get_by_text("anna@example.com ist durch „*@example.com“ gesperrt.")).to_be_visible()
    context.close()
