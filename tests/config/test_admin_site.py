"""The admin site: what operators see of all accounts, and that they change nothing and see no recipient."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.customer import Customer, make_customer
from tests.factories import make_user, sign_in
from tests.page_content import read
from tests.tenant_tables import everything_of

pytestmark = pytest.mark.django_db

SECRET = "fremdwort"  # noqa: S105  # a word to look for


@pytest.fixture
def customer() -> Customer:
    return make_customer(SECRET)


@pytest.fixture
def operator() -> User:
    return make_user("operator@example.org", is_staff=True)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


def changelist(model: str) -> str:
    return reverse(f"admin:backups_{model}_changelist")


def shown(response: object) -> list[str]:
    """The list's column of names."""
    return [cell.text for cell in read(response).all("td", "field-group_name")]


def test_operator_sees_backups_and_drills_of_every_account(client: Client, customer: Customer) -> None:
    other = make_customer("eigenwort")
    backups = shown(client.get(changelist("backup")))
    assert sorted(backups) == sorted(
        one.group_name for whose in (customer, other) for one in (whose.backup, whose.backup_of_deleted)
    )
    drills = shown(client.get(changelist("restoredrill")))
    assert sorted(drills) == sorted(whose.drill.group_name for whose in (customer, other))


def test_overview_leads_to_both(client: Client, customer: Customer) -> None:
    links = [link.attributes.get("href") for link in read(client.get(reverse("admin:index"))).all("a")]
    assert {changelist("backup"), changelist("restoredrill")} <= set(links)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("status__exact=complete", 2),
        ("status__exact=failed", 0),
        ("trigger__exact=import", 2),
        ("damage__exact=missing", 0),
        (f"q={SECRET}", 2),
    ],
)
def test_list_is_filtered(client: Client, customer: Customer, query: str, number: int) -> None:
    assert len(shown(client.get(f"{changelist('backup')}?{query}"))) == number


def test_list_is_filtered_by_account(client: Client, customer: Customer) -> None:
    other = make_customer("eigenwort")
    response = client.get(f"{changelist('backup')}?account__id__exact={other.account.pk}")
    assert sorted(shown(response)) == sorted([other.backup.group_name, other.backup_of_deleted.group_name])


def test_page_of_a_backup_shows_its_state_and_neither_file_name_nor_recipients(
    client: Client, customer: Customer
) -> None:
    page = client.get(reverse("admin:backups_backup_change", args=[customer.backup.pk]))
    told = page.content.decode()
    assert customer.backup.sha256 in told
    for hidden in (customer.backup.label, customer.recipient.email, "kunden.csv"):
        assert hidden not in told


@pytest.mark.parametrize("model", ["backup", "restoredrill"])
def test_nothing_can_be_changed(client: Client, customer: Customer, model: str) -> None:
    row = customer.backup if model == "backup" else customer.drill
    page = reverse(f"admin:backups_{model}_change", args=[row.pk])
    before = everything_of(customer.account.pk)
    statuses = {
        client.post(page, {"status": "failed", "result": "failed"}).status_code,
        client.post(changelist(model), {"action": "delete_selected", "_selected_action": [str(row.pk)]}).status_code,
    }
    assert statuses <= {403, 200}
    assert everything_of(customer.account.pk) == before
    assert [one for one in read(client.get(page)).all("input") if one.attributes.get("type") == "submit"] == []


def test_scope_across_accounts_ends_with_the_answer(client: Client, customer: Customer) -> None:
    client.get(changelist("backup"))
    assert everything_of(0) == everything_of(-1)


def test_operator_is_no_member(client: Client, customer: Customer) -> None:
    """The admin site opens no account's pages."""
    assert client.get(reverse("backups:overview", args=[customer.account.pk])).status_code == 404
