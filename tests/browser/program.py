"""A shop's program, such as the article's notes speak of: it has a token and calls the interface of the real server."""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.caller import PREFIX

PATIENCE = 60.0  # seconds for work that workers do


@dataclass(frozen=True)
class Program:
    """Whoever holds the token's secret; `url` is the server's address without a slash at its end."""

    url: str
    secret: str

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request that must succeed; gives the JSON that comes back."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        try:
            connection.request(method, f"{PREFIX}{path}", body=json.dumps(body) if body else None, headers=headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        assert response.status in {200, 201, 202}, (method, path, response.status, content)
        return json.loads(content)

    def import_people(self, group_id: int, *emails: str) -> int:
        """Bring people into a list; gives how many were added."""
        people = [{"email": email} for email in emails]
        return int(self.ask("POST", f"/groups/{group_id}/recipients", {"recipients": people})["added"])

    def make_list(self, name: str) -> int:
        """Make a list; gives its id."""
        return int(self.ask("POST", "/groups", {"name": name})["id"])

    def delete_list(self, group_id: int) -> int:
        """Delete a list and wait until it is gone; gives how many recipients went with it."""
        told = self.ask("DELETE", f"/groups/{group_id}")
        deadline = time.monotonic() + PATIENCE
        while told["status"] == "waiting":
            assert time.monotonic() < deadline, told
            time.sleep(0.05)
            told = self.ask("GET", f"/deletions/{told['id']}")
        assert told["status"] == "done", told
        return int(told["recipient_count"])
