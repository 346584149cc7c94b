"""A list's settings: general, automatic backups, the way to its deletion."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, AuditAction, AuditEntry, Role
from accounts.tenancy import account_scope
from recipients.models import Deletion, Group
from tests.factories import NOW, make_account, make_group, make_member, make_recipient, sign_in
from tests.page_content import Element, errors, notices, read

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
OFF = "Automatic backups of this list are off. Imports and deletions run without a backup."


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account, "Kunden", note="Messe")


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


def url(group: Group, name: str = "settings") -> str:
    return reverse(f"recipients:{name}", args=[group.account_id, group.pk])


def stored(group: Group) -> Group:
    with account_scope(group.account_id):
        return Group.objects.get(pk=group.pk)


def slider(page: Element) -> tuple[bool, bool]:
    """Whether the slider is on, and whether it can be moved."""
    (found,) = [field for field in page.all("input") if field.attributes.get("role") == "switch"]
    return "checked" in found.attributes, "disabled" not in found.attributes


def test_general_settings_are_saved(client: Client, group: Group) -> None:
    sent = {"name": " Kunden 2026 ", "note": "Messe\r\nKöln", "locked": "on"}

    response = client.post(url(group), sent, follow=True)

    assert notices(response)[0] == "The settings are saved."
    after = stored(group)
    assert (after.name, after.note, after.locked) == ("Kunden 2026", "Messe\nKöln", True)


def test_a_locked_list_can_be_unlocked(client: Client, account: Account) -> None:
    group = make_group(account, locked=True)

    client.post(url(group), {"name": group.name})

    assert stored(group).locked is False


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"name": " \u200b"}, "This field is required."),
        ({"name": "x" * 201}, "Ensure this value has at most 200 characters (it has 201)."),
        ({"note": "x" * 5001}, "Ensure this value has at most 5000 characters (it has 5001)."),
        ({"name": "a\x00b"}, "This text has a character in it that cannot be stored. Type the text anew."),
    ],
)
def test_what_cannot_be_saved_is_said_beside_the_entry(
    client: Client, group: Group, sent: dict[str, str], sentence: str
) -> None:
    response = client.post(url(group), {"name": "Neu", "note": "Neu"} | sent)

    assert (response.status_code, errors(response)) == (422, [sentence])
    assert (stored(group).name, stored(group).note) == ("Kunden", "Messe")


def test_the_slider_is_on_in_a_new_list(client: Client, group: Group) -> None:
    assert slider(read(client.get(url(group)))) == (True, True)


def test_a_reader_sees_settings_without_any_control(account: Account, group: Group) -> None:
    page = read(sign_in(make_member(account, Role.READER)).get(url(group)))
    (facts,) = page.all("dl")

    assert [value.text for value in facts.all("dd")] == ["Kunden", "Messe", "no"]
    assert slider(page) == (True, False)
    assert "Only editors and owners of the account can change this." in page.text
    assert url(group, "delete") not in [link.attributes["href"] for link in page.all("a")]


def test_the_switch_says_when_the_account_has_backups_off(client: Client, account: Account, group: Group) -> None:
    with account_scope(account.pk):
        Account.objects.update(automatic_backups=False)
    page = read(client.get(url(group)))

    assert slider(page) == (True, True)
    assert "Switched on for this list, but off for the whole account" in page.text


def test_switching_off_says_what_it_means(client: Client, account: Account, group: Group) -> None:
    response = client.post(url(group, "switch_backups"), follow=True)

    assert notices(response) == [OFF]
    assert slider(read(response)) == (False, True)
    assert stored(group).automatic_backups is False
    with account_scope(account.pk):
        assert [entry.action for entry in AuditEntry.objects.all()] == [AuditAction.GROUP_BACKUPS_OFF]


def test_switching_on_again(client: Client, account: Account) -> None:
    group = make_group(account, automatic_backups=False)

    response = client.post(url(group, "switch_backups"), {"enabled": "on"}, follow=True)

    assert notices(response) == ["Automatic backups of this list are on."]
    assert stored(group).automatic_backups is True


def test_htmx_gets_the_slider_and_the_message_beside_it(client: Client, group: Group) -> None:
    fragment = read(client.post(url(group, "switch_backups"), headers=HTMX))
    (on_the_page,) = read(client.get(url(group))).all(css_class="setting")
    (swapped,) = fragment.all(css_class="setting")
    (beside,) = [element for element in fragment.all("div") if "hx-swap-oob" in element.attributes]

    assert slider(swapped) == (False, True)
    assert swapped.text == on_the_page.text
    assert (beside.attributes["hx-swap-oob"], beside.text) == ("innerHTML:#notices", OFF)


def test_the_way_to_the_deletion_names_the_list_and_its_recipients(client: Client, group: Group) -> None:
    for _ in range(2):
        make_recipient(group)
    links = {link.attributes["href"]: link.text for link in read(client.get(url(group))).all("a")}

    assert links[url(group, "delete")] == "Delete the list “Kunden” with 2 recipients …"


def test_a_locked_list_cannot_be_deleted_and_says_why(client: Client, account: Account) -> None:
    group = make_group(account, locked=True)
    page = read(client.get(url(group)))

    assert "The list is locked and cannot be deleted. Unlock it above first." in page.text
    assert url(group, "delete") not in [link.attributes["href"] for link in page.all("a")]


def test_a_list_that_is_being_deleted_leads_to_its_deletion(client: Client, account: Account, group: Group) -> None:
    with account_scope(account.pk):
        deletion = Deletion.objects.create(account=account, group=group, requested_at=NOW)
    links = [link.attributes["href"] for link in read(client.get(url(group))).all("a")]

    assert url(group, "delete") not in links
    assert reverse("recipients:deletion", args=[account.pk, group.pk, deletion.pk]) in links


@pytest.mark.parametrize("recipients", [1, 3])
def test_the_number_of_queries_stays_the_same(
    client: Client, group: Group, recipients: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(recipients):
        make_recipient(group)

    with django_assert_num_queries(11):  # 7 in production: four are of the savepoint inside the test
        client.get(url(group))
