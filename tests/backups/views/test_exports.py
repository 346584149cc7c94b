"""The export page: what it offers and remembers, what it sends at once, what it has made, and what it refuses."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from backups.downloads import ListKeepsChanging, open_group_download
from backups.exporting import make_export
from backups.exports.options import Options
from backups.models import Backup, Export
from recipients.jobs import SMALL_LIST
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import take_backup_of
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.page_content import notices, read

pytestmark = pytest.mark.django_db

CSV = {"format": "csv", "preset": "excel_german", "encoding": "utf-8-sig", "language": "en"}
XLSX = {**CSV, "format": "xlsx"}
QUERIES = 11
QUERIES_OF_A_ROW = 9


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def person(account: Account) -> User:
    return make_member(account, Role.READER)


@pytest.fixture
def client(person: User) -> Client:
    return sign_in(person)


@pytest.fixture
def group(account: Account, storage: Path) -> Group:
    group = make_group(account, "Kunden & Händler")
    make_field(account, "Ort", group=group)
    make_recipient(group, "anna@example.org", values={"ort": "Łódź"})
    make_recipient(group, "bert@example.org", values={"ort": "007"})
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path, requested_at=NOW)


def page_of(target: Group | Backup) -> str:
    if isinstance(target, Group):
        return reverse("backups:export_group", args=[target.account_id, target.pk])
    return reverse("backups:export_options", args=[target.account_id, target.pk])


def make_large(target: Group | Backup) -> None:
    """Let the list or backup have so many recipients that its workbook is made in the background."""
    with account_scope(target.account_id):
        target.recipient_count = SMALL_LIST + 1
        target.save(update_fields=["recipient_count"])


def told(account_id: int, action: AuditAction) -> list[tuple[int | None, str, dict[str, str]]]:
    with account_scope(account_id):
        entries = AuditEntry.objects.filter(action=action)
        return [(entry.actor_id, entry.subject, entry.detail) for entry in entries]


def exports() -> list[Export]:
    return list(Export.objects.order_by("requested_at"))


def ask_for(client: Client, target: Group | Backup, account: Account, **chosen: str) -> Export:
    """Have a large export made, as the page does; gives its row."""
    make_large(target)
    response = client.post(page_of(target), {**XLSX, **chosen})
    with account_scope(account.pk):
        export = exports()[-1]
    assert response.headers["Location"] == f"{page_of(target)}#export-{export.pk}"
    return export


def offered(client: Client, target: Group | Backup) -> dict[str, str]:
    """What the page has chosen when it is opened."""
    form = client.get(page_of(target)).context["form"]
    return {name: form[name].value() for name in CSV}


def finish(export: Export) -> None:
    """Let a worker make the file; the backup has its own number of recipients again, which the file tells too."""
    with account_scope(export.account_id):
        Backup.objects.filter(exports__pk=export.pk).update(recipient_count=2)
    make_export(account_id=export.account_id, export_id=export.pk)


# --- sent at once ---------------------------------------------------------------------------------------------------


def test_csv_of_a_backup_is_sent_as_it_was_chosen(backup: Backup, client: Client, person: User) -> None:
    response = client.post(page_of(backup), {**CSV, "preset": "tab", "encoding": "utf-16", "language": "de"})
    assert (response.status_code, response.headers["Content-Type"]) == (200, "text/csv; charset=utf-16")
    lines = response.getvalue().decode("utf-16").splitlines()
    assert [line.replace('"', "").split("\t")[::7] for line in lines] == [
        ["E-Mail", "Ort"],
        ["anna@example.org", "Łódź"],
        ["bert@example.org", "007"],
    ]
    detail = {"format": "csv", "asked_for_at": NOW.isoformat()}
    assert told(backup.account_id, AuditAction.BACKUP_DOWNLOADED) == [(person.pk, "Kunden & Händler", detail)]


def test_workbook_of_a_small_list_is_sent_at_once(group: Group, client: Client, person: User, tmp_path: Path) -> None:
    response = client.post(page_of(group), XLSX)
    path = tmp_path / "export.xlsx"
    path.write_bytes(response.getvalue())
    sheet = openpyxl.load_workbook(path).worksheets[0]
    assert [[cell.value for cell in row][::7] for row in sheet.iter_rows()] == [
        ["E-mail", "Ort"],
        ["anna@example.org", "Łódź"],
        ["bert@example.org", "007"],
    ]
    assert response.headers["Content-Length"] == str(path.stat().st_size)
    at = timezone.localtime().strftime("%Y-%m-%d_")
    assert f"Kunden%20%26%20H%C3%A4ndler_{at}" in response.headers["Content-Disposition"]
    assert told(group.account_id, AuditAction.GROUP_EXPORTED) == [(person.pk, "Kunden & Händler", {"format": "xlsx"})]


def test_parquet_of_a_list_is_a_master_data_file(group: Group, client: Client, tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    path.write_bytes(client.post(page_of(group), {**CSV, "format": "parquet"}).getvalue())
    assert pq.read_table(path).column("ort").to_pylist() == ["Łódź", "007"]


def test_windows_1252_is_sent_where_it_has_every_character(account: Account, client: Client, storage: Path) -> None:
    group = make_group(account, "Straßen")
    make_recipient(group, "anna@example.org", source="Grüße für 5 €")
    body = client.post(page_of(group), {**CSV, "encoding": "windows-1252"}).getvalue()
    assert '"Grüße für 5 €"'.encode("cp1252") in body


def test_xlsx_of_the_menu_is_sent_at_once_for_a_small_backup(backup: Backup, client: Client) -> None:
    response = client.get(reverse("backups:download", args=[backup.account_id, backup.pk, "xlsx"]))
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert (response.status_code, response.headers["Content-Type"]) == (200, kind)
    assert response.getvalue().startswith(b"PK")


def test_xlsx_of_the_menu_leads_to_the_page_for_a_large_backup(backup: Backup, client: Client) -> None:
    make_large(backup)
    response = client.get(reverse("backups:download", args=[backup.account_id, backup.pk, "xlsx"]))
    assert (response.status_code, response.headers["Location"]) == (302, f"{page_of(backup)}?format=xlsx")
    page = client.get(response.headers["Location"])
    assert page.context["form"]["format"].value() == "xlsx"


# --- the form -------------------------------------------------------------------------------------------------------


def test_what_was_chosen_is_offered_again(group: Group, backup: Backup, client: Client) -> None:
    chosen = {"format": "csv", "preset": "tab", "encoding": "utf-16", "language": "de"}
    client.post(page_of(group), chosen).getvalue()
    assert offered(client, backup) == chosen


def test_refused_choice_leaves_the_one_before(group: Group, backup: Backup, client: Client) -> None:
    chosen = {**CSV, "preset": "tab"}
    client.post(page_of(group), chosen).getvalue()
    for target in (group, backup):
        assert client.post(page_of(target), {**CSV, "encoding": "windows-1252"}).status_code == 422
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).update(recipient_count=1_048_576)
    assert client.post(page_of(backup), XLSX).status_code == 422
    Path(place("backups").path(backup.file_key)).write_bytes(b"something else")
    assert client.post(page_of(backup), CSV).status_code == 410
    assert offered(client, backup) == chosen


def test_first_offer_speaks_the_language_of_the_page(group: Group, client: Client) -> None:
    form = client.get(page_of(group), headers={"accept-language": "de"}).context["form"]
    assert {name: form[name].value() for name in CSV} == {**CSV, "language": "de"}


@pytest.mark.parametrize("name", CSV)
def test_choice_that_is_none_is_refused(name: str, group: Group, client: Client) -> None:
    response = client.post(page_of(group), {**CSV, name: "other"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [name]


def test_characters_that_the_encoding_lacks_are_named(group: Group, backup: Backup, client: Client) -> None:
    for target in (group, backup):
        response = client.post(page_of(target), {**CSV, "encoding": "windows-1252"})
        assert response.status_code == 422
        (sentence,) = response.context["form"].errors["encoding"]
        assert sentence == (
            "Windows-1252 does not have all characters of this list; it lacks: Ł, ź. Take UTF-8, so that nothing gets"
            " lost."
        )
    assert told(group.account_id, AuditAction.BACKUP_DOWNLOADED) == []


def test_text_longer_than_a_cell_is_refused_with_its_column(
    account: Account, group: Group, client: Client, tmp_path: Path
) -> None:
    make_recipient(group, "carla@example.org", tags=[f"{number}" * 9_000 for number in range(1, 5)])
    sentence = (
        "A text under “Tags” is longer than the 32,767 characters that a cell of a workbook holds. Take CSV or"
        " Parquet, so that nothing is cut off."
    )
    response = client.post(page_of(group), XLSX)
    assert (response.status_code, response.context["form"].errors["format"]) == (422, [sentence])
    backup = take_backup_of(group, tmp_path)
    response = client.get(reverse("backups:download", args=[account.pk, backup.pk, "xlsx"]))
    assert response.status_code == 422
    assert sentence in read(response).text


def test_more_than_a_sheet_holds_is_refused_before_any_work(backup: Backup, client: Client, account: Account) -> None:
    with account_scope(account.pk):
        Backup.objects.filter(pk=backup.pk).update(recipient_count=1_048_576)
    response = client.post(page_of(backup), XLSX)
    assert (response.status_code, response.context["form"].errors["format"]) == (
        422,
        ["A workbook holds at most 1,048,575 recipients, and these are more. Take CSV or Parquet."],
    )
    with account_scope(account.pk):
        assert exports() == []


@pytest.mark.parametrize(
    ("status", "title"),
    [("pending", "This backup is still being made"), ("failed", "This backup could not be made")],
)
def test_backup_without_a_file_has_no_form(status: str, title: str, backup: Backup, client: Client) -> None:
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).update(status=status, failure="internal")
    response = client.get(page_of(backup))
    (notice,) = read(response).all(css_class="notice__title")
    assert (response.status_code, notice.text) == (409, title)


def test_damaged_backup_is_refused(backup: Backup, client: Client) -> None:
    Path(place("backups").path(backup.file_key)).write_bytes(b"something else")
    response = client.post(page_of(backup), XLSX)
    (notice,) = read(response).all(css_class="notice__title")
    assert (response.status_code, notice.text) == (410, "The file of this backup is damaged")
    assert told(backup.account_id, AuditAction.BACKUP_DOWNLOADED) == []


def test_deleted_list_is_not_found_and_its_backup_is(group: Group, backup: Backup, client: Client) -> None:
    with account_scope(group.account_id):
        Group.objects.filter(pk=group.pk).update(deleted_at=NOW)
    assert (client.get(page_of(group)).status_code, client.get(page_of(backup)).status_code) == (404, 200)


def test_list_whose_writers_come_in_each_time_is_not_given_out_mixed(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_group = Group.objects.get

    def changing(*arguments: Any, **conditions: Any) -> Group:
        found: Group = read_group(*arguments, **conditions)
        Group.objects.filter(pk=group.pk).update(revision=found.revision + 1)
        return found

    monkeypatch.setattr(Group.objects, "get", changing)
    with account_scope(group.account_id), pytest.raises(ListKeepsChanging):
        open_group_download(group=group, form="csv", options=Options(language="de"), now=NOW)


# --- in the background ----------------------------------------------------------------------------------------------


def test_large_workbook_is_made_in_the_background(
    backup: Backup, client: Client, account: Account, person: User
) -> None:
    export = ask_for(client, backup, account)
    client.post(page_of(backup), XLSX)  # a second click
    with account_scope(account.pk):
        assert exports() == [export]
    assert (export.backup_id, export.requested_by_id, export.options["language"]) == (backup.pk, person.pk, "en")
    response = client.get(page_of(backup))
    assert "The file is being made" in read(response).text
    assert offered(client, backup) == XLSX
    finish(export)
    row = client.get(reverse("backups:export_row", args=[account.pk, export.pk]))
    href = reverse("backups:export_file", args=[account.pk, export.pk])
    assert href in row.text
    response = client.get(href)
    assert response.getvalue().startswith(b"PK")
    assert "Kunden%20%26%20H%C3%A4ndler_2026-03-02_10-30.xlsx" in response.headers["Content-Disposition"]
    detail = {"format": "xlsx", "asked_for_at": NOW.isoformat()}
    assert told(account.pk, AuditAction.EXPORT_REQUESTED) == [(person.pk, "Kunden & Händler", detail)]
    assert told(account.pk, AuditAction.BACKUP_DOWNLOADED) == [(person.pk, "Kunden & Händler", detail)]


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_large_list_is_exported_in_the_background(form: str, group: Group, client: Client, account: Account) -> None:
    export = ask_for(client, group, account, format=form)
    assert (export.backup_id, export.format, export.status) == (None, form, Export.Status.PENDING)


def test_others_do_not_see_it(backup: Backup, client: Client, account: Account) -> None:
    export = ask_for(client, backup, account)
    colleague = sign_in(make_member(account, Role.OWNER))
    assert str(export.pk) not in colleague.get(page_of(backup)).text
    for name in ("export_row", "export_file"):
        assert colleague.get(reverse(f"backups:{name}", args=[account.pk, export.pk])).status_code == 404
    assert colleague.post(reverse("backups:export_cancel", args=[account.pk, export.pk])).status_code == 404


def test_it_is_cancelled(backup: Backup, client: Client, account: Account) -> None:
    export = ask_for(client, backup, account)
    href = reverse("backups:export_cancel", args=[account.pk, export.pk])
    response = client.post(href, follow=True)
    assert "The export is cancelled. No file is made." in notices(response)
    with account_scope(account.pk):
        assert exports()[0].status == Export.Status.CANCELLED
    assert "The export is cancelled. No file is made." not in notices(client.post(href, follow=True))


def test_failed_one_says_why(backup: Backup, client: Client, account: Account) -> None:
    export = ask_for(client, backup, account)
    with account_scope(account.pk):
        Export.objects.update(status=Export.Status.FAILED, failure="cell_too_long", failure_detail={"column": "Tags"})
    page = client.get(page_of(backup))
    assert "A text under “Tags” is longer than the 32,767 characters" in read(page).text
    response = client.get(reverse("backups:export_file", args=[account.pk, export.pk]), follow=True)
    assert "This file is not there any more. Export it again." in notices(response)


@pytest.mark.parametrize(
    ("harm", "sentence"),
    [
        ("expired", "This file is not there any more. Export it again."),
        ("gone", "The file is gone from storage. Export it again."),
        ("changed", "The file is not the one that was made, and is not given out. Export it again."),
    ],
)
def test_file_that_is_not_there_any_more_is_said_to_be(
    harm: str, sentence: str, backup: Backup, client: Client, account: Account
) -> None:
    export = ask_for(client, backup, account)
    finish(export)
    with account_scope(account.pk):
        export.refresh_from_db()
        if harm == "expired":
            Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    path = Path(place("backups").path(export.file_key))
    if harm == "gone":
        path.unlink()
    if harm == "changed":
        path.write_bytes(path.read_bytes()[:-1] + b"x")
    response = client.get(reverse("backups:export_file", args=[account.pk, export.pk]), follow=True)
    assert sentence in notices(response)
    assert told(account.pk, AuditAction.BACKUP_DOWNLOADED) == []


@pytest.mark.parametrize("number", [0, 1, 3])
def test_page_asks_the_database_as_often_for_many_as_for_none(
    number: int, backup: Backup, person: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(person)
    with account_scope(backup.account_id):
        for _each in range(number):
            Export.objects.create(
                account_id=backup.account_id,
                group=backup.group,
                backup=backup,
                format="csv",
                requested_at=NOW,
                requested_by=person,
            )
    with django_assert_num_queries(QUERIES):
        response = client.get(page_of(backup))
    assert len(read(response).all("tr")) == (number + 1 if number else 0)


def test_row_asks_little(
    backup: Backup, client: Client, account: Account, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    export = ask_for(client, backup, account)
    with django_assert_num_queries(QUERIES_OF_A_ROW):
        client.get(reverse("backups:export_row", args=[account.pk, export.pk]))
