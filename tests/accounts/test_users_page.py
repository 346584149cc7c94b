"""My Account > Users."""

from datetime import timedelta

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Membership, Role
from accounts.tenancy import account_scope
from tests.factories import NOW, make_account, make_member, make_user, sign_in
from tests.page_content import rows

pytestmark = pytest.mark.django_db

# session, user; the gate's scope: savepoint, settings read, set, and put back, savepoint released; membership;
# members; the person's accounts for the switcher
QUERIES = 10


def url_of(account: Account) -> str:
    return reverse("accounts:users", args=[account.pk])


def test_users_shows_the_members_of_this_account_with_their_roles() -> None:
    account = make_account()
    anna = make_member(account, Role.OWNER, make_user("anna@example.org", first_name="Anna", last_name="Berger"))
    ben = make_member(account, Role.READER, make_user("ben@example.org"))
    make_member(make_account("Andere AG"), Role.OWNER, make_user("carla@example.org"))
    with account_scope(account.pk):
        Membership.objects.filter(user=ben).update(created_at=NOW + timedelta(days=10))
    assert rows(sign_in(anna).get(url_of(account))) == [
        ["Anna Berger You", "anna@example.org", "Owner", "2 Mar 2026"],
        ["ben@example.org", "ben@example.org", "Reader", "12 Mar 2026"],
    ]


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
