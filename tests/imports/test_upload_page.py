"""Add data: a file or pasted rows for a list that is there."""

import zipfile
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook
from pytest_django import Settings

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.models import Import
from imports.readers import FileProblem
from imports.uploads import UploadHandler
from imports.wording import FILE_PROBLEMS
from recipients.models import Group
from tests.factories import make_account, make_group, make_member, sign_in
from tests.imports.uploads import CSV, draft, drafts, file, files_in, upload
from tests.page_content import errors, notices, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def client(editor: User) -> Client:
    return sign_in(editor)


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


def url_of(group: Group) -> str:
    return reverse("imports:upload", args=[group.account_id, group.pk])


def workbook() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["E-Mail", "Ort"])
    sheet.append(["ada@example.org", "Ulm"])
    content = BytesIO()
    book.save(content)
    return content.getvalue()


def bomb() -> bytes:
    content = BytesIO(workbook())
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet9.xml", b"0" * 300_000_000)
    return content.getvalue()


def test_a_file_becomes_a_draft_that_holds_what_was_seen_in_it(
    client: Client, editor: User, group: Group, storage: Path
) -> None:
    response = upload(client, group)
    (found,) = drafts(group.account_id)
    assert response.headers["Location"] == reverse("imports:mapping", args=[group.account_id, found.pk])
    assert (found.status, found.group_id, found.requested_by_id, found.interface) == (
        Import.Status.DRAFT,
        group.pk,
        editor.pk,
        "browser",
    )
    assert (found.file_name, found.file_size) == ("kunden.csv", len(CSV.encode()))
    assert found.source == {"kind": "csv", "encoding": "utf-8", "delimiter": ";", "has_header": True, "sheet": None}
    assert [column["name"] for column in found.sniffed["columns"]] == [
        "E-Mail",
        "Vorname",
        "Geburtstag",
        "Umsatz",
        "PLZ",
    ]


def test_the_file_is_kept_under_ids_alone(client: Client, group: Group, storage: Path) -> None:
    found = draft(client, group)
    assert found.file_key == f"{group.account_id}/{found.pk}/upload"
    assert files_in(storage) == [found.file_key]
    assert (storage / "imports" / found.file_key).read_bytes() == CSV.encode()


def test_a_workbook_becomes_a_draft(client: Client, group: Group, storage: Path) -> None:
    found = draft(client, group, workbook(), "kunden.xlsx")
    assert (found.source["kind"], found.sniffed["sheets"]) == ("xlsx", ["Sheet"])


def parquet(**columns: list[str]) -> bytes:
    content = BytesIO()
    pq.write_table(pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}), content)
    return content.getvalue()


def test_a_parquet_file_becomes_a_draft_and_there_is_nothing_to_choose_of_how_it_is_read(
    client: Client, group: Group, storage: Path
) -> None:
    found = draft(client, group, parquet(email=["anna@example.org"], Vorname=["Anna"]), "kunden.parquet")
    assert (found.source["kind"], found.sniffed["sample"]) == ("parquet", [["anna@example.org", "Anna"]])
    page = client.get(reverse("imports:mapping", args=[group.account_id, found.pk]))
    assert list(page.context["page"].source.fields) == []
    assert "This is how Listkeep reads the file." not in read(page).text


def test_a_parquet_file_without_rows_is_told(client: Client, group: Group, storage: Path) -> None:
    found = draft(client, group, parquet(email=[]), "kunden.parquet")
    page = client.get(reverse("imports:mapping", args=[group.account_id, found.pk]))
    assert "The file has no rows, so nothing would be imported." in read(page).text


def packed(**members: str) -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return content.getvalue()


def test_a_table_in_a_zip_archive_becomes_a_draft_and_is_named(client: Client, group: Group, storage: Path) -> None:
    found = draft(client, group, packed(personen=CSV), "kunden.zip")
    page = read(client.get(reverse("imports:mapping", args=[group.account_id, found.pk])))
    assert (found.source["kind"], len(found.sniffed["sample"])) == ("csv", 2)
    assert "kunden.zip › personen.csv" in page.all("h2")[0].text


def test_a_zip_archive_of_several_tables_is_told_with_their_names(client: Client, group: Group, storage: Path) -> None:
    response = upload(client, group, packed(a=CSV, b=CSV), "kunden.zip")
    (told,) = errors(response)
    assert told.startswith("kunden.zip: This ZIP archive holds 2 tables: a.csv, b.csv.")
    assert (drafts(group.account_id), files_in(storage)) == ([], [])


def test_pasted_rows_become_a_draft(client: Client, group: Group, storage: Path) -> None:
    response = client.post(url_of(group), {"text": "E-Mail\tOrt\nada@example.org\tMünchen\n"})
    (found,) = drafts(group.account_id)
    assert response.status_code == 302
    assert (found.file_name, found.source["encoding"], found.source["delimiter"]) == ("Pasted text", "utf-8", "\t")
    assert found.sniffed["sample"] == [["ada@example.org", "München"]]


def test_a_pasted_list_of_addresses_has_a_row_for_each(client: Client, group: Group, storage: Path) -> None:
    client.post(url_of(group), {"text": "Ada Lovelace <ada@example.org>, bob@example.org"})
    (found,) = drafts(group.account_id)
    assert found.sniffed["sample"] == [["ada@example.org", "Ada Lovelace"], ["bob@example.org", ""]]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", FileProblem.EMPTY),
        (b" \n\n", FileProblem.EMPTY),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, FileProblem.NOT_TEXT),
        (workbook()[:900], FileProblem.DAMAGED_WORKBOOK),
        (bomb(), FileProblem.ZIP_BOMB),
    ],
    ids=["empty", "blank", "image", "half", "bomb"],
)
def test_what_cannot_be_read_is_told_and_leaves_nothing(
    client: Client, group: Group, storage: Path, content: bytes, problem: FileProblem
) -> None:
    response = upload(client, group, content)
    assert (response.status_code, errors(response)) == (422, [f"kunden.csv: {FILE_PROBLEMS[problem]}"])
    assert (drafts(group.account_id), files_in(storage)) == ([], [])


def test_a_file_that_is_too_large_is_told_and_never_kept_whole(
    client: Client, group: Group, storage: Path, settings: Settings
) -> None:
    settings.UPLOAD_MOST_BYTES = 100_000
    large = b"E-Mail\n" + b"a@example.org\n" * 10_000
    response = upload(client, group, large)
    assert (response.status_code, errors(response)) == (
        422,
        ["kunden.csv: This file is larger than 100 kB. Pack it as a ZIP archive, or split it and import its parts."],
    )
    assert (drafts(group.account_id), files_in(storage)) == ([], [])


def test_of_a_file_that_is_too_large_no_more_is_written_than_may_be(settings: Settings) -> None:
    settings.UPLOAD_MOST_BYTES = 100
    handler = UploadHandler()
    handler.new_file("file", "kunden.csv", "text/csv", None, None)
    for start in range(0, 1000, 40):
        handler.receive_data_chunk(b"x" * 40, start)
    with handler.file_complete(1000) as kept:
        assert (kept.size, len(kept.read())) == (1000, 80)


def test_the_sentence_is_in_the_persons_language(client: Client, group: Group, storage: Path) -> None:
    response = client.post(url_of(group), {"file": file(b"", "leer.csv")}, headers={"Accept-Language": "de"})
    assert errors(response) == ["leer.csv: Die Datei ist leer. Wählen Sie eine Datei mit mindestens einer Zeile."]


def test_nothing_chosen_is_told(client: Client, group: Group) -> None:
    response = client.post(url_of(group), {"text": "  "})
    assert (response.status_code, errors(response)) == (422, ["Choose a file, or paste rows below."])


def test_a_file_and_pasted_rows_at_once_are_not_guessed_at(client: Client, group: Group, storage: Path) -> None:
    response = client.post(url_of(group), {"file": file(), "text": "a@example.org"})
    assert errors(response) == ["A file is chosen as well. Empty this field, or load the page again."]
    assert (drafts(group.account_id), files_in(storage)) == ([], [])


def test_a_storage_that_takes_nothing_is_told(client: Client, group: Group, storage: Path) -> None:
    (storage / "imports").write_text("a file where the folder should be")
    response = upload(client, group)
    assert errors(response) == [
        "kunden.csv: The place where files are kept cannot be reached. Nothing has changed. Try again in a while."
    ]
    assert drafts(group.account_id) == []


def test_a_file_name_cannot_leave_the_page(client: Client, group: Group, storage: Path) -> None:
    found = draft(client, group, name="../../<script>x.csv")
    page = client.get(reverse("imports:mapping", args=[group.account_id, found.pk]))
    assert (found.file_name, b"<script>x" in page.content) == ("<script>x.csv", False)


def test_a_locked_list_takes_no_file(client: Client, account: Account) -> None:
    response = client.get(url_of(make_group(account, locked=True)))
    assert notices(response)[0].startswith("This list is locked")
    assert [form for form in read(response).all("form") if form.attributes.get("enctype")] == []


def test_a_deleted_list_is_not_there(client: Client, account: Account) -> None:
    group = make_group(account)
    with account_scope(account.pk):
        Group.objects.update(deleted_at=group.created_at)
    assert (client.get(url_of(group)).status_code, upload(client, group).status_code) == (404, 404)
