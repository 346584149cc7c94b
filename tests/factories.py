"""Rows for tests: plain functions that make one thing each, in the scope of its account.

Nobody has to be asked for by tests that do not care: what is left out is made up. Times are fixed, so that tests can
compare whole results. Recipients are written as a service would write them: the group's numbers stay true.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.conf import settings
from django.db.models.expressions import RawSQL
from django.test import Client
from playwright.sync_api import Page

from accounts.models import Account, Membership, Role, User
from accounts.tenancy import account_scope, across_accounts
from recipients.exact_json import json_text
from recipients.masterdata.blocklist import kind_of
from recipients.masterdata.file import FieldType
from recipients.models import Activity, BlockedAddress, Contact, Field, Group, Recipient
from recipients.revision import lock_group, raise_revision

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)

_numbers = count(1)

Value = str | int | Decimal


def make_user(email: str = "", *, password: str | None = None, **fields: Any) -> User:
    """A person; without a password (hashing one takes long) only `sign_in` gets them in."""
    return User.objects.create_user(email or f"person{next(_numbers)}@example.org", password, **fields)


def make_account(name: str = "Blumen Berger", **fields: Any) -> Account:
    """An account without members."""
    with across_accounts("a test makes an account"):
        return Account.objects.create(name=name, **{"created_at": NOW, **fields})


def make_member(account: Account, role: Role = Role.EDITOR, user: User | None = None) -> User:
    """A person (a new one if none is given) who belongs to the account with a role."""
    member = user or make_user()
    with account_scope(account.pk):
        Membership.objects.create(account=account, user=member, role=role, created_at=NOW)
    return member


def sign_in(user: User) -> Client:
    """A browser in which a person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def sign_in_page(page: Page, user: User, *, address: str) -> None:
    """Sign a person in at a page of a real browser, for what it opens below that address."""
    session = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address}])


def make_group(account: Account, name: str = "Kunden 2026", **fields: Any) -> Group:
    """A list without recipients."""
    with account_scope(account.pk):
        return Group.objects.create(account=account, name=name, **{"created_at": NOW, "changed_at": NOW, **fields})


def make_field(
    account: Account, label: str, kind: FieldType = FieldType.TEXT, *, group: Group | None = None, **fields: Any
) -> Field:
    """A field of a list, or without `group` an account-wide one; its key is the label in lower case by default."""
    with account_scope(account.pk):
        position = Field.objects.filter(account=account, group=group).count()
        given = {"key": label.lower(), "position": position, "created_at": NOW, **fields}
        return Field.objects.create(account=account, group=group, label=label, type=kind.value, **given)


def make_recipient(
    group: Group,
    email: str = "",
    *,
    values: Mapping[str, Value] | None = None,
    tags: Sequence[str] = (),
    **fields: Any,
) -> Recipient:
    """A recipient who is active (registered and activated at NOW) unless other dates are given."""
    given = {"email": email or f"recipient{next(_numbers)}@example.org", "registered_at": NOW, "activated_at": NOW}
    with account_scope(group.account_id):
        lock_group(account_id=group.account_id, group_id=group.pk)
        recipient = Recipient.objects.create(
            account_id=group.account_id,
            group=group,
            tags=list(tags),
            values=RawSQL("%s::jsonb", [json_text(values or {})]),
            **{**given, **fields},
        )
        recipient.refresh_from_db(fields=["values"])
        raise_revision(group=group, now=NOW, recipients_delta=1, active_delta=int(recipient.is_active))
    return recipient


def make_contact(account: Account, email: str, values: Mapping[str, Value]) -> Contact:
    """The account-wide values of an address."""
    with account_scope(account.pk):
        contact = Contact.objects.create(account=account, email=email, values=RawSQL("%s::jsonb", [json_text(values)]))
        contact.refresh_from_db(fields=["values"])
    return contact


def make_blocked(account: Account, pattern: str, *, group: Group | None = None, **fields: Any) -> BlockedAddress:
    """A canonical pattern on the block list of a list, or without `group` on the account-wide one."""
    given = {"kind": kind_of(pattern).value, "blocked_at": NOW, **fields}
    with account_scope(account.pk):
        return BlockedAddress.objects.create(account=account, group=group, pattern=pattern, **given)


def make_activity(
    recipient: Recipient, kind: Activity.Kind = Activity.Kind.OPENED, *, at: datetime = NOW, subject: str = ""
) -> Activity:
    """Something that a recipient did."""
    with account_scope(recipient.account_id):
        return Activity.objects.create(
            account_id=recipient.account_id, recipient_id=recipient.id, kind=kind, at=at, subject=subject
        )
