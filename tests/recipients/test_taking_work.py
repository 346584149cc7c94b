"""How much taking and applying read where the planner knows nothing of an account yet, as right after an import."""

from pathlib import Path

import pytest
from django.db import connection, connections

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.masterdata.apply import apply
from recipients.masterdata.details import details
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.options import Mode, Options
from recipients.masterdata.plan import plan
from recipients.masterdata.staging import stage
from recipients.masterdata.take import take
from recipients.models import Group
from tests.factories import NOW, make_account, make_field, make_group
from tests.recipients.test_deleting_work import filled

PEOPLE = 1_000
MOST = 40 * PEOPLE  # rows; a join of everybody with everybody would be PEOPLE²
READ = """
    SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables
    WHERE relname IN ('recipients_recipient', 'recipients_contact')
"""


def known(account: Account) -> Group:
    """A list of people with account-wide values."""
    make_field(account, "Nummer", key="nummer")
    group = make_group(account)
    filled(group, 0)
    with account_scope(account.pk), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recipients_contact (account_id, email, values)"
            ' SELECT account_id, email, \'{"nummer": "1"}\' FROM recipients_recipient'
        )
    return group


@pytest.fixture
def unknown(committed_db: None) -> Group:
    """The list of an account that was filled after the database last looked at its tables."""
    known(make_account())
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE recipients_recipient, recipients_contact")
    return known(make_account())


def rows_read() -> int:
    """How many rows the transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return int(cursor.fetchone()[0])


def taken(group: Group, path: Path) -> int:
    """Take the list; gives how many rows that read."""
    before = rows_read()
    take(
        group=Group.objects.get(account_id=group.account_id, pk=group.pk),
        path=path,
        trigger="import",
        now=NOW,
        progress=lambda _done, _known: None,
    )
    return rows_read() - before


def test_taking_reads_each_row_few_times(unknown: Group, tmp_path: Path) -> None:
    with account_scope(unknown.account_id):
        assert taken(unknown, tmp_path / "taken.parquet") < MOST


@pytest.mark.parametrize("mode", [Mode.UPDATE_AND_ADD, Mode.DEACTIVATE, Mode.DELETE])
def test_applying_reads_each_row_few_times(unknown: Group, tmp_path: Path, mode: Mode) -> None:
    path, options = tmp_path / "taken.parquet", Options(mode)
    with account_scope(unknown.account_id):
        taken(unknown, path)
        with MasterDataFile.open(path) as file:
            staged = stage(file, progress=lambda _done, _known: None)
            before = rows_read()
            plan(group=unknown, staged=staged, options=options, now=NOW)
            planned = rows_read()
            details(group=unknown, staged=staged, options=options, now=NOW)
            looked = rows_read()
            apply(group=unknown, staged=staged, options=options, now=NOW)
    assert max(planned - before, looked - planned, rows_read() - looked) < MOST
