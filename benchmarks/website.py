"""The web server as production runs it, asked over loopback by somebody who is signed in."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client

from accounts.models import User
from benchmarks import place

SECURE = {"X-Forwarded-Proto": "https", "Host": "localhost", "Accept-Language": "de"}


@dataclass
class Website:
    """A web server process and a person's browser at it."""

    port: int
    pid: int  # of the process that answers
    cookies: str

    def get(self, path: str) -> tuple[float, str]:
        """Seconds until the whole page was there, and the page. RuntimeError when it is no page."""
        return self._ask("GET", path, None)

    def post(self, path: str, fields: dict[str, str]) -> str:
        """Send a form; gives where the answer leads to."""
        token = dict(pair.split("=", 1) for pair in self.cookies.split("; "))["csrftoken"]
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": token, **fields}))[1]

    def _ask(self, method: str, path: str, body: str | None) -> tuple[float, str]:
        started = time.perf_counter()
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        form = {"Content-Type": "application/x-www-form-urlencoded", "Referer": "https://localhost/"}
        server.request(method, path, body, {**SECURE, "Cookie": self.cookies, **(form if body else {})})
        with server.getresponse() as answer:
            page = answer.read().decode()
            seconds = time.perf_counter() - started
            if method == "POST" and answer.status == 302:
                return seconds, urlsplit(answer.headers["Location"]).path
        server.close()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path} was answered with {answer.status}: {page[:500]}")
        return seconds, page


@contextmanager
def website(person: User) -> Iterator[Website]:
    """A web server with one process for the block, and `person` signed in at it."""
    kept = place.FOLDER / "kept"  # copies of backups that are looked into; they go with the bench
    kept.mkdir(exist_ok=True)
    environment = {**os.environ, "TMPDIR": str(kept)}
    manage = [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"]
    subprocess.run(manage, cwd=place.ROOT, check=True, env=environment)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = (place.VAR / "web.log").open("wb")
    shape = ["--worker-class", "gthread", "--workers", "1", "--threads", "8", "--no-control-socket"]
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", *shape],
        cwd=place.ROOT,
        stdout=log,
        stderr=log,
        env=environment,
    )
    try:
        while b"Booting worker" not in Path(log.name).read_bytes():
            if server.poll() is not None:
                raise RuntimeError(Path(log.name).read_text())
            time.sleep(0.1)
        yield Website(port, place.only_child(server.pid), cookies_of(person))
    finally:
        server.terminate()
        server.wait(60)


def cookies_of(person: User) -> str:
    """What the browser of a person who has signed in sends."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; csrftoken={'a' * 32}"
