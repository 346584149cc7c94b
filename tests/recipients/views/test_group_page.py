"""The page of one list's recipients."""

from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from recipients import listing
from recipients.masterdata.file import FieldType
from recipients.models import Deletion, Group
from tests.factories import (
    NOW,
    Value,
    make_account,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)
from tests.page_content import Element, notices, read, rows

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


@pytest.fixture
def client(account: Account) -> Client:
    """Somebody who reads; the boxes that editors tick: test_deleting_recipients.py."""
    return sign_in(make_member(account, Role.READER))


def url(group: Group) -> str:
    return reverse("recipients:group", args=[group.account_id, group.pk])


def links(page: Element, text: str) -> list[dict[str, list[str]]]:
    """The queries of the links with a text."""
    found = [link for link in page.all("a") if link.text == text]
    return [parse_qs(urlsplit(str(link.attributes["href"])).query) for link in found]


def test_recipients_stand_with_status_and_first_fields(client: Client, account: Account, group: Group) -> None:
    make_field(account, "Umsatz", FieldType.NUMBER, group=group)
    make_field(account, "Geburtstag", FieldType.DATE, group=group)
    make_field(account, "Ort")
    make_field(account, "Unsichtbar")
    values: dict[str, Value] = {"umsatz": Decimal("1234.5"), "geburtstag": "1990-02-28"}
    make_recipient(group, "b@example.org", values=values)
    make_recipient(group, "a@example.org", registered_at=None, activated_at=None)
    make_recipient(group, "c@example.org", deactivated_at=NOW)
    make_recipient(group, "d@example.org", bounced_at=NOW)
    make_contact(account, "a@example.org", {"ort": "Köln", "unsichtbar": "x"})

    response = client.get(url(group))

    assert [head.text for head in read(response).all("th")] == [
        *("E-mail", "Status", "Umsatz", "Geburtstag", "Ort", "Registered")
    ]
    assert rows(response) == [
        ["a@example.org", "Not activated", "–", "–", "Köln", "–"],
        ["b@example.org", "Active", "1,234.5", "28 Feb 1990", "–", "2 Mar 2026"],
        ["c@example.org", "Deactivated", "–", "–", "–", "2 Mar 2026"],
        ["d@example.org", "Bounced", "–", "–", "–", "2 Mar 2026"],
    ]
    assert "4 recipients" in read(response).text


def test_values_are_shown_as_text(client: Client, account: Account, group: Group) -> None:
    make_field(account, "Vorname", group=group)
    make_recipient(group, values={"vorname": "<script>alert(1)</script>"})

    assert rows(client.get(url(group)))[0][2] == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("status", "emails"),
    [
        ("", ["a", "b", "c", "d"]),
        ("all", ["a", "b", "c", "d"]),
        ("active", ["a"]),
        ("inactive", ["b", "c"]),
        ("bounced", ["d"]),
    ],
)
def test_the_filter_chooses_by_status(client: Client, group: Group, status: str, emails: list[str]) -> None:
    make_recipient(group, "a@example.org")
    make_recipient(group, "b@example.org", deactivated_at=NOW)
    make_recipient(group, "c@example.org", activated_at=None)
    make_recipient(group, "d@example.org", bounced_at=NOW, deactivated_at=NOW)

    found = rows(client.get(url(group), {"status": status}))

    assert [row[0] for row in found] == [f"{name}@example.org" for name in emails]


def test_a_search_finds_by_the_beginning_and_says_so(client: Client, group: Group) -> None:
    make_recipient(group, "anna@example.org")
    make_recipient(group, "joanna@example.org")

    response = client.get(url(group), {"q": " ANN"})

    assert [row[0] for row in rows(response)] == ["anna@example.org"]
    assert "Addresses that begin with “ann”." in read(response).text
    assert links(read(response), "Search inside addresses too") == [{"q": ["ann"], "inside": ["on"]}]


def test_a_search_inside_addresses_finds_more(client: Client, group: Group) -> None:
    make_recipient(group, "anna@example.org")
    make_recipient(group, "joanna@example.org")

    response = client.get(url(group), {"q": "ann", "inside": "on"})

    assert [row[0] for row in rows(response)] == ["anna@example.org", "joanna@example.org"]
    assert "Addresses with “ann” in them." in read(response).text


def test_a_search_without_a_beginning_looks_inside_and_says_so(client: Client, group: Group) -> None:
    make_recipient(group, "joanna@example.org")

    response = client.get(url(group), {"q": "@example"})

    assert [row[0] for row in rows(response)] == ["joanna@example.org"]
    assert "No address begins with “@example”. These have it in them:" in read(response).text


def test_a_search_that_finds_nobody_offers_the_way_back(client: Client, group: Group) -> None:
    make_recipient(group)

    (empty,) = read(client.get(url(group), {"q": "zzz", "status": "active"})).all(css_class="empty-state")

    assert empty.text == "Nobody found No address of this choice has “zzz” in it. Show all recipients"
    assert [link.attributes["href"] for link in empty.all("a")] == [url(group)]


def test_pages_keep_the_choice_and_lead_on_and_back(
    client: Client, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "PAGE", 2)
    for name in "abcde":
        make_recipient(group, f"{name}@example.org", deactivated_at=NOW)
    choice = {"q": "@example.org", "status": "inactive", "inside": "on"}

    first = read(client.get(url(group), choice))
    second = read(client.get(url(group), {**choice, "after": "b@example.org"}))

    kept = {name: [value] for name, value in choice.items()}
    assert (links(first, "Previous"), links(first, "Next")) == ([], [{**kept, "after": ["b@example.org"]}])
    assert links(second, "Previous") == [{**kept, "before": ["c@example.org"]}]
    assert links(second, "Next") == [{**kept, "after": ["d@example.org"]}]


def test_a_search_that_stopped_goes_on_by_itself_and_by_a_link(
    client: Client, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LOOKED_AT", 2)
    for name in ("a", "b", "c", "zoe"):
        make_recipient(group, f"{name}@example.org")

    response = client.get(url(group), {"q": "oe@"})
    (last,) = read(response).all("tr")[1:]
    (link,) = last.all("a")
    went_on = client.get(url(group) + str(link.attributes["href"]), headers=HTMX)

    assert last.text == "2 of 4 recipients looked through. Go on"
    assert last.attributes["hx-get"] == link.attributes["href"]
    assert [row[0] for row in rows(went_on)] == ["zoe@example.org", "4 of 4 recipients looked through. Go on"]


def test_a_search_that_came_to_the_end_says_so(client: Client, group: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "LOOKED_AT", 2)
    make_recipient(group, "a@example.org")
    query = {"q": "zzz", "inside": "on", "after": "a@example.org", "looked_at": "2"}

    assert rows(client.get(url(group), query, headers=HTMX)) == [["The whole list has been looked through."]]


def test_htmx_gets_the_very_table_of_the_whole_page(client: Client, group: Group) -> None:
    make_recipient(group, "anna@example.org")
    query = {"q": "an", "status": "active"}

    fragment = client.get(url(group), query, headers=HTMX)
    whole = client.get(url(group), query)

    (place,) = [element for element in read(whole).all("div") if element.attributes.get("id") == "recipients"]
    assert read(fragment).content == place.content
    assert whole["Vary"].split(", ").count("HX-Request") == 1


@pytest.mark.parametrize(
    "query", [{"status": "gone"}, {"q": "x" * 255}, {"q": "a\x00"}, {"after": "\x00"}, {"looked_at": "-1"}]
)
def test_an_address_that_nobody_gives_out_is_not_found(client: Client, group: Group, query: dict[str, str]) -> None:
    assert client.get(url(group), query).status_code == 404


@pytest.mark.parametrize(
    ("role", "locked", "step"), [(Role.EDITOR, False, 1), (Role.EDITOR, True, 0), (Role.READER, False, 0)]
)
def test_an_empty_list_offers_the_first_step_to_who_may_take_it(
    account: Account, role: Role, step: int, *, locked: bool
) -> None:
    group = make_group(account, locked=locked)
    (empty,) = read(sign_in(make_member(account, role)).get(url(group))).all(css_class="empty-state")

    assert empty.text.startswith("No recipients in this list yet")
    assert len(empty.all("a")) == step


def test_a_locked_list_says_so(client: Client, account: Account) -> None:
    group = make_group(account, locked=True)

    assert [notice.split(" Its ")[0] for notice in notices(client.get(url(group)))] == ["This list is locked"]


def test_a_list_that_is_being_deleted_says_so(client: Client, account: Account, group: Group) -> None:
    with account_scope(account.pk):
        Deletion.objects.create(account=account, group=group, requested_at=NOW)

    (notice,) = notices(client.get(url(group)))

    assert notice.startswith("This list is being deleted")


@pytest.mark.parametrize("recipients", [1, 3])
def test_the_number_of_queries_stays_the_same(
    client: Client,
    account: Account,
    group: Group,
    recipients: int,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_field(account, "Ort")
    for _ in range(recipients):
        make_contact(account, make_recipient(group).email, {"ort": "Köln"})

    with django_assert_num_queries(15):  # 11 in production: four are of the savepoint inside the test
        client.get(url(group))
