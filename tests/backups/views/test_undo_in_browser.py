"""A wrong import is undone in a real browser, and its undo too: in German by mouse, in English by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from accounts.models import Account, Role, User
from imports.models import Import
from recipients.models import Group
from tests.backups.restores import rows_of
from tests.backups.test_undoing import edit, sign_off
from tests.backups.wrong_import import address, import_wrong_file, make_customers
from tests.factories import make_account, make_group, make_member, make_recipient, make_user, sign_in_page
from tests.processes import Process
from tests.recipients.deletions import ask_to_delete_recipients, carry_out

PATIENCE = 60_000
GERMAN = {
    "undo": "Rückgängig … kunden.csv",
    "preview": "Vorschau anzeigen",
    "who": "Wer, und warum",
    "reason": "seither abgemeldet oder unzustellbar",
    "impossible": "Werte listenübergreifender Felder, die seither geändert wurden oder auch in anderen Listen stehen",
    "confirm": "Import rückgängig machen: 25 zurücksetzen, 5 entfernen",
    "undone": "Der Import ist rückgängig gemacht",
    "undo again": "Rücknahme rückgängig machen",
    "confirm again": "Rücknahme rückgängig machen: 25 zurücksetzen, 5 zurückholen",
    "undone again": "Die Rücknahme ist rückgängig gemacht",
}
ENGLISH = {
    "undo": "Undo … kunden.csv",
    "preview": "Show the preview",
    "who": "Who, and why",
    "reason": "unsubscribed or bounced since",
    "impossible": "Values of fields of all lists that changed since, or that other lists show too",
    "confirm": "Undo the import: set back 25, remove 5",
    "undone": "The import is undone",
    "undo again": "Undo this undo",
    "confirm again": "Undo the undo: set back 25, bring back 5",
    "undone again": "The undo is undone",
}


class Mouse:
    """Presses by clicking."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator, key: str = "Enter") -> None:
        """Click a control, whatever key the keyboard would press."""
        control.click()


class Keyboard:
    """Presses by Tab and a key, never by a click; each page is entered from its top."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator, key: str = "Enter") -> None:
        """Skip to the page's content, as its first control offers, go on to a control, and press a key on it."""
        expect(control).to_be_visible()
        if self.page.evaluate("document.activeElement === document.body"):
            self.page.keyboard.press("Tab")
            expect(self.page.locator(".skip-link")).to_be_focused()
            self.page.keyboard.press("Enter")
            expect(self.page.locator("#content")).to_be_focused()
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if control.evaluate("one => one === document.activeElement"):
                break
        expect(control).to_be_focused()
        self.page.keyboard.press(key)


@pytest.fixture
def account(committed_db: None, storage: object) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account, Role.EDITOR, make_user(first_name="Inge", last_name="Berger"))


@pytest.fixture
def group(account: Account) -> Group:
    """A list; one of the wrong file's strangers is in another one too, which shows their birthday."""
    make_recipient(make_group(account, "Presse"), "neu.0@example.org")
    return make_customers(account)


@pytest.fixture
def wrong(group: Group, editor: User) -> Import:
    """The wrong import, after which two people unsubscribed, three were edited, and one was deleted."""
    run = import_wrong_file(group, editor)
    for number in (0, 1):
        edit(group, editor, address(number), ort="Von Hand")
    edit(group, editor, "neu.5@example.org", ort="Von Hand")
    for number in (2, 3):
        sign_off(group, editor, address(number))
    carry_out(ask_to_delete_recipients(group, editor, emails=[address(4)]), group)
    return run


@pytest.mark.parametrize(
    ("browser_locale", "words", "hand"), [("de-DE", GERMAN, Mouse), ("en-GB", ENGLISH, Keyboard)], ids=["de", "en"]
)
def test_wrong_import_is_undone_and_the_undo_too(  # noqa: PLR0917  # a test names what it needs
    page: Page,
    live_url: str,
    wrong: Import,
    group: Group,
    editor: User,
    workers: list[Process],  # after the steps that this process does alone
    words: dict[str, str],
    *,
    hand: type[Mouse | Keyboard],
    browser_locale: str,
    take_picture: Callable[[str], None],
) -> None:
    press, language = hand(page).press, browser_locale[:2]
    there = rows_of(group)
    sign_in_page(page, editor, address=live_url)
    page.goto(f"{live_url}/a/{group.account_id}/imports/{wrong.pk}/")
    take_picture(f"undo-import-report-{language}")
    page.goto(f"{live_url}/a/{group.account_id}/recipients/{group.pk}/imports/")
    press(page.get_by_role("link", name=words["undo"]))
    take_picture(f"undo-question-{language}")
    press(page.get_by_role("button", name=words["preview"]))

    expect(page.locator(".decision")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".undo-buckets .stat__value")).to_have_text(["30", "6", "1"])
    expect(page.locator("#kept tbody tr")).to_have_count(6)
    expect(page.locator("#kept tbody tr").nth(2)).to_contain_text(words["reason"])
    expect(page.get_by_text(words["impossible"])).to_be_visible()
    take_picture(f"undo-preview-{language}")
    press(page.locator("#kept summary"), "Space")
    expect(page.locator("#kept tbody")).to_be_hidden()
    press(page.get_by_role("button", name=words["confirm"], exact=True), "Space")
    expect(page.get_by_text(words["undone"])).to_be_visible(timeout=PATIENCE)
    take_picture(f"undo-report-{language}")
    now = rows_of(group)
    assert sorted(there.keys() - now.keys()) == [f"neu.{number}@example.org" for number in range(5)]
    assert now["anna.000@example.org"]["values"]["ort"] == "Von Hand"
    assert now[address(5)]["values"]["ort"] == "Berlin"

    press(page.get_by_role("button", name=words["undo again"]))
    expect(page.locator(".decision")).to_be_visible(timeout=PATIENCE)
    press(page.get_by_role("button", name=words["confirm again"], exact=True))
    expect(page.get_by_text(words["undone again"])).to_be_visible(timeout=PATIENCE)
    assert rows_of(group) == there
    page.goto(f"{live_url}/a/{group.account_id}/imports/")
    take_picture(f"undo-history-{language}")
