"""The admin site in a real browser, in both languages: looked at, and an account put on hold after the question."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from tests.customer import make_customer
from tests.factories import make_user, sign_in

HOLD = {"de-DE": "Anhalten", "en-GB": "Put on hold"}


@pytest.mark.parametrize("browser_locale", list(HOLD))
def test_operator_looks_and_puts_an_account_on_hold(  # noqa: PLR0917  # a test names what it needs
    page: Page,
    live_url: str,
    committed_db: None,
    storage: Path,
    browser_locale: str,
    take_picture: Callable[[str], None],
) -> None:
    account = make_customer("rosenrot").account
    cookie = sign_in(make_user("betrieb@example.org", is_staff=True)).cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_url}])
    language = browser_locale[:2]

    def look(name: str, address: str) -> None:
        page.goto(f"{live_url}{address}")
        take_picture(f"admin-{name}-{language}")

    look("index", reverse("admin:index"))
    look("health", reverse("admin:health"))
    look("imports", reverse("admin:imports_import_changelist"))
    look("accounts", reverse("admin:accounts_account_changelist"))
    look("account", reverse("admin:accounts_account_change", args=[account.pk]))
    hold = HOLD[browser_locale]
    page.get_by_role("button", name=hold).click()
    expect(page.get_by_role("listitem").filter(has_text=account.name)).to_be_visible()
    take_picture(f"admin-question-{language}")
    page.get_by_role("button", name=hold).click()
    expect(page.locator(".messagelist")).to_be_visible()
    expect(page.locator("td.field-held_at")).not_to_have_text("–")
