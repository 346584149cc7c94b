"""The tests' browser says what it should not have been asked for, and nothing of what a test means."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page

from tests.pages import watched_page

ELSEWHERE = "http://elsewhere.example/"
LOAD_PICTURE = "path => new Promise(done => { Object.assign(new Image(), {onerror: () => done(null), src: path}); })"


def ask_elsewhere(page: Page) -> None:
    page.evaluate("address => fetch(address).catch(() => null)", ELSEWHERE)


def load_missing_picture(page: Page) -> None:
    page.evaluate(LOAD_PICTURE, "/static/img/missing.svg")


def write_an_error(page: Page) -> None:
    page.evaluate("console.error('broken')")


def find_nothing(page: Page) -> None:
    page.evaluate("fetch('/nothing/').then(answer => answer.text())")


@pytest.mark.parametrize(
    ("path", "act", "told"),
    [
        ("", ask_elsewhere, [f"asked for {ELSEWHERE}", "console: Failed to load resource: net::"]),
        ("/auth/login/", load_missing_picture, ["console: Failed to load resource: the server responded"]),
        ("/auth/login/", write_an_error, ["console: broken"]),
        ("/auth/login/", find_nothing, []),
    ],
    ids=["elsewhere", "missing picture", "error", "not found"],
)
def test_what_a_page_should_not_do_is_told(
    path: str, act: Callable[[Page], None], told: list[str], browser: Browser, live_url: str
) -> None:
    with watched_page(browser, locale="de-DE") as (page, watch):
        if path:
            page.goto(live_url + path)
        act(page)
        page.goto("about:blank")  # all that was said before has arrived
    complaints = sorted(watch.complaints)
    assert len(complaints) == len(told), complaints
    assert all(complaint.startswith(text) for complaint, text in zip(complaints, told, strict=True)), complaints
