"""Ticking recipients in the table, and the page that asks before they are deleted."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Deletion, Group, Recipient
from tests.factories import (
    make_account,
    make_field,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)
from tests.page_content import notices, read
from tests.recipients.views.asking import (
    BACK,
    FIRST,
    HTMX,
    LOST,
    confirmation,
    deletions,
    facts,
    id_of,
    make_list,
    text_and_label,
    ticked,
    url,
    with_query,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_list(account)


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


# --- the table --------------------------------------------------------------------------------------------------


def test_an_editor_ticks_recipients_in_the_table(client: Client, group: Group) -> None:
    page = read(client.get(url("group", group)))

    boxes = [box.attributes for box in page.all("input") if box.attributes.get("name") == "id"]
    assert [(box["form"], box["value"], box["aria-label"]) for box in boxes] == [
        ("chosen", str(id_of(group, f"{name}@example.org")), f"Choose {name}@example.org")
        for name in ("anna", "bert", "joanna")
    ]
    (form,) = [one for one in page.all("form") if one.attributes.get("id") == "chosen"]
    assert (form.attributes["method"], form.attributes["action"]) == ("get", url("delete_recipients", group))
    assert [one.text for one in form.all(css_class="menu__item")] == [
        "Delete the ticked recipients …",
        "Delete all 3 recipients …",
    ]
    assert form.all("a")[0].attributes["href"] == url("clear", group)


@pytest.mark.parametrize(
    ("query", "label", "sent"),
    [
        ({"status": "active"}, "Delete all 2 matches …", {"status": "active"}),
        ({"status": "bounced"}, "Delete all matches …", {"status": "bounced"}),
        ({"q": "ann"}, "Delete all matches …", {"q": "ann"}),
        ({"q": "ann", "inside": "on"}, "Delete all matches …", {"q": "ann", "inside": "on"}),
        # A search that found nobody at the beginning looked inside by itself.
        ({"q": "@example"}, "Delete all matches …", {"q": "@example", "inside": "on"}),
    ],
)
def test_the_second_choice_is_all_that_the_table_finds(
    client: Client, group: Group, query: dict[str, str], label: str, sent: dict[str, str]
) -> None:
    for headers in ({}, HTMX):
        page = read(client.get(url("group", group), query, headers=headers))
        (form,) = [one for one in page.all("form") if one.attributes.get("id") == "chosen"]
        (button,) = [one for one in form.all("button") if one.attributes.get("name") == "all"]
        assert (button.text, button.attributes["value"]) == (label, "on")
        hidden = {str(one.attributes["name"]): one.attributes["value"] for one in form.all("input")}
        assert hidden == sent


@pytest.mark.parametrize(("role", "locked"), [(Role.READER, False), (Role.EDITOR, True)])
def test_who_cannot_delete_ticks_nothing(account: Account, group: Group, role: Role, *, locked: bool) -> None:
    with account_scope(account.pk):
        Group.objects.update(locked=locked)
    page = read(sign_in(make_member(account, role)).get(url("group", group)))

    assert [box for box in page.all("input") if box.attributes.get("type") == "checkbox"] == []
    assert [one for one in page.all("form") if one.attributes.get("id") == "chosen"] == []


def test_the_boxes_cost_no_query(
    client: Client, group: Group, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(14):  # 10 in production: four are of the savepoint inside the test
        client.get(url("group", group))


def test_a_row_across_the_table_is_as_wide_as_the_table(client: Client, account: Account, group: Group) -> None:
    make_field(account, "Ort", group=group)
    query = {"q": "zzz", "inside": "on", "after": "joanna@example.org", "looked_at": "2"}
    (cell,) = read(client.get(url("group", group), query, headers=HTMX)).all("td")
    heads = read(client.get(url("group", group))).all("th")

    assert cell.attributes["colspan"] == str(len(heads)) == "5"


# --- recipients -------------------------------------------------------------------------------------------------


def test_the_question_names_the_ticked_recipients_and_their_number(client: Client, group: Group) -> None:
    response = client.get(url("delete_recipients", group), ticked(group, "joanna", "anna"))

    assert text_and_label(response) == (
        "This deletes 2 recipients of the list “Kunden 2026”: anna@example.org, joanna@example.org",
        "Delete 2 recipients of “Kunden 2026”",
    )
    assert facts(response) == [FIRST, BACK, LOST]
    assert notices(response) == []


def test_the_question_in_german_names_the_number(client: Client, group: Group) -> None:
    client.cookies["django_language"] = "de"

    response = client.get(url("delete_recipients", group), ticked(group, "joanna", "anna"))

    assert text_and_label(response)[1] == "2 Empfänger aus „Kunden 2026“ löschen"


def test_the_question_names_some_of_many(client: Client, account: Account) -> None:
    group = make_group(account, "Viele")
    for number in range(7):
        make_recipient(group, f"kunde{number}@example.org")

    text, label = text_and_label(client.get(url("delete_recipients", group), {"all": "on", "q": "kunde"}))

    assert text.endswith(": " + ", ".join(f"kunde{number}@example.org" for number in range(5)) + " and others.")
    assert label == "Delete 7 recipients of “Viele”"


@pytest.mark.parametrize(
    ("query", "label", "about"),
    [
        ({"q": "ann"}, "Delete 1 recipient of", ["Chosen are all whose address begins with “ann”."]),
        ({"q": "ann", "inside": "on"}, "Delete 2 recipients of", ["Chosen are all whose address has “ann” in it."]),
        ({"status": "bounced"}, "Delete 1 recipient of", ["Chosen are bounced recipients only."]),
        (
            {"status": "active", "q": "j"},
            "Delete 1 recipient of",
            ["Chosen are all whose address begins with “j”.", "Chosen are active recipients only."],
        ),
    ],
)
def test_the_question_says_whom_a_search_and_a_status_choose(
    client: Client, group: Group, query: dict[str, str], label: str, about: list[str]
) -> None:
    response = client.get(url("delete_recipients", group), {"all": "on", **query})

    assert text_and_label(response)[1] == f"{label} “Kunden 2026”"
    found = "Whoever matches when the backup is complete is deleted, even if that is more or fewer people by then."
    assert facts(response) == [*about, found, FIRST, BACK, LOST]


@pytest.mark.parametrize(
    ("whole_account", "sentence", "target"),
    [
        (True, "Automatic backups are switched off for the whole account.", "accounts:privacy"),
        (False, "Automatic backups are switched off for this list.", "recipients:settings"),
    ],
)
@pytest.mark.parametrize("name", ["delete_recipients", "clear", "delete_field"])
def test_the_question_says_plainly_that_no_backup_is_made(
    client: Client, account: Account, group: Group, *, name: str, sentence: str, target: str, whole_account: bool
) -> None:
    with account_scope(account.pk):
        switched = Account.objects.all() if whole_account else Group.objects.all()
        switched.update(automatic_backups=False)
    more = [make_field(account, "Ort", group=group).pk] if name == "delete_field" else []

    response = client.get(url(name, group, *more), ticked(group, "anna") if name == "delete_recipients" else {})

    args = [account.pk] if whole_account else [account.pk, group.pk]
    assert notices(response) == [f"No backup will be made {sentence} Switch them on first"]
    assert reverse(target, args=args) in [link.attributes["href"] for link in read(response).all("a")]
    assert FIRST not in facts(response)
    assert facts(response)[0].endswith("cannot be brought back.")


def test_confirming_begins_the_backup_and_shows_the_deletion(client: Client, account: Account, group: Group) -> None:
    asked = client.get(url("delete_recipients", group), ticked(group, "anna", "bert"))
    action = str(confirmation(asked).all("form")[0].attributes["action"])

    response = client.post(action, follow=True)

    (deletion,) = deletions(account)
    assert (deletion.kind, deletion.recipient_count) == (Deletion.Kind.RECIPIENTS, 2)
    assert deletion.selection == {"ids": sorted(ticked(group, "anna", "bert")["id"])}
    with account_scope(account.pk):
        assert [(one.trigger, one.status) for one in Backup.objects.all()] == [("recipients_deletion", "pending")]
        assert Recipient.objects.count() == 3
    assert response.redirect_chain == [(url("deletion", group, deletion.pk), 302)]
    assert "The backup is being made; then the recipients are deleted" in read(response).text


def test_confirming_a_search_keeps_the_search(client: Client, account: Account, group: Group) -> None:
    client.post(with_query(url("delete_recipients", group), {"all": "on", "q": "ann", "inside": "on"}))

    (deletion,) = deletions(account)
    assert (deletion.selection, deletion.recipient_count) == ({"status": "all", "search": "ann", "inside": True}, 2)


def test_a_double_click_is_one_deletion(client: Client, account: Account, group: Group) -> None:
    address = with_query(url("delete_recipients", group), ticked(group, "anna"))

    first, second = client.post(address), client.post(address)

    assert first["Location"] == second["Location"] == client.get(address)["Location"]
    assert len(deletions(account)) == 1


@pytest.mark.parametrize("query", [{}, {"q": "ann", "status": "active"}])
def test_with_nobody_ticked_the_table_says_so(client: Client, account: Account, group: Group, query: Any) -> None:
    response = client.get(url("delete_recipients", group), query, follow=True)

    assert notices(response) == ["Tick the recipients that you want to delete."]
    back = urlsplit(response.redirect_chain[0][0])
    assert (back.path, parse_qs(back.query)) == (url("group", group), {key: [value] for key, value in query.items()})


def test_who_is_gone_already_is_not_asked_about(client: Client, group: Group) -> None:
    response = client.get(url("delete_recipients", group), {"id": [10**15]}, follow=True)

    assert notices(response) == ["Nobody of those is in the list any more."]


def test_a_recipient_of_another_list_cannot_be_chosen(client: Client, account: Account, group: Group) -> None:
    other = make_group(account, "Andere")
    make_recipient(other, "zoe@example.org")

    text, label = text_and_label(
        client.get(
            url("delete_recipients", group), {"id": [id_of(other, "zoe@example.org"), *ticked(group, "anna")["id"]]}
        )
    )

    assert (text.count("@"), label) == (1, "Delete 1 recipient of “Kunden 2026”")


def test_all_without_a_search_leads_to_the_question_of_the_whole_list(client: Client, group: Group) -> None:
    response = client.get(url("delete_recipients", group), {"all": "on"})

    assert response["Location"] == url("clear", group)


@pytest.mark.parametrize(
    "query", [{"id": "x"}, {"id": "-1"}, {"id": "9" * 19}, {"id": "²"}, {"all": "on", "status": "x"}]
)
def test_an_address_that_nobody_gives_out_is_not_found(client: Client, group: Group, query: dict[str, str]) -> None:
    assert client.get(url("delete_recipients", group), query).status_code == 404
