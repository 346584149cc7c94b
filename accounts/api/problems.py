"""Problems: every answer of the interface that is no success, as RFC 9457 has them (`application/problem+json`)."""

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from django.http import HttpResponse

CONTENT_TYPE: Final = "application/problem+json"
# What can go wrong, by the code that programs go by: status and title. The description lists them all.
PROBLEMS: Final[dict[str, tuple[int, str]]] = {
    "malformed": (400, "The body is no JSON."),
    "unauthorised": (401, "A token is needed."),
    "invalid_token": (401, "The token does not count: unknown, expired, revoked, or of somebody without the right."),
    "read_only": (403, "The token may only read."),
    "account_held": (403, "The operator has put the account on hold: it can be read, and not be changed."),
    "not_found": (404, "There is nothing like this in the account."),
    "method_not_allowed": (405, "This address does not know the method."),
    "conflict": (409, "The state of what is asked about does not allow it."),
    "list_locked": (409, "A person has locked the list against changes."),
    "list_deleted": (409, "The list is deleted."),
    "deletion_running": (409, "Something else of the list is being deleted."),
    "import_running": (409, "An import into the list is running."),
    "list_busy": (409, "Something else changes the list for so long that the call has changed nothing; try again."),
    "name_taken": (409, "Something else is called so."),
    "address_taken": (409, "Another recipient of the list has the address."),
    "address_blocked": (409, "A block list holds the address."),
    "address_erased": (409, "Who had the address was erased while they were blocked."),
    "too_many_fields": (409, "A list would show too many fields."),
    "too_many_patterns": (409, "A block list would have too many patterns that are tried one by one."),
    "key_in_use": (409, "A request with this idempotency key is being carried out."),
    "gone": (410, "The file is missing or damaged."),
    "too_large": (413, "The body is too large."),
    "invalid": (422, "The request does not fit the description."),
    "invalid_cursor": (422, "The cursor is none that was given out here."),
    "unknown_fields": (422, "The list has no such fields."),
    "too_many_shapes": (422, "The recipients have too many different sets of members."),
    "invalid_key": (422, "An idempotency key has 1 to 255 visible ASCII characters."),
    "key_of_another": (422, "The idempotency key was used with another request."),
    "too_many_requests": (429, "The token has made too many requests in this minute."),
    "internal": (500, "Something went wrong on Listkeep's side."),
    "unavailable": (503, "The place where files are kept does not answer."),
}


class Problem(Exception):
    """The request ends with this problem, and whatever it has changed is undone. `code` stands in PROBLEMS."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        headers: Mapping[str, str] | None = None,
        errors: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        super().__init__(code, detail)
        self.code, self.detail, self.headers, self.errors = code, detail, dict(headers or {}), errors

    def response(self) -> HttpResponse:
        """The answer."""
        return problem_response(self.code, self.detail, headers=self.headers, errors=self.errors)


def problem_response(
    code: str,
    detail: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, Any]] = (),
) -> HttpResponse:
    """The answer that says `code`, with `detail` as a sentence and `errors` as what is wrong with single members."""
    status, title = PROBLEMS[code]
    content: dict[str, Any] = {
        "type": f"/api/v1/docs#problem-{code}",
        "title": title,
        "status": status,
        "code": code,
    }
    if detail:
        content["detail"] = detail
    if errors:
        content["errors"] = list(errors)
    return HttpResponse(json.dumps(content), status=status, content_type=CONTENT_TYPE, headers=headers)


def status_name(status: int) -> str:
    """What HTTP calls a status."""
    return HTTPStatus(status).phrase
