"""Somebody who uses Listkeep over HTTP without a browser: follows links, fills forms in, keeps cookies.

For tests of whole stacks, where the pages themselves are not in question (browser tests look at these).
"""

import http.cookiejar
import ssl
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message
from html.parser import HTMLParser
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPCookieProcessor, HTTPSHandler, ProxyHandler, Request, build_opener

CHOSEN_BY_TICK = {"checkbox", "radio"}
NOT_SENT = {"submit", "button", "file", "image", "reset"}


@dataclass
class Form:
    """A form as the page shows it: where it goes, and what would be sent."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Page:
    """An answer with its address; errors are answers too."""

    url: str
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def form(self, action: str) -> Form:
        """The first form that goes to an address that ends so, or to this page itself for an empty one."""
        reader = _Forms()
        reader.feed(self.text)
        wanted = [one for one in reader.found if (one.action.endswith(action) if action else one.action in {"", "."})]
        assert wanted, f"no form to {action!r} on {self.url} ({self.status}): {[one.action for one in reader.found]}"
        return wanted[0]


class _Forms(HTMLParser):
    """Collects the forms that are sent by POST."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._form: Form | None = None
        self._select = self._area = ""
        self._options: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said: dict[str, Any] = dict(attrs)
        if tag == "form" and str(said.get("method")).lower() == "post":
            self._form = Form(action=said.get("action") or "")
            self.found.append(self._form)
        if self._form is None:
            return
        name = said.get("name") or ""
        if tag == "input":
            self._input(name, said)
        elif tag == "select":
            self._select, self._options = name, []
        elif tag == "option" and self._select:
            self._options.append((said.get("value") or "", "selected" in said))
        elif tag == "textarea":
            self._area = name
        elif tag == "button" and name:
            self._form.buttons.append(name)

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            self._form.fields.append((self._area, data))
            self._area = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select" and self._form is not None:
            if self._options:
                chosen = [value for value, selected in self._options if selected] or [self._options[0][0]]
                self._form.fields.append((self._select, chosen[0]))
            self._select = ""

    def _input(self, name: str, said: dict[str, Any]) -> None:
        assert self._form is not None
        kind = said.get("type") or "text"
        if kind == "file":
            self._form.files.append(name)
        is_sent = kind not in NOT_SENT and (kind not in CHOSEN_BY_TICK or "checked" in said)
        if name and is_sent and "disabled" not in said:
            self._form.fields.append((name, said.get("value") or ("on" if kind in CHOSEN_BY_TICK else "")))


class Visitor:
    """One person with one jar of cookies, at one address. `trusted` is a file with the certificate that is trusted."""

    def __init__(self, base: str, *, trusted: str | None = None) -> None:
        self.base = base
        self.jar = http.cookiejar.CookieJar()
        tls = ssl.create_default_context(cafile=trusted)
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=tls), HTTPCookieProcessor(self.jar))

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Page:
        """The page at an address, wherever it leads."""
        return self._ask(urljoin(self.base, path), headers)

    def send(self, page: Page, action: str = "", file: tuple[str, bytes] | None = None, **values: str) -> Page:
        """Fill in the page's form that goes to `action` with `values`, add a file, send it; where that leads."""
        form = page.form(action)
        kept = [(name, value) for name, value in form.fields if name not in values]
        fields = [*kept, *values.items()]
        url = urljoin(page.url, form.action)
        headers = {"Referer": page.url}
        if file is None:
            return self._ask(url, headers, urlencode(fields).encode())
        boundary = uuid.uuid4().hex
        headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        data = _multipart(boundary, fields, form.files[0], file)
        return self._ask(url, headers, data)

    def sign_in(self, email: str, password: str) -> Page:
        """Sign in by the form; gives the page that is shown then."""
        return self.send(self.get("/auth/login/"), "/auth/login/", login=email, password=password)

    def _ask(self, url: str, headers: Mapping[str, str] | None, data: bytes | None = None) -> Page:
        request = Request(url, data=data, headers=dict(headers or {}))  # noqa: S310  # a test's own address
        try:
            response = self._opener.open(request, timeout=120)
        except HTTPError as error:
            response = error
        with response:
            return Page(response.url, response.status, response.headers, response.read())


def _multipart(boundary: str, fields: list[tuple[str, str]], name: str, file: tuple[str, bytes]) -> bytes:
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields
    ]
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{file[0]}"\r\n\r\n'.encode()
    return b"".join([*parts, head, file[1], f"\r\n--{boundary}--\r\n".encode()])
