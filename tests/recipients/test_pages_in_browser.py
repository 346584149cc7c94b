"""The pages of lists in a real browser: what htmx adds, and the deletion from the question to its end."""

import re

import pytest
from django.db import connection
from playwright.sync_api import Browser, Page, expect

from accounts.models import Account
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Deletion, Group, Recipient
from recipients.revision import lock_group, raise_revision
from tests.factories import NOW, make_account, make_group, make_member, make_recipient, sign_in_page
from tests.processes import Process


@pytest.fixture
def group(committed_db: None) -> Group:
    """A list of three people."""
    group = make_group(make_account(), "Kunden 2026")
    for name in ("anna", "bert", "joanna"):
        make_recipient(group, f"{name}@example.org")
    return group


def let_in(page: Page, live_url: str, account: Account) -> None:
    sign_in_page(page, make_member(account), address=live_url)


@pytest.fixture
def inside(page: Page, live_url: str, group: Group) -> Page:
    """A browser with the list's recipients."""
    let_in(page, live_url, group.account)
    page.goto(f"{live_url}/a/{group.account_id}/recipients/{group.pk}/")
    return page


def add_many(group: Group, count: int) -> None:
    """Recipients that stand between the others."""
    with account_scope(group.account_id), connection.cursor() as cursor:
        locked = lock_group(account_id=group.account_id, group_id=group.pk)
        cursor.execute(
            """
            INSERT INTO recipients_recipient (account_id, group_id, email, tags, values)
            SELECT %s, %s, 'c' || lpad(number::text, 8, '0') || '@example.org', '{}', '{}'
            FROM generate_series(1, %s) AS number
            """,
            [group.account_id, group.pk, count],
        )
        raise_revision(group=locked, now=NOW, recount=True)


def test_typing_searches_and_the_address_keeps_it(inside: Page) -> None:
    inside.get_by_placeholder("E-Mail-Adresse suchen").press_sequentially("ann")
    expect(inside.locator("tbody tr")).to_have_count(1)
    expect(inside.get_by_text("Adressen, die mit „ann“ beginnen.")).to_be_visible()
    expect(inside).to_have_url(re.compile(r"\?q=ann&status=all$"))

    inside.get_by_role("link", name="Auch mitten in den Adressen suchen").click()
    expect(inside.locator("tbody tr")).to_have_count(2)

    inside.go_back()
    expect(inside.locator("tbody tr")).to_have_count(1)
    expect(inside.get_by_role("heading", name="Kunden 2026")).to_be_visible()


def test_choosing_a_status_shows_at_once(inside: Page) -> None:
    inside.get_by_label("Status").select_option(label="Bounced")
    expect(inside.get_by_text("Niemand gefunden")).to_be_visible()


def test_a_search_in_a_long_list_goes_on_until_its_end(inside: Page, group: Group) -> None:
    add_many(group, 120_000)
    inside.reload()
    inside.get_by_placeholder("E-Mail-Adresse suchen").fill("oanna@")
    expect(inside.get_by_role("link", name="joanna@example.org")).to_be_visible()
    expect(inside.get_by_text("Die ganze Liste ist durchsucht.")).to_be_visible()
    expect(inside.locator("tbody tr")).to_have_count(2)


def test_the_slider_of_the_list_saves_itself(inside: Page, group: Group) -> None:
    inside.get_by_role("link", name="Einstellungen").click()
    slider = inside.get_by_role("switch", name="Automatische Backups")
    expect(slider).to_be_checked()
    slider.uncheck()
    expect(inside.get_by_text("Automatische Backups dieser Liste sind ausgeschaltet.")).to_be_visible()
    with account_scope(group.account_id):
        assert Group.objects.get().automatic_backups is False


def test_a_list_is_deleted_after_its_backup(inside: Page, group: Group, workers: list[Process]) -> None:
    inside.get_by_role("link", name="Einstellungen").click()
    inside.get_by_role("link", name="Liste „Kunden 2026“ mit 3 Empfängern löschen …").click()
    inside.get_by_role("button", name="Liste „Kunden 2026“ mit 3 Empfängern löschen").click()
    expect(inside.get_by_text("Die Liste „Kunden 2026“ mit 3 Empfängern ist gelöscht")).to_be_visible(timeout=20_000)
    expect(inside.get_by_text("Ihr Backup bleibt 30 Tage erhalten.")).to_be_visible()
    inside.get_by_role("link", name="Zurück zu allen Listen").click()
    expect(inside.get_by_text("Noch keine Empfängerliste")).to_be_visible()
    with account_scope(group.account_id):
        assert Recipient.objects.count() == 0
        assert [(backup.status, backup.recipient_count) for backup in Backup.objects.all()] == [("complete", 3)]


def test_everything_works_without_scripts(browser: Browser, live_url: str, group: Group) -> None:
    context = browser.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    let_in(page, live_url, group.account)
    page.goto(f"{live_url}/a/{group.account_id}/recipients/{group.pk}/")
    page.get_by_placeholder("E-Mail-Adresse suchen").fill("ann")
    page.get_by_role("button", name="Anzeigen").click()
    expect(page.locator("tbody tr")).to_have_count(1)

    with account_scope(group.account_id):  # no worker is sent to it, so it waits
        deletion = Deletion.objects.create(account_id=group.account_id, group=group, requested_at=NOW)
    page.goto(f"{live_url}/a/{group.account_id}/recipients/{group.pk}/deletion/{deletion.pk}/")
    with account_scope(group.account_id):
        Deletion.objects.update(status=Deletion.Status.FAILED, failure="backup_failed")
    page.get_by_role("link", name="Stand ansehen").click()
    expect(page.get_by_text("Die Liste „Kunden 2026“ wurde nicht gelöscht")).to_be_visible()
    context.close()
