"""Somebody deletes a list, regrets it and presses “back”: the page leads to the backup and brings the list back."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from tests.browser import scene as scenes
from tests.browser.person import PATIENCE, Person
from tests.browser.words import ENGLISH, GERMAN, Words
from tests.factories import make_account, make_group, make_member, make_recipient, make_user

WORDS = {
    "de": (
        ("Einstellungen",),
        ("Liste „Kunden 2026“ mit 3 Empfängern löschen", "ist gelöscht"),
        ("Die Liste „Kunden 2026“ wurde gelöscht", "Backups der Liste ansehen", "Liste wiederherstellen"),
    ),
    "en": (
        ("Settings",),
        ("Delete the list “Customers 2026” with 3 recipients", "is deleted"),
        ("The list “Customers 2026” was deleted", "Show its backups", "Restore the list"),
    ),
}


@pytest.mark.parametrize(
    ("browser_locale", "words"), [(GERMAN.locale, GERMAN), (ENGLISH.locale, ENGLISH)], ids=["de", "en"]
)
@pytest.mark.usefixtures("workers")
def test_who_goes_back_to_a_deleted_list_is_led_to_its_backup(
    live_url: str, page: Page, words: Words, take_picture: Callable[[str], None]
) -> None:
    account = make_account(words.account)
    make_member(account, Role.OWNER, make_user(scenes.EMAIL, password=scenes.PASSWORD))
    group = make_group(account, words.first_list)
    for number in range(3):
        make_recipient(group, f"person{number}@example.org")
    tabs, (delete, is_deleted), (was_deleted, show, restore) = WORDS[words.language]

    person = Person(page, live_url, words, take_picture)
    person.sign_in(scenes.EMAIL, scenes.PASSWORD)
    person.open_list(words.first_list)
    person.open_tab(*tabs)
    page.get_by_role("link", name=re.compile(f"^{re.escape(delete)}")).click()
    page.get_by_role("button", name=delete).click()
    expect(page.get_by_text(is_deleted)).to_be_visible(timeout=PATIENCE)

    # Back past the question, to the list's settings, as they are asked for again.
    page.go_back()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name=was_deleted, level=1)).to_be_visible()
    person.picture("list-gone")
    page.get_by_role("link", name=show).click()
    expect(page.locator("tr.table__section")).to_have_count(1)
    expect(page.get_by_role("link", name=restore)).to_be_visible()
