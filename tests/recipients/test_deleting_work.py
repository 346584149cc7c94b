"""How much deletions read where the planner knows nothing of a list yet, as right after it was filled."""

import random

import pytest
from django.db import connection, connections

from accounts.tenancy import account_scope
from recipients.deleting import Chosen, delete_recipients
from recipients.listing import Choice, Status
from recipients.models import Group, Recipient
from tests.factories import make_account, make_group
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


@pytest.mark.parametrize("which", ["ticked", "bounced"])
def test_deletion_from_a_list_that_is_new_to_the_planner_reads_each_row_few_times(unknown: Group, which: str) -> None:
    with account_scope(unknown.account_id):
        ids = list(Recipient.objects.filter(group=unknown).values_list("id", flat=True)[:100])
        chosen = {"ticked": Chosen(ids=tuple(ids)), "bounced": Chosen(choice=Choice(status=Status.BOUNCED))}
        removed = delete_recipients(group=unknown, chosen=chosen[which].of(unknown))
        with connection.cursor() as cursor:
            cursor.execute(READ)
            (read,) = cursor.fetchone()
    assert removed >= 80
    assert read < MOST
