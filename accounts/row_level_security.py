"""Migration operations that make the database itself keep accounts apart.

A tenant table gets a forced policy: rows are seen and taken only when their account is the one that
`accounts.tenancy` has set. A reference between tenant tables is a foreign key over (account, id): the check behind a
foreign key is not bound by policies, so a key over the id alone could point at another account's row.
"""

from django.db.migrations.operations.special import RunSQL

ACCOUNT = "(SELECT nullif(current_setting('listkeep.account_id', true), '')::bigint)"
USER = "(SELECT nullif(current_setting('listkeep.user_id', true), '')::bigint)"
ACROSS = "(SELECT current_setting('listkeep.across_accounts', true) = 'on')"


def protect(table: str, *, account_column: str = "account_id", also_readable: str = "false") -> RunSQL:
    """Row-level security, forced, on a tenant table; `also_readable` is SQL for rows that may be read besides."""
    own = f"{account_column} = {ACCOUNT} OR {ACROSS}"
    # The settings stand in sub-selects so that they are read once a statement and not once a row.
    return RunSQL(
        sql=f"""
        ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
        ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
        CREATE POLICY tenant ON {table} USING ({own}) WITH CHECK ({own});
        CREATE POLICY also_readable ON {table} FOR SELECT USING ({also_readable});
        """,
        reverse_sql=f"""
        DROP POLICY tenant ON {table};
        DROP POLICY also_readable ON {table};
        ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
        """,
    )


def tenant_reference(table: str, column: str, target: str, *, on_delete: str = "NO ACTION") -> RunSQL:
    """A foreign key (account_id, `column`) → `target` (account_id, id): no row of another account can be pointed at."""
    name = f"{table}_{column}_in_account"
    return RunSQL(
        sql=f"""
        ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (account_id, {column})
        REFERENCES {target} (account_id, id) ON DELETE {on_delete} DEFERRABLE INITIALLY IMMEDIATE
        """,
        reverse_sql=f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )
