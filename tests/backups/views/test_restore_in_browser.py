"""Backups are restored in a real browser, in both languages: into the list, exactly, as a list, in part."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.models import BlockedAddress, Group
from tests.backups.restores import rows_of
from tests.backups.test_undoing import sign_off
from tests.backups.wrong_import import address, import_wrong_file, make_customers
from tests.factories import make_account, make_blocked, make_member, make_user, sign_in_page
from tests.processes import Process
from tests.recipients.deletions import ask_to_delete, ask_to_delete_recipients, carry_out
from tests.runs import backups_of

PATIENCE = 60_000
GERMAN = {
    "menu": "Wiederherstellen …",
    "selected": "Ausgewählte Empfänger oder Felder",
    "exact": "Genau wie im Backup",
    "new list": "Als neue Liste",
    "emails": "Welche Empfänger?",
    "name": "Name der neuen Liste",
    "preview": "Vorschau anzeigen",
    "confirm selected": "Liste „Kunden 2026“ wiederherstellen: 1 zurücksetzen",
    "confirm": "Liste „Kunden 2026“ wiederherstellen: 29 zurücksetzen, 1 zurückholen",
    "confirm exact": "Liste „Kunden 2026“ wiederherstellen: 30 zurücksetzen, 6 entfernen",
    "confirm revive": "Liste „Kunden 2026“ mit 40 Empfängern wiederherstellen",
    "confirm new list": "Liste „Kopie“ mit 40 Empfängern wiederherstellen",
    "unsubscribed": "3 Personen bleiben abgemeldet",
    "restored": "Die Liste ist wiederhergestellt",
    "deed": "Zurückgesetzt: 29. Zurückgeholt: 1. Entfernt: 0.",
    "deed exact": "Zurückgesetzt: 30. Zurückgeholt: 0. Entfernt: 6.",
    "revived": "Die Liste „Kunden 2026“ ist wieder da",
    "made": "Die Liste „Kopie“ ist aus dem Backup entstanden",
    "undo": "Wiederherstellung rückgängig machen",
}
ENGLISH = {
    "menu": "Restore …",
    "selected": "Selected recipients or fields",
    "exact": "Exactly as in the backup",
    "new list": "As a new list",
    "emails": "Which recipients?",
    "name": "Name of the new list",
    "preview": "Show the preview",
    "confirm selected": "Restore “Kunden 2026”: set back 1",
    "confirm": "Restore “Kunden 2026”: set back 29, bring back 1",
    "confirm exact": "Restore “Kunden 2026”: set back 30, remove 6",
    "confirm revive": "Restore “Kunden 2026” with 40 recipients",
    "confirm new list": "Restore “Kopie” with 40 recipients",
    "unsubscribed": "3 people stay unsubscribed",
    "restored": "The list is restored",
    "deed": "Set back: 29. Come back: 1. Removed: 0.",
    "deed exact": "Set back: 30. Come back: 0. Removed: 6.",
    "revived": "The list “Kunden 2026” is back",
    "made": "The list “Kopie” is made from the backup",
    "undo": "Undo this restore",
}
pytestmark = pytest.mark.parametrize("browser_locale", ["de-DE", "en-GB"])

State = dict[str, dict[str, Any]]


class Restorer:
    """Somebody who restores backups by what they read."""

    def __init__(self, page: Page, live_url: str, words: dict[str, str]) -> None:
        self.page, self.words, self._url = page, words, live_url

    def choose(self, backup: Backup) -> None:
        """Open the choice by the three dots in the overview."""
        self.page.goto(f"{self._url}/a/{backup.account_id}/my-account/backups/")
        row = self.page.locator(f"#backup-{backup.pk}")
        row.locator("summary").click()
        row.get_by_role("link", name=self.words["menu"], exact=True).click()

    def way(self, name: str) -> None:
        """Choose a way."""
        self.page.get_by_role("radio", name=self.words[name]).check()

    def preview(self) -> None:
        """Have the preview made, and wait for it."""
        self.page.get_by_role("button", name=self.words["preview"]).click()
        expect(self.page.locator(".decision")).to_be_visible(timeout=PATIENCE)

    def confirm(self, button: str, told: str, *, clicks: int = 1) -> None:
        """Press the button that names the numbers, and wait for the report."""
        self.page.get_by_role("button", name=self.words[button], exact=True).click(click_count=clicks)
        expect(self.page.get_by_text(self.words[told])).to_be_visible(timeout=PATIENCE)


@pytest.fixture
def account(committed_db: None, storage: object) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account, Role.EDITOR, make_user(first_name="Inge", last_name="Berger"))


@pytest.fixture
def group(account: Account) -> Group:
    return make_customers(account)


@pytest.fixture
def before(group: Group) -> State:
    """The list as it was."""
    return rows_of(group)


@pytest.fixture
def backup(before: State, group: Group, editor: User) -> Backup:
    """What the wrong file's import made."""
    import_wrong_file(group, editor)
    return backups_of(group)[-1]


@pytest.fixture
def restorer(page: Page, live_url: str, editor: User, browser_locale: str) -> Restorer:
    sign_in_page(page, editor, address=live_url)
    return Restorer(page, live_url, GERMAN if browser_locale == "de-DE" else ENGLISH)


@pytest.fixture
def picture(take_picture: Callable[[str], None], browser_locale: str) -> Callable[[str], None]:
    return lambda name: take_picture(f"restore-{name}-{browser_locale[:2]}")


@pytest.fixture
def one_gone(backup: Backup, group: Group, editor: User) -> str:
    """Somebody whom a person deleted after the import."""
    carry_out(ask_to_delete_recipients(group, editor, emails=[address(1)]), group)
    return address(1)


@pytest.fixture
def unsubscribed(backup: Backup, group: Group, editor: User) -> list[str]:
    """Three who unsubscribed after the import."""
    gone = [address(2), address(3), address(4)]
    for email in gone:
        sign_off(group, editor, email)
    return gone


@pytest.fixture
def deletion_backup(before: State, account: Account, group: Group, editor: User) -> Backup:
    """What the deletion of the list made, which had a block list."""
    make_blocked(account, "spam@example.org", group=group)
    carry_out(ask_to_delete(group, editor), group)
    return backups_of(group)[-1]


@pytest.fixture
def at_work(request: pytest.FixtureRequest) -> Callable[[], list[Process]]:
    """Lets the workers begin, when this process has done its own steps."""
    return lambda: request.getfixturevalue("workers")


def test_one_value_of_one_person_comes_back_then_everybody(
    restorer: Restorer,
    backup: Backup,
    one_gone: str,
    *,
    before: State,
    group: Group,
    at_work: Callable[[], list[Process]],
    picture: Callable[[str], None],
) -> None:
    page, words = restorer.page, restorer.words
    at_work()
    restorer.choose(backup)
    expect(page.get_by_label(words["emails"])).to_be_hidden()
    restorer.way("selected")
    page.get_by_label(words["emails"]).fill(address(0))
    page.get_by_role("checkbox", name="Ort", exact=True).check()
    picture("selected")
    restorer.preview()
    restorer.confirm("confirm selected", "restored")
    was, now = before[address(0)]["values"], rows_of(group)[address(0)]["values"]
    assert now == was | {"vorname": "Köln"}

    restorer.choose(backup)
    picture("choice")
    restorer.preview()
    picture("preview")
    restorer.confirm("confirm", "deed")
    expect(page.get_by_role("button", name=words["undo"])).to_be_visible()
    picture("report")
    now = rows_of(group)
    assert {email: now[email] for email in before} == before
    assert len(now) == len(before) + 6


def test_list_becomes_exactly_what_it_was_but_nobody_is_signed_up_again(
    restorer: Restorer,
    backup: Backup,
    unsubscribed: list[str],
    *,
    before: State,
    group: Group,
    at_work: Callable[[], list[Process]],
    picture: Callable[[str], None],
) -> None:
    page, words = restorer.page, restorer.words
    at_work()
    restorer.choose(backup)
    page.get_by_role("radio").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name=words["exact"])).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=words["unsubscribed"])).to_be_visible(timeout=PATIENCE)
    picture("exact")
    restorer.confirm("confirm exact", "deed exact", clicks=2)
    page.go_back()
    if page.locator("#confirm").is_visible():  # as it was, from the browser's own store
        page.locator("#confirm").click()
    expect(page.get_by_text(words["deed exact"])).to_be_visible()
    page.reload()
    expect(page.get_by_text(words["deed exact"])).to_be_visible()

    now = rows_of(group)
    left = {email for email in unsubscribed if now[email].pop("deactivated_at") is not None}
    for email in unsubscribed:
        before[email].pop("deactivated_at")
    assert (now, left) == (before, set(unsubscribed))
    with account_scope(group.account_id):
        assert Import.objects.filter(kind=Import.Kind.RESTORE).count() == 1
    assert [one.trigger for one in backups_of(group)] == ["import", "restore"]


def test_deleted_list_comes_back_and_a_copy_of_it(
    restorer: Restorer,
    deletion_backup: Backup,
    *,
    before: State,
    account: Account,
    group: Group,
    at_work: Callable[[], list[Process]],
    picture: Callable[[str], None],
) -> None:
    page, words = restorer.page, restorer.words
    at_work()
    restorer.choose(deletion_backup)
    picture("deleted")
    restorer.way("new list")
    page.get_by_label(words["name"]).fill("Kopie")
    restorer.preview()
    restorer.confirm("confirm new list", "made")
    restorer.choose(deletion_backup)
    restorer.preview()
    picture("deleted-preview")
    restorer.confirm("confirm revive", "revived")
    picture("deleted-report")

    assert rows_of(group) == before
    with account_scope(account.pk):
        copy = Group.objects.present().get(name="Kopie")
        again = Group.objects.present().get(pk=group.pk)
        labels = [list(one.fields.order_by("position").values_list("label", flat=True)) for one in (again, copy)]
        patterns = BlockedAddress.objects.filter(pattern="spam@example.org").values_list("group_id", flat=True)
        assert set(patterns) == {group.pk, copy.pk}
    assert (again.note, copy.note) == ("Messe und Website", "Messe und Website")
    assert labels == [["Vorname", "Ort", "Umsatz"]] * 2
    assert set(rows_of(copy)) == set(before)
