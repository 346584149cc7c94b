"""Recipients and their list, whose row is looked up once a statement: what a foreign key holds is held."""

import time

import pytest
from django.db import IntegrityError, connection

from accounts.tenancy import account_scope
from recipients.models import Group
from tests.factories import make_account, make_group, make_recipient
from tests.faults.beside import InThread
from tests.tenant_tables import count, execute, query

NAME = "recipients_recipient_group_id_in_account"


@pytest.fixture
def group(committed_db: None) -> Group:
    return make_group(make_account())


def add(group: Group, *addresses: str, group_id: int | None = None) -> int:
    """One statement, past the services."""
    return execute(
        "INSERT INTO recipients_recipient (account_id, group_id, email, tags, values)"
        " SELECT %s, %s, email, '{{}}', '{{}}' FROM unnest(%s::text[]) AS email",
        [group.account_id, group_id or group.pk, list(addresses)],
    )


def remove(group: Group) -> int:
    return execute("DELETE FROM recipients_group WHERE account_id = %s AND id = %s", [group.account_id, group.pk])


class Beside(InThread):
    """A statement on a connection of its own, in the group's account."""

    def __init__(self, group: Group, statement: str) -> None:
        self.pid = 0

        def do() -> None:
            with account_scope(group.account_id):
                self.pid = query("SELECT pg_backend_pid()")[0][0]
                self.rows = add(group, "ben@example.org") if statement == "add" else remove(group)

        super().__init__(do)

    def start_and_wait(self) -> None:
        """Start, and return when somebody holds the statement up. It must not end before."""
        self.start()
        while not query("SELECT 1 WHERE cardinality(pg_blocking_pids(%s)) > 0", [self.pid]):
            assert self.is_alive()
            time.sleep(0.01)


def test_recipients_of_no_list_are_refused(group: Group) -> None:
    with account_scope(group.account_id):
        with pytest.raises(IntegrityError, match=NAME):
            add(group, "ada@example.org", "ben@example.org", group_id=group.pk + 1)
        assert (add(group, "ada@example.org"), count("recipients_recipient")) == (1, 1)


def test_one_wrong_row_among_others_is_refused(group: Group) -> None:
    with account_scope(group.account_id), pytest.raises(IntegrityError, match=NAME):
        execute(
            "INSERT INTO recipients_recipient (account_id, group_id, email, tags, values)"
            " SELECT %s, id, 'ada@example.org', '{{}}', '{{}}' FROM unnest(%s::bigint[]) AS id",
            [group.account_id, [group.pk, group.pk + 1]],
        )


def test_a_recipient_cannot_be_moved_to_no_list(group: Group) -> None:
    recipient = make_recipient(group, "ada@example.org")
    with account_scope(group.account_id), pytest.raises(IntegrityError, match=NAME):
        execute("UPDATE recipients_recipient SET group_id = %s WHERE id = %s", [group.pk + 1, recipient.id])


def test_recipients_go_with_their_list(group: Group) -> None:
    make_recipient(group, "ada@example.org")
    other = make_group(group.account, "Another")
    make_recipient(other, "ben@example.org")
    with account_scope(group.account_id):
        assert (remove(group), query("SELECT email FROM recipients_recipient")) == (1, [("ben@example.org",)])


def test_who_deletes_a_list_waits_for_who_adds_to_it(group: Group) -> None:
    beside = Beside(group, "remove")
    with account_scope(group.account_id):
        add(group, "ada@example.org")
        beside.start_and_wait()
    beside.join()
    connection.close()
    with account_scope(group.account_id):
        assert (beside.error, beside.rows, count("recipients_recipient")) == (None, 1, 0)


def test_who_adds_to_a_list_waits_for_who_deletes_it(group: Group) -> None:
    beside = Beside(group, "add")
    with account_scope(group.account_id):
        remove(group)
        beside.start_and_wait()
    beside.join()
    with account_scope(group.account_id):
        assert (type(beside.error), count("recipients_recipient")) == (IntegrityError, 0)
