"""The page of a list's fields."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from recipients.masterdata.file import MAX_FIELDS, FieldType
from recipients.models import Field, Group
from tests.factories import make_account, make_field, make_group, make_member, sign_in
from tests.page_content import errors, notices, read, rows

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account, "Kunden")


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


def url(group: Group) -> str:
    return reverse("recipients:fields", args=[group.account_id, group.pk])


def rename_url(group: Group, field: Field) -> str:
    return reverse("recipients:rename_field", args=[group.account_id, group.pk, field.pk])


def labels(account: Account) -> list[tuple[str, str, int | None]]:
    with account_scope(account.pk):
        return list(Field.objects.order_by("pk").values_list("label", "type", "group_id"))


def test_list_fields_stand_above_and_account_wide_ones_below(client: Client, account: Account, group: Group) -> None:
    make_field(account, "Nummer", FieldType.NUMBER)
    make_field(account, "Vorname", group=group)
    make_field(account, "Geburtstag", FieldType.DATE, group=group)
    make_field(account, "Fremd", group=make_group(account, "Andere"))

    sections = read(client.get(url(group))).all("section")

    assert [[row.text for row in section.all("tr")[1:]] for section in sections] == [
        ["Vorname Text Rename Vorname Delete Vorname", "Geburtstag Date Rename Geburtstag Delete Geburtstag"],
        ["Nummer Number Rename Nummer Delete Nummer"],
    ]
    assert "3 of 45 fields in use" in sections[0].text


def test_without_fields_the_page_says_what_every_list_has(client: Client, group: Group) -> None:
    sections = read(client.get(url(group))).all("section")

    assert "This list has no fields of its own yet." in sections[0].text
    assert "There are no fields of all lists yet." in sections[1].text


@pytest.mark.parametrize(("scope", "in_list"), [("list", True), ("account", False)])
def test_a_new_field_is_made(client: Client, account: Account, group: Group, scope: str, *, in_list: bool) -> None:
    response = client.post(url(group), {"label": " Ort ", "type": "text", "scope": scope}, follow=True)

    assert notices(response) == ["The field “Ort” is there."]
    assert labels(account) == [("Ort", "text", group.pk if in_list else None)]


def test_a_name_in_use_is_said_beside_the_entry(client: Client, account: Account, group: Group) -> None:
    make_field(account, "Ort", group=group)

    response = client.post(url(group), {"label": "ort", "type": "text", "scope": "account"})

    assert response.status_code == 422
    assert errors(response) == ["The list “Kunden” has a field “ort” of its own. Rename one of the two."]
    assert len(labels(account)) == 1


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"label": " "}, "This field is required."),
        ({"label": "Source"}, "“Source” is in use in this list already. Choose another name."),
        ({"label": "x" * 101}, "Ensure this value has at most 100 characters (it has 101)."),
        ({"type": "blob"}, "Select a valid choice. blob is not one of the available choices."),
        ({"scope": "world"}, "Select a valid choice. world is not one of the available choices."),
    ],
)
def test_a_field_that_cannot_be_made_is_said_beside_the_entry(
    client: Client, account: Account, group: Group, sent: dict[str, str], sentence: str
) -> None:
    response = client.post(url(group), {"label": "Ort", "type": "text", "scope": "list"} | sent)

    assert (response.status_code, errors(response), labels(account)) == (422, [sentence], [])


def test_a_full_list_shows_no_form_and_takes_no_field(client: Client, account: Account, group: Group) -> None:
    for number in range(MAX_FIELDS):
        make_field(account, f"F{number}", group=group)

    page = client.get(url(group))
    response = client.post(url(group), {"label": "Ort", "type": "text", "scope": "list"})

    assert read(page).all("form", "card") == []
    assert notices(page) == [
        "A list can show at most 45 fields, and this one does. Delete one that you no longer need."
    ]
    assert (response.status_code, len(labels(account))) == (422, MAX_FIELDS)


def test_a_list_that_another_one_fills_says_which(client: Client, account: Account, group: Group) -> None:
    full = make_group(account, "Voll")
    for number in range(MAX_FIELDS):
        make_field(account, f"F{number}", group=full)

    response = client.post(url(group), {"label": "Ort", "type": "text", "scope": "account"})

    assert notices(response) == ["The list “Voll” shows 45 fields already, and a list can show no more."]


def test_a_reader_sees_fields_without_any_control(account: Account, group: Group) -> None:
    make_field(account, "Vorname", group=group)
    response = sign_in(make_member(account, Role.READER)).get(url(group))

    assert rows(response) == [["Vorname", "Text"]]
    assert read(response).all("form", "card") == []


def test_a_locked_list_takes_no_field(client: Client, account: Account) -> None:
    group = make_group(account, locked=True)
    field = make_field(account, "Vorname", group=group)
    locked = "This list is locked against changes. Unlock it under Settings > General, then try again."

    made = client.post(url(group), {"label": "Ort", "type": "text", "scope": "list"})
    renamed = client.post(rename_url(group, field), {"label": "Ort"})

    assert (made.status_code, renamed.status_code, errors(renamed)) == (422, 422, [locked])
    assert labels(account) == [("Vorname", "text", group.pk)]


def test_renaming_shows_the_name_and_changes_it(client: Client, account: Account, group: Group) -> None:
    field = make_field(account, "Vorname", group=group)

    page = read(client.get(rename_url(group, field)))
    response = client.post(rename_url(group, field), {"label": "Rufname"}, follow=True)

    assert [entry.attributes.get("value") for entry in page.all("input") if entry.attributes["name"] == "label"] == [
        "Vorname"
    ]
    assert notices(response) == ["The field is now called “Rufname”."]
    assert labels(account) == [("Rufname", "text", group.pk)]


@pytest.mark.parametrize(
    ("label", "sentence"),
    [("", "This field is required."), ("ORT", "“ORT” is in use in this list already. Choose another name.")],
)
def test_a_name_that_cannot_be_given_is_said_beside_the_entry(
    client: Client, account: Account, group: Group, label: str, sentence: str
) -> None:
    field = make_field(account, "Vorname", group=group)
    make_field(account, "Ort")

    response = client.post(rename_url(group, field), {"label": label})

    assert (response.status_code, errors(response)) == (422, [sentence])


def test_a_field_of_another_list_is_not_found(client: Client, account: Account, group: Group) -> None:
    field = make_field(account, "Fremd", group=make_group(account, "Andere"))

    assert client.get(rename_url(group, field)).status_code == 404
    assert client.post(rename_url(group, field), {"label": "Meins"}).status_code == 404


@pytest.mark.parametrize("fields", [1, 3])
def test_the_number_of_queries_stays_the_same(
    client: Client, account: Account, group: Group, fields: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(fields):
        make_field(account, f"Eigenes{number}", group=group)
        make_field(account, f"Alle{number}")

    with django_assert_num_queries(12):  # 8 in production: four are of the savepoint inside the test
        client.get(url(group))
