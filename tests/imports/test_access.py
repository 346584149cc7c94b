"""Who gets into the imports' pages, asked of a customer with rows, files and reports to leak."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.models import Group
from tests.customer import Customer, make_customer
from tests.factories import make_account, make_member, sign_in
from tests.imports.uploads import file, files_in

pytestmark = pytest.mark.django_db

READ = ["history", "group_history", "run", "preview", "rejected"]
EDITED = ["new_list", "upload", "mapping"]
PRESSED = ["preview_again", "back_to_mapping", "confirm", "cancel"]
POSTED = [*EDITED, *PRESSED]


@pytest.fixture
def victim(storage: Path) -> Customer:
    return make_customer("geheim")


def url_of(name: str, victim: Customer) -> str:
    account, draft = victim.account.pk, victim.imports["draft"].pk
    arguments: dict[str, list[Any]] = {
        "history": [],
        "new_list": [],
        "group_history": [victim.group.pk],
        "upload": [victim.group.pk],
        "run": [victim.imports["done"].pk],
        "rejected": [victim.imports["done"].pk],
        "preview": [victim.imports["previewed"].pk],
        "preview_again": [victim.imports["previewed"].pk],
        "back_to_mapping": [victim.imports["previewed"].pk],
        "confirm": [victim.imports["previewed"].pk],
    }
    return reverse(f"imports:{name}", args=[account, *arguments.get(name, [draft])])


def state(victim: Customer, storage: Path) -> object:
    """All that a stranger could have changed."""
    with account_scope(victim.account.pk):
        return (
            sorted(Import.objects.values_list("pk", "status", "mapping")),
            list(Group.objects.order_by("pk").values_list("pk", "name")),
            files_in(storage),
        )


@pytest.mark.parametrize("name", [*READ, *EDITED])
def test_a_stranger_gets_404_that_tells_nothing(victim: Customer, name: str) -> None:
    stranger = sign_in(make_member(make_account("Andere AG"), Role.OWNER))
    response = stranger.get(url_of(name, victim))
    assert (response.status_code, b"geheim" in response.content) == (404, False)


@pytest.mark.parametrize("name", POSTED)
def test_a_stranger_who_changes_gets_404(victim: Customer, storage: Path, name: str) -> None:
    before = state(victim, storage)
    stranger = sign_in(make_member(make_account("Andere AG"), Role.OWNER))
    assert stranger.post(url_of(name, victim), {"name": "x", "file": file()}).status_code == 404
    assert state(victim, storage) == before


@pytest.mark.parametrize("name", ["group_history", "run", "preview", "rejected", "upload", "mapping"])
def test_another_customers_rows_are_not_there_in_ones_own_account(victim: Customer, name: str) -> None:
    own = make_account("Andere AG")
    inside = url_of(name, victim).replace(f"/a/{victim.account.pk}/", f"/a/{own.pk}/", 1)
    response = sign_in(make_member(own, Role.OWNER)).get(inside)
    assert (response.status_code, b"geheim" in response.content) == (404, False)


@pytest.mark.parametrize("name", EDITED)
def test_a_reader_gets_403(victim: Customer, name: str) -> None:
    assert sign_in(victim.members[Role.READER]).get(url_of(name, victim)).status_code == 403


@pytest.mark.parametrize("name", POSTED)
def test_a_reader_who_changes_gets_403(victim: Customer, storage: Path, name: str) -> None:
    before = state(victim, storage)
    response = sign_in(victim.members[Role.READER]).post(url_of(name, victim), {"name": "x", "file": file()})
    assert (response.status_code, state(victim, storage) == before) == (403, True)


@pytest.mark.parametrize("name", ["history", "group_history", "run", "preview"])
def test_a_reader_sees_history_and_reports(victim: Customer, name: str) -> None:
    response = sign_in(victim.members[Role.READER]).get(url_of(name, victim))
    assert (response.status_code, b"Kunden geheim.csv" in response.content) == (200, True)


@pytest.mark.parametrize("name", [*READ, *EDITED, *PRESSED])
def test_who_is_not_signed_in_gets_to_the_login(victim: Customer, name: str) -> None:
    url = url_of(name, victim)
    response = Client().post(url) if name in PRESSED else Client().get(url)
    assert (response.status_code, response.headers["Location"]) == (302, f"/auth/login/?next={url}")


@pytest.mark.parametrize("name", READ)
def test_a_page_to_read_takes_nothing(victim: Customer, name: str) -> None:
    assert sign_in(victim.members[Role.OWNER]).post(url_of(name, victim)).status_code == 405


@pytest.mark.parametrize("name", PRESSED)
def test_a_button_is_no_page_to_read(victim: Customer, storage: Path, name: str) -> None:
    before = state(victim, storage)
    assert sign_in(victim.members[Role.OWNER]).get(url_of(name, victim)).status_code == 405
    assert state(victim, storage) == before


@pytest.mark.parametrize("status", [one for one in Import.Status if one != Import.Status.DRAFT])
def test_what_was_started_cannot_be_mapped_again(victim: Customer, storage: Path, status: Import.Status) -> None:
    before = state(victim, storage)
    run = victim.imports[status]
    url = reverse("imports:mapping", args=[victim.account.pk, run.pk])
    response = sign_in(victim.members[Role.EDITOR]).post(url, {"mode": "add"})
    page = "imports:preview" if status in (Import.Status.PREVIEWING, Import.Status.PREVIEWED) else "imports:run"
    assert response.headers["Location"] == reverse(page, args=[victim.account.pk, run.pk])
    assert state(victim, storage) == before
