"""Previews as workers make them, and what their page shows."""

from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.confirming import start_preview
from imports.models import Import
from imports.run import advance_import
from recipients.masterdata.file import FieldType
from recipients.models import Group
from tests.factories import DAY, NOW, make_field, make_group, make_recipient
from tests.page_content import Element, read
from tests.runs import fresh

TARGETS = ("email", "name", "geboren", "umsatz", "anrede", "tags", "activated_at")
HEADER = "E-Mail;Name;Geboren;Umsatz;Anrede;Tags;Aktiviert am\n"
FILE = HEADER + (
    "ada@example.org;Augusta Ada;1815-12-10;1234.5;female;VIP;\n"
    "neu@example.org;Neu;;;;;\n"
    "kurt@example.org;;;;;;2026-06-01 10:00\n"
    "broken;?;;;;;\n"
    "ada@example.org;Doppelt;;;;;\n"
)


def make_list(account: Account) -> Group:
    """A list with Ada, who has values, and Kurt, who has signed off."""
    made = make_group(account)
    for label, kind in (("Name", FieldType.TEXT), ("Geboren", FieldType.DATE), ("Umsatz", FieldType.NUMBER)):
        make_field(account, label, kind, group=made)
    make_field(account, "Anrede", FieldType.GENDER)
    make_recipient(made, "ada@example.org", values={"name": "Ada", "umsatz": 12}, tags=["Messe"])
    make_recipient(made, "kurt@example.org", deactivated_at=NOW + DAY)
    return made


def previewed(run: Import, **options: str) -> Import:
    """The run with its preview, as workers make it."""
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(**options)
        start_preview(run=fresh(run), reactivate=False)
    return finished(run)


def finished(run: Import) -> Import:
    """The run after as many steps as its preview needs."""
    while fresh(run).status == Import.Status.PREVIEWING:
        advance_import(account_id=run.account_id, import_id=run.pk)
    return fresh(run)


def page_of(run: Import, name: str = "preview") -> str:
    """A page of the import."""
    return reverse(f"imports:{name}", args=[run.account_id, run.pk])


def the_preview(response: Any) -> Element:
    """The part that changes."""
    (found,) = [one for one in read(response).all() if one.attributes.get("id") == "preview"]
    return found


def figures(response: Any) -> dict[str, str]:
    """The figures by their labels."""
    return {
        stat.all(css_class="stat__label")[0].text: stat.all(css_class="stat__value")[0].text
        for stat in the_preview(response).all(css_class="stat")
    }


def buttons(response: Any) -> list[str]:
    """What there is to press."""
    return [button.text for button in the_preview(response).all("button")]


def press(client: Client, run: Import, name: str, **data: str) -> Any:
    """Press a button of the preview's page as it is now."""
    return client.post(page_of(run, name), form_mark(client, run) | data)


def form_mark(client: Client, run: Import) -> dict[str, str]:
    """What the page's form says of what the person saw."""
    inputs = read(client.get(page_of(run))).all("input")
    return {"mark": next(one.attributes["value"] or "" for one in inputs if one.attributes.get("name") == "mark")}
