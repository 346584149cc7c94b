"""The watch that the tests keep over pages: over what a browser complains of, and over template source in answers."""

import threading
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from playwright.sync_api import Browser, Page

from tests.pages import watched_page


def show_source(request: HttpRequest) -> HttpResponse:
    """A page whose template was not rendered."""
    return HttpResponse("<p>{{ group.name }}</p>")


urlpatterns = [path("source/", show_source)]


class Pages(ThreadingHTTPServer):
    """A web server of the test's own with one page that is right and some that are not."""

    bodies: ClassVar = {
        "/right": "<title>Right</title><link rel=icon href='data:,'><p>Text",
        "/script": "<link rel=icon href='data:,'><script>nothing.at.all()</script>",
        "/console": "<link rel=icon href='data:,'><script>console.error('wrong')</script>",
        "/missing": "<link rel=icon href='data:,'><img src='/static/nowhere.png'>",
        "/away": "<link rel=icon href='data:,'><img src='http://listkeep.example/pixel.png'>",
        "/refused": "<title>Refused</title><link rel=icon href='data:,'><script>fetch('/nowhere')</script>",
        "/policy": "<meta http-equiv=Content-Security-Policy content=\"style-src 'self'\">"
        "<link rel=icon href='data:,'><p style='color: red'>Text",
        "/before": "<link rel=icon href='data:,'><a href='/late'>On</a>",
        "/late": "<link rel=icon href='data:,'><script defer src='/held.js'></script><button>Go</button>",
        "/held.js": "document.querySelector('button').onclick = () => { document.title = 'heard'; }",
    }


class Answer(BaseHTTPRequestHandler):
    """Answers with the page of a path, or that there is none."""

    def do_GET(self) -> None:
        body = Pages.bodies.get(self.path)
        if self.path == "/held.js":
            time.sleep(0.5)  # long enough for a hasty click
        self.send_response(HTTPStatus.OK if body else HTTPStatus.NOT_FOUND)
        kind = "text/javascript" if self.path.endswith(".js") else "text/html"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.end_headers()
        self.wfile.write((body or "").encode())

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Write nothing."""


@pytest.fixture
def pages_url() -> Iterator[str]:
    server = Pages(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("browser_locale", ["de-DE", "en-GB"])
def test_page_speaks_the_language_it_is_asked_for(page: Page, pages_url: str, browser_locale: str) -> None:
    page.goto(f"{pages_url}/right")
    assert (page.title(), page.evaluate("navigator.language")) == ("Right", browser_locale)


def test_nobody_clicks_before_the_scripts_of_a_page_have_run(page: Page, pages_url: str) -> None:
    page.goto(f"{pages_url}/before")
    page.get_by_role("link").click()
    page.get_by_role("button").click()
    assert page.title() == "heard"


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("/script", "script: "),
        ("/console", "console: wrong"),
        ("/missing", "console: Failed to load resource: the server responded with a status of 404"),
        ("/away", "asked for http://listkeep.example/pixel.png"),
        ("/policy", "console: "),
    ],
)
def test_page_that_is_not_right_is_complained_about(
    browser: Browser, pages_url: str, address: str, complaint: str
) -> None:
    with watched_page(browser, locale="en-GB") as (page, watch):
        page.goto(f"{pages_url}{address}")
    assert [found for found in watch.complaints if found.startswith(complaint)] != []


def test_answer_that_a_page_may_be_refused_is_not_complained_about(browser: Browser, pages_url: str) -> None:
    with watched_page(browser, locale="en-GB") as (page, watch):
        with page.expect_response(f"{pages_url}/nowhere") as refused:
            page.goto(f"{pages_url}/refused")
        assert refused.value.status == 404
        page.goto(f"{pages_url}/right")
    assert watch.complaints == []


@pytest.mark.urls(__name__)
def test_answer_with_template_source_is_refused(client: Client) -> None:
    with pytest.raises(AssertionError, match="template source in /source/"):
        client.get("/source/")
