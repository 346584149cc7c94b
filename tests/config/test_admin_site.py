"""The admin site: what operators see of all accounts, and that they see no recipient."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope, across_accounts
from backups.models import Backup, Closure
from config.admin_site import site
from imports.models import Import
from recipients.models import Group
from tests.customer import Customer, make_customer
from tests.factories import NOW, make_contact, make_recipient, make_user, sign_in
from tests.page_content import read
from tests.tenant_tables import everything_of

pytestmark = pytest.mark.django_db

SECRET = "fremdwort"  # noqa: S105  # a word to look for
VALUE = "geheimstadt"  # of a recipient, and nowhere else
MODELS = list(site._registry)
ADDRESSES = ("anna@", "bernd@", "clara@", "dora@", "neu@", "spam@", "*@", "weg@", "entfernt@")


@pytest.fixture
def customer() -> Customer:
    return make_customer(SECRET)


@pytest.fixture
def operator() -> User:
    return make_user("operator@example.org", is_staff=True)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


def changelist(model: type[Model] | str) -> str:
    name = model if isinstance(model, str) else model._meta.label_lower.replace(".", "_")
    return reverse(f"admin:{name}_changelist")


def page_of(model: type[Model], pk: Any) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_change", args=[pk])


def rows_of(model: type[Model]) -> list[Any]:
    with across_accounts("a test looks"):
        return list(model._default_manager.all())


def shown(response: Any, name: str = "field-group_name") -> list[str]:
    """A column of the list."""
    return [cell.text for cell in read(response).all("td", name)]


def test_operator_sees_backups_and_drills_of_every_account(client: Client, customer: Customer) -> None:
    other = make_customer("eigenwort")
    backups = shown(client.get(changelist("backups_backup")))
    assert sorted(backups) == sorted(
        one.group_name for whose in (customer, other) for one in (whose.backup, whose.backup_of_deleted)
    )
    drills = shown(client.get(changelist("backups_restoredrill")))
    assert sorted(drills) == sorted(whose.drill.group_name for whose in (customer, other))


def test_overview_leads_to_every_list_and_to_the_health(client: Client, customer: Customer) -> None:
    links = [link.attributes.get("href") for link in read(client.get(reverse("admin:index"))).all("a")]
    assert {*map(changelist, MODELS), reverse("admin:health")} <= set(links)


@pytest.mark.parametrize(
    ("query", "number"),
    [
        ("status__exact=complete", 2),
        ("status__exact=failed", 0),
        ("trigger__exact=import", 2),
        ("damage__exact=missing", 0),
        ("damage__in=missing%2Cdiffers", 0),
        ("pinned_at__isempty=0", 0),
        ("pinned_at__isempty=1", 2),
        (f"q={SECRET}", 2),
    ],
)
def test_list_is_filtered(client: Client, customer: Customer, query: str, number: int) -> None:
    assert len(shown(client.get(f"{changelist('backups_backup')}?{query}"))) == number


def test_list_is_filtered_by_account(client: Client, customer: Customer) -> None:
    other = make_customer("eigenwort")
    response = client.get(f"{changelist('backups_backup')}?account__id__exact={other.account.pk}")
    assert sorted(shown(response)) == sorted([other.backup.group_name, other.backup_of_deleted.group_name])


@pytest.mark.parametrize("number", ["x", str(10**30), "-1", "²"])
def test_filter_by_an_account_that_cannot_be_is_refused(client: Client, customer: Customer, number: str) -> None:
    response = client.get(changelist("backups_backup"), {"account__id__exact": number})
    assert (response.status_code, response["Location"]) == (302, f"{changelist('backups_backup')}?e=1")


def test_account_leads_to_what_it_has_and_says_how_much(client: Client, customer: Customer) -> None:
    make_customer("eigenwort")
    page = read(client.get(page_of(Account, customer.account.pk)))
    values = {
        cell.attributes["class"]: cell.text for cell in page.all("div", "fieldBox") or page.all("div", "form-row")
    }
    assert {name: values[f"form-row field-{name}"] for name in ("lists", "backups", "recipient_count")} == {
        "lists": "Lists: 2",
        "backups": "Backups: 2",
        "recipient_count": "Recipients: 6",
    }
    for link in page.all("a"):
        address = str(link.attributes.get("href"))
        if "account__id__exact" in address:
            listed = client.get(address)
            assert listed.status_code == 200
            assert "eigenwort" not in listed.content.decode()


def test_number_of_queries_of_a_list_does_not_grow(client: Client) -> None:
    make_customer("einwort")
    one = {model: queries_of(client, model) for model in MODELS}
    for word in ("zweiwort", "dreiwort"):
        make_customer(word)
    assert {model: queries_of(client, model) for model in MODELS} == one


def queries_of(client: Client, model: type[Model]) -> int:
    client.get(changelist(model))
    with CaptureQueriesContext(connection) as found:
        assert client.get(changelist(model)).status_code == 200
    return len(found)


@pytest.fixture
def full(customer: Customer) -> Customer:
    """The customer, with a word that stands only where recipients' data do, or people may have written some."""
    make_recipient(customer.group, f"dora@{VALUE}.example", values={"ort": VALUE}, tags=[VALUE], source=VALUE)
    make_contact(customer.account, f"dora@{VALUE}.example", {"nummer": 471147})
    with account_scope(customer.account.pk):
        Group.objects.filter(pk=customer.group.pk).update(note=VALUE)
        Closure.objects.update(
            status=Closure.Status.REOPENED
        )  # else what is asked before an account is closed is not shown
        Backup.objects.update(pin_reason=VALUE, label=f"{VALUE}.csv")
        Import.objects.update(
            file_name=f"{VALUE}.csv",
            preview={"details": VALUE},
            mapping=[VALUE],
            failure_detail={"about": VALUE},
            entered={"value": VALUE},
        )
        AuditEntry.objects.create(
            account=customer.account, at=NOW, action=AuditAction.IMPORT_DONE, subject=VALUE, detail={"file": VALUE}
        )
    return customer


def test_no_page_tells_of_recipients(client: Client, full: Customer) -> None:
    told = {}
    for model in MODELS:
        rows = rows_of(model)
        assert rows, model
        pages = [client.get(changelist(model)), *(client.get(page_of(model, row.pk)) for row in rows)]
        for action in site._registry[model].actions or ():
            chosen = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
            pages.append(client.post(changelist(model), chosen))
        assert {page.status_code for page in pages} == {200}
        text = "".join(page.content.decode() for page in pages).lower()
        told[model] = [word for word in (VALUE, "471147", f"{SECRET}.csv", *ADDRESSES) if word in text]
    assert told == {model: [] for model in MODELS}


def test_page_of_a_backup_shows_its_state(client: Client, customer: Customer) -> None:
    page = client.get(page_of(Backup, customer.backup.pk))
    assert customer.backup.sha256 in page.content.decode()


def test_nothing_can_be_changed_by_a_form(client: Client, customer: Customer) -> None:
    before = everything_of(customer.account.pk)
    for model in MODELS:
        row = rows_of(model)[0]
        client.post(page_of(model, row.pk), {"status": "failed", "name": "x", "email": "x@example.org"})
        client.post(changelist(model), {"action": "delete_selected", "_selected_action": [str(row.pk)]})
    assert everything_of(customer.account.pk) == before


def test_scope_across_accounts_ends_with_the_answer(client: Client, customer: Customer) -> None:
    client.get(changelist("backups_backup"))
    assert everything_of(0) == everything_of(-1)


def test_operator_is_no_member(client: Client, customer: Customer) -> None:
    """The admin site opens no account's pages."""
    assert client.get(reverse("backups:overview", args=[customer.account.pk])).status_code == 404
