"""The pages of the block lists: the account's and a list's own."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from recipients.models import Group
from recipients.queries import BLOCKED_A_PAGE
from tests.factories import NOW, make_account, make_blocked, make_group, make_member, make_user, sign_in
from tests.page_content import Element, read, rows
from tests.recipients.views.block_lists import shown, url

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
both = pytest.mark.parametrize("in_list", [True, False])


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account, "Kunden")


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account, user=make_user("anna@example.org", first_name="Anna", last_name="Berger")))


def links(page: Element, text: str) -> list[dict[str, list[str]]]:
    """The queries of the links with a text."""
    found = [link for link in page.all("a") if link.text == text]
    return [parse_qs(urlsplit(str(link.attributes["href"])).query) for link in found]


def text_of(response: Any) -> str:
    return read(response).all("main")[0].text


@both
def test_entries_stand_in_their_order_with_since_when_and_by_whom(
    client: Client, account: Account, group: Group, *, in_list: bool
) -> None:
    where = group if in_list else None
    make_blocked(account, "spam@example.org", group=where, blocked_by=make_user("bernd@example.org"))
    make_blocked(account, "*@example.net", group=where)
    make_blocked(account, "other@example.org", group=None if in_list else group)
    make_blocked(account, "press@example.org", group=make_group(account, "Presse"))

    response = client.get(url(group, in_list=in_list))

    assert [(row[1], row[2][:18], row[3]) for row in rows(response)] == [
        ("*@example.net", "2 Mar 2026, 10:30 ", "–"),
        ("spam@example.org", "2 Mar 2026, 10:30 ", "bernd@example.org"),
    ]
    assert "2 entries" in text_of(response)


@both
def test_without_entries_the_page_says_what_it_is_for(client: Client, group: Group, *, in_list: bool) -> None:
    (empty,) = read(client.get(url(group, in_list=in_list))).all(css_class="empty-state")

    assert empty.text == (
        "Nobody is blocked yet Put here who must never come in again: people who asked for that, or domains of "
        "throw-away addresses. Block the first address"
    )
    assert empty.all("a")[0].attributes["href"] == "#id_entries"


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (0, "The block list of the whole account would apply here too; it is empty."),
        (1, "The block list of the whole account applies here too; it has 1 entry."),
        (2, "The block list of the whole account applies here too; it has 2 entries."),
    ],
)
def test_a_list_says_how_many_entries_of_the_account_hold_too(
    client: Client, account: Account, group: Group, entries: int, sentence: str
) -> None:
    for number in range(entries):
        make_blocked(account, f"a{number}@example.org")

    page = read(client.get(url(group)))

    assert sentence in page.text
    assert [link.attributes["href"] for link in page.all("a") if link.text == "Go to the account's block list"] == [
        url(group, in_list=False)
    ]


@both
def test_a_reader_sees_entries_without_any_control(account: Account, group: Group, *, in_list: bool) -> None:
    make_blocked(account, "a@example.org", group=group if in_list else None)
    client = sign_in(make_member(account, Role.READER))

    page = read(client.get(url(group, in_list=in_list))).all("main")[0]

    assert [row.all("td")[0].text for row in page.all("tr")[1:]] == ["a@example.org"]
    assert [entry.attributes["name"] for tag in ("input", "textarea") for entry in page.all(tag)] == ["q"]
    assert [form.attributes["method"] for form in page.all("form")] == ["get"]


def test_a_reader_of_an_empty_block_list_is_offered_no_first_step(account: Account, group: Group) -> None:
    (empty,) = read(sign_in(make_member(account, Role.READER)).get(url(group))).all(css_class="empty-state")

    assert empty.all("a") == []


@both
def test_search_finds_what_has_it_inside(client: Client, account: Account, group: Group, *, in_list: bool) -> None:
    where = group if in_list else None
    for pattern in ("spam@example.org", "*@spam.example.net", "a@example.org"):
        make_blocked(account, pattern, group=where)

    response = client.get(url(group, in_list=in_list), {"q": " SPAM "})

    assert shown(response) == ["*@spam.example.net", "spam@example.org"]


def test_search_that_finds_nothing_says_so(client: Client, account: Account, group: Group) -> None:
    make_blocked(account, "a@example.org", group=group)

    (empty,) = read(client.get(url(group), {"q": "nobody"})).all(css_class="empty-state")

    assert empty.text == "Nothing found No entry has “nobody” in it. Show all entries"
    assert empty.all("a")[0].attributes["href"] == url(group)


@pytest.mark.parametrize(
    ("in_list", "email", "sentence"),
    [
        (True, "A@sub.example.org", "a@sub.example.org is blocked by “*@*.example.org”."),
        (True, "info@example.net", "info@example.net is blocked by “info@*” on the account's block list."),
        (True, "a@example.net", "a@example.net is not blocked."),
        (False, "info@example.net", "info@example.net is blocked by “info@*”."),
        (False, "a@sub.example.org", "a@sub.example.org is not blocked."),
    ],
)
def test_search_for_an_address_says_whether_it_is_blocked(
    client: Client, account: Account, group: Group, email: str, sentence: str, *, in_list: bool
) -> None:
    make_blocked(account, "*@*.example.org", group=group)
    make_blocked(account, "info@*")

    page = read(client.get(url(group, in_list=in_list), {"q": email})).all("main")[0]

    assert sentence in page.text
    assert page.all(css_class="empty-state") == []


def test_pages_lead_on_and_back(client: Client, account: Account, group: Group) -> None:
    names = [f"p{number:03}@example.org" for number in range(2 * BLOCKED_A_PAGE + 1)]
    for name in names:
        make_blocked(account, name, group=group)

    first = client.get(url(group))
    (onward,) = links(read(first), "Next")
    second = client.get(url(group), onward)
    (onward,) = links(read(second), "Next")
    third = client.get(url(group), onward)
    (back,) = links(read(third), "Previous")
    second_again = client.get(url(group), back)
    (back,) = links(read(second_again), "Previous")
    first_again = client.get(url(group), back)

    pages = [names[:BLOCKED_A_PAGE], names[BLOCKED_A_PAGE : 2 * BLOCKED_A_PAGE], names[2 * BLOCKED_A_PAGE :]]
    assert [shown(page) for page in (first, second, third)] == pages
    assert [shown(page) for page in (second_again, first_again)] == [pages[1], pages[0]]
    assert [links(read(page), "Next") for page in (third, first_again)] == [[], links(read(first), "Next")]
    assert [links(read(page), "Previous") for page in (first, first_again)] == [[], []]


def test_a_page_that_reaches_the_beginning_is_a_whole_one(client: Client, account: Account, group: Group) -> None:
    names = [f"p{number:03}@example.org" for number in range(BLOCKED_A_PAGE + 2)]
    for name in names:
        make_blocked(account, name, group=group)

    response = client.get(url(group), {"before": names[2]})

    assert shown(response) == names[:BLOCKED_A_PAGE]


def test_the_way_on_keeps_the_search(client: Client, account: Account, group: Group) -> None:
    for number in range(BLOCKED_A_PAGE + 1):
        make_blocked(account, f"p{number:03}@example.org", group=group)

    response = client.get(url(group), {"q": "example"})

    assert links(read(response), "Next") == [{"q": ["example"], "after": [f"p{BLOCKED_A_PAGE - 1:03}@example.org"]}]


@both
def test_htmx_gets_what_the_whole_page_shows(client: Client, account: Account, group: Group, *, in_list: bool) -> None:
    make_blocked(account, "a@example.org", group=group if in_list else None)

    whole = client.get(url(group, in_list=in_list), {"q": "a@example.org"})
    part = client.get(url(group, in_list=in_list), {"q": "a@example.org"}, headers=HTMX)
    (swapped,) = [one for one in read(whole).all("div") if one.attributes.get("id") == "blocked"]

    assert (read(part).text, rows(part)) == (swapped.text, rows(whole))


@pytest.mark.parametrize("query", [{"q": "x" * 255}, {"q": "a\x00"}, {"after": "a\x00"}, {"before": "x" * 255}])
def test_an_address_that_no_page_leads_to_is_not_found(client: Client, group: Group, query: dict[str, str]) -> None:
    assert client.get(url(group), query).status_code == 404


@both
@pytest.mark.parametrize("entries", [1, 3])
def test_the_number_of_queries_stays_the_same(
    client: Client,
    account: Account,
    group: Group,
    entries: int,
    django_assert_num_queries: DjangoAssertNumQueries,
    *,
    in_list: bool,
) -> None:
    for number in range(entries):
        for where in (group, None):
            make_blocked(account, f"a{number}@example.org", group=where, blocked_by=make_user())

    with django_assert_num_queries(14 if in_list else 12):  # four are of the savepoint inside the test
        client.get(url(group, in_list=in_list), {"q": "a0@example.org"})


def test_times_are_those_of_the_entries(client: Client, account: Account, group: Group) -> None:
    make_blocked(account, "a@example.org", group=group, blocked_at=NOW)

    (time,) = read(client.get(url(group))).all("time")

    assert time.attributes["datetime"] == "2026-03-02T10:30:00+01:00"
