"""Nudges that nobody takes: what was committed stays, and with it the job that the sweep will find."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from accounts.tenancy import account_scope
from config.celery import app
from recipients.models import Group
from recipients.nudge import nudge
from tests.factories import make_account, make_group


@pytest.fixture
def nobody(tmp_path: Path) -> Iterator[None]:
    """A broker that cannot be reached, for the test."""
    unreachable = Celery("nobody", broker=f"redis+socket://{tmp_path}/nobody.sock", set_as_current=False)
    unreachable.conf.broker_transport_options = {"max_retries": 0}
    unreachable.set_current()
    yield
    app.set_current()


def test_broker_that_cannot_be_reached_is_logged_and_undoes_nothing(
    committed_db: None, nobody: None, caplog: pytest.LogCaptureFixture
) -> None:
    account = make_account()
    with account_scope(account.pk):
        make_group(account)
        nudge("imports.advance_import", account_id=account.pk, job_id=uuid.uuid4())
    with account_scope(account.pk):
        assert Group.objects.count() == 1
    assert [record.levelname for record in caplog.records] == ["ERROR"]
