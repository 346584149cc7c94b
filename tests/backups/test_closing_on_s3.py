"""An account whose files stand on an S3 server is closed: exported, downloaded, and no key is left in the end."""

import hashlib
from pathlib import Path

import pytest
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role
from config.storage_url import storage_from_url
from tests.backups.catalogue import take_backup_of
from tests.backups.closings import advance, archive_of, due, exported, fresh, keys_of, reopen
from tests.factories import make_account, make_group, make_member, make_recipient, make_user, sign_in
from tests.runs import make_draft

pytestmark = pytest.mark.usefixtures("committed_db")


def test_account_with_files_on_a_server_is_closed(s3_url: str, settings: Settings, tmp_path: Path) -> None:
    places = {where: storage_from_url(s3_url, folder=where) for where in ("backups", "imports")}
    settings.STORAGES = {**settings.STORAGES, **places}
    account, operator = make_account(), make_user(is_staff=True)
    owner = make_member(account, Role.OWNER)
    group = make_group(account, "Kunden")
    make_recipient(group, "änne@example.org")
    take_backup_of(group, tmp_path)
    make_draft(group, "email\nbernd@example.org\n")

    closure = exported(account, operator)
    assert "änne@example.org" in archive_of(closure)["lists/Kunden/recipients.csv"].decode()
    response = sign_in(owner).get(reverse("backups:closing_file", args=[account.pk]))
    assert hashlib.sha256(response.getvalue()).hexdigest() == fresh(closure).sha256
    assert {key.split("/")[0] for key in keys_of(account.pk)} == {"backups", "imports"}
    assert reopen(account, operator)

    assert advance(due(account, operator)) is None
    assert keys_of(account.pk) == []
