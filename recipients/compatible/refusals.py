"""Refusals: every answer that is no success, in the reference's shape `{"error": {"code": 404, "message": "…"}}`."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, Final

from recipients.deletion import DeletionUnderWay, FieldGone, GroupGone, GroupLocked
from recipients.given_rows import TooManyShapes, UnknownFields
from recipients.masterdata.blocklist import InvalidPattern
from recipients.masterdata.values import UnstorableText
from recipients.models import Recipient
from recipients.services import (
    AddressBlocked,
    AddressErased,
    AddressTaken,
    FieldKeyTaken,
    FieldLabelTaken,
    InvalidAddress,
    TooManyFields,
    TooManyOtherPatterns,
)


class Refusal(Exception):
    """The call ends with this status, and whatever it has changed is undone. `detail` follows the status's name."""

    def __init__(self, status: int, detail: str = "", *, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{HTTPStatus(status).phrase}: {detail}" if detail else HTTPStatus(status).phrase)
        self.status, self.detail, self.headers = status, detail, headers or {}

    @property
    def message(self) -> str:
        """What the client reads, such as "Not Found: invalid receiver"."""
        return str(self)

    def to_json(self) -> dict[str, Any]:
        """The body of the answer."""
        return {"error": {"code": self.status, "message": self.message}}


INVALID_GROUP: Final = "invalid group"
INVALID_RECEIVER: Final = "invalid receiver"
INVALID_ATTRIBUTE: Final = "invalid attribute"

_OF_SERVICES: Final[dict[type[Exception], tuple[int, str]]] = {
    GroupGone: (404, INVALID_GROUP),
    GroupLocked: (403, "group is locked"),
    DeletionUnderWay: (409, "something else of the group is being deleted"),
    FieldGone: (404, INVALID_ATTRIBUTE),
    FieldKeyTaken: (409, "attribute exists"),
    FieldLabelTaken: (409, "attribute exists"),
    TooManyFields: (409, "too many attributes"),
    TooManyOtherPatterns: (409, "too many patterns"),
    UnknownFields: (409, "an attribute was deleted meanwhile"),
    TooManyShapes: (413, "too many different sets of members"),
    AddressTaken: (409, "duplicate address"),
    # 409 would tell clients that the address is in the list.
    AddressBlocked: (400, "blocked address"),
    AddressErased: (400, "blocked address"),
    InvalidAddress: (400, "invalid address"),
    InvalidPattern: (400, "invalid address"),
    UnstorableText: (400, "a text cannot be stored"),
    Recipient.DoesNotExist: (404, INVALID_RECEIVER),
}


@contextmanager
def refusals_of_services() -> Iterator[None]:
    """Turn what services raise, each with its name, into refusals. What nobody thought of passes."""
    try:
        yield
    except tuple(_OF_SERVICES) as error:
        raise Refusal(*_OF_SERVICES[type(error)]) from error
