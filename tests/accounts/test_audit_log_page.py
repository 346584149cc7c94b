"""My Account > Extras > Audit log: what it shows to whom, what it leaves out when asked, and its pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.audit_log import ACTIONS
from accounts.models import Account, AuditAction, AuditEntry, Role, User, Via
from accounts.services import record
from accounts.tenancy import account_scope
from tests.factories import NOW, make_account, make_member, make_user, sign_in
from tests.page_content import errors, read, rows

pytestmark = pytest.mark.django_db

# session, user; the gate's scope: savepoint, settings read, set, and put back, savepoint released; membership;
# the people to choose from, entries; the person's accounts for the switcher
QUERIES = 11


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def reader(account: Account) -> User:
    return make_member(account, Role.READER, make_user("anna@example.org", first_name="Anna", last_name="Berger"))


@pytest.fixture
def client(reader: User) -> Client:
    return sign_in(reader)


def note(account: Account, action: AuditAction, subject: str = "", *, minute: int = 0, **given: Any) -> None:
    """One entry, so many minutes after NOW; `actor`: who did it."""
    actor = given.pop("actor", None)
    with account_scope(account.pk):
        record(
            account_id=account.pk,
            actor_id=actor.pk if actor else None,
            action=action,
            subject=subject,
            now=NOW + timedelta(minutes=minute),
            **given,
        )


def add(account: Account, count: int, actor: User | None = None) -> None:
    """Entries whose subjects count from 1, a minute apart."""
    for number in range(1, count + 1):
        note(account, AuditAction.GROUP_CREATED, str(number), minute=number, actor=actor)


def url_of(account: Account) -> str:
    return reverse("accounts:audit_log", args=[account.pk])


def subjects(response: object) -> list[str]:
    return [cells[1] for cells in rows(response)]


# --- what stands there ------------------------------------------------------------------------------------------


def test_the_audit_log_tells_what_whom_who_how_and_when_newest_first(
    account: Account, reader: User, client: Client
) -> None:
    add(make_account("Andere AG"), 1)
    note(account, AuditAction.BACKUP_MADE, "Kunden", actor=reader, recipients=1200)
    note(account, AuditAction.BACKUP_PURGED, minute=60)
    found = rows(client.get(url_of(account)))
    assert [[*cells[:4], cells[4][:18]] for cells in found] == [
        ["Backup deleted after its time", "–", "Listkeep", "Listkeep", "2 Mar 2026, 11:30 "],
        ["Backup made 1,200 recipients", "Kunden", "Anna Berger", "Listkeep", "2 Mar 2026, 10:30 "],
    ]


@pytest.mark.parametrize(
    ("action", "detail", "words"),
    [
        (AuditAction.ROLE_CHANGED, {"before": "reader", "role": "owner"}, "Role changed Reader → Owner"),
        (AuditAction.MEMBER_INVITED, {"role": "editor"}, "Person invited as Editor"),
        (AuditAction.RETENTION_CHANGED, {"before": 30, "days": 60}, "Days that backups are kept changed 30 → 60"),
        (AuditAction.FIELD_CREATED, {"list": "Kunden", "type": "text"}, "Field created in the list Kunden"),
        (AuditAction.FIELD_CREATED, {"list": None, "type": "text"}, "Field created"),
        (AuditAction.IMPORT_DONE, {"file": "kunden.csv"}, "Import done kunden.csv"),
        (AuditAction.AUDIT_LOG_DOWNLOADED, {"entries": 1}, "Audit log downloaded 1 entry"),
    ],
)
def test_an_entry_says_its_details_in_words(
    account: Account, client: Client, action: AuditAction, detail: dict[str, Any], words: str
) -> None:
    note(account, action, **detail)
    assert rows(client.get(url_of(account)))[0][0] == words


@pytest.mark.parametrize(("role", "way"), [(Role.OWNER, "Browser 192.0.2.1"), (Role.EDITOR, "Browser")])
def test_only_owners_see_the_address(account: Account, role: Role, way: str) -> None:
    note(account, AuditAction.GROUP_CREATED, "Kunden")
    with account_scope(account.pk):
        AuditEntry.objects.update(via=Via.BROWSER, address="192.0.2.1")
    assert rows(sign_in(make_member(account, role)).get(url_of(account)))[0][3] == way


def test_entries_of_one_instant_stand_newest_first_too(account: Account, client: Client) -> None:
    note(account, AuditAction.IMPORT_DONE, "first")
    note(account, AuditAction.IMPORT_DONE, "second")
    assert subjects(client.get(url_of(account))) == ["second", "first"]


def test_an_empty_audit_log_says_what_it_is_for(account: Account, client: Client) -> None:
    assert read(client.get(url_of(account))).all("h2")[0].text == "Nothing has happened yet"


# --- the filter -------------------------------------------------------------------------------------------------


def test_every_action_has_one_topic() -> None:
    placed = [action for actions in ACTIONS.values() for action in actions]
    assert sorted(placed) == sorted(AuditAction)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"topic": "imports"}, ["Presse"]),
        ({"topic": "settings"}, []),
        ({"person": "0"}, ["Presse"]),
        ({"words": "kund"}, ["Ort", "Kunden"]),
        ({"words": "messe.csv"}, ["Presse"]),
        ({"since": "2026-03-03"}, ["Ort"]),
        ({"until": "2026-03-02"}, ["Presse", "Kunden"]),
        ({"since": "2026-03-03", "until": "2026-03-03", "words": "ort"}, ["Ort"]),
    ],
)
def test_the_filter_leaves_out_what_is_not_wanted(
    account: Account, reader: User, client: Client, query: dict[str, str], shown: list[str]
) -> None:
    note(account, AuditAction.GROUP_CREATED, "Kunden", actor=reader)
    note(account, AuditAction.IMPORT_DONE, "Presse", file="Messe.csv", minute=1)
    note(account, AuditAction.FIELD_CREATED, "Ort", list="Kunden", actor=reader, minute=24 * 60)
    assert subjects(client.get(url_of(account), query)) == shown


def test_the_filter_knows_people_who_have_left(account: Account, reader: User, client: Client) -> None:
    gone = make_user("weg@example.org")
    note(account, AuditAction.GROUP_CREATED, "Kunden", actor=gone)
    note(account, AuditAction.GROUP_CREATED, "Presse", actor=reader)
    response = client.get(url_of(account), {"person": str(gone.pk)})
    choices = [option.text for option in read(response).all("option")][-2:]
    assert (subjects(response), choices) == (["Kunden"], ["Anna Berger", "weg@example.org"])


def test_somebody_of_another_account_cannot_be_chosen(account: Account, client: Client) -> None:
    stranger = make_member(make_account("Andere AG"))
    add(make_account("Dritte KG"), 1, actor=stranger)
    add(account, 1)
    response = client.get(url_of(account), {"person": str(stranger.pk)})
    assert (len(errors(response)), subjects(response)) == (1, ["1"])


def test_a_date_that_is_none_says_so(account: Account, client: Client) -> None:
    add(account, 1)
    response = client.get(url_of(account), {"since": "gestern"})
    assert (errors(response), subjects(response)) == (["Enter a valid date."], ["1"])


def test_a_filter_that_leaves_nothing_offers_everything(account: Account, client: Client) -> None:
    add(account, 1)
    page = read(client.get(url_of(account), {"topic": "imports"}))
    assert page.all("h2")[0].text == "No entry matches"


# --- pages ------------------------------------------------------------------------------------------------------


def test_the_pages_of_fifty_lead_on_and_back_with_the_same_filter(account: Account, client: Client) -> None:
    add(account, 101)
    note(account, AuditAction.BACKUP_MADE, "left out", minute=200)
    url = f"{url_of(account)}?topic=lists"
    shown = []
    for step in ("next", "next", "prev", "prev"):
        response = client.get(url)
        shown.append(subjects(response))
        (way,) = [link for link in read(response).all("a") if link.attributes.get("rel") == step]
        url = f"{url_of(account)}{way.attributes['href']}"
    shown.append(subjects(client.get(url)))
    first, second, third = range(101, 51, -1), range(51, 1, -1), range(1, 0, -1)
    assert shown == [[str(number) for number in page] for page in (first, second, third, second, first)]


@pytest.mark.parametrize(
    "place", ["x", "2026-03-02T09:30:00_1", "2026-03-02T09:30:00+00:00_x", "_", f"2026-03-02T09:30:00+00:00_{2**63}"]
)
def test_a_place_that_is_none_is_not_found(account: Account, client: Client, place: str) -> None:
    assert client.get(url_of(account), {"before": place}).status_code == 404


@pytest.mark.parametrize("entries", [1, 3])
def test_the_audit_log_asks_as_often_for_one_entry_as_for_three(
    account: Account, reader: User, client: Client, entries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add(account, entries, actor=reader)
    with django_assert_num_queries(QUERIES):
        response = client.get(url_of(account))
    assert len(rows(response)) == entries
