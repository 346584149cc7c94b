"""The logs of a real web server and a real worker, while an import fails with people in its error, and succeeds."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from accounts.models import Account
from accounts.tenancy import account_scope
from config.embedded import addresses
from config.embedded.s3_server import free_port
from imports.models import Import
from tests import environment
from tests.factories import make_account, make_group, make_member
from tests.faults.watching import wait_for_end, wait_until
from tests.processes import Process, Started, wait_for_port
from tests.visitor import Visitor

JSON = {"LOG_FORMAT": "json"}
PASSWORD = "ein-Wort-fuer-diese-Probe"  # noqa: S105  # of nobody
PEOPLE = ["anna.muster@kunden.example", "bernd.beispiel@kunden.example"]
FILE = "geheime-kunden.csv"


@pytest.fixture
def web(committed_db: None, storage: Path) -> Iterator[tuple[Process, int]]:
    """A web server that logs as in production, and the port at which it will answer."""
    started, port = Started(), free_port()
    command = ("gunicorn", "config.wsgi", "--config", "python:config.web_server")
    process = started.start("web-json", *command, settings=JSON | {"PORT": str(port), "WEB_PROCESSES": "1"})
    try:
        yield process, port
    finally:
        started.end()


@contextmanager
def broken_table() -> Iterator[None]:
    """A database that refuses new recipients, and says whom in its error."""
    with psycopg.connect(addresses.admin_url(environment.VAR, name=addresses.DATABASE_NAME), autocommit=True) as admin:
        admin.execute(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$BEGIN RAISE EXCEPTION 'no room for %', NEW.email USING DETAIL = NEW.email; END$$"
        )
        admin.execute(
            "CREATE TRIGGER refuse BEFORE INSERT ON recipients_recipient FOR EACH ROW EXECUTE FUNCTION refuse()"
        )
        try:
            yield
        finally:
            admin.execute("DROP TRIGGER refuse ON recipients_recipient")
            admin.execute("DROP FUNCTION refuse()")


def entries(process: Process) -> list[dict[str, Any]]:
    """The lines of a log that are JSON."""
    return [json.loads(line) for line in process.log.read_text().splitlines() if line.startswith("{")]


def only_run(account: Account) -> Import:
    with account_scope(account.pk):
        return Import.objects.get()


def have_rested(run: Import) -> None:
    """Let the rest after an error be over that an import takes before it is tried again."""
    with account_scope(run.account_id):
        wait_until(
            lambda: Import.objects.filter(pk=run.pk, claim=None).update(claimed_until=timezone.now()), "the rest"
        )


def test_logs_tell_what_happened_and_nobodys_data(
    web: tuple[Process, int], start_worker: Callable[..., Process]
) -> None:
    server, port = web
    account = make_account()
    group = make_group(account)
    member = make_member(account)
    member.set_password(PASSWORD)
    member.save(update_fields=["password"])
    worker = start_worker(settings=JSON)
    wait_for_port(port)  # it has started beside the worker
    visitor = Visitor(f"http://127.0.0.1:{port}/")
    visitor.sign_in(member.email, PASSWORD)
    with broken_table():
        content = "\n".join(["E-Mail", *PEOPLE]).encode()
        page = visitor.send(visitor.get(f"/a/{account.pk}/recipients/{group.pk}/add/"), file=(FILE, content))
        visitor.send(page, "/mapping/", skip="1")
        run = only_run(account)
        wait_until(lambda: only_run(account).interruptions or "interrupted" in worker.log.read_text(), "the failure")
    have_rested(run)
    assert wait_for_end(run).status == Import.Status.DONE
    visitor.get(f"/a/{account.pk}/recipients/{group.pk}/?q={PEOPLE[0]}")

    told = server.log.read_text() + worker.log.read_text()
    assert [word for word in (*PEOPLE, "kunden.example", FILE, member.email, "no room", PASSWORD) if word in told] == []

    asked = [one for one in entries(server) if one["logger"] == "listkeep.requests"]
    (confirmed,) = [one for one in asked if (one["method"], one["route"][-9:]) == ("POST", "/mapping/")]
    assert (confirmed["account"], confirmed["status"]) == (account.pk, 302)
    assert any(one["route"] == "/a/<int:account_id>/recipients/<int:group_id>/" for one in asked)

    of_the_job = [one for one in entries(worker) if one.get("job") == str(run.pk)]
    (failed,) = [one for one in of_the_job if one["level"] == "ERROR"]
    assert (failed["message"], failed["account"], failed["task"], failed["request"]) == (
        f"import {run.pk} was interrupted",
        account.pk,
        "imports.advance_import",
        confirmed["request"],
    )
    assert [one["kind"] for one in failed["exception"]] == ["ProgrammingError", "RaiseException P0001"]
    assert of_the_job[-1]["ended"] == "done"
