"""What a connection on which no account is set sees and may do: nothing, whatever stands in the tables."""

from pathlib import Path

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.tenancy import across_accounts
from tests.customer import make_customer
from tests.tenant_tables import (
    TABLES,
    Row,
    account_column,
    counts,
    everything_of,
    execute,
    insert,
    rows_of,
    visible_accounts,
)

NOTHING = dict.fromkeys(TABLES, 0)


@pytest.fixture
def two_accounts(committed_db: None, storage: Path) -> tuple[int, int]:
    """Two customers with committed rows in every table, as a new connection finds them."""
    made = (make_customer("unserwort").account.pk, make_customer("fremdwort").account.pk)
    connection.close()
    return made


def everything(account_ids: tuple[int, int]) -> list[dict[str, list[Row]]]:
    """All rows of the accounts."""
    return [everything_of(account_id) for account_id in account_ids]


def test_rows_of_both_accounts_stand_in_every_table(two_accounts: tuple[int, int]) -> None:
    with across_accounts("a test looks at everything"):
        found = {table: sorted(visible_accounts(table)) for table in TABLES}
    assert found == dict.fromkeys(TABLES, sorted(two_accounts))


def test_without_an_account_every_table_is_empty(two_accounts: tuple[int, int]) -> None:
    assert counts() == NOTHING


def test_without_an_account_every_table_is_empty_in_a_transaction_too(two_accounts: tuple[int, int]) -> None:
    with transaction.atomic():
        found = counts()
    assert found == NOTHING


@pytest.mark.parametrize("name", ["account_id", "user_id", "across_accounts"])
def test_an_empty_setting_is_no_account(name: str, two_accounts: tuple[int, int]) -> None:
    execute("SELECT set_config(%s, '', false)", [f"listkeep.{name}"])
    assert counts() == NOTHING


def test_without_an_account_no_row_is_changed(two_accounts: tuple[int, int]) -> None:
    before = everything(two_accounts)
    touched = {
        table: execute("UPDATE {table} SET {column} = {column}", table=table, column=account_column(table))
        for table in TABLES
    }
    assert (touched, everything(two_accounts)) == (NOTHING, before)


def test_without_an_account_no_row_is_deleted(two_accounts: tuple[int, int]) -> None:
    before = everything(two_accounts)
    touched = {table: execute("DELETE FROM {table}", table=table) for table in TABLES}
    assert (touched, everything(two_accounts)) == (NOTHING, before)


def test_without_an_account_no_row_is_taken(two_accounts: tuple[int, int]) -> None:
    answers = {table: insertion_error(table, rows_of(table, two_accounts[0])[0]) for table in TABLES}
    assert answers == {table: f'new row violates row-level security policy for table "{table}"' for table in TABLES}


def insertion_error(table: str, row: Row) -> str:
    """What the database says to the insertion of a row; empty when it takes it."""
    try:
        insert(table, row)
    except ProgrammingError as error:
        return str(error)
    return ""
