"""What the database itself refuses, asked as the role that web and workers connect as (mission P7).

The tables and the references between them are found in the models and in the catalogue of the database: a new table
that nobody protected makes these tests fail.
"""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.apps import apps
from django.db import IntegrityError, ProgrammingError, transaction
from psycopg.errors import FeatureNotSupported
from pytest_django import DjangoDbBlocker

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from tests.customer import Customer, make_backup, make_customer, make_token, rolled_back
from tests.customer_imports import make_import
from tests.factories import make_group, make_recipient
from tests.tenant_tables import (
    TABLES,
    TENANT_MODELS,
    Reference,
    Row,
    account_column,
    copied,
    copy_nothing_into,
    delete,
    everything_of,
    execute,
    insert,
    key_columns,
    query,
    references,
    rows_of,
    update,
    visible_accounts,
)

REFUSED = "violates row-level security policy"
# Looked up once a statement, by a trigger of that name (tests/recipients/test_group_of_recipients.py).
BY_STATEMENT = Reference("recipients_recipient", "group_id", "recipients_group")
every_table = pytest.mark.parametrize("table", TABLES)
every_reference = pytest.mark.parametrize("reference", references(), ids=str)


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[Customer, Customer]]:
    """Two customers with rows in every table, in a transaction that lasts as long as this module's tests."""
    with django_db_blocker.unblock(), rolled_back():
        yield make_customer("unserwort"), make_customer("fremdwort")


@pytest.fixture
def customers(made: tuple[Customer, Customer]) -> Iterator[tuple[Customer, Customer]]:
    """The customers as they were made; what a test changes is undone."""
    with rolled_back():
        yield made


@pytest.fixture
def ours(customers: tuple[Customer, Customer]) -> Customer:
    """The customer whose scope a test sets."""
    return customers[0]


@pytest.fixture
def theirs(customers: tuple[Customer, Customer]) -> Customer:
    """Another customer."""
    return customers[1]


# --- what the catalogue of the database says ----------------------------------------------------------------------


def test_the_models_name_the_tables_that_belong_to_accounts(customers: object) -> None:
    found = query(
        """
        SELECT relation.relname FROM pg_class AS relation
        JOIN pg_attribute AS attribute ON attribute.attrelid = relation.oid AND attribute.attname = 'account_id'
        WHERE relation.relnamespace = 'public'::regnamespace AND relation.relkind IN ('r', 'p', 'v', 'm', 'f')
        ORDER BY 1
        """
    )
    assert [name for (name,) in found] == [table for table in TABLES if table != Account._meta.db_table]


def test_every_table_of_the_apps_but_users_and_what_stays_belongs_to_an_account() -> None:
    ours = ("accounts", "recipients", "imports", "backups")
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.app_label in ours]
    without = [model.__name__ for model in models if model not in TENANT_MODELS]
    assert sorted(without) == ["ClosedAccount", "User", "User_groups", "User_user_permissions"]


def test_every_tenant_table_has_forced_row_level_security(customers: object) -> None:
    found = query(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = ANY (%s) ORDER BY 1",
        [TABLES],
    )
    assert found == [(table, True, True) for table in TABLES]


def test_every_tenant_table_has_the_two_policies_and_no_other(customers: object) -> None:
    found = query(
        "SELECT tablename, policyname, cmd, permissive, roles::text FROM pg_policies"
        " WHERE schemaname = 'public' ORDER BY tablename, policyname"
    )
    assert found == [
        (table, *policy)
        for table in TABLES
        for policy in (
            ("also_readable", "SELECT", "PERMISSIVE", "{public}"),
            ("tenant", "ALL", "PERMISSIVE", "{public}"),
        )
    ]


def test_every_tenant_policy_has_the_same_rule_for_what_is_seen_and_what_is_written(customers: object) -> None:
    found = query("SELECT tablename, qual, with_check FROM pg_policies WHERE policyname = 'tenant' ORDER BY 1")
    rule = next(seen for table, seen, _written in found if table == "recipients_group")
    assert "listkeep.account_id" in rule
    rules = {table: rule.replace("account_id = ", f"{account_column(table)} = ", 1) for table in TABLES}
    assert found == [(table, rules[table], rules[table]) for table in TABLES]


def test_only_accounts_and_memberships_can_be_read_besides(customers: object) -> None:
    found = query("SELECT tablename, qual FROM pg_policies WHERE policyname = 'also_readable' AND qual <> 'false'")
    assert sorted(table for table, _rule in found) == ["accounts_account", "accounts_membership"]


def test_no_view_and_no_function_lends_the_rights_of_its_owner(customers: object) -> None:
    views = query("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')")
    functions = query(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND (prosecdef OR proleakproof)"
    )
    assert (views, functions) == ([], [])


def test_every_reference_is_a_key_over_the_account_and_the_id(customers: object) -> None:
    found = query(
        """
        SELECT conrelid::regclass::text, confrelid::regclass::text,
               (SELECT array_agg(attname::text ORDER BY array_position(conkey, attnum))
                FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY (conkey))
        FROM pg_constraint WHERE contype = 'f' AND convalidated AND conrelid::regclass::text = ANY (%s)
          AND confrelid::regclass::text = ANY (%s) ORDER BY 1, 3
        """,
        [TABLES, [table for table in TABLES if table != Account._meta.db_table]],
    )
    keys = [one for one in references() if one != BY_STATEMENT]
    assert found == [(one.table, one.target, ["account_id", one.column]) for one in keys]


# --- with an account set ----------------------------------------------------------------------------------------


@every_table
def test_an_account_sees_all_of_its_rows_and_no_other(table: str, ours: Customer, theirs: Customer) -> None:
    with account_scope(ours.account.pk):
        found = visible_accounts(table)
    assert found == Counter({ours.account.pk: len(rows_of(table, ours.account.pk))})


@every_table
def test_an_account_can_insert_its_rows(table: str, ours: Customer, theirs: Customer) -> None:
    row = rows_of(table, ours.account.pk)[0]
    with account_scope(ours.account.pk):
        delete(table, row)
        made = insert(table, row)
    assert made == 1


@every_table
def test_an_account_cannot_insert_rows_of_another(table: str, ours: Customer, theirs: Customer) -> None:
    row = rows_of(table, theirs.account.pk)[0]
    with account_scope(ours.account.pk), pytest.raises(ProgrammingError, match=REFUSED):
        insert(table, row)


@every_table
def test_an_account_cannot_change_rows_of_another(table: str, ours: Customer, theirs: Customer) -> None:
    before, mine = rows_of(table, theirs.account.pk), len(rows_of(table, ours.account.pk))
    column = account_column(table)
    with account_scope(ours.account.pk):
        named = execute(
            "UPDATE {table} SET {column} = {column} WHERE {column} = %s",
            [theirs.account.pk],
            table=table,
            column=column,
        )
        unfiltered = execute("UPDATE {table} SET {column} = {column}", table=table, column=column)
    assert (named, unfiltered, rows_of(table, theirs.account.pk)) == (0, mine, before)


@every_table
def test_an_account_cannot_delete_rows_of_another(table: str, ours: Customer, theirs: Customer) -> None:
    before, mine = everything_of(theirs.account.pk), len(rows_of(table, ours.account.pk))
    with account_scope(ours.account.pk), transaction.atomic():
        unfiltered = execute("DELETE FROM {table}", table=table)
        after = everything_of(theirs.account.pk)
        transaction.set_rollback(True)
    assert (unfiltered, after) == (mine, before)


@every_table
def test_an_account_cannot_give_its_rows_to_another(table: str, ours: Customer, theirs: Customer) -> None:
    with account_scope(ours.account.pk), pytest.raises(ProgrammingError, match=REFUSED):
        execute("UPDATE {table} SET {column} = %s", [theirs.account.pk], table=table, column=account_column(table))


@pytest.mark.parametrize("table", [table for table in TABLES if table != Account._meta.db_table])
def test_an_account_cannot_overwrite_a_row_of_another_by_its_key(table: str, ours: Customer, theirs: Customer) -> None:
    before = rows_of(table, theirs.account.pk)
    keys = key_columns(table)
    stolen = {**rows_of(table, ours.account.pk)[0], **{key: before[0][key] for key in keys}}
    action = f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET account_id = {ours.account.pk}"
    with account_scope(ours.account.pk), pytest.raises(ProgrammingError, match=REFUSED):
        insert(table, stolen, on_conflict=action)
    assert rows_of(table, theirs.account.pk) == before


# --- references: the check behind a foreign key is not bound by policies -------------------------------------------


@every_reference
def test_a_row_can_point_at_another_row_of_its_account(reference: Reference, ours: Customer, theirs: Customer) -> None:
    assert point(reference, whose=ours, at=ours) == 1


@every_reference
def test_a_row_cannot_be_made_to_point_at_another_account(
    reference: Reference, ours: Customer, theirs: Customer
) -> None:
    with pytest.raises(IntegrityError, match=f"{reference.table}_{reference.column}_in_account"):
        point(reference, whose=ours, at=theirs)


@every_reference
def test_a_new_row_cannot_point_at_another_account(reference: Reference, ours: Customer, theirs: Customer) -> None:
    row = referring_row(reference, ours)
    with account_scope(ours.account.pk):
        delete(reference.table, row)
        assert insert(reference.table, row) == 1
        delete(reference.table, row)
        with pytest.raises(IntegrityError, match=f"{reference.table}_{reference.column}_in_account"):
            insert(reference.table, {**row, reference.column: new_target(reference, theirs)})


def point(reference: Reference, *, whose: Customer, at: Customer) -> int:
    """Have the row of one customer point at a new row of one; gives how many rows changed."""
    row, target = referring_row(reference, whose), new_target(reference, at)
    with account_scope(whose.account.pk):
        return update(reference.table, row, {reference.column: target})


def referring_row(reference: Reference, customer: Customer) -> Row:
    """A row of the customer in which the reference is set."""
    return next(row for row in rows_of(reference.table, customer.account.pk) if row[reference.column] is not None)


def new_target(reference: Reference, customer: Customer) -> int | str:
    """The id of a new row of the customer in the table that the reference points at."""
    makers: dict[str, Callable[[], int | str]] = {
        "accounts_apitoken": lambda: make_token(customer.account, customer.members[Role.OWNER], "x")[0].pk,
        "backups_backup": lambda: str(make_backup(customer.group, customer.members[Role.OWNER]).pk),
        "imports_import": lambda: str(make_import(customer.group, customer.members[Role.OWNER], "draft", "x").pk),
        "recipients_group": lambda: make_group(customer.account).pk,
        "recipients_recipient": lambda: make_recipient(customer.group).id,
    }
    return makers[reference.target]()


# --- statements that forget to filter ---------------------------------------------------------------------------


@every_table
def test_copying_a_table_out_gives_nothing_of_another_account(table: str, ours: Customer, theirs: Customer) -> None:
    with account_scope(ours.account.pk):
        lines = copied(table)
    assert len(lines) == len(rows_of(table, ours.account.pk))
    assert theirs.secret not in "".join(lines)


@every_table
def test_copying_into_a_table_past_the_policies_is_refused(table: str, ours: Customer) -> None:
    with (
        account_scope(ours.account.pk),
        pytest.raises(FeatureNotSupported, match="COPY FROM not supported with row-level security"),
    ):
        copy_nothing_into(table)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT a.email, g.name, k.email FROM recipients_recipient a, recipients_group g, recipients_contact k",
        "SELECT a.email, c.subject FROM recipients_recipient a LEFT JOIN recipients_activity c ON true",
        "SELECT b::text, i::text FROM backups_backup AS b FULL JOIN imports_import AS i ON b.label = i.file_name",
        "WITH every AS MATERIALIZED (SELECT * FROM recipients_recipient) SELECT every::text FROM every",
        "SELECT (SELECT string_agg(name, ',') FROM recipients_group), string_agg(name, ',') FROM accounts_account",
        "SELECT email FROM recipients_recipient UNION ALL SELECT subject FROM accounts_auditentry",
        "UPDATE recipients_group SET note = note RETURNING name",
        "DELETE FROM recipients_activity RETURNING subject",
    ],
)
def test_a_statement_without_a_filter_gives_nothing_of_another_account(
    statement: str, ours: Customer, theirs: Customer
) -> None:
    for seen, unseen in ((ours, theirs), (theirs, ours)):
        with account_scope(seen.account.pk):
            found = query(statement)
        assert found
        assert unseen.secret not in str(found)


def test_switching_row_security_off_makes_statements_fail(ours: Customer, theirs: Customer) -> None:
    with account_scope(ours.account.pk), transaction.atomic():
        execute("SET LOCAL row_security = off")
        with pytest.raises(ProgrammingError, match="affected by row-level security"):
            execute("SELECT * FROM recipients_recipient")
