"""How people sign in: their sessions, and changes to the second factor, which stand in the trail of their accounts."""

from datetime import datetime
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from accounts.models import AuditAction, User
from accounts.queries import accounts_of
from accounts.services import record
from accounts.tenancy import account_scope, user_scope


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


def note_second_factor(*, user: User, action: AuditAction, now: datetime, **detail: Any) -> None:
    """Say in each account of a person that their login has changed: its owners answer for who gets in."""
    with user_scope(user.pk):
        accounts = accounts_of(user.pk)
    for account in accounts:
        with account_scope(account.pk):
            record(account_id=account.pk, actor_id=user.pk, action=action, subject=user.email, now=now, **detail)
