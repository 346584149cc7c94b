"""Bodies and values as clients send them: JSON, forms or nothing, numbers as texts, truth in many spellings."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError

from recipients.compatible.refusals import Refusal
from recipients.given_rows import EARLIEST, LATEST

MOST_BYTES: Final = 16 * 1024 * 1024
MOST_ROWS: Final = 1_000  # of one batch
MOST_BIGINT: Final = 2**63 - 1
_SECONDS: Final = re.compile(r"-?[0-9]{1,12}")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_NO: Final = frozenset({"", "0", "false", "no", "off", "null"})


def refuse_large(request: HttpRequest) -> None:
    """Raises Refusal for a body of more than MOST_BYTES, before it is read."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > MOST_BYTES:
        raise Refusal(413, f"a body has at most {MOST_BYTES} bytes")


def body_of(request: HttpRequest) -> Any:
    """What a request brought: the JSON value, a form as texts by their names, or None. Numbers are exact.

    `false` and nothing at all are None; clients send both where there is nothing to say. Raises Refusal.
    """
    refuse_large(request)
    if request.content_type == "multipart/form-data":
        return _form_of(request)
    text = request.body.strip()
    if not text or text == b"false":
        return None
    is_form = request.content_type == "application/x-www-form-urlencoded" and text[:1] not in b'{["'
    if is_form:
        return QueryDict(text, encoding="utf-8").dict()
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Refusal(400, "malformed JSON") from error


def object_of(body: Any) -> Mapping[str, Any]:
    """The members of a body; nothing and the empty list of PHP have none. Raises Refusal."""
    if body is None or body == []:
        return {}
    if not isinstance(body, dict):
        raise Refusal(400, "an object is expected")
    return body


def rows_of(body: Any, *, name: str) -> list[Any]:
    """The items of a batch: a list, one item alone, or a list in the member `name`. Raises Refusal."""
    if isinstance(body, dict) and isinstance(body.get(name), list):
        body = body[name]
    rows = body if isinstance(body, list) else [] if body is None else [body]
    if len(rows) > MOST_ROWS:
        raise Refusal(413, f"at most {MOST_ROWS} items in one batch")
    return rows


def text_of(value: Any, *, name: str = "value") -> str:
    """A text, a number's text, or "" for nothing. Raises Refusal for what is neither, or cannot be stored."""
    if value is None or value is False:
        return ""
    if isinstance(value, (str, int, Decimal)) and _UNSTORABLE.search(str(value)) is None:
        return str(value)
    raise Refusal(400, f"invalid {name}")


def texts_of(value: Any, *, name: str) -> list[str]:
    """A list of texts, or a text with commas. Raises Refusal."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if value is None:
        return []
    if isinstance(value, dict):  # PHP's lists with gaps
        value = list(value.values())
    if not isinstance(value, list):
        raise Refusal(400, f"invalid {name}")
    return [text_of(one, name=name) for one in value]


def truth_of(value: Any) -> bool:
    """Whether a client means yes: 0, "false", "off", "" and nothing are no."""
    return str(value).strip().lower() not in _NO and value is not None


def number_of(value: Any, *, name: str, least: int = 0, most: int = MOST_BIGINT) -> int:
    """A whole number, given as such or as text. Raises Refusal."""
    text = text_of(value, name=name).strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and least <= int(text) <= most):
        raise Refusal(400, f"invalid {name}")
    return int(text)


def moment_of(value: Any, now: datetime, *, name: str) -> datetime | None:
    """A time: seconds since 1970 as a number or text, true for now, or ISO 8601; 0, false and "" are None.

    Raises Refusal for what is none, or lies outside of 1900 to 2200.
    """
    if isinstance(value, bool):
        return now if value else None
    text = text_of(value, name=name).strip()
    if text.lower() in _NO:
        return None
    if text.lower() == "true":
        return now
    try:
        is_seconds = _SECONDS.fullmatch(text) is not None
        moment = datetime.fromtimestamp(int(text), UTC) if is_seconds else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise Refusal(400, f"invalid {name}") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not EARLIEST <= moment < LATEST:
        raise Refusal(400, f"invalid {name}")
    return moment


def _form_of(request: HttpRequest) -> dict[str, str]:
    """The fields of a multipart form; Django itself reads it for POST alone."""
    try:
        if request.method == "POST":
            return {name: str(value) for name, value in request.POST.items()}
        fields, _files = request.parse_file_upload(request.META, request)
    except MultiPartParserError as error:
        raise Refusal(400, "malformed form") from error
    return {name: str(value) for name, value in fields.items()}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")
