"""Long lists and what the planner knows of them, for tests that hold a statement to reading few rows.

The planner's statistics know nothing of an account that came after they were made: it takes its lists for empty.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections

from accounts.tenancy import account_scope
from recipients.models import Group
from tests.factories import NOW, make_account, make_group

# What the transaction has read of a table so far.
READ = """
    SELECT coalesce(sum(seq_tup_read + coalesce(idx_tup_fetch, 0)), 0) FROM pg_stat_xact_user_tables
    WHERE relname = ANY (%s)
"""


def fill_list(group: Group, length: int) -> None:
    """Active people person1@example.org to person`length`@example.org, in an empty list, committed in a moment."""
    with account_scope(group.account_id), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO recipients_recipient (account_id, group_id, email, activated_at, tags, values)
            SELECT %s, %s, 'person' || number || '@example.org', %s, '{}', '{}'
            FROM generate_series(1, %s) AS number
            """,
            [group.account_id, group.pk, NOW, length],
        )
        group.recipient_count = group.active_count = length
        group.save(update_fields=["recipient_count", "active_count"])


def analyze(*tables: str) -> None:
    """Make statistics of all that is committed."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(tables)}")


def others_are_known(length: int) -> None:
    """A list of another account, and statistics that were made when there was nothing else."""
    fill_list(make_group(make_account("Rosen Roth"), "Andere"), length)
    analyze("recipients_recipient")


@contextmanager
def rows_read(*tables: str) -> Iterator[list[int]]:
    """Afterwards: how many rows of the tables the block, inside of a transaction, has read."""
    found: list[int] = []
    before = _read(tables)
    yield found
    found.append(_read(tables) - before)


def _read(tables: tuple[str, ...]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(READ, [list(tables)])
        return int(cursor.fetchone()[0])
