"""The export page in a real browser, in both languages: a file at once, and one that a worker makes meanwhile."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.exporting import make_export
from backups.models import Export
from recipients.jobs import SMALL_LIST
from recipients.models import Group
from tests.backups.catalogue import take_backup_of
from tests.browser.person import PATIENCE
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_user, sign_in_page

pytestmark = pytest.mark.parametrize("browser_locale", ["de-DE", "en-GB"])

GERMAN = {
    "export": "Exportieren …",
    "more": "Weitere Formate …",
    "xlsx": re.compile("^XLSX"),
    "submit": "Exportieren",
    "download": "Herunterladen",
    "making": "Die Datei wird erstellt",
    "lacks": "Windows-1252 hat nicht alle Zeichen dieser Liste; es fehlen: Ł, ź.",
    "encoding": "Zeichensatz der CSV-Datei",
    "preset": "CSV für welches Programm?",
    "ready": "Fertig",
}
ENGLISH = {
    "export": "Export …",
    "more": "More formats …",
    "xlsx": re.compile("^XLSX"),
    "submit": "Export",
    "download": "Download",
    "making": "The file is being made",
    "lacks": "Windows-1252 does not have all characters of this list; it lacks: Ł, ź.",
    "encoding": "Characters of the CSV file",
    "preset": "CSV for which program?",
    "ready": "Ready",
}


@pytest.fixture
def words(browser_locale: str) -> dict[str, Any]:
    return GERMAN if browser_locale == "de-DE" else ENGLISH


@pytest.fixture
def account(committed_db: None, storage: Path) -> Account:
    return make_account()


@pytest.fixture
def inside(page: Page, live_url: str, account: Account) -> Page:
    """A reader's browser."""
    reader = make_member(account, Role.READER, make_user("inge@example.org", first_name="Inge", last_name="Berger"))
    sign_in_page(page, reader, address=live_url)
    return page


def make_list(account: Account, rows: int) -> Group:
    """A list of so many recipients, the first of them in Łódź."""
    group = make_group(account, "Kunden 2026", recipient_count=rows, active_count=rows)
    make_field(account, "Ort", group=group)
    with account_scope(account.pk), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO recipients_recipient (account_id, group_id, email, activated_at, tags, values)
            SELECT %s, %s, lpad(n::text, 7, '0') || '@example.org', %s, '{}',
                   jsonb_build_object('ort', CASE n WHEN 1 THEN 'Łódź' ELSE 'Köln' END)
            FROM generate_series(1, %s) AS n
            """,
            [account.pk, group.pk, NOW, rows],
        )
    return group


def test_list_is_exported_as_the_persons_program_wants_it(  # noqa: PLR0917  # a test names what it needs
    inside: Page,
    live_url: str,
    account: Account,
    words: dict[str, Any],
    browser_locale: str,
    take_picture: Callable[[str], None],
) -> None:
    group = make_list(account, 3)
    inside.goto(f"{live_url}/a/{account.pk}/recipients/{group.pk}/")
    inside.get_by_role("link", name=words["export"]).click()
    expect(inside.get_by_role("radio", name=re.compile("^CSV"))).to_be_checked()
    inside.get_by_label(words["preset"]).select_option("tab")
    inside.get_by_label(words["encoding"]).select_option("windows-1252")
    take_picture(f"export-list-{browser_locale[:2]}")
    inside.get_by_role("button", name=words["submit"]).click()
    expect(inside.get_by_text(words["lacks"])).to_be_visible()
    take_picture(f"export-refused-{browser_locale[:2]}")
    inside.get_by_label(words["encoding"]).select_option("utf-16")
    with inside.expect_download() as download:
        inside.get_by_role("button", name=words["submit"]).click()
    text = Path(download.value.path()).read_text(encoding="utf-16")
    assert '"0000001@example.org"\t' in text
    assert text.splitlines()[1].endswith('"Łódź"')

    expect(inside.get_by_role("button", name=words["submit"], exact=True)).to_be_enabled()  # for another file


def test_large_workbook_is_made_while_the_person_watches(  # noqa: PLR0917  # as above
    inside: Page,
    live_url: str,
    account: Account,
    words: dict[str, Any],
    browser_locale: str,
    take_picture: Callable[[str], None],
    tmp_path: Path,
) -> None:
    backup = take_backup_of(make_list(account, SMALL_LIST + 1), tmp_path)
    inside.goto(f"{live_url}/a/{account.pk}/my-account/backups/")
    inside.locator(f"#backup-{backup.pk} summary").click()
    inside.get_by_role("link", name=words["more"]).click()
    inside.get_by_role("radio", name=words["xlsx"]).check()
    inside.get_by_role("button", name=words["submit"]).dblclick()
    expect(inside.get_by_text(words["making"])).to_be_visible()
    with account_scope(account.pk):
        export = Export.objects.get()  # of two clicks
        Export.objects.update(rows_done=21_000, rows_known=SMALL_LIST + 1)
    expect(inside.locator("progress")).to_have_attribute("value", "21000")
    take_picture(f"export-progress-{browser_locale[:2]}")
    make_export(account_id=account.pk, export_id=export.pk)
    expect(inside.get_by_text(words["ready"], exact=True)).to_be_visible(timeout=PATIENCE)
    take_picture(f"export-ready-{browser_locale[:2]}")
    with inside.expect_download() as download:
        inside.get_by_role("link", name=words["download"]).click()
    local = timezone.localtime(backup.requested_at)
    assert download.value.suggested_filename == f"Kunden 2026_{local:%Y-%m-%d_%H-%M}.xlsx"
    path = tmp_path / "export.xlsx"
    download.value.save_as(path)
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert (sheet.max_row, sheet["A2"].value, sheet["H2"].value) == (SMALL_LIST + 2, "0000001@example.org", "Łódź")
