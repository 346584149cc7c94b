"""What an import may do, as the mapping page offers it."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.masterdata.labels import export_headers
from recipients.models import Group
from recipients.queries import definitions_of
from tests.factories import make_account, make_field, make_group, make_member, sign_in
from tests.imports.filled_form import form_data
from tests.imports.uploads import draft
from tests.page_content import Element, read

pytestmark = pytest.mark.django_db

OPTIONS = ("mode", "empty_cells", "tags_mode", "account_values")


@pytest.fixture
def account(storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_field(account, "Kundennummer")
    return made


def url_of(run: Import) -> str:
    return reverse("imports:mapping", args=[run.account_id, run.pk])


def chosen(response: Any) -> dict[str, str]:
    return {name: value for name, value in form_data(response, "mapping").items() if name in OPTIONS}


def fold(response: Any) -> Element:
    (found,) = read(response).all("details", "options__updating")
    return found


def exported(group: Group) -> str:
    """A file with the header of an export."""
    with account_scope(group.account_id):
        headers = export_headers(definitions_of(group), "de")
    return ";".join(headers.values()) + "\nada@example.org" + ";" * (len(headers) - 1) + "\n"


def test_an_update_that_takes_nothing_away_is_chosen(client: Client, group: Group) -> None:
    response = client.get(url_of(draft(client, group)))
    assert chosen(response) == {
        "mode": "update_and_add",
        "empty_cells": "keep",
        "tags_mode": "add",
        "account_values": "overwrite",
    }
    assert "open" not in fold(response).attributes


def test_each_mode_says_in_a_sentence_what_it_does(client: Client, group: Group) -> None:
    response = client.get(url_of(draft(client, group)))
    cards = read(response).all("label", "choice-card")
    assert [card.all(css_class="choice-card__title")[0].text for card in cards] == [
        "Add only",
        "Update only",
        "Update and add",
        "Deactivate",
        "Delete",
    ]
    assert len({card.all(css_class="choice-card__text")[0].text for card in cards}) == 5


def test_who_brings_an_export_back_fills_in_what_all_lists_show(client: Client, group: Group) -> None:
    response = client.get(url_of(draft(client, group, exported(group))))
    assert chosen(response)["account_values"] == "fill"


def test_another_choice_for_an_export_stays(client: Client, group: Group) -> None:
    run = draft(client, group, exported(group))
    data = form_data(client.get(url_of(run)), "mapping") | {"account_values": "overwrite", "refresh": "1"}
    assert chosen(client.post(url_of(run), data))["account_values"] == "overwrite"


def test_fields_of_all_lists_are_spoken_of_only_where_there_are_some(client: Client, account: Account) -> None:
    response = client.get(url_of(draft(client, make_group(account))))
    assert "account_values" not in chosen(response)
    assert fold(response).all("summary")[0].text == "Empty cells and tags"


@pytest.mark.parametrize(("name", "value"), [("empty_cells", "clear"), ("tags_mode", "replace")])
def test_a_choice_that_takes_values_away_does_not_stay_folded(
    client: Client, group: Group, name: str, value: str
) -> None:
    run = draft(client, group)
    data = form_data(client.get(url_of(run)), "mapping") | {name: value, "refresh": "1"}
    response = client.post(url_of(run), data)
    assert (chosen(response)[name], "open" in fold(response).attributes) == (value, True)


@pytest.mark.parametrize("name", OPTIONS)
def test_a_made_up_choice_is_refused(client: Client, group: Group, name: str) -> None:
    run = draft(client, group)
    data = form_data(client.get(url_of(run)), "mapping") | {name: "everything"}
    response = client.post(url_of(run), data)
    assert response.status_code == 422
