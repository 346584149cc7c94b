"""How long a backup is kept that was being made while an owner changed the days."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Account
from accounts.services import change_retention
from accounts.tenancy import account_scope
from backups import taking
from backups.models import Backup
from backups.on_demand import request_on_demand
from backups.taking import take_backup
from tests.factories import make_account, make_group, make_recipient, make_user


@pytest.mark.parametrize("days", [60, 7])
def test_backup_is_kept_as_many_days_as_hold_when_it_is_complete(
    committed_db: None, storage: Path, monkeypatch: pytest.MonkeyPatch, days: int
) -> None:
    account, owner = make_account(), make_user()
    group = make_group(account)
    make_recipient(group)
    with account_scope(account.pk):
        backup = request_on_demand(group=group, actor=owner, now=timezone.now())
    stored = taking.store

    def store_while_the_days_change(*args: object, **kwargs: object) -> object:
        with account_scope(account.pk):
            current = Account.objects.get(pk=account.pk)
            change_retention(account=current, days=days, actor=owner, now=timezone.now())
        return stored(*args, **kwargs)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(taking, "store", store_while_the_days_change)
    take_backup(account_id=account.pk, backup_id=backup.pk)
    with account_scope(account.pk):
        found = Backup.objects.get(pk=backup.pk)
    assert found.completed_at is not None
    assert found.expires_at == found.completed_at + timedelta(days=days)
