"""A person is erased in a real browser, in both languages: the address, the question, the way to the end."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Erasure
from recipients.models import Group, Recipient
from recipients.storage import place
from tests.backups.catalogue import take_backup_of
from tests.backups.erasures import PERSON, addresses_in, advance
from tests.factories import (
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_group,
    make_member,
    make_recipient,
    make_user,
    sign_in_page,
)
from tests.imports.previewed import finished, previewed
from tests.runs import make_draft

WORDS = {
    "de-DE": {
        "menu": "Person löschen (DSGVO)",
        "field": "E-Mail-Adresse",
        "next": "Weiter",
        "question": "Die Adresse steht in 2 Listen: „Kunden 2026“, „Presse“.",
        "button": f"{PERSON} löschen (2 Listen, 1 Backup durchsuchen)",
        "told": "Die Person ist aus 2 Listen gelöscht",
        "end": "1 Backup wurde neu geschrieben.",
        "kept_out": "1 gelöschte Person bleibt draußen",
        "let_in": "1 gelöschte Person wieder aufnehmen",
        "comes_in": "1 gelöschte Person wird wieder aufgenommen",
    },
    "en-GB": {
        "menu": "Erase a person (GDPR)",
        "field": "E-mail address",
        "next": "Next",
        "question": "The address is in 2 lists: “Kunden 2026”, “Presse”.",
        "button": f"Erase {PERSON} (2 lists, 1 backup searched)",
        "told": "The person is erased from 2 lists",
        "end": "1 backup was written anew.",
        "kept_out": "1 erased person stays out",
        "let_in": "Let 1 erased person in again",
        "comes_in": "1 erased person comes in again",
    },
}
in_both_languages = pytest.mark.parametrize("browser_locale", WORDS)


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    """Two lists with the person, who has values, activities and an entry on the block list."""
    group = make_group(account, "Kunden 2026")
    make_activity(make_recipient(group, PERSON))
    make_recipient(group, "anna@example.org")
    make_recipient(make_group(account, "Presse"), PERSON)
    make_contact(account, PERSON, {"ort": "Ulm"})
    return group


def enter(page: Page, live_url: str, account: Account) -> None:
    owner = make_member(account, Role.OWNER, make_user("olga@blumen-berger.example", first_name="Olga"))
    sign_in_page(page, owner, address=live_url)
    page.goto(f"{live_url}/a/{account.pk}/recipients/")


def the_erasure(account: Account) -> Erasure:
    with account_scope(account.pk):
        found: Erasure = Erasure.objects.get()
    return found


@in_both_languages
def test_person_is_erased_by_keyboard_alone(
    page: Page,
    live_url: str,
    account: Account,
    *,
    group: Group,
    browser_locale: str,
    tmp_path: Path,
    take_picture: Callable[[str], None],
) -> None:
    words, language = WORDS[browser_locale], browser_locale[:2]
    make_blocked(account, PERSON)
    backup = take_backup_of(group, tmp_path)
    make_draft(group, "E-Mail\nx@example.org\n")
    enter(page, live_url, account)
    page.get_by_role("link", name=words["menu"]).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(words["menu"])
    take_picture(f"erasure-{language}")
    page.get_by_label(words["field"]).focus()
    page.keyboard.type(PERSON)
    page.keyboard.press("Enter")
    expect(page.get_by_text(words["question"])).to_be_visible()
    take_picture(f"erasure-question-{language}")
    page.get_by_role("button", name=words["button"]).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(words["told"])).to_be_visible()
    take_picture(f"erasure-running-{language}")
    advance(the_erasure(account))
    expect(page.get_by_text(words["end"])).to_be_visible()
    take_picture(f"erasure-done-{language}")
    assert addresses_in(backup) == ["anna@example.org"]


@in_both_languages
def test_erased_person_in_a_file_is_shown_and_let_in_again(
    page: Page,
    live_url: str,
    account: Account,
    *,
    group: Group,
    browser_locale: str,
    take_picture: Callable[[str], None],
) -> None:
    words = WORDS[browser_locale]
    enter(page, live_url, account)
    page.goto(f"{live_url}/a/{account.pk}/recipients/erase/")
    page.get_by_label(words["field"]).fill(PERSON)
    page.get_by_role("button", name=words["next"]).click()
    page.locator(".confirm").get_by_role("button").click()
    expect(page.get_by_text(words["told"])).to_be_visible()
    run = previewed(make_draft(group, f"E-Mail\nneu@example.org\n{PERSON}\n"))
    page.goto(f"{live_url}/a/{account.pk}/imports/{run.pk}/preview/")
    expect(page.get_by_role("heading", name=words["kept_out"])).to_be_visible()
    take_picture(f"erasure-import-{browser_locale[:2]}")
    page.get_by_role("button", name=words["let_in"]).click()
    page.wait_for_url("**/preview/")
    finished(run)
    expect(page.get_by_role("heading", name=words["comes_in"])).to_be_visible()


def test_file_that_cannot_be_read_is_told(
    page: Page, live_url: str, group: Group, tmp_path: Path, take_picture: Callable[[str], None]
) -> None:
    backup = take_backup_of(group, tmp_path)
    place("backups").delete(backup.file_key)
    enter(page, live_url, group.account)
    page.goto(f"{live_url}/a/{group.account_id}/recipients/erase/")
    page.get_by_label("E-Mail-Adresse").fill(PERSON)
    page.get_by_role("button", name="Weiter").click()
    page.locator(".confirm").get_by_role("button").click()
    advance(the_erasure(group.account))
    expect(page.get_by_text("1 Datei konnte nicht gelesen werden")).to_be_visible()
    take_picture("erasure-unreadable-de")


def test_everything_works_without_scripts(browser: Browser, live_url: str, account: Account, group: Group) -> None:
    context = browser.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    enter(page, live_url, account)
    page.get_by_role("link", name="Person löschen (DSGVO)").click()
    page.get_by_label("E-Mail-Adresse").fill(PERSON)
    page.get_by_role("button", name="Weiter").click()
    page.get_by_role("button", name=f"{PERSON} löschen").click()
    expect(page.get_by_text("Die Person ist aus 2 Listen gelöscht")).to_be_visible()
    advance(the_erasure(account))
    page.get_by_role("link", name="Stand ansehen").click()
    expect(page.get_by_text("Physisch entfernt seit")).to_be_visible()
    with account_scope(account.pk):
        assert not Recipient.objects.filter(email=PERSON).exists()
    context.close()
