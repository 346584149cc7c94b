"""The backups' pages in a real browser: the three dots, the filter, a backup that is being made, a refused download."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import DAY, make_backup, take_backup_of
from tests.factories import make_account, make_group, make_member, make_recipient, make_user, sign_in_page


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account, "Kunden 2026")
    make_recipient(group, "änne@example.org")
    return group


@pytest.fixture
def inside(page: Page, live_url: str, account: Account) -> Page:
    """A reader's browser."""
    sign_in_page(page, make_member(account, Role.READER), address=live_url)
    return page


def address(live_url: str, account: Account) -> str:
    return f"{live_url}/a/{account.pk}/my-account/backups/"


def test_three_dots_give_the_export_file(
    inside: Page, live_url: str, account: Account, group: Group, tmp_path: Path
) -> None:
    backup = take_backup_of(group, tmp_path)
    inside.goto(address(live_url, account))
    row = inside.locator(f"#backup-{backup.pk}")
    row.get_by_label(re.compile("^Aktionen für das Backup von „Kunden 2026“")).click()
    with inside.expect_download() as download:
        row.get_by_role("link", name="Export-Datei herunterladen (CSV)").click()
    local = timezone.localtime(backup.requested_at)
    assert download.value.suggested_filename == f"Kunden 2026_{local:%Y-%m-%d_%H-%M}.csv"
    assert "änne@example.org" in Path(download.value.path()).read_text(encoding="utf-8-sig")


def test_damaged_file_is_told_in_the_page(
    inside: Page, live_url: str, group: Group, tmp_path: Path, take_picture: Callable[[str], None]
) -> None:
    backup = take_backup_of(group, tmp_path)
    Path(place("backups").path(backup.file_key)).write_bytes(b"not what was kept")
    inside.goto(address(live_url, group.account))
    inside.locator(f"#backup-{backup.pk} summary").click()
    inside.get_by_role("link", name="Export-Datei herunterladen (CSV)").click()
    expect(inside.get_by_text("Die Datei dieses Backups ist beschädigt")).to_be_visible()
    take_picture("backups-download-refused")
    inside.get_by_role("link", name="Zu den Backups dieser Liste").click()
    expect(inside.locator(f"#backup-{backup.pk}")).to_be_visible()


def test_filter_changes_table_and_strip_and_stays_in_the_address(
    inside: Page, live_url: str, account: Account, group: Group
) -> None:
    make_backup(group, label="kunden.csv")
    make_backup(make_group(account, "Messe"), trigger=Backup.Trigger.GROUP_DELETION)
    inside.goto(address(live_url, account))
    inside.get_by_label("Anlass").select_option("Liste gelöscht")
    expect(inside.locator("tr[id^=backup-]")).to_have_count(1)
    expect(inside.locator(".backup-strip__picture .backup-dot--group_deletion")).to_have_count(1)
    expect(inside.locator(".backup-strip__picture .backup-dot--import")).to_have_count(0)
    expect(inside).to_have_url(re.compile(r"\?group=&trigger=group_deletion$"))
    inside.reload()
    expect(inside.get_by_label("Anlass")).to_have_value("group_deletion")
    inside.get_by_role("link", name="Alle Backups anzeigen").click()
    expect(inside.locator("tr[id^=backup-]")).to_have_count(2)


def test_backup_that_is_being_made_appears_when_it_is_complete(
    inside: Page, live_url: str, account: Account, group: Group
) -> None:
    backup = make_backup(group, status=Backup.Status.PENDING, rows_done=12000, rows_known=40212)
    inside.goto(address(live_url, account))
    row = inside.locator(f"#backup-{backup.pk}")
    expect(row).to_contain_text("12.000 von 40.212 Empfängern")
    now = timezone.now()
    with account_scope(account.pk):
        Backup.objects.filter(pk=backup.pk).update(
            status=Backup.Status.COMPLETE,
            completed_at=now,
            expires_at=now + 30 * DAY,
            revision=1,
            recipient_count=40212,
            size=1_530_000,
            file_key="key",
            sha256="0" * 64,
        )
    expect(row).to_contain_text("Vollständig")
    expect(row).to_contain_text("1,5 MB")
    row.locator("summary").click()
    expect(row.get_by_role("link", name="Export-Datei herunterladen (CSV)")).to_be_visible()


def test_pages_of_backups_have_their_pictures(
    inside: Page, live_url: str, account: Account, group: Group, take_picture: Callable[[str], None]
) -> None:
    anna, now = make_user(first_name="Anna", last_name="Berger"), timezone.now()
    for days in range(29, 0, -4):
        make_backup(group, requested_at=now - days * DAY, requested_by=anna, recipient_count=40000 - 900 * days)
    make_backup(group, requested_at=now - timedelta(hours=3), requested_by=anna, recipient_count=40212)
    make_backup(group, requested_at=now, requested_by=anna, status=Backup.Status.PENDING, rows_done=9, rows_known=27)
    fair = make_group(account, "Messe Köln 2025", deleted_at=now - DAY)
    make_backup(fair, requested_at=now - DAY, trigger=Backup.Trigger.GROUP_DELETION, requested_by=anna)
    off = make_group(account, "Händler", automatic_backups=False)
    make_backup(off, requested_at=now - 2 * DAY, requested_by=anna, status="failed", failure="storage_unavailable")
    inside.goto(address(live_url, account))
    take_picture("backups")
    inside.goto(f"{live_url}/a/{account.pk}/recipients/{group.pk}/backups/")
    expect(inside.locator("tr[id^=backup-]")).to_have_count(10)
    take_picture("backups-of-a-list")
