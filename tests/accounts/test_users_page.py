"""My Account > Users."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Membership, Role, User
from accounts.tenancy import account_scope
from tests.factories import NOW, make_account, make_member, make_user, sign_in
from tests.page_content import rows

pytestmark = pytest.mark.django_db

# session, user; the gate's scope: savepoint, settings read, set, and put back, savepoint released; membership;
# members; who is invited; the person's accounts for the switcher
QUERIES = 11


def url_of(account: Account) -> str:
    return reverse("accounts:users", args=[account.pk])


def test_users_shows_the_members_of_this_account_with_their_roles() -> None:
    account = make_account()
    make_member(account, Role.OWNER, make_user("anna@example.org", first_name="Anna", last_name="Berger"))
    ben = make_member(account, Role.READER, make_user("ben@example.org"))
    make_member(make_account("Andere AG"), Role.OWNER, make_user("carla@example.org"))
    with account_scope(account.pk):
        Membership.objects.filter(user=ben).update(created_at=NOW + timedelta(days=10))
    assert rows(sign_in(ben).get(url_of(account))) == [
        ["Anna Berger", "anna@example.org", "Owner", "2 Mar 2026"],
        ["ben@example.org You", "ben@example.org", "Reader", "12 Mar 2026"],
    ]


def test_owners_also_see_who_has_a_second_factor(account_of_three: Account) -> None:
    with account_scope(account_of_three.pk):
        owner = User.objects.get(memberships__role=Role.OWNER)
    found = rows(sign_in(owner).get(url_of(account_of_three)))
    assert {cells[2]: cells[4] for cells in found} == {
        "anna@example.org": "On",
        "ben@example.org": "Off",
        "carla@example.org": "Off",
    }


@pytest.fixture
def account_of_three() -> Account:
    """An owner with an authenticator app, somebody with nothing but recovery codes, and somebody without."""
    account = make_account()
    anna, ben, _carla = (
        make_member(account, role, make_user(f"{name}@example.org"))
        for name, role in (("anna", Role.OWNER), ("ben", Role.EDITOR), ("carla", Role.READER))
    )
    Authenticator.objects.create(user=anna, type=Authenticator.Type.TOTP, data={})
    Authenticator.objects.create(user=anna, type=Authenticator.Type.RECOVERY_CODES, data={})
    Authenticator.objects.create(user=ben, type=Authenticator.Type.RECOVERY_CODES, data={})
    return account


@pytest.mark.parametrize("members", [1, 3])
def test_users_asks_as_often_for_one_as_for_three(
    members: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    account = make_account()
    first, *_ = [make_member(account, Role.OWNER) for _ in range(members)]
    client = sign_in(first)
    with django_assert_num_queries(QUERIES):
        response = client.get(url_of(account))
    assert len(rows(response)) == members
