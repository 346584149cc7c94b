"""My Account > Settings > My data, with the account's name."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from tests.factories import make_account, make_member, make_user, sign_in
from tests.page_content import errors, notices, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account("Blumen Berger")


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user("anna@example.org", first_name="Anna", last_name="Berger"))


@pytest.fixture
def client(owner: User) -> Client:
    return sign_in(owner)


@pytest.fixture
def url(account: Account) -> str:
    return reverse("accounts:settings", args=[account.pk])


def test_my_data_shows_the_person_and_the_account(client: Client, url: str) -> None:
    page = read(client.get(url))
    inputs = {field.attributes["name"]: field.attributes.get("value") for field in page.all("main")[0].all("input")}
    del inputs["csrfmiddlewaretoken"]
    assert inputs == {"first_name": "Anna", "last_name": "Berger", "name": "Blumen Berger"}
    assert [fact.text for fact in page.all("dd")] == ["anna@example.org", "Owner"]


def test_my_data_shows_the_accounts_name_as_a_field_to_owners_only(account: Account, url: str) -> None:
    page = read(sign_in(make_member(account, Role.EDITOR)).get(url))
    assert "name" not in {field.attributes["name"] for field in page.all("input")}


def test_my_data_is_saved_by_a_reader_too(account: Account, url: str) -> None:
    reader = make_member(account, Role.READER)
    response = sign_in(reader).post(url, {"first_name": "Rita", "last_name": "Roth", "language": ""}, follow=True)
    reader.refresh_from_db()
    assert (reader.first_name, reader.last_name, reader.language) == ("Rita", "Roth", "")
    assert notices(response) == ["Your data is saved."]


def test_my_data_changes_nobody_else(client: Client, account: Account, url: str) -> None:
    other = make_member(account, Role.READER, make_user("ben@example.org", first_name="Ben"))
    client.post(url, {"first_name": "Rita", "last_name": "Roth", "language": "de"})
    other.refresh_from_db()
    assert (other.first_name, other.language) == ("Ben", "")


def test_a_chosen_language_is_used_at_once_and_on_this_device(client: Client, url: str) -> None:
    response = client.post(url, {"first_name": "", "last_name": "", "language": "de"}, follow=True)
    assert notices(response) == ["Ihre Daten sind gespeichert."]
    assert read(response).all("h1")[0].text == "Mein Account"
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "de"


def test_the_browsers_language_is_used_again_when_no_language_is_chosen(client: Client, url: str) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    client.post(url, {"first_name": "", "last_name": "", "language": ""})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == ""


def test_a_name_that_is_too_long_is_refused_beside_its_field(client: Client, owner: User, url: str) -> None:
    response = client.post(url, {"first_name": "A" * 151, "last_name": "", "language": ""})
    assert response.status_code == 422
    assert errors(response) == ["Ensure this value has at most 150 characters (it has 151)."]
    owner.refresh_from_db()
    assert owner.first_name == "Anna"


def test_an_owner_renames_the_account(client: Client, account: Account, owner: User) -> None:
    response = client.post(reverse("accounts:rename", args=[account.pk]), {"name": "Berger & Söhne"}, follow=True)
    assert notices(response) == ["The account is now called Berger & Söhne."]
    with account_scope(account.pk):
        assert Account.objects.get().name == "Berger & Söhne"
        assert list(AuditEntry.objects.values_list("action", "subject", "actor")) == [
            (AuditAction.ACCOUNT_RENAMED, "Berger & Söhne", owner.pk)
        ]


def test_the_same_name_again_leaves_no_trace(client: Client, account: Account) -> None:
    client.post(reverse("accounts:rename", args=[account.pk]), {"name": "Blumen Berger"})
    with account_scope(account.pk):
        assert list(AuditEntry.objects.all()) == []


def test_an_account_without_a_name_is_refused_and_the_page_keeps_the_old_one(client: Client, account: Account) -> None:
    response = client.post(reverse("accounts:rename", args=[account.pk]), {"name": " "})
    assert response.status_code == 422
    assert errors(response) == ["This field is required."]
    assert read(response).all(css_class="top-bar__account-name")[0].text == "Blumen Berger"
