"""What the accounts' pages list. Each needs a scope of `accounts.tenancy` in which the rows can be read."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Account, AuditEntry, Membership


def second_factors() -> QuerySet[Any]:
    """What logins ask for beside the password, of all people; recovery codes only stand in for one."""
    found: QuerySet[Any] = Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)
    return found


_SECOND_FACTOR = Exists(second_factors().filter(user=OuterRef("user")))  # of a membership's user


def accounts_of(user_id: int) -> list[Account]:
    """The accounts that a user belongs to, by name."""
    places = Membership.objects.filter(user_id=user_id).select_related("account").order_by("account__name", "account")
    return [place.account for place in places]


def members_of(account_id: int) -> QuerySet[Membership]:
    """The members of an account with their users, by e-mail address; `has_two_factor`: beside the password."""
    members = Membership.objects.filter(account_id=account_id).annotate(has_two_factor=_SECOND_FACTOR)
    return members.select_related("user").order_by("user__email")


def members_without_second_factor(account_id: int) -> int:
    """How many members an account has whose password alone gets them in."""
    return members_of(account_id).exclude(_SECOND_FACTOR).count()


def has_second_factor(user_id: int) -> bool:
    """Whether somebody's login needs more than the password; recovery codes alone are no factor."""
    found: bool = second_factors().filter(user=user_id).exists()
    return found


def is_only_factor(authenticator: Authenticator) -> bool:
    """Whether the password alone gets its owner in without this one: recovery codes go with the last."""
    return not second_factors().filter(user=authenticator.user_id).exclude(pk=authenticator.pk).exists()


def audit_entries_of(account_id: int) -> QuerySet[AuditEntry]:
    """The audit trail of an account with the people in it, newest first."""
    return AuditEntry.objects.filter(account_id=account_id).select_related("actor").order_by("-at", "-id")
