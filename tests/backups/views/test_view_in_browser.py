"""Looking into a backup and at what has changed since, in a real browser, in both languages."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.masterdata.file import FieldType
from recipients.models import Field, Group, Recipient
from tests.backups.catalogue import take_backup_of
from tests.backups.test_viewing import no_kept_files  # noqa: F401 - used by its name
from tests.factories import make_account, make_field, make_group, make_member, make_recipient, make_user, sign_in_page

pytestmark = [
    pytest.mark.parametrize("browser_locale", ["de-DE", "en-GB"]),
    pytest.mark.usefixtures("no_kept_files"),
]

GERMAN = {
    "actions": "Aktionen für das Backup",
    "view": "Ansehen",
    "compare": "Vergleichen",
    "search": "E-Mail-Adresse suchen",
    "nobody": "Niemand gefunden",
    "city": "Ort",
    "tick": "%s auswählen",
    "menu": "Aktionen",
    "restore": "Angekreuzte Empfänger wiederherstellen …",
    "now": "Jetzt vergleichen",
    "comparing": "Die beiden Stände werden verglichen",
    "added": "hinzugekommen",
    "show": "Anzeigen",
    "kind": "Änderung",
    "download": "Als CSV herunterladen",
}
ENGLISH = {
    "actions": "Actions for the backup",
    "view": "View",
    "compare": "Compare",
    "search": "Search an e-mail address",
    "nobody": "Nobody found",
    "city": "Ort",
    "tick": "Choose %s",
    "menu": "Actions",
    "restore": "Restore the ticked recipients …",
    "now": "Compare now",
    "comparing": "The two states are being compared",
    "added": "added",
    "show": "Show",
    "kind": "Change",
    "download": "Download as CSV",
}
NAMES = ["anna", "bert", "carla", "dieter", "emil", "frieda", "gustav", "hanna", "ida", "jonas", "käthe", "lukas"]
CITIES = ["Köln", "Aachen", "Zürich", "Łódź", "Ulm", "Berlin"]


@pytest.fixture
def words(browser_locale: str) -> dict[str, str]:
    return GERMAN if browser_locale == "de-DE" else ENGLISH


@pytest.fixture
def account(committed_db: None, storage: Path) -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    """A list of 120 with fields of each type, and with all statuses."""
    group, now = make_group(account, "Kunden 2026"), timezone.now()
    for label, kind in (("Vorname", FieldType.TEXT), ("Ort", FieldType.TEXT), ("Umsatz", FieldType.NUMBER)):
        make_field(account, label, kind, group=group, key=label.lower())
    make_field(account, "Geburtstag", FieldType.DATE, key="geburtstag")
    for number in range(120):
        name = NAMES[number % len(NAMES)]
        values: dict[str, Any] = {
            "vorname": name.title(),
            "ort": CITIES[number % len(CITIES)],
            "umsatz": Decimal(number * 37) / 4,
        }
        dates = {"deactivated_at": now - timedelta(days=9)} if number % 11 == 3 else {}
        dates |= {"bounced_at": now - timedelta(days=4)} if number % 17 == 5 else {}
        make_recipient(
            group,
            f"{name}.{number:03}@example.org",
            values=values,
            tags=["vip"] if number % 9 == 0 else [],
            source="Messe",
            **dates,
        )
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path, account: Account) -> Backup:
    inge = make_user("inge@example.org", first_name="Inge", last_name="Berger")
    at = timezone.now() - timedelta(hours=3)
    return take_backup_of(group, tmp_path, requested_at=at, requested_by=make_member(account, Role.OWNER, inge))


@pytest.fixture
def inside(page: Page, live_url: str, account: Account) -> Page:
    """An editor's browser."""
    sign_in_page(page, make_member(account, Role.EDITOR), address=live_url)
    return page


def from_menu(page: Page, live_url: str, backup: Backup, words: dict[str, str], entry: str) -> None:
    """Go to a page of a backup by its three dots."""
    page.goto(f"{live_url}/a/{backup.account_id}/my-account/backups/")
    row = page.locator(f"#backup-{backup.pk}")
    row.locator("summary").click()
    row.get_by_role("link", name=words[entry], exact=True).click()


def spoil(group: Group) -> None:
    """A wrong file: cities are others, some people are gone, some are new, a field has another name."""
    with account_scope(group.account_id):
        rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
        rows.filter(email__startswith="bert").delete()
        Field.objects.filter(group=group, key="ort").update(label="Stadt")
        for row in rows.filter(email__startswith="c"):
            rows.filter(pk=row.pk).update(source="kunden-alt.csv", tags=["import"])
        rows.filter(email__startswith="d").update(deactivated_at=timezone.now())
    for number in range(7):
        make_recipient(group, f"neu.{number}@example.org")


def test_what_a_backup_holds_is_searched_sorted_and_looked_at(  # noqa: PLR0917  # a test names what it needs
    inside: Page,
    live_url: str,
    backup: Backup,
    words: dict[str, str],
    take_picture: Callable[[str], None],
    browser_locale: str,
) -> None:
    from_menu(inside, live_url, backup, words, "view")
    lines = inside.locator(".backup-rows tbody tr")
    expect(lines).to_have_count(50)
    take_picture(f"backup-view-{browser_locale[:2]}")
    inside.get_by_role("link", name=words["city"], exact=True).click()
    expect(lines.first).to_contain_text("Aachen")
    inside.get_by_label(words["search"]).fill("KÄTHE")
    expect(lines).to_have_count(10)
    inside.get_by_label(words["search"]).fill("niemand")
    expect(inside.get_by_text(words["nobody"])).to_be_visible()
    take_picture(f"backup-view-nobody-{browser_locale[:2]}")
    inside.get_by_label(words["search"]).fill("anna.000")
    expect(lines).to_have_count(1)
    inside.get_by_role("link", name="anna.000@example.org").click()
    expect(inside.get_by_text("Messe")).to_be_visible()
    take_picture(f"backup-view-recipient-{browser_locale[:2]}")


def test_ticked_recipients_are_brought_to_the_restore(
    inside: Page, live_url: str, backup: Backup, words: dict[str, str]
) -> None:
    from_menu(inside, live_url, backup, words, "view")
    inside.get_by_label(words["tick"] % "anna.000@example.org").check()
    inside.get_by_label(words["tick"] % "anna.012@example.org").check()
    inside.locator("#chosen summary").click()
    inside.get_by_role("button", name=words["restore"]).click()
    expect(inside.locator("textarea")).to_have_value("anna.000@example.org\nanna.012@example.org")


def test_what_has_changed_is_counted_filtered_and_downloaded(  # noqa: PLR0917  # a test names what it needs
    inside: Page,
    live_url: str,
    backup: Backup,
    group: Group,
    words: dict[str, str],
    take_picture: Callable[[str], None],
    browser_locale: str,
) -> None:
    spoil(group)
    from_menu(inside, live_url, backup, words, "compare")
    expect(inside.locator(".stat__value")).to_have_text(["7", "10", "20", "90"])
    take_picture(f"backup-compare-{browser_locale[:2]}")
    inside.get_by_label(words["kind"], exact=True).select_option(words["added"])
    inside.get_by_role("button", name=words["show"]).click()
    expect(inside.locator("tbody tr")).to_have_count(7)
    take_picture(f"backup-compare-added-{browser_locale[:2]}")
    with inside.expect_download() as download:
        inside.get_by_role("link", name=words["download"]).click()
    assert Path(download.value.path()).read_text(encoding="utf-8-sig").count("bert") == 10
