"""The tables that belong to accounts, found in the models, and their rows as the database sees them, past the models.

Nothing here filters by account unless it says so: that is the database's work, and what the tests are about.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction
from psycopg import sql

from accounts.models import Account
from accounts.tenancy import across_accounts

ACCOUNT_ID = "account_id"
# Columns that are named like a reference and are none: nothing is read through them without the account's scope.
NO_REFERENCES = {
    ("backups_backup", "change_id"),  # of an import or a deletion, whichever the trigger says
    ("recipients_removal", "job_id"),  # of whatever job removed the recipient
    ("imports_import", "backup_id"),  # of a backup that may be purged; imports know no backups
}

Row = dict[str, Any]


@dataclass(frozen=True, order=True)
class Reference:
    """A column of a tenant table that points at the id of a row in a tenant table."""

    table: str
    column: str
    target: str

    def __str__(self) -> str:
        return f"{self.table}.{self.column}"


def columns_of(model: type[models.Model]) -> list[str]:
    """The columns of a model's table."""
    return [str(field.column) for field in model._meta.local_concrete_fields if field.column]


TENANT_MODELS = [
    model for model in apps.get_models(include_auto_created=True) if model is Account or ACCOUNT_ID in columns_of(model)
]
TABLES = sorted(model._meta.db_table for model in TENANT_MODELS)


def account_column(table: str) -> str:
    """The column that says whose a row is."""
    return "id" if table == Account._meta.db_table else ACCOUNT_ID


def references() -> list[Reference]:
    """Every reference from a tenant table to a tenant table but the one to the account.

    Beside foreign keys these are the columns that are named after a model: `recipient_id`. Raises LookupError for a
    column that is named like a reference and leads nowhere.
    """
    found = []
    for model in TENANT_MODELS:
        for one in model._meta.local_concrete_fields:
            column, table = str(one.column), model._meta.db_table
            if column == ACCOUNT_ID or (table, column) in NO_REFERENCES:
                continue
            if isinstance(one, models.ForeignKey):
                target = one.related_model
            elif column.endswith("_id"):
                target = model_named(column.removesuffix("_id"))
            else:
                continue
            if target in TENANT_MODELS:
                found.append(Reference(table=table, column=column, target=target._meta.db_table))
    return sorted(found)


def model_named(name: str) -> type[models.Model]:
    """The tenant model of that name."""
    for model in TENANT_MODELS:
        if model._meta.model_name == name:
            return model
    raise LookupError(f"No tenant table is called {name}; say in NO_REFERENCES what the column is.")


def query(statement: str, parameters: Any = None, **names: str) -> list[tuple[Any, ...]]:
    """The rows that a statement gives, with `{name}` standing for the table or column that `names` has for it."""
    with connection.cursor() as cursor:
        cursor.execute(composed(statement, names), parameters)
        return list(cursor.fetchall())


def execute(statement: str, parameters: Any = None, **names: str) -> int:
    """As `query`, for a statement that gives no rows: how many it touched. An error undoes this statement alone."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(composed(statement, names), parameters)
        return int(cursor.rowcount)


def composed(statement: str, names: dict[str, str]) -> Any:
    """The statement with its identifiers quoted."""
    return sql.SQL(statement).format(**{key: sql.Identifier(name) for key, name in names.items()})


def count(table: str) -> int:
    """How many rows of a table can be seen."""
    return int(query("SELECT count(*) FROM {table}", table=table)[0][0])


def counts() -> dict[str, int]:
    """How many rows of every tenant table can be seen."""
    return {table: count(table) for table in TABLES}


def visible_accounts(table: str) -> Counter[int]:
    """Whose rows of a table can be seen, and how many of each account."""
    owner = account_column(table)
    return Counter(dict(query("SELECT {owner}, count(*) FROM {table} GROUP BY 1", table=table, owner=owner)))


def rows_of(table: str, account_id: int) -> list[Row]:
    """All rows of an account in a table, in a fixed order, whatever can be seen at present."""
    with across_accounts("a test compares rows"):
        found = query(
            "SELECT to_jsonb(row) FROM {table} AS row WHERE {owner} = %s ORDER BY to_jsonb(row)::text",
            [account_id],
            table=table,
            owner=account_column(table),
        )
    return [json.loads(row) if isinstance(row, str) else row for (row,) in found]


def everything_of(account_id: int) -> dict[str, list[Row]]:
    """All rows of an account."""
    return {table: rows_of(table, account_id) for table in TABLES}


def insert(table: str, row: Row, *, on_conflict: str = "") -> int:
    """Insert a row as `rows_of` gives it, past the models; how many rows that made."""
    names = sql.SQL(", ").join(sql.Identifier(name) for name in row)
    statement = sql.SQL(
        "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s) {on_conflict}"
    ).format(table=sql.Identifier(table), names=names, on_conflict=sql.SQL(on_conflict))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [json.dumps(row)])
        return int(cursor.rowcount)


def key_columns(table: str) -> list[str]:
    """The columns of a table's primary key."""
    found = query(
        """
        SELECT attribute.attname FROM pg_index AS key
        JOIN pg_attribute AS attribute ON attribute.attrelid = key.indrelid AND attribute.attnum = ANY (key.indkey)
        WHERE key.indisprimary AND key.indrelid = %s::regclass ORDER BY attribute.attnum
        """,
        [table],
    )
    return [name for (name,) in found]


def update(table: str, row: Row, changes: Row) -> int:
    """Change the row with the key of `row`, as the present scope allows; how many rows that changed."""
    assignments = sql.SQL(", ").join(
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(value)) for name, value in changes.items()
    )
    return write_row("UPDATE {table} SET {assignments} WHERE {conditions}", table, row, assignments=assignments)


def delete(table: str, row: Row) -> int:
    """Delete the row with the key of `row`, as the present scope allows; how many rows that deleted."""
    return write_row("DELETE FROM {table} WHERE {conditions}", table, row)


def write_row(statement: str, table: str, row: Row, **parts: sql.Composable) -> int:
    """Carry out a statement on the row with the key of `row`; an error undoes this statement alone."""
    conditions = sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(sql.Identifier(key), sql.Literal(row[key])) for key in key_columns(table)
    )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(table=sql.Identifier(table), conditions=conditions, **parts))
        return int(cursor.rowcount)


def copied(table: str) -> list[str]:
    """The lines that COPY gives of a table."""
    with connection.cursor() as cursor, cursor.copy(composed("COPY {table} TO STDOUT", {"table": table})) as copy:
        return b"".join(bytes(piece) for piece in copy).decode().splitlines()


def copy_nothing_into(table: str) -> None:
    """Begin a COPY into a table and end it without a row; an error undoes this statement alone."""
    statement = composed("COPY {table} FROM STDIN", {"table": table})
    with transaction.atomic(), connection.cursor() as cursor, cursor.copy(statement):
        pass
