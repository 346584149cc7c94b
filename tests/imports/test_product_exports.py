"""Exports of other products, uploaded and imported as the page guesses: who left there is not active here."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.masterdata.file import FieldType
from recipients.models import Group, Recipient
from tests.factories import make_account, make_field, make_group, make_member, sign_in
from tests.imports.filled_form import form_data
from tests.imports.uploads import draft
from tests.runs import advance

pytestmark = pytest.mark.django_db

PRODUCTS = Path(__file__).parent / "readers" / "products"

# The active people of each file, and those who come in without being active.
PEOPLE = {
    "mailchimp_subscribed": ("erika jörg", ""),
    "mailchimp_unsubscribed": ("", "ute uwe"),
    "mailchimp_cleaned": ("", "bea"),
    "brevo": ("erika ute", "uwe"),
    "brevo_status": ("erika", "bea uwe"),
    "cleverreach": ("erika", "bea neu uwe"),
    "cleverreach_rest": ("bea erika", "uwe"),
    "rapidmail": ("erika jörg", "bea neu udo uwe"),
    "rapidmail_german": ("erika", "bea udo uwe"),
    "hubspot": ("erika ina", "bea uwe"),
    "hubspot_unsubscribes": ("", "bea udo uwe"),
    "listmonk": ("erika", "ute uwe"),
}


@pytest.fixture
def account(storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    for label in ("Vorname", "Nachname", "Firma", "PLZ"):
        make_field(account, label, group=made)
    make_field(account, "Geburtstag", FieldType.DATE, group=made)
    make_field(account, "Anrede", FieldType.GENDER, group=made)
    return made


def test_each_file_is_imported_here() -> None:
    assert sorted(PEOPLE) == sorted(path.stem for path in PRODUCTS.iterdir())


@pytest.mark.parametrize(("name", "people"), PEOPLE.items(), ids=PEOPLE.keys())
def test_who_left_another_product_is_not_active_here(
    client: Client, group: Group, name: str, people: tuple[str, str]
) -> None:
    run = draft(client, group, (PRODUCTS / f"{name}.csv").read_bytes(), f"{name}.csv")
    url = reverse("imports:mapping", args=[run.account_id, run.pk])
    client.post(url, form_data(client.get(url), "mapping") | {"skip": "1"})
    advance(run)
    assert advance(run).status == Import.Status.DONE
    with account_scope(group.account_id):
        found = {one.email.partition("@")[0]: one.is_active for one in Recipient.objects.filter(group=group)}
    active = sorted(name for name, is_active in found.items() if is_active)
    assert (" ".join(active), " ".join(sorted(found.keys() - active))) == people
