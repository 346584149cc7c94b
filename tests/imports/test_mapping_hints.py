"""What the mapping page says of a file that holds nothing to import, or more columns than a list has fields."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from recipients.models import Group
from tests.factories import make_account, make_field, make_group, make_member, sign_in
from tests.imports.uploads import draft
from tests.page_content import notices, read

pytestmark = pytest.mark.usefixtures("storage")


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


def about_rows(client: Client, group: Group, content: str) -> list[str]:
    """What the notices of the mapping page say of the rows of a file."""
    run = draft(client, group, content)
    page = client.get(reverse("imports:mapping", args=[group.account_id, run.pk]))
    return [one for one in notices(page) if "row" in one]


def about_new_fields(client: Client, group: Group, *, columns: int) -> str:
    """What the mapping page says above the new fields for so many columns beside the address."""
    names = ";".join(f"Spalte {number}" for number in range(columns))
    run = draft(client, group, f"E-Mail;{names}\nada@example.org{';x' * columns}\n")
    page = read(client.get(reverse("imports:mapping", args=[group.account_id, run.pk])))
    (unused,) = [one for one in page.all() if one.attributes.get("id") == "unused"]
    return unused.all("p", "card__text")[0].text


def test_a_file_without_rows_is_told(client: Client, group: Group) -> None:
    told = (
        "There is no row below the names of the columns, so nothing would be imported. If the first row is a "
        "recipient, untick “The first row holds the names of the columns”."
    )
    assert about_rows(client, group, "E-Mail;Vorname\n") == [told]


def test_a_file_with_a_row_is_not(client: Client, group: Group) -> None:
    assert about_rows(client, group, "E-Mail;Vorname\nada@example.org;Ada\n") == []


def test_more_columns_than_fields_are_told(client: Client, group: Group) -> None:
    make_field(group.account, "Ort", group=group)
    assert about_new_fields(client, group, columns=45) == (
        "What stands in these columns is imported only if you create a field for it. "
        "A list can have 45 fields; 44 more can be created."
    )


def test_as_many_columns_as_fields_are_not(client: Client, group: Group) -> None:
    assert about_new_fields(client, group, columns=45) == (
        "What stands in these columns is imported only if you create a field for it."
    )
