"""The mapping page as tests read it, change it and send it."""

from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.masterdata.file import FieldType
from recipients.models import Group
from tests.factories import make_field, make_group
from tests.imports.filled_form import Data, form_data
from tests.imports.uploads import CSV, draft, drafts
from tests.page_content import Element, notices, read


def url_of(run: Import) -> str:
    return reverse("imports:mapping", args=[run.account_id, run.pk])


def shown(client: Client, run: Import) -> Data:
    return form_data(client.get(url_of(run)), "mapping")


def refreshed(client: Client, run: Import, **changes: str) -> Any:
    """The page after a person has changed something and asked to see it."""
    data = shown(client, run) | {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(url_of(run), data | {"refresh": "1"})


def part(response: Any, element_id: str) -> Element:
    (found,) = [one for one in read(response).all() if one.attributes.get("id") == element_id]
    return found


def new_fields(response: Any) -> list[str]:
    """The columns for which a new field can be made."""
    return [name.text for name in read(response).all(css_class="new-field__name")]


def next_step(client: Client, run: Import, **changes: str) -> Any:
    """Press *Next* after some changes."""
    return client.post(url_of(run), shown(client, run) | {name.replace("__", "-"): v for name, v in changes.items()})


def newest(group: Group) -> Import:
    return drafts(group.account_id)[-1]


def import_done(client: Client, group: Group, content: str = CSV, **changes: str) -> None:
    """Import a file as its page shows it after some changes."""
    run = draft(client, group, content)
    response = next_step(client, run, **changes)
    assert response.status_code == 302, notices(response)
    with account_scope(group.account_id):
        Import.objects.filter(pk=run.pk).update(status=Import.Status.DONE, confirmed_at=timezone.now())


def list_with_fields(account: Account) -> Group:
    """A list with a field of each type, one of them account-wide."""
    made = make_group(account)
    make_field(account, "Vorname", group=made)
    make_field(account, "Geburtstag", FieldType.DATE, group=made)
    make_field(account, "Umsatz", FieldType.NUMBER, group=made)
    make_field(account, "Anrede", FieldType.GENDER)
    return made
