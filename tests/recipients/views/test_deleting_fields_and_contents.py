"""The pages that ask before a list is emptied or a field deleted, and what all such pages refuse."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Deletion, Field, Group
from tests.factories import (
    NOW,
    make_account,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)
from tests.page_content import notices, read, rows
from tests.recipients.views.asking import (
    BACK,
    FIRST,
    LOST,
    deletions,
    facts,
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


# --- the whole list ---------------------------------------------------------------------------------------------


def test_the_settings_lead_to_emptying_the_list(client: Client, group: Group) -> None:
    page = read(client.get(url("settings", group)))

    (link,) = [link for link in page.all("a") if link.attributes["href"] == url("clear", group)]
    assert link.text == "Delete 3 recipients and empty “Kunden 2026” …"


def test_the_question_before_emptying_names_list_and_number(client: Client, group: Group) -> None:
    response = client.get(url("clear", group))

    assert text_and_label(response) == (
        (
            "This deletes all 3 recipients of the list “Kunden 2026”. The list stays, with its fields, its settings "
            "and its block list."
        ),
        "Delete 3 recipients and empty “Kunden 2026”",
    )
    assert facts(response) == [FIRST, BACK, LOST]


def test_emptying_begins_the_backup_and_shows_the_deletion(client: Client, account: Account, group: Group) -> None:
    response = client.post(url("clear", group), follow=True)
    again = client.post(url("clear", group))

    (deletion,) = deletions(account)
    assert (deletion.kind, deletion.recipient_count) == (Deletion.Kind.CLEARING, 3)
    assert response.redirect_chain == [(again["Location"], 302)]
    assert "The backup is being made; then the list is emptied" in read(response).text


def test_an_empty_list_is_not_emptied(client: Client, account: Account) -> None:
    group = make_group(account)

    response = client.get(url("clear", group), follow=True)

    assert notices(response) == ["The list is empty already."]
    assert url("clear", group) not in [link.attributes["href"] for link in read(response).all("a")]


# --- fields -----------------------------------------------------------------------------------------------------


@pytest.fixture
def field(account: Account, group: Group) -> Field:
    """A field of the list, in which one recipient has a value."""
    field = make_field(account, "Ort", group=group)
    make_recipient(group, "dora@example.org", values={"ort": "Köln"})
    return field


def test_the_question_before_a_field_goes_says_how_many_have_a_value(
    client: Client, group: Group, field: Field
) -> None:
    response = client.get(url("delete_field", group, field.pk))

    assert text_and_label(response) == (
        "This deletes the field “Ort” of this list. 1 recipient has a value in it.",
        "Delete the field “Ort” with 1 value",
    )
    back = "The backup is kept for 30 days. Until then you can restore the field and its values under Backups."
    assert facts(response) == [FIRST, back, "Other fields and the recipients stay as they are."]


def test_the_question_before_an_account_wide_field_goes_speaks_of_all_lists(
    client: Client, account: Account, group: Group
) -> None:
    field = make_field(account, "Nummer")
    for email in ("anna@example.org", "zoe@example.org"):
        make_contact(account, email, {"nummer": "1"})

    response = client.get(url("delete_field", group, field.pk))

    assert text_and_label(response) == (
        "This deletes the field “Nummer” in all lists of the account. 2 addresses have a value in it.",
        "Delete the field “Nummer” with 2 values",
    )
    assert facts(response)[0] == (
        "First a backup of each list's master data is made. Nothing is deleted before all are complete."
    )


def test_the_question_names_the_lists_of_which_no_backup_is_made(
    client: Client, account: Account, group: Group
) -> None:
    field = make_field(account, "Nummer")
    for name in ("A", "B", "C", "D"):
        make_recipient(make_group(account, name, automatic_backups=False))

    (notice,) = notices(client.get(url("delete_field", group, field.pk)))

    assert notice == (
        "Not every list is backed up Automatic backups are switched off for: A, B, C and others. Switch them on first"
    )


def test_deleting_a_field_begins_the_backups_and_shows_the_deletion(
    client: Client, account: Account, group: Group
) -> None:
    field = make_field(account, "Nummer")
    make_recipient(make_group(account, "Presse"))

    response = client.post(url("delete_field", group, field.pk), follow=True)

    (deletion,) = deletions(account)
    assert (deletion.kind, deletion.group_id) == (Deletion.Kind.FIELD, None)
    with account_scope(account.pk):
        assert list(Backup.objects.order_by("group_id").values_list("group_name", "label", "trigger")) == [
            ("Kunden 2026", "Nummer", "field_deletion"),
            ("Presse", "Nummer", "field_deletion"),
        ]
    assert response.redirect_chain == [(url("deletion", group, deletion.pk), 302)]
    assert "The backups of all lists are being made; then the field is deleted" in read(response).text


def test_a_field_that_is_being_deleted_says_so(client: Client, group: Group, field: Field) -> None:
    client.post(url("delete_field", group, field.pk))

    (notice,) = notices(client.get(url("fields", group)))

    assert notice.startswith("The field “Ort” is being deleted")


def test_a_locked_list_elsewhere_keeps_an_account_wide_field(client: Client, account: Account, group: Group) -> None:
    field = make_field(account, "Nummer")
    make_group(account, "Presse", locked=True)
    sentence = (
        "The list “Presse” shows this field, too, and is locked against changes. Unlock it under its Settings > "
        "General, then try again."
    )

    asked = client.get(url("delete_field", group, field.pk))
    response = client.post(url("delete_field", group, field.pk), follow=True)

    assert (notices(asked), read(asked).all("div", "confirm")) == ([sentence], [])
    assert notices(response) == [sentence]
    assert deletions(account) == []


def test_a_field_of_another_list_is_not_found(client: Client, account: Account, group: Group) -> None:
    foreign = make_field(account, "Fremd", group=make_group(account, "Andere"))

    for ask in (client.get, client.post):
        assert ask(url("delete_field", group, foreign.pk)).status_code == 404


# --- all of them ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["delete_recipients", "clear", "delete_field", "delete"])
def test_a_locked_list_is_refused(client: Client, account: Account, group: Group, name: str) -> None:
    more = [make_field(account, "Ort", group=group).pk] if name == "delete_field" else []
    address = url(name, group, *more)
    if name == "delete_recipients":
        address = with_query(address, ticked(group, "anna"))
    with account_scope(account.pk):
        Group.objects.update(locked=True)

    question, response = client.get(address), client.post(address, follow=True)

    assert read(question).all("div", "confirm") == []
    assert "This list is locked against changes. Unlock it under Settings > General, then try again." in notices(
        response
    )
    assert deletions(account) == []


@pytest.mark.parametrize("name", ["delete_recipients", "clear", "delete_field", "delete"])
def test_another_deletion_has_to_end_first(client: Client, account: Account, group: Group, name: str) -> None:
    more = [make_field(account, "Ort", group=group).pk] if name == "delete_field" else []
    address = url(name, group, *more)
    if name == "delete_recipients":
        address = with_query(address, ticked(group, "anna"))
    with account_scope(account.pk):
        kind, selection = Deletion.Kind.RECIPIENTS, {"ids": [1]}
        first = Deletion.objects.create(account=account, group=group, kind=kind, selection=selection, requested_at=NOW)

    for ask in (client.get, client.post):
        response = ask(address, follow=True)
        assert response.redirect_chain == [(url("deletion", group, first.pk), 302)]
        assert notices(response) == ["Another deletion is under way and has to end first. Ask again when it has."]
    assert len(deletions(account)) == 1


KINDS: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"kind": "clearing"},
        "The list “Kunden 2026” is emptied: 2 recipients are deleted",
        "The list “Kunden 2026” was not emptied",
        "group",
    ),
    (
        {"kind": "recipients"},
        "2 recipients of the list “Kunden 2026” are deleted",
        "The recipients of the list “Kunden 2026” were not deleted",
        "group",
    ),
    (
        {"kind": "field", "selection": {"field": 1, "label": "Ort", "account_wide": False}},
        "The field “Ort” with 2 values is deleted",
        "The field “Ort” was not deleted",
        "fields",
    ),
]


@pytest.mark.parametrize(("given", "done", "failed", "back"), KINDS, ids=[one[0]["kind"] for one in KINDS])
def test_the_page_of_a_deletion_says_what_became_of_it(
    client: Client, account: Account, group: Group, *, given: dict[str, Any], done: str, failed: str, back: str
) -> None:
    with account_scope(account.pk):
        deletion = Deletion.objects.create(
            account=account, group=group, requested_at=NOW, recipient_count=2, status="done", **given
        )
        Group.objects.update(last_backup_at=NOW)
    page = client.get(url("deletion", group, deletion.pk))
    (notice,) = notices(page)
    assert notice.startswith(f"{done} The backup is kept for 30 days.")
    links = [link.attributes["href"] for link in read(page).all("a")]
    assert {url(back, group), reverse("backups:group", args=[account.pk, group.pk])} <= set(links)

    with account_scope(account.pk):
        Deletion.objects.update(status="failed", failure="backup_failed")
    (notice,) = notices(client.get(url("deletion", group, deletion.pk)))
    assert notice.startswith(f"{failed} The backup could not be made, and without it nothing is deleted.")


def test_the_deletion_of_an_account_wide_field_is_shown_in_any_list(
    client: Client, account: Account, group: Group
) -> None:
    other = make_group(account, "Presse")
    with account_scope(account.pk):
        selection = {"field": 1, "label": "Nummer", "account_wide": True}
        deletion = Deletion.objects.create(account=account, kind="field", selection=selection, requested_at=NOW)

    for one in (group, other):
        assert "Deletion of the field “Nummer”" in read(client.get(url("deletion", one, deletion.pk))).text
    assert client.get(reverse("recipients:deletion", args=[account.pk, 10**9, deletion.pk])).status_code == 404
    assert rows(client.get(url("fields", other))) == []
