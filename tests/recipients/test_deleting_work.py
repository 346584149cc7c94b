"""How much deletions read where the planner knows nothing of a list yet, as right after it was filled."""

import random
from pathlib import Path

import pyarrow as pa
import pytest
from django.db import connection, connections

from accounts.tenancy import account_scope
from recipients.deleting import Chosen, delete_recipients
from recipients.listing import Choice, Status
from recipients.masterdata.apply import apply
from recipients.masterdata.file import Description, MasterDataFile, MasterDataWriter, schema_for
from recipients.masterdata.options import Mode, Options
from recipients.masterdata.staging import stage
from recipients.models import Contact, Group, Recipient
from tests.factories import NOW, make_account, make_group
from tests.faults.rows import fill, listed_row

PEOPLE = 1_000
MOST = 20 * PEOPLE  # rows; a join of everybody with everybody would be PEOPLE²
READ = """
    SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables
    WHERE relname = 'recipients_recipient'
"""


def filled(group: Group, start: int) -> None:
    chance = random.Random(start)
    fill(group, {row["email"]: row for row in (listed_row(chance, start + number) for number in range(PEOPLE))})


@pytest.fixture
def unknown(committed_db: None) -> Group:
    """A list that was filled after the database last looked at its tables."""
    account = make_account()
    filled(make_group(account), 0)
    with connections["owner"].cursor() as cursor:
        cursor.execute("ANALYZE recipients_recipient")
    group = make_group(account)
    filled(group, PEOPLE)
    return group


@pytest.fixture
def with_values(unknown: Group) -> Group:
    """The same, where everybody of the account has account-wide values."""
    with account_scope(unknown.account_id), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recipients_contact (account_id, email, values)"
            " SELECT account_id, email, '{\"nummer\": 1}' FROM recipients_recipient"
        )
    return unknown


def rows_read() -> int:
    """How many rows of recipients the transaction has read so far."""
    with connection.cursor() as cursor:
        cursor.execute(READ)
        return int(cursor.fetchone()[0])


def test_account_wide_values_that_go_with_their_people_read_each_row_few_times(with_values: Group) -> None:
    with account_scope(with_values.account_id):
        assert delete_recipients(group=with_values) == PEOPLE
        assert rows_read() < MOST
        assert Contact.objects.count() == PEOPLE


def test_an_import_that_deletes_reads_each_row_few_times(with_values: Group, tmp_path: Path) -> None:
    with account_scope(with_values.account_id):
        people = list(Recipient.objects.filter(group=with_values).values_list("email", flat=True))
    path = tmp_path / "rows.parquet"
    schema = schema_for([], with_line=True, only=["email"])
    description = Description("", "", {}, (), 0, "import", NOW)
    with MasterDataWriter(path, description, schema) as writer:
        writer.write(pa.RecordBatch.from_pydict({"email": people, "line": range(PEOPLE)}, schema=schema))
    with account_scope(with_values.account_id), MasterDataFile.open(path) as file:
        staged = stage(file, progress=lambda _done, _known: None)
        apply(group=with_values, staged=staged, options=Options(Mode.DELETE), now=NOW)
        assert rows_read() < MOST
        assert (Recipient.objects.count(), Contact.objects.count()) == (PEOPLE, PEOPLE)


@pytest.mark.parametrize("which", ["ticked", "bounced"])
def test_deletion_from_a_list_that_is_new_to_the_planner_reads_each_row_few_times(unknown: Group, which: str) -> None:
    with account_scope(unknown.account_id):
        ids = list(Recipient.objects.filter(group=unknown).values_list("id", flat=True)[:100])
        chosen = {"ticked": Chosen(ids=tuple(ids)), "bounced": Chosen(choice=Choice(status=Status.BOUNCED))}
        removed = delete_recipients(group=unknown, chosen=chosen[which].of(unknown))
        assert removed >= 80
        assert rows_read() < MOST
