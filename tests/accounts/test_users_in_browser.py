"""Inviting somebody, a second factor, and the audit log, each from its first click to its last in a real browser."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from playwright.sync_api import Page, expect

from accounts.models import Account, AuditAction, AuditEntry, Membership, Role, User, Via
from accounts.services import record
from accounts.tenancy import account_scope
from tests import environment
from tests.authenticator_app import code_of
from tests.factories import NOW, make_account, make_member, make_user, sign_in_page

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody


@dataclass(frozen=True)
class Words:
    """What a person reads in one language."""

    language: str
    role: str
    send: str
    sent: str
    passwords: tuple[str, str]
    join: str
    joined: str
    two_factor: str
    set_up: str
    password: str
    confirm: str
    code: str
    switch_on: str
    is_on: str
    email: str
    sign_in: str
    sessions: str
    topic: str
    imports: str
    show_all: str
    imported: str
    demand: str
    demanded: str
    demanded_here: str


GERMAN = Words(
    language="de",
    role="Bearbeiter",
    send="Einladung senden",
    sent="Eine Einladung an ben@example.org ist unterwegs. Sie gilt sieben Tage.",
    passwords=("Passwort", "Passwort (Wiederholung)"),
    join="Beitreten",
    joined="Sie gehören jetzt zu Blumen Berger.",
    two_factor="Zwei-Faktor-Anmeldung",
    set_up="Einrichten",
    password="Passwort",
    confirm="Bestätigen",
    code="Code aus der App",
    switch_on="Einschalten",
    is_on="Die Zwei-Faktor-Anmeldung ist an.",
    email="E-Mail",
    sign_in="Anmelden",
    sessions="Wo Sie angemeldet sind",
    topic="Thema",
    imports="Importe",
    show_all="Alle Einträge zeigen",
    imported="Import abgeschlossen",
    demand="Zwei-Faktor-Anmeldung für alle verlangen",
    demanded="1 Benutzer hat noch keine und kommt hinein, sobald sie eingerichtet ist.",
    demanded_here="Blumen Berger verlangt von allen die Zwei-Faktor-Anmeldung.",
)
ENGLISH = Words(
    language="en",
    role="Editor",
    send="Send invitation",
    sent="An invitation is on its way to ben@example.org. It is valid for seven days.",
    passwords=("Password", "Password (again)"),
    join="Join",
    joined="You now belong to Blumen Berger.",
    two_factor="Two-factor login",
    set_up="Set up",
    password="Password",
    confirm="Confirm",
    code="Code from the app",
    switch_on="Switch on",
    is_on="Two-factor login is on.",
    email="Email",
    sign_in="Sign in",
    sessions="Where you are signed in",
    topic="Topic",
    imports="Imports",
    show_all="Show all entries",
    imported="Import done",
    demand="Demand two-factor login of everybody",
    demanded="1 member has none yet and comes in once it is set up.",
    demanded_here="Blumen Berger demands two-factor login of everybody.",
)
in_both_languages = pytest.mark.parametrize(
    ("browser_locale", "words"), [("de-DE", GERMAN), ("en-GB", ENGLISH)], ids=["de", "en"]
)


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account("Blumen Berger")


@pytest.fixture
def anna(account: Account) -> User:
    person = make_user("anna@example.org", password=PASSWORD, first_name="Anna", last_name="Berger")
    return make_member(account, Role.OWNER, person)


def open_as(page: Page, live_url: str, user: User, path: str) -> None:
    sign_in_page(page, user, address=live_url)
    page.goto(f"{live_url}{path}")


def invitation_link(live_url: str) -> str:
    """The link in the newest mail that the web server has sent: it writes them into its log."""
    log = max(environment.LOGS.glob("web-*.log"), key=lambda path: path.stat().st_mtime).read_text()
    return str(re.findall(re.escape(live_url) + r"/invitation/\S+", log)[-1])


@in_both_languages
def test_somebody_is_invited_and_joins(
    page: Page, live_url: str, account: Account, anna: User, *, words: Words, take_picture: Callable[[str], None]
) -> None:
    make_member(account, Role.READER, make_user("clara@example.org", first_name="Clara", last_name="Voss"))
    open_as(page, live_url, anna, f"/a/{account.pk}/account/users/")
    page.locator("#id_email").fill("ben@example.org")
    page.locator("#id_role").select_option(label=words.role)
    page.get_by_role("button", name=words.send).click()
    expect(page.get_by_role("status")).to_have_text(words.sent)
    take_picture(f"users-{words.language}")

    page.context.clear_cookies()
    page.goto(invitation_link(live_url))
    take_picture(f"invitation-{words.language}")
    page.locator("#id_first_name").fill("Ben")
    page.locator("#id_last_name").fill("Kraus")
    page.get_by_label(words.passwords[0], exact=True).fill(PASSWORD)
    page.get_by_label(words.passwords[1], exact=True).fill(PASSWORD)
    page.get_by_role("button", name=words.join).click()
    expect(page.get_by_role("status")).to_have_text(words.joined)
    with account_scope(account.pk):
        joined = Membership.objects.get(user__email="ben@example.org")
    assert (joined.role, joined.user.get_full_name()) == (Role.EDITOR, "Ben Kraus")


@in_both_languages
def test_a_second_factor_is_set_up_and_asked_for(
    page: Page, live_url: str, account: Account, anna: User, *, words: Words, take_picture: Callable[[str], None]
) -> None:
    open_as(page, live_url, anna, f"/a/{account.pk}/account/")
    page.get_by_role("link", name=words.two_factor).click()
    page.get_by_role("link", name=words.set_up).click()
    page.get_by_label(words.password, exact=True).fill(PASSWORD)
    page.get_by_role("button", name=words.confirm).click()
    expect(page.locator(".qr-code")).to_be_visible()
    take_picture(f"two-factor-set-up-{words.language}")
    secret = page.locator(".secret").inner_text()
    page.get_by_label(words.code).fill(code_of(secret))
    page.get_by_role("button", name=words.switch_on).click()
    expect(page.get_by_role("status")).to_contain_text(words.is_on)
    take_picture(f"two-factor-codes-{words.language}")

    page.context.clear_cookies()
    page.goto(f"{live_url}/auth/login/")
    page.get_by_label(words.email, exact=True).fill("anna@example.org")
    page.get_by_label(words.password, exact=True).fill(PASSWORD)
    page.get_by_role("button", name=words.sign_in, exact=True).click()
    expect(page.locator("#id_code")).to_be_visible()
    take_picture(f"two-factor-login-{words.language}")
    page.locator("#id_code").fill(code_of(secret))
    page.get_by_role("button", name=words.sign_in, exact=True).click()
    page.wait_for_url(f"**/a/{account.pk}/recipients/")

    page.goto(f"{live_url}/a/{account.pk}/account/")
    page.get_by_role("link", name=words.sessions).click()
    expect(page.locator("tbody tr")).to_have_count(1)
    take_picture(f"sessions-{words.language}")
    page.goto(f"{live_url}/auth/2fa/")
    take_picture(f"two-factor-{words.language}")


@in_both_languages
def test_the_audit_log_is_filtered(
    page: Page, live_url: str, account: Account, anna: User, *, words: Words, take_picture: Callable[[str], None]
) -> None:
    actions = [AuditAction.IMPORT_DONE, AuditAction.GROUP_DELETED, AuditAction.BACKUP_DOWNLOADED]
    with account_scope(account.pk):
        for minute, action in enumerate(actions):
            record(
                account_id=account.pk,
                actor_id=anna.pk,
                action=action,
                subject="Kunden 2026",
                now=NOW + timedelta(minutes=minute),
            )
        AuditEntry.objects.update(via=Via.BROWSER, address="192.0.2.1")
    open_as(page, live_url, anna, f"/a/{account.pk}/account/audit-log/")
    expect(page.locator("tbody tr")).to_have_count(3)
    page.get_by_label(words.topic, exact=True).select_option(label=words.imports)
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody .table__main")).to_contain_text(words.imported)
    assert "topic=imports" in page.url
    take_picture(f"account-audit-log-filtered-{words.language}")
    page.get_by_role("link", name=words.show_all).click()
    expect(page.locator("tbody tr")).to_have_count(3)


@in_both_languages
def test_a_second_factor_is_demanded_of_everybody(
    page: Page, live_url: str, account: Account, anna: User, *, words: Words, take_picture: Callable[[str], None]
) -> None:
    TOTP.activate(anna, "JBSWY3DPEHPK3PXP")
    clara = make_member(account, Role.READER, make_user("clara@example.org", first_name="Clara", last_name="Voss"))
    open_as(page, live_url, anna, f"/a/{account.pk}/account/users/")
    page.get_by_role("switch", name=words.demand).check()
    expect(page.get_by_role("status")).to_contain_text(words.demanded)
    take_picture(f"users-second-factor-{words.language}")
    open_as(page, live_url, clara, f"/a/{account.pk}/recipients/")
    expect(page.locator(".notice")).to_contain_text(words.demanded_here)
    assert page.url == f"{live_url}/auth/2fa/"
    take_picture(f"two-factor-demanded-{words.language}")
