"""*Verify now*: who asks sees the row wait, and a worker is sent to read the file."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Group
from tests.backups.catalogue import make_backup, take_backup_of
from tests.factories import make_account, make_group, make_member, make_recipient, sign_in
from tests.messages import messages

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account, Role.EDITOR)


@pytest.fixture
def group(account: Account, storage: Path) -> Group:
    group = make_group(account)
    make_recipient(group)
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


def url_of(backup: Backup) -> str:
    return reverse("backups:verify", args=[backup.account_id, backup.pk])


def asked_by(backup: Backup) -> int | None:
    with account_scope(backup.account_id):
        return Backup.objects.get(pk=backup.pk).verification_requested_by_id


def test_editor_has_a_worker_read_the_file(
    backup: Backup, editor: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = sign_in(editor).post(url_of(backup))
    overview = reverse("backups:overview", args=[backup.account_id])
    assert (response.status_code, response.headers["Location"]) == (
        302,
        f"{overview}?group={backup.group_id}#backup-{backup.pk}",
    )
    assert (asked_by(backup), messages()) == (editor.pk, {"maintenance": [str(backup.pk)]})


def test_page_that_swaps_rows_is_shown_the_row(backup: Backup, editor: User) -> None:
    response = sign_in(editor).post(url_of(backup), headers={"hx-request": "true"}, follow=True)
    assert response.redirect_chain == [(reverse("backups:row", args=[backup.account_id, backup.pk]), 302)]
    assert f'id="backup-{backup.pk}"' in response.content.decode()


def test_reader_may_not_ask(backup: Backup, account: Account) -> None:
    reader = make_member(account, Role.READER)
    assert (sign_in(reader).post(url_of(backup)).status_code, asked_by(backup)) == (403, None)


def test_stranger_finds_no_backup(backup: Backup) -> None:
    stranger = make_member(make_account(), Role.OWNER)
    assert (sign_in(stranger).post(url_of(backup)).status_code, asked_by(backup)) == (404, None)


def test_nobody_is_sent_to_the_login(backup: Backup) -> None:
    assert Client().post(url_of(backup)).status_code == 302
    assert asked_by(backup) is None


def test_looking_is_not_asking(backup: Backup, editor: User) -> None:
    assert (sign_in(editor).get(url_of(backup)).status_code, asked_by(backup)) == (405, None)


@pytest.mark.parametrize("status", [Backup.Status.PENDING, Backup.Status.FAILED, Backup.Status.PURGING])
def test_backup_without_a_file_is_not_found(status: Backup.Status, group: Group, editor: User) -> None:
    assert sign_in(editor).post(url_of(make_backup(group, status=status))).status_code == 404
