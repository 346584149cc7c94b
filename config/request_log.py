"""One line in the log for each request, and the request's id in all lines that it causes.

The line names the pattern that the path fits, not the path, and no query: these may hold keys and people's data. The id
comes from the proxy as `X-Request-ID` or is made here, and goes back with the answer, so that a person can name it.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from config.logs import about, add_about, route_of

logger = logging.getLogger("listkeep.requests")

HEADER: Final = "X-Request-ID"
VALID_ID: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
UNINTERESTING: Final = "/health/"  # asked all the time


class RequestLog:
    """The middleware; the outermost, so that it sees every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(HEADER, "")
        request_id = given if VALID_ID.fullmatch(given) else uuid.uuid4().hex
        started = time.monotonic()
        with about(request=request_id):
            response = self._get_response(request)
            response[HEADER] = request_id
            if not request.path.startswith(f"/{settings.STATIC_URL.strip('/')}/"):
                _log(request, response, milliseconds=round((time.monotonic() - started) * 1000))
        return response

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: dict[str, Any]) -> None:
        """Name the account, once the address is known."""
        if "account_id" in kwargs:
            add_about(account=kwargs["account_id"])


def _log(request: HttpRequest, response: HttpResponse, *, milliseconds: int) -> None:
    figures = {
        "method": request.method,
        "route": route_of(request),
        "status": response.status_code,
        "milliseconds": milliseconds,
    }
    level = logging.DEBUG if request.path.startswith(UNINTERESTING) else logging.INFO
    logger.log(level, "%s %s %s", request.method, figures["route"], response.status_code, extra={"about": figures})
