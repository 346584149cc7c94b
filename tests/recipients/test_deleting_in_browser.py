"""Deleting recipients, emptying a list and deleting a field in a real browser, from the first tick to the end."""

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Deletion, Field, Group, Recipient
from tests.factories import make_account, make_field, make_group, make_recipient
from tests.processes import Process
from tests.recipients.test_pages_in_browser import let_in

SECONDS = 20_000  # milliseconds that the workers have


@pytest.fixture
def group(committed_db: None) -> Group:
    """A list of three people, two of whom have a city."""
    group = make_group(make_account(), "Kunden 2026")
    make_field(group.account, "Ort", group=group)
    for name, values in (("anna", {"ort": "Ulm"}), ("bert", None), ("joanna", {"ort": "Köln"})):
        make_recipient(group, f"{name}@example.org", values=values)
    return group


@pytest.fixture
def inside(page: Page, live_url: str, group: Group) -> Page:
    """A browser with the list's recipients."""
    let_in(page, live_url, group.account)
    page.goto(f"{live_url}/a/{group.account_id}/recipients/{group.pk}/")
    return page


def left(group: Group) -> list[str]:
    """Who is left in the list."""
    with account_scope(group.account_id):
        return list(Recipient.objects.filter(group=group).order_by("email").values_list("email", flat=True))


def backups(group: Group) -> list[tuple[str, str, int | None]]:
    with account_scope(group.account_id):
        return list(Backup.objects.filter(group=group).values_list("trigger", "status", "recipient_count"))


def test_ticked_recipients_are_deleted_after_the_backup(inside: Page, group: Group, workers: list[Process]) -> None:
    inside.get_by_label("anna@example.org auswählen", exact=True).check()
    inside.get_by_label("bert@example.org auswählen", exact=True).check()
    inside.get_by_text("Aktionen").click()
    inside.get_by_role("button", name="Angekreuzte Empfänger löschen …").click()
    expect(inside.get_by_text("anna@example.org, bert@example.org")).to_be_visible()
    inside.get_by_role("button", name="2 Empfänger aus „Kunden 2026“ löschen").click()
    expect(inside.get_by_text("2 Empfänger aus „Kunden 2026“ sind gelöscht")).to_be_visible(timeout=SECONDS)
    assert (left(group), backups(group)) == (["joanna@example.org"], [("recipients_deletion", "complete", 3)])
    inside.get_by_role("link", name="Zurück zur Liste").click()
    expect(inside.locator("tbody tr")).to_have_count(1)


def test_all_matches_of_a_search_typed_in_are_deleted(inside: Page, group: Group, workers: list[Process]) -> None:
    inside.get_by_placeholder("E-Mail-Adresse suchen").press_sequentially("oan")
    expect(inside.locator("tbody tr")).to_have_count(1)
    inside.get_by_text("Aktionen").click()
    inside.get_by_role("button", name="Alle Treffer löschen …").click()
    expect(inside.get_by_text("Ausgewählt sind alle, deren Adresse „oan“ enthält.")).to_be_visible()
    inside.get_by_role("button", name="1 Empfänger aus „Kunden 2026“ löschen").click()
    expect(inside.get_by_text("1 Empfänger aus „Kunden 2026“ ist gelöscht")).to_be_visible(timeout=SECONDS)
    assert left(group) == ["anna@example.org", "bert@example.org"]


def test_a_list_is_emptied_and_stays(inside: Page, group: Group, workers: list[Process]) -> None:
    inside.get_by_role("link", name="Einstellungen").click()
    inside.get_by_role("link", name="3 Empfänger löschen und „Kunden 2026“ leeren …").click()
    inside.get_by_role("button", name="3 Empfänger löschen und „Kunden 2026“ leeren").click()
    expect(inside.get_by_text("3 Empfänger sind gelöscht")).to_be_visible(timeout=SECONDS)
    assert (left(group), backups(group)) == ([], [("clearing", "complete", 3)])
    inside.get_by_role("link", name="Zurück zur Liste").click()
    expect(inside.get_by_text("Noch keine Empfänger in dieser Liste")).to_be_visible()


def test_a_field_is_deleted_with_its_values(inside: Page, group: Group, workers: list[Process]) -> None:
    inside.get_by_role("link", name="Einstellungen").click()
    inside.get_by_role("link", name="Felder").click()
    inside.get_by_role("link", name="Löschen Ort").click()
    expect(inside.get_by_text("2 Empfänger haben darin einen Wert.")).to_be_visible()
    inside.get_by_role("button", name="Feld „Ort“ mit 2 Werten löschen").click()
    expect(inside.get_by_text("Das Feld „Ort“ mit 2 Werten ist gelöscht")).to_be_visible(timeout=SECONDS)
    with account_scope(group.account_id):
        assert (Field.objects.count(), Recipient.objects.filter(values__has_key="ort").count()) == (0, 0)
    assert len(left(group)) == 3


def test_ticked_recipients_are_deleted_without_scripts(browser: Browser, live_url: str, group: Group) -> None:
    context = browser.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    let_in(page, live_url, group.account)
    page.goto(f"{live_url}/a/{group.account_id}/recipients/{group.pk}/")
    page.get_by_label("bert@example.org auswählen", exact=True).check()
    page.get_by_text("Aktionen").click()
    page.get_by_role("button", name="Angekreuzte Empfänger löschen …").click()
    page.get_by_role("button", name="1 Empfänger aus „Kunden 2026“ löschen").click()
    expect(page.get_by_role("link", name="Stand ansehen")).to_be_visible()
    with account_scope(group.account_id):
        assert [one.recipient_count for one in Deletion.objects.all()] == [1]
    context.close()
