"""Bulk upserts through the REST interface: a web server of its own, 1,000 recipients a call, over HTTP."""

import csv
import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from django.utils import timezone

from accounts.models import ApiToken
from accounts.tenancy import account_scope
from accounts.tokens import create_token
from benchmarks import floors, place
from benchmarks.data import FIELDS
from benchmarks.measures import Bench
from benchmarks.table import Row
from recipients.models import Group

ROWS: Final = 50_000
A_CALL: Final = 1_000
AT_ONCE: Final = 2  # programs, and processes of the web server
GENDERS: Final = {"Frau": "female", "Herr": "male"}
# Times the binary COPY of the same rows, once their JSON and HTTP, validation, consent and a commit a call are in it.
BAR, AIM = 20.0, 10.0


def measure(bench: Bench) -> Iterator[Row]:
    """New recipients by one program and by two at once, and the same people changed; the floor in turn."""
    rows = min(bench.rows, ROWS)
    new, changed = (bodies(bench.file(rows, variant)) for variant in (0, 1))
    with web_server(bench.folder) as port:
        for what, programs, first in (
            ("new recipients, one program", 1, None),
            ("new recipients, two programs at once", AT_ONCE, None),
            ("all of them changed, one program", 1, new),
        ):
            ours, floor = [], []
            for _repeat in range(bench.repeats):
                floors.empty()
                group = bench.customer.group()
                secrets = [token(bench) for _program in range(programs)]
                if first is not None:
                    send(port, secrets, group, first)
                    floors.vacuum()
                ours.append(send(port, secrets, group, changed if first is not None else new))
                copy = floors.CopyIn(group.account_id, group.pk, bench.folder / "upserted.bin")
                floor.append(copy.seconds())
                copy.path.unlink()
            speed = f"{rows / min(ours):,.0f} rows/s"
            yield Row("", f"{what}, {A_CALL:,} a call ({speed}) / binary COPY", ours, floor, bar=BAR, aim=AIM)


def bodies(people: Path) -> list[bytes]:
    """The bodies of the calls that send a generated file."""
    keys = [f"f{place}" for place in range(len(FIELDS))]
    with people.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file, delimiter=";"))[1:]
    found = []
    for start in range(0, len(lines), A_CALL):
        recipients = []
        for email, *values in lines[start : start + A_CALL]:
            fields = {key: GENDERS.get(value, value) or None for key, value in zip(keys, values, strict=True)}
            recipients.append({"email": email, "fields": fields})
        found.append(json.dumps({"recipients": recipients}).encode())
    return found


def token(bench: Bench) -> str:
    """The secret of a token that may write."""
    account = bench.customer.account
    with account_scope(account.pk):
        _token, secret = create_token(
            account=account,
            name="Bench",
            scope=ApiToken.Scope.WRITE,
            expires_at=None,
            actor=bench.customer.owner,
            now=timezone.now(),
        )
    return secret


def send(port: int, secrets: list[str], group: Group, calls: list[bytes]) -> float:
    """Seconds in which the programs have sent all calls, each its share, one after the other."""
    started = time.perf_counter()
    with ThreadPoolExecutor(len(secrets)) as pool:
        shares = [calls[number :: len(secrets)] for number in range(len(secrets))]
        for done in [pool.submit(send_share, port, *pair, group) for pair in zip(secrets, shares, strict=True)]:
            done.result()
    return time.perf_counter() - started


def send_share(port: int, secret: str, calls: list[bytes], group: Group) -> None:
    """Send some calls by one connection. Raises RuntimeError for anything but success."""
    connection = http.client.HTTPConnection("localhost", port)
    headers = {
        "Authorization": f"Bearer {secret}",
        "Content-Type": "application/json",
        "X-Forwarded-Proto": "https",  # as the proxy says it in production
    }
    for body in calls:
        connection.request("POST", f"/api/v1/groups/{group.pk}/recipients", body, headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status != 200 or json.loads(answer)["refused"]:
            raise RuntimeError(answer.decode())
    connection.close()


@contextmanager
def web_server(folder: Path) -> Iterator[int]:
    """Gunicorn as in production, for the block; gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "config.wsgi",
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        str(AT_ONCE),
    ]
    with (folder / "gunicorn.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--threads", "8", "--no-control-socket"], cwd=place.ROOT, stdout=log, stderr=log
        )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
            except OSError:
                if process.poll() is not None:
                    raise RuntimeError((folder / "gunicorn.log").read_text()) from None
                time.sleep(0.1)
            else:
                break
        yield port
    finally:
        process.terminate()
        process.wait(30)
