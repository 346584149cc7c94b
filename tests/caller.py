"""A program that calls the REST interface with a token, as `requests` would, but in this process."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.test import Client
from django.utils import timezone

from accounts.models import Account, ApiToken, User
from accounts.tenancy import account_scope
from accounts.tokens import create_token

PREFIX = "/api/v1"


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the body as JSON (None without one, bytes of a file), the headers."""

    status: int
    body: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        """The code of a problem."""
        return str(self.body["code"])


@dataclass(frozen=True)
class Caller:
    """Somebody with a token's secret; without one, anybody."""

    secret: str = ""
    client: Client = field(default_factory=Client)

    def ask(self, method: str, path: str, body: Any = None, *, text: bytes | None = None, **headers: str) -> Answer:
        """Send a request to a path below the interface's; `text` is a body as it stands. A header: `Retry_After=`."""
        if self.secret:
            headers = {"Authorization": f"Bearer {self.secret}", **headers}
        sent = text if text is not None else b"" if body is None else json.dumps(body).encode()
        response: Any = self.client.generic(
            method,
            f"{PREFIX}{path}",
            sent,
            content_type="application/json",
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        content = b"".join(response.streaming_content) if response.streaming else response.content
        is_json = "json" in response.get("Content-Type", "")
        return Answer(response.status_code, json.loads(content) if is_json else content, dict(response.items()))

    def get(self, path: str, **headers: str) -> Answer:
        """Read."""
        return self.ask("GET", path, None, text=None, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Write."""
        return self.ask("POST", path, body, text=None, **headers)


def make_caller(
    account: Account,
    actor: User,
    scope: ApiToken.Scope = ApiToken.Scope.WRITE,
    *,
    name: str = "Shop",
    expires_at: datetime | None = None,
) -> Caller:
    """A program of an account, with a token of its own."""
    with account_scope(account.pk):
        _token, secret = create_token(
            account=account, name=name, scope=scope, expires_at=expires_at, actor=actor, now=timezone.now()
        )
    return Caller(secret)
