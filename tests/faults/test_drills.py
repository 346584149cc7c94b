"""Restore drills beside a customer's work, and killed in the middle: nobody sees, awaits or keeps anything."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import psycopg
import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import Account
from accounts.tenancy import account_scope, across_accounts
from backups.drill import rehearse
from backups.models import Backup, RestoreDrill
from recipients.models import Contact, Group, Recipient
from tests.backups.catalogue import take_backup_of
from tests.factories import make_account, make_contact, make_field, make_group, make_recipient
from tests.faults.holding import is_blocked, is_running, other_connection
from tests.faults.watching import wait_until
from tests.processes import Started
from tests.tenant_tables import everything_of

FORGETFUL = """
CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.email = 'bert@example.org' THEN NEW.values = NEW.values || '{"ort": "Koeln"}'; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER forget BEFORE INSERT ON recipients_recipient FOR EACH ROW EXECUTE FUNCTION forget();
"""


@pytest.fixture
def group(committed_db: None, storage: Path) -> Group:
    account = make_account()
    group = make_group(account)
    make_field(account, "Ort", group=group)
    make_field(account, "Kundennummer")
    for name in ("anna", "bert", "clara"):
        make_recipient(group, f"{name}@example.org", values={"ort": "Köln"})
    make_contact(account, "anna@example.org", {"kundennummer": "4711"})
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


@pytest.fixture
def now() -> datetime:
    return timezone.now()


def drills() -> list[tuple[str, int | None]]:
    with across_accounts("a test asks how drills went"):
        return list(RestoreDrill.objects.values_list("result", "difference_count"))


def seen_by_all() -> dict[str, int]:
    """What other sessions see of what a drill makes."""
    with across_accounts("a test counts"):
        return {model.__name__: model.objects.count() for model in (Account, Group, Recipient, Contact)}


HOLDING = """
CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(4711);
    RETURN NULL;
END $$;
CREATE TRIGGER hold AFTER INSERT ON recipients_recipient FOR EACH STATEMENT EXECUTE FUNCTION hold();
"""


@pytest.fixture
def held_inserts(committed_db: None) -> Iterator[psycopg.Connection]:
    """Holds who has added recipients, until it is rolled back; who reads or changes others is not held."""
    with other_connection() as admin, other_connection() as holder:
        admin.execute(HOLDING)
        admin.commit()
        holder.execute("SELECT pg_advisory_xact_lock(4711)")
        yield holder
        holder.rollback()
        holder.close()
        admin.execute("DROP TRIGGER hold ON recipients_recipient; DROP FUNCTION hold()")
        admin.commit()


@pytest.fixture
def forgetful_database(committed_db: None) -> Iterator[None]:
    """A database that stores another value than it was given, for one recipient."""
    with other_connection() as admin:
        admin.execute(FORGETFUL)
        admin.commit()
        yield
        admin.execute("DROP TRIGGER forget ON recipients_recipient; DROP FUNCTION forget()")
        admin.commit()


def test_value_that_does_not_come_back_is_found(backup: Backup, forgetful_database: None, now: datetime) -> None:
    rehearse(backup=backup, now=now)
    assert drills() == [("different", 1)]


def test_drill_that_is_killed_in_the_middle_was_seen_by_nobody_and_leaves_nothing(
    backup: Backup, group: Group, held_inserts: psycopg.Connection, now: datetime
) -> None:
    before, theirs = seen_by_all(), everything_of(group.account_id)
    drill = Started().start("drill", "manage", "rehearse_restore", "--backup", str(backup.pk))
    try:
        wait_until(lambda: is_blocked(held_inserts, "INSERT INTO recipients_recipient"), "the drill held by a lock")
        seen = seen_by_all()
        change_everything_of(group)
    finally:
        drill.kill()
    held_inserts.rollback()  # a session that waits for a lock does not notice that nobody is left to answer
    wait_until(lambda: not is_running("INSERT INTO recipients_recipient"), "the end of the killed drill's session")
    assert (seen, seen_by_all(), drills()) == (before, before, [])
    after = everything_of(group.account_id)
    assert {table for table in after if after[table] != theirs[table]} == {"backups_backup"}  # it was verified
    rehearse(backup=backup, now=now)
    assert drills() == [("equal", 0)]


def change_everything_of(group: Group) -> None:
    """Lock and write the customer's rows without waiting for anybody: an error if a drill had one of them locked."""
    with account_scope(group.account_id):
        for model in (Group, Recipient, Contact, Account):
            rows = model.objects.select_for_update(nowait=True)
            assert len(rows.all()) > 0
        Recipient.objects.update(source=F("source"))
