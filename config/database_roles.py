"""The database and its two roles: `listkeep_owner` migrates, `listkeep_app` serves and is bound by row-level security.

`python -m config.database_roles` makes them from three addresses in the environment: DATABASE_ADMIN_URL (a role that
may create roles and databases), DATABASE_OWNER_URL and DATABASE_URL (user, password and database name are taken from
these). It may run again at any time; it then renews the passwords and checks the rights. The embedded database and
the tests use the same function.
"""

import sys

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from config.environment import env_url

ADDRESSES = ("DATABASE_ADMIN_URL", "DATABASE_OWNER_URL", "DATABASE_URL")
NO_RIGHTS = sql.SQL("NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION")
BUILTIN_LOCALE_SINCE = 170000  # the server version that has locales which do not depend on its operating system


class RoleTooPowerfulError(Exception):
    """A role that must not see past row-level security has a right that lets it."""


def ensure_roles(*, admin_url: str, owner_url: str, app_url: str) -> None:
    """Make the owner's and the application's role and the database, as far as they are missing.

    Afterwards the application's role can read and write rows of every table that the owner makes, and can neither
    empty nor change a table. Raises RoleTooPowerfulError when a role that already stood is a superuser, may bypass
    row-level security, may create databases or roles, or when the application's role is a member of the owner's.
    """
    owner, app = conninfo_to_dict(owner_url), conninfo_to_dict(app_url)
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for role in (owner, app):
            ensure_role(admin, name=str(role["user"]), password=role.get("password"))
        check_rights(admin, owner=str(owner["user"]), app=str(app["user"]))
        ensure_database(admin, name=str(owner["dbname"]), owner=str(owner["user"]))
    with psycopg.connect(owner_url, autocommit=True) as connection:
        grant_to_app(connection, database=str(owner["dbname"]), owner=str(owner["user"]), app=str(app["user"]))


def ensure_role(admin: psycopg.Connection, *, name: str, password: object) -> None:
    """Make one role without any right beyond login, or renew its password when it stands and one is given."""
    found = admin.execute("SELECT FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    if found is None:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN {}").format(sql.Identifier(name), NO_RIGHTS))
    if password:
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(name), sql.Literal(password)))


def check_rights(admin: psycopg.Connection, *, owner: str, app: str) -> None:
    """Raise RoleTooPowerfulError unless row-level security binds both roles, and the application is not the owner."""
    powerful = admin.execute(
        "SELECT rolname FROM pg_roles WHERE rolname IN (%s, %s)"
        " AND (rolsuper OR rolbypassrls OR rolcreatedb OR rolcreaterole OR rolreplication) ORDER BY rolname",
        [owner, app],
    ).fetchall()
    if powerful:
        names = " and ".join(str(row[0]) for row in powerful)
        raise RoleTooPowerfulError(f"{names} may do more than log in; take its other role attributes away.")
    member = admin.execute("SELECT pg_has_role(%s, %s, 'MEMBER')", [app, owner]).fetchone()
    if member == (True,):
        raise RoleTooPowerfulError(f"{app} is a member of {owner}; revoke that membership.")


def ensure_database(admin: psycopg.Connection, *, name: str, owner: str) -> None:
    """Make the database when it is missing: UTF-8, and sorted and compared the same on every machine."""
    if admin.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None:
        return
    if admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = CURRENT_USER").fetchone() != (True,):
        # Only a member may give a database to a role, and the managed services' administrators are no superusers.
        admin.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))
    builtin = admin.info.server_version >= BUILTIN_LOCALE_SINCE
    locale = "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'" if builtin else "LOCALE 'C.UTF-8'"
    admin.execute(
        sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' {}").format(
            sql.Identifier(name), sql.Identifier(owner), sql.SQL(locale)
        )
    )


def grant_to_app(connection: psycopg.Connection, *, database: str, owner: str, app: str) -> None:
    """Give the application's role its rights on the database and on every table that the owner will make.

    Tables that stand already are left alone: a migration may have taken a right away from one of them.
    """
    names = {"database": sql.Identifier(database), "owner": sql.Identifier(owner), "app": sql.Identifier(app)}
    future = "ALTER DEFAULT PRIVILEGES FOR ROLE {owner} IN SCHEMA public"
    for statement in (
        "REVOKE ALL ON DATABASE {database} FROM PUBLIC",
        "GRANT CONNECT, TEMPORARY ON DATABASE {database} TO {app}",
        "REVOKE ALL ON SCHEMA public FROM PUBLIC",
        "GRANT USAGE ON SCHEMA public TO {app}",
        f"{future} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {{app}}",
        f"{future} GRANT USAGE ON SEQUENCES TO {{app}}",
    ):
        connection.execute(sql.SQL(statement).format(**names))


def main() -> int:
    """Make roles and database from the environment's addresses; the exit code is 1 when one is missing or wrong."""
    addresses = {name: env_url(name) for name in ADDRESSES}
    missing = [name for name, address in addresses.items() if not address]
    if missing:
        sys.stderr.write(f"Not set: {', '.join(missing)}.\n")
        return 1
    admin_url, owner_url, app_url = addresses.values()
    try:
        ensure_roles(admin_url=admin_url, owner_url=owner_url, app_url=app_url)
    except RoleTooPowerfulError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
