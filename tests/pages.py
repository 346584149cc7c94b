"""A real browser for tests: the system's Chromium, which may speak to this machine only and must not complain."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, ViewportSize, sync_playwright

from tests.chromium import find_chromium

FLAGS = [
    "--no-sandbox",  # root has no sandbox to build
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
NOT_FETCHED = {"data", "blob", "about", "chrome-error"}
SIZES: dict[str, ViewportSize] = {"wide": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
NEXT_FRAME = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Nothing is seen, so nothing is clicked or typed into, before the page's scripts have run: who is that fast gets what
# somebody without scripts gets, and no test means that. By the object model, which the page's policy lets be.
HIDDEN_UNTIL_LOADED = """
    const hidden = new CSSStyleSheet();
    hidden.replaceSync('html { visibility: hidden !important }');
    document.adoptedStyleSheets = [hidden];
    addEventListener('load', () => { document.adoptedStyleSheets = []; });
"""
REFUSED = "Failed to load resource: the server responded with a status of 4"
FILES = "/static/"  # styles, scripts, pictures: none of them may be missing


@dataclass
class Watch:
    """Everything that a browser said or asked for that it should not have."""

    complaints: list[str] = field(default_factory=list)

    def console(self, message: ConsoleMessage) -> None:
        """Note an error on the console: a script's, a violated content security policy, and what could not be loaded.

        A page or fragment may be refused on purpose, with a status of 4xx: the test asks for what it then shows.
        """
        where = urlsplit(message.location["url"]).path
        meant = message.text.startswith(REFUSED) and not where.startswith(FILES)
        if message.type == "error" and not meant:
            self.complaints.append(f"console: {message.text} ({where})")

    def not_loaded(self, request: Request) -> None:
        """Note what is asked for elsewhere than on this machine: the browser is told that no other has an address."""
        parts = urlsplit(request.url)
        if parts.hostname not in LOOPBACK and parts.scheme not in NOT_FETCHED:
            self.complaints.append(f"asked for {request.url}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    # The browser's driver runs an event loop in this thread, and Django refuses its database there unless told.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    path = find_chromium()
    assert path, "make test installs Chromium as root; otherwise install the package `chromium`"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, headless=True, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def browser_locale() -> str:
    """The language of the browser; parametrise `browser_locale` to ask for another."""
    return "de-DE"


@contextmanager
def watched_page(browser: Browser, *, locale: str) -> Iterator[tuple[Page, Watch]]:
    """An empty page in a fresh profile for the block, and what the browser complains of meanwhile."""
    watch = Watch()
    context = browser.new_context(locale=locale, timezone_id="Europe/Berlin", accept_downloads=True)
    context.add_init_script(HIDDEN_UNTIL_LOADED)
    context.on("requestfailed", watch.not_loaded)
    context.on("console", watch.console)
    context.on("weberror", lambda error: watch.complaints.append(f"script: {error.error}"))
    try:
        yield context.new_page(), watch
    finally:
        context.close()


@pytest.fixture
def page(browser: Browser, browser_locale: str) -> Iterator[Page]:
    """An empty page in a fresh profile; the test fails afterwards when the browser complained of anything."""
    with watched_page(browser, locale=browser_locale) as (page, watch):
        yield page
    assert watch.complaints == []


@pytest.fixture
def take_picture(page: Page) -> Callable[[str], None]:
    """Takes the page's pictures for the documentation, wide and phone, light and dark, under the name it is given.

    Only when LISTKEEP_SCREENSHOTS names a folder, as `make screenshots` does; the page looks the same afterwards.
    """
    folder = Path(os.environ["LISTKEEP_SCREENSHOTS"]) if "LISTKEEP_SCREENSHOTS" in os.environ else None
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)

    def take(name: str) -> None:
        if folder is None:
            return
        before = page.viewport_size
        assert before is not None
        for size, viewport in SIZES.items():
            for scheme in SCHEMES:
                page.set_viewport_size(viewport)
                # As high as the page, so that what sticks to the window's lower edge is drawn below everything.
                height = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": viewport["width"], "height": max(viewport["height"], height)})
                page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                page.evaluate("window.scrollTo(0, 0)")  # what sticks to the top is drawn where it stands
                page.evaluate(NEXT_FRAME)  # the new colours are drawn
                # Hiding the caret would add a style to the page, which its content security policy refuses.
                page.screenshot(path=folder / f"{name}-{size}-{scheme}.png", full_page=True, caret="initial")
        page.set_viewport_size(before)
        page.emulate_media(color_scheme="null", reduced_motion="null")

    return take


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test that opens a page, so that `-m browser` chooses them."""
    for item in items:
        if isinstance(item, pytest.Function) and "page" in item.fixturenames:
            item.add_marker("browser")
