"""Heartbeats: a claim is kept while its process lives, and whoever has lost it is told so at the next word."""

import time
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.tenancy import account_scope
from imports.models import Import
from recipients.jobs import ClaimLost, heartbeat
from tests.factories import make_account, make_group
from tests.faults.watching import wait_until
from tests.recipients.some_jobs import claim, make_import


def claimed_import() -> tuple[Import, uuid.UUID]:
    """An import, and the claim that this process has on it."""
    run = make_import(make_group(make_account()))
    token = claim(run)
    assert token is not None
    return run, token


def fresh(run: Import) -> Import:
    """The import as it is now."""
    with account_scope(run.account_id):
        run.refresh_from_db()
    return run


def test_claim_is_renewed_while_the_block_runs(committed_db: None, settings: Settings) -> None:
    run, token = claimed_import()
    settings.JOB_LEASE = timedelta(seconds=1)
    now = timezone.now()
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(claimed_until=now)
    with heartbeat(run, token):
        wait_until(lambda: (fresh(run).claimed_until or now) > now, "the claim renewed")


def test_progress_is_in_the_row_while_the_block_runs(committed_db: None) -> None:
    run, token = claimed_import()
    with heartbeat(run, token) as progress:
        progress(7, 12)
        wait_until(lambda: (fresh(run).rows_done, fresh(run).rows_known) == (7, 12), "the progress written")


def test_whoever_has_lost_the_claim_is_told(committed_db: None) -> None:
    run, token = claimed_import()
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(claim=uuid.uuid4())
    with heartbeat(run, token) as progress, pytest.raises(ClaimLost):
        wait_until(lambda: progress(1, None), "the claim known to be lost")


@pytest.mark.django_db
def test_job_whose_row_is_in_the_transaction_of_a_test_is_not_lost(settings: Settings) -> None:
    run, token = claimed_import()
    with heartbeat(run, token) as progress:
        progress(1, None)
        time.sleep(1)  # two beats of a worker: none would find the row
        progress(2, None)
