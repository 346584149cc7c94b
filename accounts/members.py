"""Who belongs to an account, and as what: roles, removal, leaving, handing the account over.

Only owners decide about others, and an account always has an owner: every change locks the account first and then
looks, and the database holds the same by a trigger.
"""

from datetime import datetime

from django.db import transaction

from accounts.inviting import withdraw_all_by
from accounts.models import Account, AuditAction, Membership, Role, User
from accounts.services import record


class NotAnOwner(Exception):
    """Who wants to change something is no owner of the account any more."""


class NoSuchMember(Exception):
    """The member has left meanwhile."""


class LastOwner(Exception):
    """The account would have no owner."""


@transaction.atomic
def change_role(*, account: Account, member_id: int, role: Role, actor: User, now: datetime) -> Membership:
    """Give a member another role; the same again changes nothing.

    Open invitations of who is no owner any more are withdrawn. Raises NotAnOwner, NoSuchMember, LastOwner.
    """
    _lock_as_owner(account, actor)
    member = _member(account, member_id)
    before = Role(member.role)
    if role == before:
        return member
    if before == Role.OWNER:
        _demand_another_owner(account, member)
    _set_role(member, role)
    if before == Role.OWNER:
        withdraw_all_by(account=account, inviter=member.user, actor=actor, now=now)
    record(
        account_id=account.pk,
        actor_id=actor.pk,
        action=AuditAction.ROLE_CHANGED,
        subject=member.user.email,
        now=now,
        before=before.value,
        role=role.value,
    )
    return member


@transaction.atomic
def remove_member(*, account: Account, member_id: int, actor: User, now: datetime) -> Membership:
    """Take a member out, from their next request on; what they did stays. Their open invitations are withdrawn.

    Raises NotAnOwner, NoSuchMember, LastOwner.
    """
    _lock_as_owner(account, actor)
    member = _member(account, member_id)
    _take_out(account, member, AuditAction.MEMBER_REMOVED, actor, now)
    return member


@transaction.atomic
def leave_account(*, account: Account, user: User, now: datetime) -> None:
    """Take oneself out, whatever one's role. Raises NoSuchMember, LastOwner."""
    _lock(account)
    member = Membership.objects.select_related("user").filter(account=account, user=user).first()
    if member is None:
        raise NoSuchMember
    _take_out(account, member, AuditAction.MEMBER_LEFT, user, now)


@transaction.atomic
def transfer_ownership(*, account: Account, member_id: int, actor: User, now: datetime) -> Membership:
    """Make a member the owner in the actor's place, who goes on as an editor; other owners stay.

    Raises NotAnOwner, NoSuchMember (also for the actor: nobody hands over to themselves).
    """
    giving = _lock_as_owner(account, actor)
    member = _member(account, member_id)
    if member.pk == giving.pk:
        raise NoSuchMember
    _set_role(member, Role.OWNER)  # first, so that there is an owner at every moment
    _set_role(giving, Role.EDITOR)
    withdraw_all_by(account=account, inviter=actor, actor=actor, now=now)
    record(
        account_id=account.pk,
        actor_id=actor.pk,
        action=AuditAction.OWNERSHIP_TRANSFERRED,
        subject=member.user.email,
        now=now,
    )
    return member


def _lock(account: Account) -> None:
    """Let nobody else change members meanwhile."""
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)


def _lock_as_owner(account: Account, actor: User) -> Membership:
    """The same, for who must be an owner still; gives their membership."""
    _lock(account)
    mine = Membership.objects.filter(account=account, user=actor, role=Role.OWNER).first()
    if mine is None:
        raise NotAnOwner
    return mine


def _member(account: Account, member_id: int) -> Membership:
    member = Membership.objects.select_related("user").filter(account=account, pk=member_id).first()
    if member is None:
        raise NoSuchMember
    return member


def _set_role(member: Membership, role: Role) -> None:
    member.role = role
    member.save(update_fields=["role"])


def _take_out(account: Account, member: Membership, action: AuditAction, actor: User, now: datetime) -> None:
    if member.role == Role.OWNER:
        _demand_another_owner(account, member)
    Membership.objects.filter(account=account, pk=member.pk).delete()
    withdraw_all_by(account=account, inviter=member.user, actor=actor, now=now)
    record(
        account_id=account.pk,
        actor_id=actor.pk,
        action=action,
        subject=member.user.email,
        now=now,
        role=member.role,
    )


def _demand_another_owner(account: Account, member: Membership) -> None:
    if not Membership.objects.filter(account=account, role=Role.OWNER).exclude(pk=member.pk).exists():
        raise LastOwner
