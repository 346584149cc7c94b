"""The page of what has changed since a backup: counts, rows, filters, the file, and large lists in the background."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.masterdata.file import FieldType
from recipients.models import Field, Group, Recipient
from recipients.services.recipients import Value
from recipients.storage import place
from tests.backups.catalogue import make_backup, take_backup_of
from tests.backups.erasures import advance, erase
from tests.backups.test_viewing import no_kept_files  # noqa: F401 - used by its name
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.page_content import read, rows

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_kept_files")]
ANNA: dict[str, Value] = {"ort": "Köln", "umsatz": Decimal("1234.5")}
QUERIES = 15  # four of them for the test's own transaction around the request's


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def reader(account: Account) -> User:
    return make_member(account, Role.READER)


@pytest.fixture
def client(reader: User) -> Client:
    return sign_in(reader)


@pytest.fixture
def group(account: Account, storage: Path) -> Group:
    group = make_group(account, "Kunden")
    make_field(account, "Ort", FieldType.TEXT, group=group, key="ort")
    make_field(account, "Umsatz", FieldType.NUMBER, group=group, key="umsatz")
    for name in ("anna", "bert", "carl"):
        make_recipient(group, f"{name}@example.org", values=ANNA)
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


def change(group: Group, **values: Any) -> None:
    """Anna gets other values, bert goes, dora comes."""
    with account_scope(group.account_id):
        of_group = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
        of_group.filter(email__in=["anna@example.org", "bert@example.org"]).delete()
    make_recipient(group, "anna@example.org", values=ANNA | (values or {"ort": "=Ulm"}))
    make_recipient(group, "dora@example.org")
    raise_revision(group)


def raise_revision(group: Group) -> None:
    """As every write does."""
    with account_scope(group.account_id):
        one = Group.objects.get(pk=group.pk)
        Group.objects.filter(pk=group.pk).update(revision=one.revision + 1)


def url_of(backup: Backup, name: str = "compare") -> str:
    return reverse(f"backups:{name}", args=[backup.account_id, backup.pk])


def figures(response: Any) -> list[str]:
    """Added, removed, changed, unchanged."""
    return [value.text for value in read(response).all("dd", "stat__value")]


@pytest.mark.parametrize(("role", "shown"), [(Role.READER, 0), (Role.EDITOR, 1)])
def test_who_may_restore_the_backup_finds_the_way_here(
    account: Account, backup: Backup, role: Role, shown: int
) -> None:
    page = sign_in(make_member(account, role)).get(reverse("backups:compare", args=[account.pk, backup.pk]))
    href = reverse("backups:restore", args=[account.pk, backup.pk])
    assert [link.text for link in read(page).all("a") if link.attributes["href"] == href] == ["Restore …"] * shown


def text_of(response: Any) -> str:
    return read(response).text


def test_differences_are_counted_and_shown_since_the_backup(backup: Backup, group: Group, client: Client) -> None:
    change(group)
    response = client.get(url_of(backup))
    assert figures(response) == ["1", "1", "1", "1"]
    assert rows(response) == [
        ["anna@example.org", "changed", "Ort", "Köln", "=Ulm"],
        ["bert@example.org", "removed", ""],
        ["dora@example.org", "added", ""],
    ]


@pytest.mark.parametrize(
    ("query", "emails"),
    [
        ({"kind": "added"}, ["dora"]),
        ({"kind": "removed"}, ["bert"]),
        ({"kind": "changed"}, ["anna"]),
        ({"field": "ort"}, ["anna"]),
        ({"field": "umsatz"}, []),
        ({"kind": "added", "field": "ort"}, []),
    ],
)
def test_rows_are_filtered_by_kind_and_field(
    backup: Backup, group: Group, client: Client, query: dict[str, str], emails: list[str]
) -> None:
    change(group)
    assert [row[0] for row in rows(client.get(url_of(backup), query))] == [f"{name}@example.org" for name in emails]


def test_list_that_has_not_changed_is_told_without_its_file(backup: Backup, client: Client) -> None:
    Path(place("backups").path(backup.file_key)).unlink()
    assert "Nothing has changed" in text_of(client.get(url_of(backup)))


def test_two_backups_are_compared_from_the_older_to_the_younger_whichever_is_asked(
    backup: Backup, group: Group, client: Client, tmp_path: Path
) -> None:
    change(group)
    later = take_backup_of(group, tmp_path)
    for one, other in ((backup, later), (later, backup)):
        response = client.get(url_of(one), {"with": str(other.pk)})
        assert [row[:2] for row in rows(response)] == [
            ["anna@example.org", "changed"],
            ["bert@example.org", "removed"],
            ["dora@example.org", "added"],
        ]
        assert "only in the later backup" in text_of(response)


def test_renamed_deleted_retyped_and_new_fields_are_told(
    backup: Backup, group: Group, account: Account, client: Client
) -> None:
    with account_scope(account.pk):
        Field.objects.filter(key="ort").update(label="Stadt")
        Field.objects.filter(key="umsatz").update(type=FieldType.TEXT.value)
    make_field(account, "Neu", FieldType.DATE, key="neu")
    raise_revision(group)
    text = text_of(client.get(url_of(backup)))
    assert "The field “Ort” was renamed to “Stadt”." in text
    assert "The field “Umsatz” had the type Number and has the type Text." in text
    assert "The field “Neu” was added." in text


def test_values_are_shown_in_the_readers_language(backup: Backup, group: Group, client: Client) -> None:
    change(group, umsatz=Decimal("2.25"))
    response = client.get(url_of(backup), headers={"accept-language": "de"})
    assert rows(response)[0] == ["anna@example.org", "geändert", "Umsatz", "1.234,5", "2,25"]


def test_file_has_every_difference_and_runs_nothing(backup: Backup, group: Group, client: Client, reader: User) -> None:
    change(group)
    response = client.get(url_of(backup, "compare_file"))
    lines = b"".join(response).decode("utf-8-sig").split("\r\n")
    assert lines == [
        '"E-mail";"Change";"Field";"Before";"After"',
        '"anna@example.org";"changed";"Ort";"Köln";"\'=Ulm"',
        '"bert@example.org";"removed";;;',
        '"dora@example.org";"added";;;',
        "",
    ]
    with account_scope(backup.account_id):
        (entry,) = AuditEntry.objects.filter(action=AuditAction.COMPARISON_DOWNLOADED)
        assert (entry.actor_id, entry.detail["until"]) == (reader.pk, "today")


def test_file_of_nothing_leads_back_to_the_page(backup: Backup, client: Client) -> None:
    assert client.get(url_of(backup, "compare_file"))["Location"].startswith(url_of(backup))


def test_deleted_list_has_no_today(backup: Backup, group: Group, client: Client, tmp_path: Path) -> None:
    change(group)
    later = take_backup_of(group, tmp_path)
    with account_scope(group.account_id):
        Group.objects.filter(pk=group.pk).update(deleted_at=NOW)
    assert "This list is deleted" in text_of(client.get(url_of(backup)))
    assert figures(client.get(url_of(backup), {"with": str(later.pk)})) == ["1", "1", "1", "1"]


def test_backup_of_another_list_is_404(backup: Backup, account: Account, client: Client) -> None:
    other = make_backup(make_group(account))
    assert client.get(url_of(backup), {"with": str(other.pk)}).status_code == 404


@pytest.mark.parametrize("other", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_unknown_other_side_is_404(backup: Backup, client: Client, other: str) -> None:
    assert client.get(url_of(backup), {"with": other}).status_code == 404


@pytest.mark.parametrize(("status", "code"), [("pending", 409), ("failed", 409), ("purging", 404)])
def test_backup_that_is_not_complete_is_not_compared(group: Group, client: Client, status: str, code: int) -> None:
    assert client.get(url_of(make_backup(group, status=status))).status_code == code


def test_damaged_backup_is_not_compared(backup: Backup, group: Group, client: Client) -> None:
    change(group)
    Path(place("backups").path(backup.file_key)).write_bytes(b"not what was kept")
    assert client.get(url_of(backup)).status_code == 410
    assert client.get(url_of(backup, "compare_file")).status_code == 410


def test_erased_person_is_in_no_comparison(backup: Backup, group: Group, account: Account, client: Client) -> None:
    change(group)
    assert "bert@example.org" in text_of(client.get(url_of(backup)))
    erasure = erase(account, make_member(account, Role.OWNER), "bert@example.org")
    assert figures(client.get(url_of(backup))) == ["1", "0", "1", "1"]
    advance(erasure)
    assert figures(client.get(url_of(backup))) == ["1", "0", "1", "1"]


def test_page_asks_the_database_the_same_for_one_row_and_for_many(
    group: Group, client: Client, tmp_path: Path, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 100):
        backup = take_backup_of(group, tmp_path)
        for number in range(count):
            make_recipient(group, f"r{count}-{number}@example.org")
        raise_revision(group)
        client.get(url_of(backup))
        with django_assert_num_queries(QUERIES):
            client.get(url_of(backup))
