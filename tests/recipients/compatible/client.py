"""A client of the compatible interface, written from the facts about the reference alone: it knows nothing of Listkeep.

It speaks HTTP to a real server (`over_http`), or the same bytes to the application in this process (`in_process`).
"""

import base64
import http.client
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.test import Client as Application

Headers = Mapping[str, str]
Transport = Callable[[str, str, Headers, bytes], "Answer"]


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the JSON that was read, and the headers by their names in small letters."""

    status: int
    content: Any
    headers: Headers

    @property
    def error(self) -> tuple[int, str]:
        """Code and message of an error, which has nothing else in it."""
        assert list(self.content) == ["error"], self.content
        assert list(self.content["error"]) == ["code", "message"]
        return self.content["error"]["code"], self.content["error"]["message"]


def over_http(base: str) -> Transport:
    """Requests to a server; `base` is its address without a slash at its end."""

    def send(method: str, path: str, headers: Headers, body: bytes) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=60)
        try:
            connection.request(method, path, body=body or None, headers=dict(headers))
            response = connection.getresponse()
            told = {name.lower(): value for name, value in response.getheaders()}
            return _answer(response.status, response.read(), told)
        finally:
            connection.close()

    return send


def in_process() -> Transport:
    """Requests to the application itself, with checks against forged forms as a browser would meet them."""
    application = Application(enforce_csrf_checks=True)

    def send(method: str, path: str, headers: Headers, body: bytes) -> Answer:
        kind = headers.get("Content-Type", "application/octet-stream")
        response = application.generic(method, path, body, content_type=kind, headers=dict(headers))
        return _answer(response.status_code, response.content, {name.lower(): text for name, text in response.items()})

    return send


def _answer(status: int, body: bytes, headers: Headers) -> Answer:
    assert headers["content-type"].startswith("application/json"), (status, body[:300])
    return Answer(status, json.loads(body), headers)


@dataclass
class RestClient:
    """What a plug-in holds: the base address (in its transport), and after `authorise` its token."""

    send: Transport
    token: str = ""
    tokens: dict[str, Any] = field(default_factory=dict)

    def authorise(self, client_id: str, client_secret: str, how: str = "form") -> Answer:
        """Ask for a token with client credentials, in one of the ways that clients are known to use."""
        answer = self.ask_for_token(
            {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}, how
        )
        if answer.status == 200:
            self.tokens = answer.content
            self.token = answer.content["access_token"]
        return answer

    def ask_for_token(self, given: dict[str, str], how: str = "form") -> Answer:
        """POST /oauth/token.php with a form, a multipart form, JSON, or Basic authentication and JSON."""
        headers = {}
        if how == "basic":
            pair = f"{given.pop('client_id')}:{given.pop('client_secret')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        if how == "multipart":
            boundary = uuid.uuid4().hex
            parts = [
                f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in given.items()
            ]
            body = "".join([*parts, f"--{boundary}--\r\n"]).encode()
            headers["Content-Type"] = f"multipart/form-data; boundary={boundary}"
        elif how == "form":
            body = urlencode(given).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            body = json.dumps(given).encode()
            headers["Content-Type"] = "application/json"
        return self.send("POST", "/oauth/token.php", headers, body)

    def ask(self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None) -> Answer:
        """A call under /v3, with a JSON body where there is one."""
        url = f"/v3/{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is None:
            return self.send(method, url, headers, b"")
        return self.send(method, url, {**headers, "Content-Type": "application/json"}, json.dumps(body).encode())

    def call(self, method: str, path: str, body: Any = None, *, query: Mapping[str, Any] | None = None) -> Any:
        """As `ask`, of what must succeed: several clients want exactly 200."""
        answer = self.ask(method, path, body, query=query)
        assert answer.status == 200, (method, path, answer)
        return answer.content

    def get(self, path: str, **query: Any) -> Any:
        """GET, with the query."""
        return self.call("GET", path, query=query)

    def pages(self, group: str, size: int, **query: Any) -> Iterator[list[dict[str, Any]]]:
        """All pages of a list's receivers: from 0 on, until one is empty."""
        number = 0
        while page := self.get(f"groups/{group}/receivers", page=number, pagesize=size, **query):
            yield page
            number += 1


# --- the documented shapes: each member with its type ---------------------------------------------------------------

NUMBER = (int, float)
GROUP: dict[str, Any] = {
    "id": str,
    "name": str,
    "locked": bool,
    "backup": bool,
    "receiver_info": str,
    "stamp": int,
    "last_mailing": int,
    "last_changed": int,
}
RECEIVER: dict[str, Any] = {
    **dict.fromkeys(("id", "group_id", "email", "source", "last_ip", "last_location", "last_client"), str),
    **dict.fromkeys(("imported", "bounced", "activated", "registered", "deactivated"), int),
    **dict.fromkeys(("points", "stars", "conversion_rate", "open_rate", "click_rate"), NUMBER),
    "active": bool,
    "attributes": dict,
    "global_attributes": dict,
    "tags": list,
}
WHOLE_RECEIVER: dict[str, Any] = {**RECEIVER, "events": list, "orders": list}
EVENT: dict[str, Any] = {
    "stamp": int,
    **dict.fromkeys(("type", "type_id", "value", "mailing_id", "groups_id"), str),
}
ATTRIBUTE: dict[str, Any] = {
    "id": int,
    "groups_id": int,
    **dict.fromkeys(("name", "description", "preview_value", "type", "tag"), str),
    "value": type(None),
}
STATS: dict[str, Any] = {
    **dict.fromkeys(("total_count", "active_count", "inactive_count", "bounce_count", "time", "order_count"), int),
    "avg_points": float,
    "quality": NUMBER,
}
BLOCKED: dict[str, Any] = {"email": str, "comment": str, "stamp": int, "isLocked": bool}
WHO: dict[str, Any] = dict.fromkeys(
    (
        *("id", "name", "firstname", "salutation", "street", "company", "zip", "city", "phone", "fax", "email"),
        *("country", "login_domain"),
    ),
    str,
)
TOKENS: dict[str, Any] = {
    "access_token": str,
    "expires_in": int,
    "token_type": str,
    "scope": str,
    "refresh_token": str,
}


def check_shape(found: Any, shape: Mapping[str, Any]) -> None:
    """Fail unless `found` has exactly the members of the shape, each of exactly its type (no bool for an int)."""
    assert sorted(found) == sorted(shape)
    wrong = {
        name: found[name]
        for name, kind in shape.items()
        if type(found[name]) not in (kind if isinstance(kind, tuple) else (kind,))
    }
    assert wrong == {}
    for name in ("attributes", "global_attributes"):
        assert [value for value in found.get(name, {}).values() if type(value) is not str] == []
