"""Whoever comes to a page of a deleted list, as by the back button, is led to its backups."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role
from recipients.models import Group
from tests.customer import delete_group
from tests.factories import make_account, make_group, make_member, sign_in
from tests.page_content import read
from tests.sweep import ACCOUNT, addresses

pytestmark = pytest.mark.django_db

# What a list's own pages take apart from these parts is no page of the list any more.
OF_A_LIST = sorted(
    address.name for address in addresses() if set(address.parts) == {ACCOUNT, "group_id"} and ":" in address.name
)
ELSEWHERE = {
    "backups:group",
    "backups:take",
}  # the first leads to the same place by itself; the second is pressed there


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def deleted(account: Account) -> Group:
    found = make_group(account, "Kunden")
    delete_group(found, make_member(account))
    return found


def asked(client: Client, name: str, group: Group) -> Any:
    """The page, or the answer to its form where it has no other."""
    url = reverse(name, args=[group.account_id, group.pk])
    response = client.get(url)
    return client.post(url) if response.status_code == 405 else response


@pytest.mark.parametrize("name", [name for name in OF_A_LIST if name not in ELSEWHERE])
def test_the_page_says_that_the_list_was_deleted_and_leads_to_its_backups(
    account: Account, deleted: Group, name: str
) -> None:
    response = asked(sign_in(make_member(account)), name, deleted)
    page = read(response)
    (way,) = page.all("a", "button")
    overview = reverse("backups:overview", args=[account.pk])
    assert (response.status_code, page.all("h1")[0].text) == (404, "The list “Kunden” was deleted")
    assert (way.text, way.attributes["href"]) == ("Show its backups", f"{overview}?group={deleted.pk}")


def never_there(account: Account) -> Group:
    return Group(account_id=account.pk, pk=4711)


def of_another_account(account: Account) -> Group:
    other = make_account("Andere")
    found = make_group(other, "Fremd")
    delete_group(found, make_member(other))
    return Group(account_id=account.pk, pk=found.pk)


@pytest.mark.parametrize("which", [never_there, of_another_account])
def test_of_no_other_list_the_page_says_more_than_that_it_is_not_there(
    account: Account, which: Callable[[Account], Group]
) -> None:
    group = which(account)
    response = asked(sign_in(make_member(account, Role.OWNER)), "recipients:group", group)
    assert (response.status_code, read(response).all("h1")[0].text) == (404, "This page does not exist")
