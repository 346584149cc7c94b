"""The mail to the owners of an account that is being closed: once to each, in their language, until it is taken."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends import locmem
from django.test import override_settings
from django.utils import timezone

from accounts.models import Account, Role, User
from backups.closing_job import sweep_closures
from backups.models import Closure
from tests.backups.closings import LINK, exported, fresh
from tests.factories import make_account, make_member, make_user

pytestmark = pytest.mark.usefixtures("committed_db", "storage")


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user("owner@example.org", language="de"))


@pytest.fixture
def operator() -> User:
    return make_user(is_staff=True)


def test_owners_are_told_once_in_their_language_and_nobody_else(account: Account, owner: User, operator: User) -> None:
    make_member(account, Role.OWNER, make_user("second@example.org", language="en"))
    make_member(account, Role.EDITOR)
    closure = exported(account, operator)
    for _time in range(2):
        sweep_closures(now=timezone.now())
    told = {message.to[0]: message for message in mail.outbox}
    assert (len(mail.outbox), set(told)) == (2, {"owner@example.org", "second@example.org"})
    assert told["owner@example.org"].subject == "Blumen Berger wird geschlossen: Laden Sie Ihre Daten herunter"
    assert told["second@example.org"].subject == "Blumen Berger is being closed: download your data"
    assert {LINK in str(message.body) for message in mail.outbox} == {True}
    assert fresh(closure).told_at is not None


@override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=9)
def test_mail_that_nobody_takes_is_sent_later(account: Account, owner: User, operator: User) -> None:
    closure = exported(account, operator)
    now = timezone.now()
    sweep_closures(now=now)
    found = fresh(closure)
    assert (found.told_at, found.status) == (None, Closure.Status.WAITING)
    assert found.retry_at is not None
    with override_settings(EMAIL_BACKEND="django.core.mail.backends.locmem.EmailBackend"):
        sweep_closures(now=now + timedelta(minutes=1))
        assert mail.outbox == []
        sweep_closures(now=now + timedelta(minutes=6))
    assert (len(mail.outbox), fresh(closure).told_at is None) == (1, False)


class ChoosyBackend(locmem.EmailBackend):
    """A mail server that does not know one of the owners."""

    def send_messages(self, messages: Any) -> int:
        if "second@example.org" in messages[0].to:
            raise SMTPRecipientsRefused({})
        return super().send_messages(messages)


def test_one_owner_whom_nobody_can_write_to_does_not_make_the_others_told_twice(
    account: Account, owner: User, operator: User
) -> None:
    make_member(account, Role.OWNER, make_user("second@example.org"))
    closure = exported(account, operator)
    now = timezone.now()
    with override_settings(EMAIL_BACKEND=f"{ChoosyBackend.__module__}.{ChoosyBackend.__qualname__}"):
        for hours in range(3):
            sweep_closures(now=now + timedelta(hours=hours))
    assert ([message.to for message in mail.outbox], fresh(closure).told_at) == ([[owner.email]], None)
    sweep_closures(now=now + timedelta(hours=4))
    assert ([message.to[0] for message in mail.outbox], fresh(closure).told_at is None) == (
        [owner.email, "second@example.org"],
        False,
    )
