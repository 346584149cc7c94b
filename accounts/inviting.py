"""Invitations: somebody is asked by e-mail to join an account, and joins by the link in the mail.

The link holds the account's number and a secret, whose digest alone is kept: the invitation is looked for inside that
account's scope. Whether an address has a login elsewhere plays no part, so who invites cannot find it out.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import Account, AuditAction, Invitation, InvitationState, Membership, Role, User
from accounts.services import record

VALID_FOR = timedelta(days=7)
REST = timedelta(minutes=10)  # between two messages to one address
MOST_A_DAY = 50  # addresses that an account may write to
KEPT_AFTER_ITS_END = timedelta(days=90)


class NotSent(Exception):
    """No message may be sent; nothing has changed."""


class AlreadyMember(NotSent):
    """The address is a member's."""


class AlreadyInvited(NotSent):
    """There is an invitation to the address, open or expired, which can be sent again."""


class SentJustNow(NotSent):
    """The address has got a message within the last ten minutes."""


class TooManySent(NotSent):
    """The account has written to as many addresses as it may in a day."""


class NotOpen(Exception):
    """The invitation is accepted, withdrawn or expired."""


class AnotherAddress(Exception):
    """The invitation is somebody else's."""


@transaction.atomic
def invite(*, account: Account, email: str, role: Role, actor: User, now: datetime) -> tuple[Invitation, str]:
    """A new invitation and its secret, for the mail alone. Raises NotSent."""
    email = email.lower()
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if Membership.objects.filter(account=account, user__email=email).exists():
        raise AlreadyMember
    if pending_invitations(account.pk).filter(email=email).exists():
        raise AlreadyInvited
    _demand_rest(account, email, now)
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        account=account,
        email=email,
        role=role,
        digest=_digest(secret),
        invited_by=actor,
        created_at=now,
        sent_at=now,
        expires_at=now + VALID_FOR,
    )
    _note(invitation, AuditAction.MEMBER_INVITED, actor, now)
    return invitation, secret


@transaction.atomic
def renew(*, invitation: Invitation, actor: User, now: datetime) -> str:
    """A new secret for the mail; the old link no longer counts, and the time begins anew. Raises NotOpen, NotSent."""
    Account.objects.select_for_update(no_key=True).get(pk=invitation.account_id)
    _lock_pending(invitation)
    _demand_rest(invitation.account, invitation.email, now)
    secret = secrets.token_urlsafe(32)
    invitation.digest, invitation.sent_at, invitation.expires_at = _digest(secret), now, now + VALID_FOR
    invitation.save(update_fields=["digest", "sent_at", "expires_at"])
    _note(invitation, AuditAction.INVITATION_SENT_AGAIN, actor, now)
    return secret


@transaction.atomic
def withdraw(*, invitation: Invitation, actor: User, now: datetime) -> None:
    """Have the link count no more. Raises NotOpen when it was accepted or withdrawn before."""
    _lock_pending(invitation)
    invitation.withdrawn_at = now
    invitation.save(update_fields=["withdrawn_at"])
    _note(invitation, AuditAction.INVITATION_WITHDRAWN, actor, now)


def withdraw_all_by(*, account: Account, inviter: User, actor: User, now: datetime) -> None:
    """Withdraw what somebody has sent who may not invite any more, so that they come back by no back door."""
    for invitation in pending_invitations(account.pk).filter(invited_by=inviter).order_by("pk"):
        withdraw(invitation=invitation, actor=actor, now=now)


@transaction.atomic
def accept(*, invitation: Invitation, user: User, now: datetime) -> None:
    """Make who was invited a member; who is one already keeps the role. Raises NotOpen, AnotherAddress."""
    _lock_pending(invitation)
    if invitation.state(now) is not InvitationState.OPEN:
        raise NotOpen
    if user.email.lower() != invitation.email:
        raise AnotherAddress
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    _membership, is_new = Membership.objects.get_or_create(
        account_id=invitation.account_id, user=user, defaults={"role": invitation.role, "created_at": now}
    )
    if is_new:
        _note(invitation, AuditAction.MEMBER_JOINED, user, now)


def find_invitation(*, account_id: int, secret: str, lock: bool = False) -> Invitation | None:
    """The invitation that a link leads to, in the scope of its account; whatever has become of it.

    `lock`: nobody else answers it meanwhile, so that a form that is sent twice makes one person.
    """
    found = Invitation.objects.select_related("account", "invited_by").filter(account_id=account_id)
    if lock:
        found = found.select_for_update(of=("self",))
    return found.filter(digest=_digest(secret)).first()


def pending_invitations(account_id: int) -> QuerySet[Invitation]:
    """Those that nobody has accepted or withdrawn, expired ones too, by address."""
    pending = Invitation.objects.filter(account_id=account_id, accepted_at=None, withdrawn_at=None)
    return pending.select_related("account").order_by("email")


def forget_ended_invitations(*, account_id: int, now: datetime) -> None:
    """Delete invitations some time after they ended: they hold addresses of people who never came, too."""
    mine, oldest = Invitation.objects.filter(account_id=account_id), now - KEPT_AFTER_ITS_END
    mine.filter(expires_at__lt=oldest).delete()


def _lock_pending(invitation: Invitation) -> None:
    """Let nobody else end it meanwhile. Raises NotOpen when somebody has."""
    current = Invitation.objects.select_for_update().get(account_id=invitation.account_id, pk=invitation.pk)
    invitation.accepted_at, invitation.withdrawn_at = current.accepted_at, current.withdrawn_at
    invitation.digest, invitation.expires_at = current.digest, current.expires_at
    if current.accepted_at is not None or current.withdrawn_at is not None:
        raise NotOpen


def _demand_rest(account: Account, email: str, now: datetime) -> None:
    mine = Invitation.objects.filter(account=account)
    if mine.filter(email=email, sent_at__gt=now - REST).exists():
        raise SentJustNow
    if mine.filter(sent_at__gt=now - timedelta(days=1)).count() >= MOST_A_DAY:
        raise TooManySent


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _note(invitation: Invitation, action: AuditAction, actor: User, now: datetime) -> None:
    record(
        account_id=invitation.account_id,
        actor_id=actor.pk,
        action=action,
        subject=invitation.email,
        now=now,
        role=invitation.role,
    )
