"""The page of all lists."""

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from tests.factories import DAY, NOW, make_account, make_group, make_member, make_recipient, sign_in
from tests.page_content import read, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


def url(account: Account) -> str:
    return reverse("recipients:groups", args=[account.pk])


def test_lists_stand_by_name_with_their_numbers(account: Account) -> None:
    client = sign_in(make_member(account))
    make_group(account, "presse", automatic_backups=False)
    group = make_group(account, "Kunden", last_backup_at=NOW + DAY, locked=True)
    make_group(account, "Gelöscht", deleted_at=NOW)
    make_recipient(group)
    make_recipient(group, deactivated_at=NOW)

    cells = rows(client.get(url(account)))

    assert [row[:3] for row in cells] == [["Kunden Locked", "2", "1"], ["presse", "0", "0"]]
    assert cells[0][3].startswith("2 Mar 2026, 10:30")
    assert cells[0][4].startswith("3 Mar 2026, 10:30")
    assert cells[1][4] == "None yet Backups off"


def test_without_a_list_the_page_says_what_it_is_for(account: Account) -> None:
    page = read(sign_in(make_member(account)).get(url(account)))
    (empty,) = page.all(css_class="empty-state")

    assert empty.text.startswith("No recipient list yet A list holds the people you write to.")
    assert [link.attributes["href"] for link in empty.all("a")] == [reverse("imports:new_list", args=[account.pk])]


@pytest.mark.parametrize(("role", "links"), [(Role.READER, 0), (Role.EDITOR, 1)])
@pytest.mark.parametrize("lists", [0, 1])
def test_the_first_step_is_offered_to_who_may_take_it(account: Account, role: Role, links: int, lists: int) -> None:
    for _ in range(lists):
        make_group(account)
    page = read(sign_in(make_member(account, role)).get(url(account)))
    new_list = reverse("imports:new_list", args=[account.pk])

    assert len([link for link in page.all("a") if link.attributes["href"] == new_list]) == links


def test_more_than_a_hundred_lists_come_in_pages(account: Account) -> None:
    client = sign_in(make_member(account))
    for number in range(101):
        make_group(account, f"Liste {number:03}")

    assert len(rows(client.get(url(account)))) == 100
    assert [row[0] for row in rows(client.get(url(account), {"page": 2}))] == ["Liste 100"]


@pytest.mark.parametrize("lists", [1, 3])
def test_the_number_of_queries_stays_the_same(
    account: Account, lists: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(make_member(account))
    for _ in range(lists):
        make_recipient(make_group(account))

    with django_assert_num_queries(11):  # 7 in production: four are of the savepoint inside the test
        client.get(url(account))
