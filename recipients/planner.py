"""What PostgreSQL's planner is told where it cannot know how many rows there are.

Called by the statements that take account-wide values away, in `recipients.deleting` and `masterdata.apply`.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def whole_sets() -> Iterator[None]:
    """Have the statements of the block join sets as wholes, in the caller's transaction.

    Right after a list was filled the planner believes that it has a row or two, and would look through all of them for
    each row of the other set. Joined as wholes, each is read once, however many there are.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")  # after an error the transaction ends, and this with it
