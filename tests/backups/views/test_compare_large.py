"""Comparing lists that are so large that a worker does it; the page shows how far it is, and then what it found."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups import comparisons
from backups.exporting import make_export
from backups.models import Backup, Export
from recipients.masterdata.file import FieldType
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import take_backup_of
from tests.backups.erasures import advance, erase
from tests.backups.test_viewing import no_kept_files  # noqa: F401 - used by its name
from tests.backups.views.test_compare import change, figures, raise_revision, text_of, url_of
from tests.factories import make_account, make_field, make_group, make_member, make_recipient, sign_in

pytestmark = pytest.mark.usefixtures("no_kept_files", "large")


@pytest.fixture
def account(committed_db: None) -> Account:
    """Committed, because a worker reads the list in a snapshot, which is a transaction of its own."""
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account, Role.READER))


@pytest.fixture
def group(account: Account, storage: Path) -> Group:
    group = make_group(account, "Kunden")
    make_field(account, "Ort", FieldType.TEXT, group=group, key="ort")
    for name in ("anna", "bert", "carl"):
        make_recipient(group, f"{name}@example.org", values={"ort": "Köln"})
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three recipients are many."""
    monkeypatch.setattr(comparisons, "SMALL_LIST", 2)


def made(account: Account) -> Export:
    """The one comparison, after a worker was there."""
    with account_scope(account.pk):
        export: Export = Export.objects.get(format="comparison")
    make_export(account_id=account.pk, export_id=export.pk)
    with account_scope(account.pk):
        export.refresh_from_db()
    return export


def test_large_lists_are_compared_in_the_background(
    backup: Backup, group: Group, account: Account, client: Client
) -> None:
    change(group)
    assert "Compare now" in text_of(client.get(url_of(backup)))
    assert client.post(url_of(backup), {"with": "today"}).status_code == 302
    assert "The two states are being compared" in text_of(client.get(url_of(backup)))
    assert made(account).status == Export.Status.COMPLETE
    response = client.get(url_of(backup))
    assert figures(response) == ["1", "1", "1", "1"]
    assert b"".join(client.get(url_of(backup, "compare_file"))).count(b"\r\n") == 4


def test_two_large_backups_are_compared_in_the_background(
    backup: Backup, group: Group, account: Account, client: Client, tmp_path: Path
) -> None:
    change(group)
    later = take_backup_of(group, tmp_path)
    client.post(url_of(later), {"with": str(backup.pk)})
    assert made(account).status == Export.Status.COMPLETE
    assert figures(client.get(url_of(backup), {"with": str(later.pk)})) == ["1", "1", "1", "1"]


def test_comparison_that_is_asked_for_twice_is_made_once(
    backup: Backup, group: Group, account: Account, client: Client
) -> None:
    change(group)
    for one in (client, sign_in(make_member(account, Role.EDITOR))):
        one.post(url_of(backup), {"with": "today"})
    with account_scope(account.pk):
        assert Export.objects.filter(format="comparison").count() == 1


def test_list_that_changed_since_is_told_and_can_be_compared_again(
    backup: Backup, group: Group, account: Account, client: Client
) -> None:
    change(group)
    client.post(url_of(backup), {"with": "today"})
    made(account)
    raise_revision(group)
    response = client.get(url_of(backup))
    assert "The list has changed again since it was compared." in text_of(response)
    assert figures(response) == ["1", "1", "1", "1"]
    client.post(url_of(backup), {"with": "today"})
    assert "The two states are being compared" in text_of(client.get(url_of(backup)))


def test_comparison_that_failed_says_why_and_can_be_tried_again(
    backup: Backup, group: Group, account: Account, client: Client
) -> None:
    change(group)
    client.post(url_of(backup), {"with": "today"})
    Path(place("backups").path(backup.file_key)).write_bytes(b"not what was kept")
    assert made(account).failure == "damaged"
    text = text_of(client.get(url_of(backup)))
    assert "The two states could not be compared" in text
    assert "Compare again" in text


def test_large_comparison_is_not_shown_after_an_erasure(
    backup: Backup, group: Group, account: Account, client: Client
) -> None:
    change(group)
    client.post(url_of(backup), {"with": "today"})
    made(account)
    erasure = erase(account, make_member(account, Role.OWNER), "bert@example.org")
    assert "Compare now" in text_of(client.get(url_of(backup)))
    advance(erasure)
    assert "Compare now" in text_of(client.get(url_of(backup)))


def test_comparison_stands_in_no_table_of_exports(backup: Backup, group: Group, client: Client) -> None:
    change(group)
    client.post(url_of(backup), {"with": "today"})
    page = client.get(reverse("backups:export_options", args=[backup.account_id, backup.pk]))
    assert "Your export files" not in text_of(page)
