"""What a call names by its number, and the problems that services end in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.http import Http404

from accounts.api.gate import ApiRequest
from accounts.api.problems import Problem
from recipients.deletion import DeletionUnderWay, FieldGone, GroupGone, GroupLocked
from recipients.given_rows import MOST_SHAPES, TooManyShapes, UnknownFields
from recipients.masterdata.values import UnstorableText
from recipients.models import Field, Group, Recipient
from recipients.services import (
    AddressBlocked,
    AddressErased,
    AddressTaken,
    FieldLabelTaken,
    InvalidAddress,
    TooManyFields,
    TooManyOtherPatterns,
)

_CODES: Final[dict[type[Exception], str]] = {
    GroupGone: "list_deleted",
    GroupLocked: "list_locked",
    DeletionUnderWay: "deletion_running",
    FieldGone: "not_found",
    FieldLabelTaken: "name_taken",
    TooManyFields: "too_many_fields",
    TooManyOtherPatterns: "too_many_patterns",
    AddressTaken: "address_taken",
    AddressBlocked: "address_blocked",
    AddressErased: "address_erased",
    Recipient.DoesNotExist: "not_found",
}


def group_or_404(request: ApiRequest, group_id: int) -> Group:
    """A list of the account that has not been deleted."""
    group: Group | None = Group.objects.present().filter(account_id=request.account.pk, pk=group_id).first()
    if group is None:
        raise Http404
    group.account = request.account
    return group


def field_or_404(request: ApiRequest, field_id: int) -> Field:
    """A field of a present list, or an account-wide one."""
    found = Field.objects.filter(account_id=request.account.pk, pk=field_id, group__deleted_at__isnull=True)
    field: Field | None = found.select_related("group").first()
    if field is None:
        raise Http404
    return field


@contextmanager
def problems_of_services() -> Iterator[None]:
    """Turn what services raise, each with its name, into problems. What nobody thought of passes."""
    try:
        yield
    except tuple(_CODES) as error:
        raise Problem(_CODES[type(error)]) from error
    except UnknownFields as error:
        errors = [{"member": f"fields.{key}", "message": "The list has no such field."} for key in error.keys[:100]]
        raise Problem("unknown_fields", errors=errors) from error
    except TooManyShapes as error:
        raise Problem("too_many_shapes", f"At most {MOST_SHAPES} different sets of members in one call.") from error
    except InvalidAddress as error:
        errors = [{"member": "email", "message": "This is no e-mail address."}]
        raise Problem("invalid", errors=errors) from error
    except UnstorableText as error:
        raise Problem("invalid", f"A text cannot be stored: {error.code}.") from error
