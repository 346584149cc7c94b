"""From where something came: the address behind our proxies, and the way, as the audit trail keeps both."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from pytest_django import Settings

from accounts.models import AuditAction, AuditEntry, Role, Via
from accounts.origin import NOBODY, Origin, OriginMiddleware, address_of, current_origin, through
from accounts.services import record
from accounts.tenancy import account_scope
from tests.factories import NOW, make_account, make_member, sign_in


def request_from(remote: str, forwarded: str = "") -> HttpRequest:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    return RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        (0, "192.0.2.1", "", "192.0.2.1"),
        (0, "192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (1, "10.0.0.1", "192.0.2.1", "192.0.2.1"),
        (1, "10.0.0.1", "203.0.113.9, 192.0.2.1", "192.0.2.1"),
        (2, "10.0.0.1", "203.0.113.9, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        (2, "10.0.0.1", "192.0.2.1", "192.0.2.1"),
        (1, "10.0.0.1", "", "10.0.0.1"),
        (1, "10.0.0.1", "192.0.2.1:4711", "192.0.2.1"),
        (1, "10.0.0.1", "[2001:DB8::1]:4711", "2001:db8::1"),
        (0, "2001:0db8:0:0:0:0:0:1", "", "2001:db8::1"),
        (0, "fe80::1%eth0", "", "fe80::1"),
        (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
        (0, "", "", None),
        (1, "10.0.0.1", "unknown", None),
        (1, "10.0.0.1", "[", None),
    ],
)
def test_only_our_own_proxies_are_believed(
    proxies: int, remote: str, forwarded: str, address: str | None, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address_of(request_from(remote, forwarded)) == address


def test_a_request_is_a_browsers_until_somebody_says_otherwise() -> None:
    seen = []

    def answer(request: HttpRequest) -> HttpResponse:
        seen.append(current_origin())
        with through(Via.INTERFACE):
            seen.append(current_origin())
        seen.append(current_origin())
        return HttpResponse()

    OriginMiddleware(answer)(request_from("192.0.2.1"))
    browser, interface = Origin(Via.BROWSER, "192.0.2.1"), Origin(Via.INTERFACE, "192.0.2.1")
    assert (seen, current_origin()) == ([browser, interface, browser], NOBODY)


def test_a_request_that_fails_leaves_nothing_behind() -> None:
    def fail(request: HttpRequest) -> HttpResponse:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        OriginMiddleware(fail)(request_from("192.0.2.1"))
    assert current_origin() == NOBODY


@pytest.mark.django_db
def test_the_audit_trail_knows_from_where_a_person_changed_something() -> None:
    account = make_account()
    owner = make_member(account, Role.OWNER)
    sign_in(owner).post(reverse("accounts:rename", args=[account.pk]), {"name": "Neu"}, REMOTE_ADDR="192.0.2.1")
    with account_scope(account.pk):
        assert list(AuditEntry.objects.values_list("via", "address")) == [(Via.BROWSER, "192.0.2.1")]


@pytest.mark.django_db
def test_what_listkeep_does_itself_has_no_address_whoever_asks() -> None:
    account = make_account()
    with account_scope(account.pk):
        record(account_id=account.pk, actor_id=None, action=AuditAction.BACKUP_PURGED, subject="", now=NOW)
        record(
            account_id=account.pk, actor_id=make_member(account).pk, action=AuditAction.IMPORT_DONE, subject="", now=NOW
        )
        found = set(AuditEntry.objects.values_list("action", "via", "address"))
    assert found == {(AuditAction.BACKUP_PURGED, Via.LISTKEEP, None), (AuditAction.IMPORT_DONE, Via.LISTKEEP, None)}
