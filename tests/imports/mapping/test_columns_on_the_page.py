"""What is not imported, what two columns may fill, and columns that tell a status."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from imports.readers import STATUS_TARGET, ColumnMapping, StatusFormat
from recipients.models import Group
from tests.factories import make_account, make_member, sign_in
from tests.imports.mapping.shown import (
    import_done,
    list_with_fields,
    newest,
    next_step,
    part,
    refreshed,
    shown,
    url_of,
)
from tests.imports.uploads import CSV, draft, upload
from tests.page_content import errors, notices

pytestmark = pytest.mark.django_db

QUERIES = 13


@pytest.fixture
def account(storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    return list_with_fields(account)


def left_out(response: Any) -> str:
    return part(response, "left-out").text


def test_columns_that_are_not_imported_are_named_in_a_sentence(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;PLZ;Ort\na@example.org;01067;Ulm\n")
    assert left_out(client.get(url_of(run))) == "Not imported: PLZ, Ort"
    assert left_out(refreshed(client, run, new__1__create="on")) == "Not imported: Ort"
    both = {"new__1__create": "on", "new__2__create": "on"}
    assert left_out(refreshed(client, run, **both)) == "All columns are imported."


def test_two_columns_for_one_field_are_refused(client: Client, group: Group) -> None:
    run = draft(client, group)
    sent: dict[str, Any] = {**shown(client, run), "to-vorname-column": ["1", "4"]}
    response = client.post(url_of(run), sent)
    assert response.status_code == 422
    assert errors(response) == ["Two columns cannot fill one field. Choose one."]


def test_one_column_may_fill_two_fields(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Anmeldung\na@example.org;01.02.2024\n")
    moments = {"to__activated_at__column": "1", "to__activated_at__date_format": "dd.mm.yyyy"}
    assert next_step(client, run, **moments).status_code == 302
    mapped = [(entry["target"], entry["column"]) for entry in newest(group).mapping]
    assert mapped == [("email", 0), ("registered_at", 1), ("activated_at", 1)]


# --- statuses ---

STATUS_CSV = "email;status\na@example.org;enabled\nb@example.org;blocklisted\nc@example.org;vip\n"


def test_a_status_is_shown_with_what_it_means(client: Client, group: Group) -> None:
    response = client.get(url_of(draft(client, group, STATUS_CSV)))
    row = part(response, "row-subscription-status")
    assert [cell.text for cell in row.all("li")] == [
        "enabled: active",
        "blocklisted: unsubscribed",
        "vip: not known",
    ]
    assert [doubt.text for doubt in row.all(css_class="mapping__doubt")] == [
        "Nobody can know what “vip” means here. Rows with an unknown status will be rejected."
    ]
    assert "open" in part(response, "registration").attributes


def test_how_a_status_is_told_is_kept(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Wer;Blacklist\na@example.org;ja;nein\nb@example.org;nein;ja\n")
    status = {"column": "1", "shown": "1", "status": "yes_active"}
    changes = {f"to__subscription-status__{name}": value for name, value in status.items()}
    assert next_step(client, run, **changes).status_code == 302
    kept = [ColumnMapping.from_json(entry) for entry in newest(group).mapping]
    assert kept == [
        ColumnMapping("email", 0),
        ColumnMapping(STATUS_TARGET, 1, status=StatusFormat.YES_ACTIVE),
        ColumnMapping("deactivated_at", 2, status=StatusFormat.YES_UNSUBSCRIBED),
    ]


def test_one_status_may_hold_for_all_rows(client: Client, group: Group) -> None:
    run = draft(client, group)
    assert next_step(client, run, **{"to__subscription-status__alternative": "unsubscribed"}).status_code == 302
    kept = [ColumnMapping.from_json(entry) for entry in newest(group).mapping]
    assert kept[1] == ColumnMapping(STATUS_TARGET, None, "unsubscribed")


def test_a_new_field_may_be_called_status(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Status\na@example.org;VIP\n")
    assert next_step(client, run, new__1__create="on").status_code == 302


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_column_that_seems_to_know_of_sign_offs_is_pointed_out(client: Client, group: Group, language: str) -> None:
    run = draft(client, group, "E-Mail;OPT_IN\na@example.org;yes\nb@example.org;no\nc@example.org;\n")
    response = client.get(url_of(run), headers={"Accept-Language": language})
    (notice,) = [text for text in notices(response) if "OPT_IN" in text]
    assert notice.startswith(("The column OPT_IN seems", "Die Spalte OPT_IN scheint"))
    changes = {"to__subscription-status__column": "1", "to__subscription-status__status": "yes_active"}
    assert "OPT_IN" not in " ".join(notices(refreshed(client, run, **changes)))


def test_the_page_needs_the_same_queries_whatever_the_file(
    client: Client, group: Group, django_assert_num_queries: Any
) -> None:
    import_done(client, group)
    header = ";".join(["E-Mail", *(f"Spalte {n}" for n in range(60))])
    for content in (CSV, header + "\na@example.org" + ";x" * 60 + "\n"):
        upload(client, group, content)
        run = newest(group)
        client.get(url_of(run))
        with django_assert_num_queries(QUERIES):
            client.get(url_of(run))


@pytest.mark.parametrize(("columns", "is_folded"), [(8, False), (9, True)])
def test_many_columns_without_a_field_are_folded(
    client: Client, group: Group, columns: int, *, is_folded: bool
) -> None:
    header = ";".join(["E-Mail", *(f"Spalte {n}" for n in range(columns))])
    run = draft(client, group, header + "\na@example.org" + ";x" * columns + "\n")
    folds = part(client.get(url_of(run)), "unused").all("details")
    assert [("open" in fold.attributes) for fold in folds] == [False] * is_folded
    folds = part(refreshed(client, run, new__1__create="on"), "unused").all("details")
    assert [("open" in fold.attributes) for fold in folds] == [True] * is_folded


def test_nothing_is_said_of_columns_when_all_have_a_field(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Vorname\na@example.org;Ada\n")
    assert "hidden" in part(client.get(url_of(run)), "unused").attributes
