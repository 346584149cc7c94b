"""The file that a closed account leaves: it holds what the database does, and nobody who was erased."""

import hashlib
import io
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.utils import timezone

from accounts.models import Account, AuditEntry, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup, Closure, Erasure
from recipients.masterdata.file import FieldType, MasterDataFile
from recipients.models import Activity, Contact, Group, Recipient
from recipients.storage import place
from tests.backups.catalogue import make_backup, take_backup_of
from tests.backups.closings import advance, archive_of, close, exported, fresh, keys_of, table
from tests.backups.erasures import PERSON, erase
from tests.customer import make_customer
from tests.factories import (
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
    make_user,
)

pytestmark = pytest.mark.usefixtures("committed_db", "storage")
HOSTILE = ["../../flucht", "Kunden", "Kunden", "KUNDEN", "..", "con", "Rosen 🌹/Tulpen", "=1+1", "a" * 200]
FORMULA = '=HYPERLINK("http://example.org")'


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user(language="de"))


@pytest.fixture
def operator() -> User:
    return make_user(is_staff=True)


def rows_of(content: bytes) -> list[dict[str, object]]:
    with MasterDataFile.open(io.BytesIO(content)) as file:
        return [row for batch in file.batches() for row in batch.to_pylist()]


def test_every_list_is_in_it_with_every_value_and_status(account: Account, owner: User, operator: User) -> None:
    wanted: dict[str, set[str]] = {}
    for number, name in enumerate(HOSTILE):
        group = make_group(account, name, note=f"von {number}", locked=number == 1)
        make_field(account, "Ort", key="ort", group=group)
        make_recipient(group, f"a{number}@example.org", values={"ort": FORMULA}, tags=["x"], source="Messe")
        make_recipient(group, f"b{number}@example.org", deactivated_at=timezone.now())
        make_blocked(account, f"*@spam{number}.example", group=group)
        wanted.setdefault(name, set()).update({f"a{number}@example.org", f"b{number}@example.org"})
    archive = archive_of(exported(account, operator))
    assert not [name for name in archive if ".." in name.split("/") or name.startswith("/") or "\\" in name]
    listed = table(archive["lists.csv"])[1:]
    assert "'=1+1" in [row[0] for row in listed]
    found: dict[str, set[str]] = {}
    for name, folder, note, locked, count in listed:
        rows = rows_of(archive[f"{folder}/recipients.parquet"])
        found.setdefault(name.removeprefix("'"), set()).update(str(row["email"]) for row in rows)
        number = int(note.removeprefix("von "))
        assert (locked, count, len(rows)) == ("Ja" if number == 1 else "Nein", "2", 2)
        by_address = {str(row["email"]): row for row in rows}
        first = by_address[f"a{number}@example.org"]
        assert (first["ort"], first["tags"], first["source"]) == (FORMULA, ["x"], "Messe")
        assert by_address[f"b{number}@example.org"]["deactivated_at"] is not None
        cells = table(archive[f"{folder}/recipients.csv"])
        assert (cells[0][0], cells[1][-1], len(cells)) == ("E-Mail", f"'{FORMULA}", 3)
        assert table(archive[f"{folder}/block-list.csv"])[1][0] == f"*@spam{number}.example"
    assert found == wanted


def test_file_tells_settings_and_fields_of_a_list(account: Account, owner: User, operator: User) -> None:
    group = make_group(account, "Kunden", note="Messe 2025", automatic_backups=False)
    make_field(account, "Umsatz", FieldType.NUMBER, key="umsatz", group=group)
    archive = archive_of(exported(account, operator))
    with MasterDataFile.open(io.BytesIO(archive["lists/Kunden/recipients.parquet"])) as file:
        told = file.description
    assert (told.group_name, told.group_note, told.group_settings["automatic_backups"]) == (
        "Kunden",
        "Messe 2025",
        False,
    )
    assert [field.key for field in told.fields] == ["umsatz"]
    assert [row[:3] for row in table(archive["fields.csv"])[1:]] == [["Kunden", "Umsatz", "umsatz"]]


def test_values_activities_block_list_and_people_are_in_it(account: Account, owner: User, operator: User) -> None:
    group = make_group(account, "Kunden")
    make_field(account, "Nummer", FieldType.NUMBER, key="nummer")
    make_field(account, "Wort", key="wort")
    anna = make_recipient(group, "anna@example.org")
    make_contact(account, "anna@example.org", {"nummer": -4711, "wort": "@SUM(A1)"})
    make_activity(anna, Activity.Kind.OPENED, subject="=Betreff")
    make_blocked(account, "*@example.com", blocked_by=owner)
    archive = archive_of(exported(account, operator))
    assert table(archive["account-wide-values.csv"]) == [
        ["E-Mail", "Nummer", "Wort"],
        ["anna@example.org", "-4711", "'@SUM(A1)"],
    ]
    assert [[row[0], row[1], row[3], row[4]] for row in table(archive["activities.csv"])[1:]] == [
        ["anna@example.org", "Kunden", "Geöffnet", "'=Betreff"]
    ]
    assert [[row[0], row[2]] for row in table(archive["block-list.csv"])[1:]] == [["*@example.com", owner.email]]
    assert [row[0] for row in table(archive["members.csv"])[1:]] == [owner.email]
    assert "Alle Daten" in archive["README.txt"].decode("utf-8-sig")


def test_numbers_are_those_of_the_database(operator: User) -> None:
    """Model: what is counted in the tables of a customer who has some of everything stands in the file."""
    customer = make_customer("rosenrot")
    account_id = customer.account.pk
    with account_scope(account_id):
        Closure.objects.all().delete()
        groups = list(Group.objects.filter(deleted_at=None))
        recipients = {one.name: Recipient.objects.filter(group=one).count() for one in groups}
        complete = Backup.objects.filter(status=Backup.Status.COMPLETE)
        files = set(complete.values_list("sha256", flat=True))
        numbers = {
            "account-wide-values.csv": Contact.objects.count(),
            "activities.csv": Activity.objects.count(),
            "backups.csv": complete.count(),
            "members.csv": len(customer.members),
            "imports.csv": len(customer.imports),
        }
    closure = exported(customer.account, operator)
    archive = archive_of(closure)
    with account_scope(account_id):
        numbers["audit-log.csv"] = AuditEntry.objects.count() - 1  # all but that the export is complete
    assert {name: len(table(archive[name])) - 1 for name in numbers} == numbers
    assert {row[0]: int(row[4]) for row in table(archive["lists.csv"])[1:]} == recipients
    kept = {hashlib.sha256(content).hexdigest() for name, content in archive.items() if name.startswith("backups/")}
    assert kept == files
    assert {row[4] for row in table(archive["backups.csv"])[1:]} == {
        name for name in archive if name.startswith("backups/")
    }
    assert (closure.list_count, closure.recipient_count, closure.backup_count) == (
        len(groups),
        sum(recipients.values()),
        numbers["backups.csv"],
    )


def test_backups_that_share_a_file_bring_it_once(account: Account, owner: User, operator: User, tmp_path: Path) -> None:
    group = make_group(account)
    make_recipient(group)
    backup = take_backup_of(group, tmp_path)
    make_backup(group, **{name: getattr(backup, name) for name in ("file_key", "sha256", "size", "revision")})
    archive = archive_of(exported(account, operator))
    assert len([name for name in archive if name.startswith("backups/")]) == 1
    assert len({row[4] for row in table(archive["backups.csv"])[1:]}) == 1
    assert len(table(archive["backups.csv"])) == 3


def test_who_was_erased_is_nowhere_in_it(account: Account, owner: User, operator: User, tmp_path: Path) -> None:
    group = make_group(account)
    for email in ("anna@example.org", PERSON):
        make_recipient(group, email)
    make_blocked(account, PERSON, group=group)
    backup = take_backup_of(group, tmp_path)
    erase(account, owner)  # the job that rewrites the backup has not begun, and does not while the account is on hold
    archive = archive_of(exported(account, operator))
    with account_scope(account.pk):
        assert Erasure.objects.get().status == Erasure.Status.WAITING
    (name,) = [name for name in archive if name.startswith("backups/")]
    assert [row["email"] for row in rows_of(archive[name])] == ["anna@example.org"]
    assert hashlib.sha256(archive[name]).hexdigest() != backup.sha256
    told = [
        b"".join(archive[one] for one in archive),
        *(_unpacked(archive[one]) for one in archive if "parquet" in one),
    ]
    assert [PERSON.encode() in text for text in told] == [False] * len(told)


def _unpacked(content: bytes) -> bytes:
    with pq.ParquetFile(io.BytesIO(content)) as parquet:
        return f"{parquet.metadata.metadata} {parquet.read().to_pylist()}".encode()


@pytest.mark.parametrize(("spoil", "code"), [("remove", "backup_missing"), ("damage", "backup_damaged")])
def test_backup_that_cannot_be_read_stops_the_export(
    spoil: str, code: str, *, account: Account, owner: User, operator: User, tmp_path: Path
) -> None:
    backup = take_backup_of(make_group(account), tmp_path)
    spoil_file(backup, spoil)
    closure = advance(close(account, operator))
    assert closure is not None
    assert (closure.status, closure.failure, keys_of(account.pk) == [f"backups/{backup.file_key}"]) == (
        Closure.Status.FAILED,
        code,
        spoil == "damage",
    )


@pytest.mark.parametrize("spoil", ["remove", "damage"])
def test_backup_that_cannot_be_read_is_left_out_and_told_when_asked_for(
    spoil: str, account: Account, owner: User, operator: User, tmp_path: Path
) -> None:
    backup = take_backup_of(make_group(account), tmp_path)
    spoil_file(backup, spoil)
    closure = exported(account, operator, leave_out=True)
    archive = archive_of(closure)
    assert (fresh(closure).backup_count, fresh(closure).report["unreadable"]) == (0, 1)
    assert table(archive["backups.csv"])[1][4] == "Die Datei ist beschädigt oder fehlt"
    assert "backups.csv" in archive["README.txt"].decode("utf-8-sig").split("recipients.csv")[0]


def spoil_file(backup: Backup, how: str) -> None:
    path = Path(place("backups").path(backup.file_key))
    if how == "remove":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"x")


def test_account_without_anything_is_exported(account: Account, operator: User) -> None:
    archive = archive_of(exported(account, operator))
    assert (len(table(archive["lists.csv"])), len(table(archive["account-wide-values.csv"]))) == (1, 1)
