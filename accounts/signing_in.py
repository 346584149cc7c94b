"""How people sign in: their sessions, and changes to the second factor, which stand in the trail of their accounts."""

import logging
from datetime import datetime
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from accounts.models import AuditAction, User
from accounts.queries import accounts_of
from accounts.services import record
from accounts.tenancy import account_scope, user_scope

logger = logging.getLogger(__name__)


def end_session(*, user: User, session_id: int) -> bool:
    """Sign a person out where this session is, from its next request on; False when they have no such session."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        return False
    session.end()
    return True


def forget_ended_sessions(*, now: datetime) -> None:
    """Delete sessions that are over, and from where they were: addresses of people."""
    Session.objects.filter(expire_date__lt=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def note_second_factor(
    *, user: User, action: AuditAction, now: datetime, actor_id: int | None = None, **detail: Any
) -> None:
    """Say in each account of a person that their login has changed: its owners answer for who gets in.

    It was the person, unless an actor is given.
    """
    actor_id = user.pk if actor_id is None else actor_id
    with user_scope(user.pk):
        accounts = accounts_of(user.pk)
    for account in accounts:
        with account_scope(account.pk):
            record(account_id=account.pk, actor_id=actor_id, action=action, subject=user.email, now=now, **detail)


@transaction.atomic
def remove_second_factor(*, user: User, actor_id: int, now: datetime) -> bool:
    """Let a person in by their password alone again, who has lost all else; whether there was anything to remove.

    For an operator, who has made sure who asks; not for another operator, whom the machine's own shell helps.
    """
    if user.is_staff or not Authenticator.objects.filter(user=user).delete()[0]:
        return False
    note_second_factor(user=user, action=AuditAction.SECOND_FACTOR_REMOVED, now=now, actor_id=actor_id)
    logger.warning("user %s has removed the second factor of user %s", actor_id, user.pk)
    return True
