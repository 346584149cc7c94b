"""Tokens and the description of the interface in a real browser, which fails on a broken Content-Security-Policy."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, ApiToken, Role, User
from accounts.tenancy import account_scope
from accounts.tokens import create_token
from tests.factories import make_account, make_member, make_user, sign_in_page

WORDS = {
    "de-DE": ("Wo wird es verwendet?", "Lesen und schreiben", "Widerrufen … Kasse", "Token „Kasse“ widerrufen"),
    "en-GB": ("Where is it used?", "Read and write", "Revoke … Kasse", "Revoke token “Kasse”"),
}
MAKE = {"de-DE": "Token erstellen", "en-GB": "Make token"}


@pytest.fixture
def owner(committed_db: None) -> User:
    return make_user(first_name="Anna", last_name="Berger")


@pytest.fixture
def account(owner: User) -> Account:
    """An account with two programs: one that is at work, one whose token is over."""
    account = make_account("Blumen Berger")
    make_member(account, Role.OWNER, owner)
    now = timezone.now()
    with account_scope(account.pk):
        for name, days in (("Kasse", 365), ("Messe-App", -3)):
            token, _secret = create_token(
                account=account,
                name=name,
                scope=ApiToken.Scope.WRITE,
                expires_at=now + timedelta(days=days),
                actor=owner,
                now=now - timedelta(days=40),
            )
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now - timedelta(days=max(-days, 0), minutes=2))
    return account


@pytest.fixture
def inside(page: Page, live_url: str, account: Account, owner: User) -> Page:
    """The owner's browser."""
    sign_in_page(page, owner, address=live_url)
    return page


@pytest.mark.parametrize("browser_locale", WORDS)
def test_a_token_is_made_shown_once_and_revoked(
    inside: Page, live_url: str, account: Account, browser_locale: str, take_picture: Callable[[str], None]
) -> None:
    where, both, revoke, really = WORDS[browser_locale]
    language = browser_locale[:2]
    inside.goto(f"{live_url}/a/{account.pk}/account/interfaces/")
    take_picture(f"interfaces-{language}")
    inside.get_by_label(where).fill("Shop")
    inside.get_by_label(both).check()
    inside.get_by_role("button", name=MAKE[browser_locale]).click()
    secret = inside.locator(".secret")
    expect(secret).to_contain_text(f"lk_{account.pk}_")
    secret.click()
    assert inside.evaluate("getSelection().toString()").strip() == secret.inner_text()
    secret.evaluate("element => { element.textContent = 'lk_1_' + 'Beispiel'.repeat(5) + '123' }")
    take_picture(f"interfaces-made-{language}")
    inside.goto(f"{live_url}/a/{account.pk}/account/interfaces/")
    expect(inside.locator(".secret")).to_have_count(0)
    inside.get_by_role("link", name=revoke).click()
    take_picture(f"interfaces-revoke-{language}")
    inside.get_by_role("button", name=really).click()
    expect(inside.locator("#notices")).to_contain_text("Kasse")
    expect(inside.get_by_role("link", name=revoke)).to_have_count(0)


def test_the_description_is_a_page_that_needs_no_script(page: Page, live_url: str) -> None:
    page.goto(f"{live_url}/api/v1/docs")
    expect(page.get_by_role("heading", level=1)).to_have_text("REST interface, version 1")
    page.get_by_role("link", name="Problems").click()
    expect(page.get_by_role("heading", name="Problems")).to_be_in_viewport()
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
