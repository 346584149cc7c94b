"""The role that web and workers connect as: it reads and writes rows, and can do nothing that leads past policies."""

from pathlib import Path

import pytest
from django.conf import settings
from django.db import ProgrammingError, connections

from tests.customer import make_customer
from tests.tenant_tables import TABLES, composed, execute, query

every_table = pytest.mark.parametrize("table", TABLES)


def test_the_application_connects_as_a_role_with_no_right_past_the_policies(db: None) -> None:
    found = query(
        "SELECT rolname = session_user, rolname = current_user, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole,"
        " rolreplication FROM pg_roles WHERE rolname = %s",
        [settings.DATABASES["default"]["USER"]],
    )
    assert found == [(True, True, False, False, False, False, False)]


def test_the_application_is_a_member_of_no_role(db: None) -> None:
    assert query("SELECT rolname FROM pg_roles WHERE pg_has_role(rolname, 'MEMBER') AND rolname <> current_user") == []


def test_the_application_owns_nothing(db: None) -> None:
    assert (
        query(
            """
            SELECT relname::text FROM pg_class WHERE pg_get_userbyid(relowner) = current_user
            UNION ALL SELECT nspname FROM pg_namespace WHERE pg_get_userbyid(nspowner) = current_user
            UNION ALL SELECT datname FROM pg_database WHERE pg_get_userbyid(datdba) = current_user
            UNION ALL SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) = current_user
            """
        )
        == []
    )


@every_table
def test_the_application_may_read_and_write_rows_and_nothing_else(table: str, db: None) -> None:
    rights = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]
    found = query(
        "SELECT name FROM unnest(%s::text[]) AS name WHERE has_table_privilege(%s, name)",
        [rights, table],
    )
    assert [name for (name,) in found] == rights[:4]


@every_table
@pytest.mark.parametrize(
    "statement",
    [
        "TRUNCATE {table} CASCADE",
        "ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON {table}",
        "CREATE POLICY open_door ON {table} USING (true)",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
    ],
)
def test_the_application_cannot_take_the_protection_away(table: str, statement: str, db: None) -> None:
    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
        execute(statement, table=table)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("SET ROLE {owner}", "permission denied"),
        ("SET SESSION AUTHORIZATION {owner}", "permission denied"),
        ("SET session_replication_role = replica", "permission denied"),
        ("CREATE TABLE public.copied AS SELECT 1", "permission denied"),
    ],
)
def test_the_application_cannot_become_more_than_it_is(statement: str, error: str, db: None) -> None:
    with pytest.raises(ProgrammingError, match=error):
        execute(statement, owner=settings.DATABASES["owner"]["USER"])


def test_the_owner_of_the_tables_is_bound_by_their_policies_too(committed_db: None, storage: Path) -> None:
    make_customer("unserwort")
    with connections["owner"].cursor() as cursor:
        found = {}
        for table in TABLES:
            cursor.execute(composed("SELECT count(*) FROM {table}", {"table": table}))
            found[table] = cursor.fetchone()[0]
    assert found == dict.fromkeys(TABLES, 0)
