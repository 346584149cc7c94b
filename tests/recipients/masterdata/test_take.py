"""Taking a list that is larger than what is parsed at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection

from accounts.tenancy import account_scope
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.take import BLOCK_BYTES, BLOCKS_AHEAD, Taken, in_turn, take
from recipients.models import Group
from tests.factories import NOW, make_account, make_field, make_group

pytestmark = pytest.mark.django_db

LINE = 'Sie sagt: "Grüße,"\r\n'
ROWS = 60
LONG = (
    5_000  # times the line: each row has 105,000 bytes, so that a block ends inside of the list and never a row in it
)


class Stopped(Exception):
    """What the caller stops the taking with."""


@pytest.fixture
def group() -> Group:
    """A list of several blocks, whose values have line ends and quotation marks all over; every third is active."""
    account = make_account()
    made = make_group(account, revision=7, recipient_count=ROWS, active_count=ROWS // 3)
    make_field(account, "Notiz", group=made)
    with account_scope(account.pk), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO recipients_recipient (account_id, group_id, email, activated_at, tags, values)
            SELECT %s, %s, lpad(n::text, 6, '0') || '@example.org', CASE WHEN n %% 3 = 0 THEN %s END, '{}',
                   jsonb_build_object('notiz', n || repeat(%s, %s))
            FROM generate_series(%s, 1, -1) AS n
            """,
            [account.pk, made.pk, NOW, LINE, LONG, ROWS],
        )
    return made


def test_take_of_several_blocks_keeps_every_row_in_order(group: Group, tmp_path: Path) -> None:
    path, told = tmp_path / "taken", list[tuple[int, int | None]]()
    with account_scope(group.account_id):
        taken = take(
            group=group, path=path, trigger="import", now=NOW, progress=lambda done, known: told.append((done, known))
        )
    with MasterDataFile.open(path) as file:
        rows = [(row["email"], row["notiz"]) for batch in file.batches() for row in batch.to_pylist()]
    assert path.stat().st_size < BLOCK_BYTES < ROWS * LONG * len(LINE)
    assert rows == [(f"{number:06}@example.org", f"{number}{LINE * LONG}") for number in range(1, ROWS + 1)]
    assert taken == Taken(revision=7, recipient_count=ROWS, active_count=ROWS // 3)
    assert len(told) > 1
    assert told[-1] == (ROWS, ROWS)


def test_take_that_is_stopped_leaves_no_file_and_a_usable_connection(group: Group, tmp_path: Path) -> None:
    def stop(_done: int, _known: int | None) -> None:
        raise Stopped

    with pytest.raises(Stopped), account_scope(group.account_id):
        take(group=group, path=tmp_path / "taken", trigger="import", now=NOW, progress=stop)
    assert list(tmp_path.iterdir()) == []
    with account_scope(group.account_id):
        assert Group.objects.get(pk=group.pk) == group


def test_take_that_cannot_write_leaves_no_file(group: Group, tmp_path: Path) -> None:
    """A date outside of what the file holds stands for a disk that is full: the thread that writes has to tell."""
    with account_scope(group.account_id), connection.cursor() as cursor:
        cursor.execute("UPDATE recipients_recipient SET registered_at = 'infinity' WHERE email = '000050@example.org'")
    with pytest.raises(ValueError, match="infinity"), account_scope(group.account_id):
        take(group=group, path=tmp_path / "taken", trigger="import", now=NOW, progress=lambda _done, _known: None)
    assert list(tmp_path.iterdir()) == []


def test_in_turn_runs_no_further_ahead_than_it_may() -> None:
    begun: list[int] = []

    def numbers() -> Iterator[int]:
        for number in range(100):
            begun.append(number)
            yield number

    with ThreadPoolExecutor(1) as pool:
        ahead = [len(begun) - square**0.5 for square in in_turn(pool, lambda number: number * number, numbers())]
    assert begun == list(range(100))
    assert max(ahead) == BLOCKS_AHEAD + 1
