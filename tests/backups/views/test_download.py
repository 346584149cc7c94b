"""The download of an export file: what it holds, what it is called, and that a damaged file is never given out."""

import hashlib
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from backups.downloads import file_name
from backups.models import Backup
from recipients.masterdata.file import FieldType
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import make_backup, take_backup_of
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.page_content import notices, read

pytestmark = pytest.mark.django_db


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
    """A list with a field and two recipients, one of them unsubscribed."""
    group = make_group(account, "Kunden & Händler")
    make_field(account, "Ort", FieldType.TEXT, group=group)
    make_recipient(group, "anna@example.org", values={"ort": "Köln"})
    make_recipient(group, "bert@example.org", deactivated_at=NOW)
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path, requested_at=datetime(2026, 11, 24, 6, 39, tzinfo=UTC))


def url_of(backup: Backup, form: str = "csv") -> str:
    return reverse("backups:download", args=[backup.account_id, backup.pk, form])


def path_of(backup: Backup) -> Path:
    """The backup's file in the local storage."""
    return Path(place("backups").path(backup.file_key))


def told(account_id: int) -> list[tuple[int | None, str, dict[str, str]]]:
    """The downloads in the audit trail: by whom, of what, details."""
    with account_scope(account_id):
        entries = AuditEntry.objects.filter(action=AuditAction.BACKUP_DOWNLOADED)
        return [(entry.actor_id, entry.subject, entry.detail) for entry in entries]


# --- what is given out -----------------------------------------------------------------------------------------------


def test_csv_holds_the_lists_master_data(backup: Backup, client: Client) -> None:
    response = client.get(url_of(backup))
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    lines = response.getvalue().decode("utf-8-sig").split("\r\n")
    assert [line.replace('"', "").split(";")[::7] for line in lines] == [
        ["E-mail", "Ort"],
        ["anna@example.org", "Köln"],
        ["bert@example.org", ""],
        [""],
    ]


def test_csv_speaks_the_language_of_the_page(backup: Backup, client: Client) -> None:
    body = client.get(url_of(backup), headers={"accept-language": "de"}).getvalue().decode("utf-8-sig")
    assert body.split("\r\n")[0].replace('"', "") == (
        "E-Mail;Registriert am;Aktiviert am;Deaktiviert am;Bounced am;Quelle;Tags;Ort"
    )


def test_parquet_is_the_very_file(backup: Backup, client: Client) -> None:
    response = client.get(url_of(backup, "parquet"))
    body = response.getvalue()
    assert hashlib.sha256(body).hexdigest() == backup.sha256
    assert response.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert response.headers["Content-Length"] == str(len(body))
    assert pq.read_table(BytesIO(body)).column("ort").to_pylist() == ["Köln", None]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_download_is_an_attachment_that_nobody_keeps_or_guesses_about(
    form: str, backup: Backup, client: Client
) -> None:
    response = client.get(url_of(backup, form))
    response.getvalue()
    quoted = f"attachment; filename*=utf-8''Kunden%20%26%20H%C3%A4ndler_2026-11-24_07-39.{form}"
    assert response.headers["Content-Disposition"] == quoted
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_download_stands_in_the_audit_trail(backup: Backup, client: Client, reader: User) -> None:
    client.get(url_of(backup, "parquet")).getvalue()
    detail = {"format": "parquet", "asked_for_at": "2026-11-24T06:39:00+00:00"}
    assert told(backup.account_id) == [(reader.pk, "Kunden & Händler", detail)]


def test_file_that_is_being_sent_is_whole_though_its_backup_is_purged_meanwhile(backup: Backup, client: Client) -> None:
    response = client.get(url_of(backup, "parquet"))
    path_of(backup).unlink()
    assert hashlib.sha256(response.getvalue()).hexdigest() == backup.sha256


@pytest.mark.parametrize("form", ["xls", "html", "CSV"])
def test_other_form_is_not_found(form: str, backup: Backup, client: Client) -> None:
    assert client.get(url_of(backup, form)).status_code == 404


@pytest.mark.parametrize("kind", ["unknown", "being deleted"])
def test_backup_that_cannot_be_known_is_not_found(kind: str, group: Group, client: Client) -> None:
    hidden = make_backup(group, status=Backup.Status.PURGING)
    pk = {"unknown": uuid4(), "being deleted": hidden.pk}[kind]
    assert client.get(reverse("backups:download", args=[group.account_id, pk, "csv"])).status_code == 404


# --- what is refused -------------------------------------------------------------------------------------------------


def refusal(client: Client, backup: Backup, form: str = "csv") -> tuple[int, str]:
    """The status of a refused download, and the first words of the notice in its page."""
    response = client.get(url_of(backup, form))
    assert response.headers["Content-Type"].startswith("text/html")
    (notice,) = read(response).all(css_class="notice__title")
    assert len(notices(response)) == 1
    assert told(backup.account_id) == []
    return response.status_code, notice.text


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_file_with_one_byte_changed_is_refused(form: str, backup: Backup, client: Client) -> None:
    content = bytearray(path_of(backup).read_bytes())
    content[len(content) // 2] ^= 1
    path_of(backup).write_bytes(content)
    assert refusal(client, backup, form) == (410, "The file of this backup is damaged")


def test_file_that_lost_its_end_is_refused(backup: Backup, client: Client) -> None:
    path_of(backup).write_bytes(path_of(backup).read_bytes()[:-1])
    assert refusal(client, backup) == (410, "The file of this backup is damaged")


def test_file_that_is_no_master_data_is_refused_though_its_checksum_holds(
    backup: Backup, group: Group, client: Client
) -> None:
    path_of(backup).write_bytes(b"something else")
    other = make_backup(group, file_key=backup.file_key, sha256=hashlib.sha256(b"something else").hexdigest())
    assert refusal(client, other) == (410, "The file of this backup is damaged")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_file_that_is_gone_is_said_to_be(form: str, backup: Backup, client: Client) -> None:
    path_of(backup).unlink()
    assert refusal(client, backup, form) == (410, "The file of this backup is gone")


def test_storage_that_does_not_answer_is_not_taken_for_a_lost_file(
    backup: Backup, client: Client, settings: Settings
) -> None:
    settings.STORAGES = {**settings.STORAGES, "backups": unreachable_storage()}
    assert refusal(client, backup) == (503, "The place where backups are kept does not answer")


def unreachable_storage() -> dict[str, object]:
    """An S3 server that nobody runs."""
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": "listkeep",
            "access_key": "nobody",
            "secret_key": "nothing",
            "endpoint_url": "http://127.0.0.1:9",
            "region_name": "us-east-1",
        },
    }


def test_backup_that_is_being_made_is_said_to_be(group: Group, client: Client) -> None:
    pending = make_backup(group, status=Backup.Status.PENDING)
    assert refusal(client, pending) == (409, "This backup is still being made")


def test_backup_that_failed_is_said_to_have(group: Group, client: Client) -> None:
    failed = make_backup(group, status=Backup.Status.FAILED, failure="interrupted")
    assert refusal(client, failed) == (409, "This backup could not be made")


def test_refusal_leads_to_the_lists_other_backups(backup: Backup, client: Client) -> None:
    path_of(backup).unlink()
    (button,) = read(client.get(url_of(backup))).all("a", "button--primary")
    overview = reverse("backups:overview", args=[backup.account_id])
    assert button.attributes["href"] == f"{overview}?group={backup.group_id}"


# --- names -----------------------------------------------------------------------------------------------------------

NAMES = {
    "Kunden 2026": "Kunden 2026",
    'Köln/Bonn: "A\\B" <*?|>': "Köln-Bonn- -A-B- -----",
    "..\x00\n\u202efdp.exe. ": "fdp.exe",
    "...": "Backup",
    "\U0001f98a Füchse": "\U0001f98a Füchse",
    "x" * 200: "x" * 120,
}


@pytest.mark.parametrize("name", NAMES)
def test_file_is_named_after_its_list_in_a_way_that_every_system_takes(name: str) -> None:
    backup = Backup(group_name=name, requested_at=datetime(2026, 7, 1, 22, 30, tzinfo=UTC))
    assert (
        file_name(name=backup.group_name, at=backup.requested_at, form="csv") == f"{NAMES[name]}_2026-07-02_00-30.csv"
    )


def test_header_with_the_name_can_be_read_back(group: Group, tmp_path: Path, client: Client) -> None:
    name = 'Köln; filename="x.exe"'
    backup = take_backup_of(group, tmp_path, requested_at=NOW, group_name=name)
    response = client.get(url_of(backup))
    response.getvalue()
    header = unquote(response.headers["Content-Disposition"])
    assert header == "attachment; filename*=utf-8''Köln; filename=-x.exe-_2026-03-02_10-30.csv"
