"""The pages of erasures: the address, the question with its numbers, the erasure, and how far it is."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from backups.models import Erasure
from recipients.models import ErasedAddress, Group, Recipient
from tests.backups.catalogue import take_backup_of
from tests.backups.erasures import PERSON, advance, erase
from tests.factories import (
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)
from tests.runs import make_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def client(owner: User) -> Client:
    return sign_in(owner)


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account)
    make_recipient(group, PERSON)
    make_recipient(group, "anna@example.org")
    return group


@pytest.fixture
def page(account: Account) -> str:
    return reverse("backups:erase", args=[account.pk])


def people(account: Account) -> list[str]:
    with account_scope(account.pk):
        return list(Recipient.objects.order_by("email").values_list("email", flat=True))


def test_question_names_what_there_is(
    account: Account, client: Client, group: Group, page: str, tmp_path: Path
) -> None:
    other = make_group(account, "Presse", locked=True)
    make_activity(make_recipient(other, PERSON))
    make_contact(account, PERSON, {"ort": "Ulm"})
    make_blocked(account, PERSON)
    make_draft(group, "E-Mail\nx@example.org\n")
    take_backup_of(group, tmp_path)
    response = client.post(page, {"email": f" {PERSON.upper()} "}, headers={"accept-language": "en"})
    told = response.content.decode()
    assert response.status_code == 200
    for sentence in (
        "Everything that this account holds of erika@example.org is deleted for good. This cannot be undone.",
        "The address is in 2 lists: “Kunden 2026”, “Presse”. Locked lists are changed as well.",
        "The values that all lists share go as well.",
        "1 activity goes.",
        "It stays blocked in all lists",
        "1 backup is searched, and written anew",
        "1 import that nobody has started yet is discarded",
        "Erase erika@example.org (2 lists, 1 backup searched)",
    ):
        assert sentence in told
    assert people(account) == ["anna@example.org", PERSON, PERSON]


def test_address_that_is_nowhere_may_be_erased(account: Account, client: Client, page: str) -> None:
    told = client.post(page, {"email": "nie@example.org"}, headers={"accept-language": "en"}).content.decode()
    assert "The address is in no list now. It may be in backups." in told
    erased = client.post(page, {"erase": "nie@example.org"}, headers={"accept-language": "en"}, follow=True)
    assert erased.redirect_chain == [(page, 302)]
    assert "Nobody sees the person in a backup any more. The files are searched and written anew now." in (
        erased.content.decode()
    )
    with account_scope(account.pk):
        assert ErasedAddress.objects.count() == 1


def test_confirmed_erasure_leads_to_the_page_that_shows_how_far_it_is(
    account: Account, client: Client, group: Group, page: str
) -> None:
    response = client.post(page, {"erase": PERSON}, headers={"accept-language": "en"}, follow=True)
    assert response.redirect_chain == [(page, 302)]
    told = response.content.decode()
    assert "The person is erased from 1 list" in told
    assert "hx-trigger" in told
    assert PERSON not in told
    assert people(account) == ["anna@example.org"]


def test_end_is_told_with_its_time_and_numbers(
    owner: User, client: Client, group: Group, page: str, tmp_path: Path
) -> None:
    take_backup_of(group, tmp_path)
    advance(erase(group.account, owner))
    told = client.get(page, headers={"accept-language": "en"}).content.decode()
    assert "Physically gone since" in told
    assert "1 backup was written anew." in told
    assert "hx-trigger" not in told


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            {"failure": "storage_unavailable", "retry_at": "2026-03-02T09:30Z"},
            "could not be reached. It is tried again",
        ),
        ({"failure": "internal"}, "The work was interrupted. It goes on by itself."),
        ({"report": {"awaited": {"x": "y"}}}, "A backup was just being made."),
        ({"status": "failed"}, "Erase them once more to have it tried again"),
        (
            {"status": "done", "report": {"unreadable": 2}, "finished_at": "2026-03-02T09:30Z"},
            "2 files could not be read",
        ),
    ],
)
def test_what_holds_an_erasure_up_is_told(
    state: dict[str, Any], sentence: str, *, account: Account, owner: User, client: Client, page: str
) -> None:
    erasure = erase(account, owner)
    with account_scope(account.pk):
        Erasure.objects.filter(pk=erasure.pk).update(**state)
    assert sentence in client.get(page, headers={"accept-language": "en"}).content.decode()


def test_part_that_asks_for_itself_equals_the_page(account: Account, owner: User, client: Client, page: str) -> None:
    erase(account, owner)
    whole = client.get(page).content.decode()
    part = client.get(page, headers={"HX-Request": "true", "HX-Target": "erasures"}).content.decode()
    assert part.strip() in whole


@pytest.mark.parametrize("email", ["", "kein", "a@b@c", "x" * 300 + "@example.org"])
def test_what_is_no_address_is_refused_beside_the_field(email: str, client: Client, page: str) -> None:
    assert [client.post(page, {name: email}).status_code for name in ("email", "erase")] == [422, 422]


def test_recipients_page_leads_owners_to_the_question(account: Account, client: Client, group: Group) -> None:
    with account_scope(account.pk):
        recipient = Recipient.objects.get(email=PERSON)
    where = [account.pk, group.pk, recipient.id]
    href = reverse("backups:erase_recipient", args=where)
    assert href in client.get(reverse("recipients:recipient", args=where)).content.decode()
    assert PERSON in client.get(href).content.decode()
    editor = sign_in(make_member(account, Role.EDITOR))
    assert href not in editor.get(reverse("recipients:recipient", args=where)).content.decode()


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_only_owners_erase(role: Role, account: Account, group: Group, page: str) -> None:
    client = sign_in(make_member(account, role))
    assert [client.get(page).status_code, client.post(page, {"erase": PERSON}).status_code] == [403, 403]
    assert people(account) == ["anna@example.org", PERSON]


def test_owner_of_another_account_changes_nothing_here(account: Account, group: Group, page: str) -> None:
    other = make_account("Fremde")
    client = sign_in(make_member(other, Role.OWNER))
    assert client.post(page, {"erase": PERSON}).status_code == 404
    client.post(reverse("backups:erase", args=[other.pk]), {"erase": PERSON})
    assert people(account) == ["anna@example.org", PERSON]


@pytest.mark.parametrize("count", [1, 3])
def test_page_asks_the_database_as_often_for_many_as_for_one(
    count: int, *, account: Account, owner: User, client: Client, page: str, django_assert_num_queries: Any
) -> None:
    for number in range(count):
        erase(account, owner, f"person{number}@example.org")
    with django_assert_num_queries(11):
        client.get(page)
