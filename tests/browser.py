"""A real browser for tests: the system's Chromium, which may speak to this machine only and must not complain."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response, Route, sync_playwright

FLAGS = [
    "--no-sandbox",  # root has no sandbox to build
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
NOT_FETCHED = {"data", "blob", "about", "chrome-error"}
# A page or fragment may answer with these on purpose; the test asks for what it then shows.
MEANT_FOR_THE_READER = {"document", "xhr", "fetch"}
REFUSED_FORM = "Failed to load resource: the server responded with a status of 4"


@dataclass
class Watch:
    """Everything that a browser said or asked for that it should not have."""

    complaints: list[str] = field(default_factory=list)

    def console(self, message: ConsoleMessage) -> None:
        """Note an error on the console; a violated content security policy is one."""
        if message.type == "error" and not message.text.startswith(REFUSED_FORM):
            self.complaints.append(f"console: {message.text}")

    def response(self, response: Response) -> None:
        """Note a server error, and a missing style, script, picture or font."""
        if response.status >= 500 or (
            response.status >= 400 and response.request.resource_type not in MEANT_FOR_THE_READER
        ):
            self.complaints.append(f"{response.status}: {response.url}")

    def route(self, route: Route, request: Request) -> None:
        """Let through what stays on this machine, and note and refuse the rest."""
        parts = urlsplit(request.url)
        if parts.hostname in LOOPBACK or parts.scheme in NOT_FETCHED:
            route.continue_()
        else:
            self.complaints.append(f"asked for {request.url}")
            route.abort()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the session."""
    # The browser's driver runs an event loop in this thread, and Django refuses its database there unless told.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=chromium_path(), headless=True, args=FLAGS)
        yield chromium
        chromium.close()


def chromium_path() -> str:
    """The system's Chromium; the test fails with what to do when there is none."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.fail("No Chromium found: install the package `chromium`, or let `make test` do it as root.")
    return found


@pytest.fixture
def browser_locale() -> str:
    """The language of the browser; parametrise `browser_locale` to ask for another."""
    return "de-DE"


@pytest.fixture
def page(browser: Browser, browser_locale: str) -> Iterator[Page]:
    """An empty page in a fresh profile; the test fails afterwards when the browser complained about anything."""
    watch = Watch()
    context = browser.new_context(locale=browser_locale, timezone_id="Europe/Berlin", accept_downloads=True)
    context.route("**/*", watch.route)
    context.on("console", watch.console)
    context.on("weberror", lambda error: watch.complaints.append(f"script: {error.error}"))
    context.on("response", watch.response)
    try:
        yield context.new_page()
    finally:
        context.close()
    assert watch.complaints == []
