"""`manage.py prepare_demo` where it refuses, and where an earlier run was broken off."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from accounts.tenancy import account_scope
from backups.management.demo.files import DemoFile, demo_files
from backups.management.demo.history import DemoFailed, import_file, upload
from imports.confirming import cancel_import
from imports.models import Import
from recipients.models import Recipient
from recipients.storage import remove
from tests.factories import make_account, make_member


def test_no_demo_without_a_password(committed_db: None, settings: Settings) -> None:
    settings.DEMO_PASSWORD = ""
    with pytest.raises(CommandError, match="LISTKEEP_DEMO_PASSWORD is not set"):
        call_command("prepare_demo", stdout=StringIO())
    assert not User.objects.exists()


@pytest.fixture
def file() -> DemoFile:
    """The first file of the demo's history."""
    return demo_files(timezone.localtime())[0]


def test_step_that_was_broken_off_is_gone_on_with(
    committed_db: None, storage: Path, redis_url: str, file: DemoFile
) -> None:
    account = make_account()
    person = make_member(account)
    with account_scope(account.pk):
        draft = upload(account, person, file)
    import_file(account=account, actor=person, file=file)
    with account_scope(account.pk):
        assert list(Import.objects.values_list("pk", "status")) == [(draft.pk, "done")]
        assert Recipient.objects.count() == 2600


def test_step_that_ended_in_vain_is_begun_anew(
    committed_db: None, storage: Path, redis_url: str, file: DemoFile
) -> None:
    account = make_account()
    person = make_member(account)
    with account_scope(account.pk):
        cancel_import(run=upload(account, person, file), actor=person, now=timezone.now())
    import_file(account=account, actor=person, file=file)
    with account_scope(account.pk):
        assert list(Import.objects.order_by("created_at").values_list("status", flat=True)) == ["done", "cancelled"]
        assert Recipient.objects.count() == 2600


def test_step_that_fails_says_why(committed_db: None, storage: Path, redis_url: str, file: DemoFile) -> None:
    account = make_account()
    person = make_member(account)
    with account_scope(account.pk):
        draft = upload(account, person, file)
    remove("imports", draft.file_key)
    with pytest.raises(DemoFailed, match=r"^The import of kunden_2026\.csv is failed file_missing\.$"):
        import_file(account=account, actor=person, file=file)
