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


def tenant_reference_of_sets(table: str, column: str, target: str) -> RunSQL:
    """As `tenant_reference` with ON DELETE CASCADE, checked once per statement and not once per row.

    For a table that a statement fills with a million rows, of which a foreign key would look each one up. The same
    holds as with a foreign key: the rows that are pointed at are locked against deletion until the transaction ends
    (FOR KEY SHARE), and who deletes one waits for that and deletes what points at it.
    """
    name = f"{table}_{column}_in_account"
    refused = f"RAISE foreign_key_violation USING CONSTRAINT = '{name}', MESSAGE = '{name}: no such row in {target}'"
    return RunSQL(
        sql=f"""
        CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM FROM (SELECT DISTINCT account_id, {column} FROM added) AS pointing
            WHERE NOT EXISTS (
                SELECT FROM {target} AS target
                WHERE target.account_id = pointing.account_id AND target.id = pointing.{column}
                FOR KEY SHARE
            );
            IF FOUND THEN {refused}; END IF;
            RETURN NULL;
        END $$;
        CREATE FUNCTION {name}_moved() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM FROM {target} AS target WHERE target.account_id = NEW.account_id AND target.id = NEW.{column}
            FOR KEY SHARE;
            IF NOT FOUND THEN {refused}; END IF;
            RETURN NULL;
        END $$;
        CREATE FUNCTION {name}_cascade() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM {table} WHERE account_id = OLD.account_id AND {column} = OLD.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {name} AFTER INSERT ON {table} REFERENCING NEW TABLE AS added
            FOR EACH STATEMENT EXECUTE FUNCTION {name}();
        CREATE TRIGGER {name}_moved AFTER UPDATE OF account_id, {column} ON {table} FOR EACH ROW
            WHEN ((OLD.account_id, OLD.{column}) IS DISTINCT FROM (NEW.account_id, NEW.{column}))
            EXECUTE FUNCTION {name}_moved();
        CREATE TRIGGER {name}_cascade AFTER DELETE ON {target} FOR EACH ROW EXECUTE FUNCTION {name}_cascade();
        """,  # noqa: S608  # the names stand in migrations
        reverse_sql=f"""
        DROP TRIGGER {name}_cascade ON {target};
        DROP TRIGGER {name}_moved ON {table};
        DROP TRIGGER {name} ON {table};
        DROP FUNCTION {name}_cascade();
        DROP FUNCTION {name}_moved();
        DROP FUNCTION {name}();
        """,
    )
