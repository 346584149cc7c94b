"""How Listkeep logs: in production one JSON object a line, with what it was about and without anybody's data.

Who reads logs need not be who may read a customer's lists. So no e-mail address, no query string, no path that somebody
typed, and of an exception its kind, its code and its places, never its text: the database puts the values of rows into
it. What a line is about (request, account, job, task) is said once, by `about`, for all lines of a block.
"""

import errno
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

FORMATS: Final = ("plain", "json")
# They say of each message that it came, and of each that it is done, and fido2 by which passkey somebody signed in;
# Listkeep has a line of its own for each job and request.
TALKATIVE: Final = (
    *("celery.worker.strategy", "celery.app.trace", "celery.beat"),
    *("botocore", "s3transfer", "urllib3", "fido2"),
)
MOST_CAUSES: Final = 5
HIDDEN: Final = (
    (re.compile(r"""[^\s"'<>(),;:=\[\]]+@[^\s"'<>(),;:=\[\]]+\.[^\s"'<>(),;:=\[\]]+"""), "(address)"),
    (re.compile(r"(/[^\s?]*)\?\S+"), r"\1?(query)"),
)

_about: ContextVar[dict[str, Any]] = ContextVar("about", default={})  # noqa: B039  # never changed, only replaced


@contextmanager
def about(**what: Any) -> Iterator[None]:
    """Say in each line of the block what it is about; what is None is not said."""
    token = _about.set(_about.get() | {name: value for name, value in what.items() if value is not None})
    try:
        yield
    finally:
        _about.reset(token)


def add_about(**what: Any) -> None:
    """Say more in the lines of the innermost block of `about`, from now on."""
    _about.set(_about.get() | what)


def said(name: str) -> Any:
    """What `about` says under that name here, or None."""
    return _about.get().get(name)


class JsonFormatter(logging.Formatter):
    """A line for programs."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": hide(_message(record)),
            **_about.get(),
            **getattr(record, "about", {}),
        }
        if record.exc_info and record.exc_info[1]:
            entry["exception"] = described(record.exc_info[1])
        return json.dumps(entry, ensure_ascii=False, default=str)


def hide(text: str) -> str:
    """The text without e-mail addresses and without what follows a path's question mark."""
    for pattern, instead in HIDDEN:
        text = pattern.sub(instead, text)
    return text


def _message(record: logging.LogRecord) -> str:
    """The record's sentence; exceptions in it are named, and the path of its request is the pattern that it fits."""
    error = record.exc_info[1] if record.exc_info else None
    request = getattr(record, "request", None)
    path = getattr(request, "path", None)

    def shown(value: object) -> object:
        if isinstance(value, BaseException):
            return named(value)
        return route_of(request) if path is not None and value == path else value

    if isinstance(record.args, dict):  # Celery's: how a task ended, with the exception as text
        told = {"exc": named(error) if error else "(exception)", "traceback": "", "args": "", "kwargs": ""}
        return str(record.msg) % {name: told.get(name, shown(value)) for name, value in record.args.items()}
    if record.args:
        return str(record.msg) % tuple(shown(value) for value in record.args)
    return named(record.msg) if isinstance(record.msg, BaseException) else str(record.msg)


def route_of(request: Any) -> str:
    """The pattern that a request's path fits: the path itself may hold keys, and whatever somebody typed."""
    match = getattr(request, "resolver_match", None)
    return f"/{match.route}" if match is not None else "(no such page)"


def named(error: BaseException) -> str:
    """The kind of an exception with its code, where it has one."""
    code = code_of(error)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def code_of(error: BaseException) -> str:
    """What the database, the system or the S3 server calls an error; empty for others."""
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        constraint = getattr(getattr(error, "diag", None), "constraint_name", None)
        return f"{state} {constraint}" if constraint else state
    answer = getattr(error, "response", None)
    if isinstance(answer, dict) and isinstance(answer.get("Error"), dict):
        return str(answer["Error"].get("Code", ""))
    if isinstance(error, OSError) and error.errno is not None:
        return errno.errorcode.get(error.errno, str(error.errno))
    return ""


def described(error: BaseException) -> list[dict[str, Any]]:
    """An exception and what caused it: of each its kind and code, and its places, the innermost last."""
    found: list[dict[str, Any]] = []
    one: BaseException | None = error
    while one is not None and len(found) < MOST_CAUSES:
        places = [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in extract_tb(one.__traceback__)]
        found.append({"kind": named(one), "at": places})
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return found


def _short(path: str) -> str:
    """The last parts of a file's path, which are enough to find it."""
    return "/".join(Path(path).parts[-3:])


def logging_settings(*, log_format: str, level: str) -> dict[str, Any]:
    """Django's LOGGING: all of it goes to the standard error output. Raises ImproperlyConfigured."""
    if log_format not in FORMATS:
        raise ImproperlyConfigured(f"LOG_FORMAT is {log_format!r}; use one of {', '.join(FORMATS)}.")
    quiet = {"level": max(logging.WARNING, _level(level))}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
            "json": {"()": "config.logs.JsonFormatter"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": log_format}},
        "root": {"handlers": ["console"], "level": _level(level)},
        "loggers": dict.fromkeys(TALKATIVE, quiet) if log_format == "json" else {},
    }


def _level(name: str) -> int:
    found = logging.getLevelNamesMapping().get(name.upper())
    if found is None:
        raise ImproperlyConfigured(f"LOG_LEVEL is {name!r}; use DEBUG, INFO, WARNING or ERROR.")
    return found
