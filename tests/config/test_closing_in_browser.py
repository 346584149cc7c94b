"""An account is closed in a real browser, in both languages: the operator's question, and what its owner sees."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from backups.models import Closure
from tests.backups.catalogue import take_backup_of
from tests.backups.closings import advance, fresh
from tests.factories import make_account, make_group, make_member, make_recipient, make_user, sign_in

WORDS = {
    "de-DE": {
        "close": "Konto schließen",
        "confirm": "Konto schließen und Export beginnen",
        "notice": "Dieses Konto wird geschlossen",
        "next": "Was jetzt geschieht",
        "making": "Die Datei wird erstellt. Die Inhaber bekommen eine E-Mail, wenn sie bereitsteht.",
        "download": "Alle Daten herunterladen",
        "refused": "Nur ein Inhaber des Kontos kann sie herunterladen.",
    },
    "en-GB": {
        "close": "Close the account",
        "confirm": "Close the account and begin its export",
        "notice": "This account is being closed",
        "next": "What happens now",
        "making": "The file is being made. Owners get a mail when it is ready.",
        "download": "Download all data",
        "refused": "Only an owner of the account can download it.",
    },
}


@pytest.fixture
def account(committed_db: None, storage: Path, tmp_path: Path) -> Account:
    account = make_account()
    for name in ("Kunden 2026", "Presse"):
        group = make_group(account, name)
        for number in range(12):
            make_recipient(group, f"{number}@example.org")
        take_backup_of(group, tmp_path)
    return account


def enter(page: Page, live_url: str, person: User) -> None:
    page.context.clear_cookies()
    cookie = sign_in(person).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_url}])


@pytest.mark.parametrize("browser_locale", WORDS)
def test_operator_closes_an_account_and_its_owner_downloads_everything(
    page: Page, live_url: str, account: Account, browser_locale: str, take_picture: Callable[[str], None]
) -> None:
    words, language = WORDS[browser_locale], browser_locale[:2]
    owner = make_member(account, Role.OWNER, make_user("olga@blumen-berger.example", first_name="Olga"))
    reader = make_member(account, Role.READER, make_user("rita@blumen-berger.example", first_name="Rita"))

    enter(page, live_url, make_user("betrieb@example.org", is_staff=True))
    page.goto(f"{live_url}{reverse('admin:accounts_account_change', args=[account.pk])}")
    page.get_by_role("button", name=words["close"], exact=True).click()
    expect(page.get_by_role("listitem").filter(has_text=account.name)).to_be_visible()
    take_picture(f"closing-question-{language}")
    page.get_by_role("button", name=words["confirm"]).click()
    expect(page.locator(".messagelist")).to_be_visible()
    page.goto(f"{live_url}{reverse('admin:backups_closure_changelist')}")
    take_picture(f"closing-list-{language}")

    enter(page, live_url, owner)
    page.goto(f"{live_url}{reverse('accounts:settings', args=[account.pk])}")
    expect(page.locator(".notice").filter(has_text=words["notice"])).to_be_visible()
    page.get_by_role("link", name=words["next"]).click()
    expect(page.get_by_text(words["making"])).to_be_visible()
    take_picture(f"closing-making-{language}")

    with account_scope(account.pk):
        closure = Closure.objects.get()
    advance(closure)
    expect(page.get_by_role("link", name=words["download"])).to_be_visible(timeout=15_000)  # it asks for itself
    page.reload()  # for the notice, which is of the whole page
    take_picture(f"closing-owner-{language}")
    with page.expect_download() as download:
        page.get_by_role("link", name=words["download"]).click()
    assert download.value.suggested_filename == fresh(closure).file_name
    assert Path(download.value.path()).stat().st_size == fresh(closure).size

    enter(page, live_url, reader)
    page.goto(f"{live_url}{reverse('backups:closing', args=[account.pk])}")
    expect(page.get_by_text(words["refused"])).to_be_visible()
    expect(page.get_by_role("link", name=words["download"])).to_have_count(0)
