"""What is logged in production: one JSON object a line, said about what, and nobody's data."""

import json
import logging
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from botocore.exceptions import ClientError
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection
from django.test import Client

from config.logs import JsonFormatter, about, logging_settings

ADDRESS = "anna.muster@example.org"


def line(record: logging.LogRecord) -> dict[str, Any]:
    """What the formatter makes of a record, read again, without its time."""
    entry: dict[str, Any] = json.loads(JsonFormatter().format(record))
    entry.pop("time")
    return entry


def record(message: object, *args: Any, error: BaseException | None = None, **extra: Any) -> logging.LogRecord:
    """A record as the logging module makes it."""
    trace = (type(error), error, error.__traceback__) if error is not None else None
    made = logging.LogRecord("a.logger", logging.ERROR, __file__, 1, message, args, trace)
    made.__dict__ |= extra
    return made


def raised(action: Callable[[], object]) -> BaseException:
    """What an action raises."""
    try:
        action()
    except Exception as error:  # noqa: BLE001  # whatever it is
        return error
    pytest.fail("nothing was raised")


def test_line_says_what_it_is_about_and_no_more_after_the_block() -> None:
    expected = {"level": "ERROR", "logger": "a.logger", "message": "3 done"}
    with about(request="r-1", account=7), about(job="j-1", request=None):
        assert line(record("%s done", 3)) == expected | {"request": "r-1", "account": 7, "job": "j-1"}
    assert line(record("%s done", 3)) == expected


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (f"cannot write to {ADDRESS}.", "cannot write to (address)"),
        (f"<{ADDRESS}>, ({ADDRESS})", "<(address)>, ((address))"),
        ("GET /a/1/recipients/2/?q=anna&status=all", "GET /a/1/recipients/2/?(query)"),
        ("imports@listkeep ready.", "imports@listkeep ready."),
        ("done? yes", "done? yes"),
    ],
)
def test_addresses_and_queries_are_hidden_in_messages(message: str, shown: str) -> None:
    assert line(record(message))["message"] == shown


@pytest.mark.django_db
def test_exception_is_told_by_its_kinds_codes_and_places_alone() -> None:
    def ask() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::date", [ADDRESS])

    error = raised(ask)
    assert isinstance(error, DatabaseError)
    assert ADDRESS in str(error)
    told = line(record("import %s was interrupted", 5, error=error))["exception"]
    assert [one["kind"] for one in told] == ["DataError", "InvalidDatetimeFormat 22007"]
    assert told[0]["at"][0].endswith(" raised")
    assert ADDRESS not in json.dumps(told)
    assert "example" not in json.dumps(told)


def test_violated_constraint_is_named() -> None:
    class Broken(psycopg.errors.UniqueViolation):
        @property
        def diag(self) -> Any:
            return type("Diagnosis", (), {"constraint_name": "recipients_recipient_pkey"})

    error = Broken(f"Key (email)=({ADDRESS}) already exists.")
    assert line(record("failed: %s", error))["message"] == "failed: Broken 23505 recipients_recipient_pkey"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError(f"could not convert {ADDRESS}"), "ValueError"),
        (FileNotFoundError(2, "No such file", f"/tmp/{ADDRESS}"), "FileNotFoundError ENOENT"),  # noqa: S108
        (ClientError({"Error": {"Code": "NoSuchBucket", "Message": ADDRESS}}, "PutObject"), "ClientError NoSuchBucket"),
    ],
)
def test_exception_within_a_message_is_named(error: Exception, shown: str) -> None:
    assert line(record("rests, because %s", error))["message"] == f"rests, because {shown}"


def test_failed_task_is_told_without_the_text_of_its_exception() -> None:
    error = raised(lambda: int(ADDRESS))
    context = {"name": "backups.take_backup", "id": "1", "exc": repr(error), "traceback": ADDRESS, "args": ADDRESS}
    made = record("Task %(name)s[%(id)s] raised unexpected: %(exc)s\n%(traceback)s", context, error=error)
    assert line(made)["message"] == "Task backups.take_backup[1] raised unexpected: ValueError\n"


def test_page_that_fails_is_named_by_its_pattern(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    client.get("/auth/anna/muster/?q=geheim")
    (warning,) = [one for one in caplog.records if one.name == "django.request"]
    assert line(warning)["message"] == "Not Found: (no such page)"


# --- requests -----------------------------------------------------------------------------------------------------


def request_lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [one.__dict__["about"] for one in caplog.records if one.name == "listkeep.requests"]


def test_request_is_logged_by_pattern_status_and_duration(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/a/7/imports/?q=geheim")
    (logged,) = request_lines(caplog)
    assert logged.pop("milliseconds") >= 0
    assert logged == {"method": "GET", "route": "/a/<int:account_id>/imports/", "status": 302}


def test_health_is_asked_too_often_to_be_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/health/live")
    assert request_lines(caplog) == []


def test_request_keeps_the_id_that_the_proxy_gave_it(client: Client) -> None:
    given = "6f1c2b3a-0d5e-4c8f-9a7b-1e2d3c4b5a69"
    assert client.get("/health/live", headers={"X-Request-ID": given})["X-Request-ID"] == given


@pytest.mark.parametrize("given", ["", "short", ADDRESS, "a" * 65, "line\nbreak", "äöüäöüäöü"])
def test_id_that_is_none_is_replaced(client: Client, given: str) -> None:
    answered = client.get("/health/live", headers={"X-Request-ID": given})["X-Request-ID"]
    assert len(answered) == 32
    assert answered != given


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"log_format": "xml", "level": "INFO"}, {"log_format": "json", "level": "LOUD"}])
def test_unknown_format_or_level_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ImproperlyConfigured):
        logging_settings(**wrong)
