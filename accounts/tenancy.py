"""Which account the database shows: set for one transaction, forgotten with it.

Web and workers connect as a role that row-level security binds. `account_scope` opens a transaction that sees one
account; `user_scope` one that sees a user's own memberships and the accounts they lead to. `across_accounts` is the
one door for work across accounts (beat jobs, the admin site, sign-up); who looks for such work looks for its name.
With none of them, every tenant table is empty and takes nothing. One inside another shows what it shows alone, and the
outer one comes back after it.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

logger = logging.getLogger(__name__)

ACCOUNT = "listkeep.account_id"
USER = "listkeep.user_id"
ACROSS = "listkeep.across_accounts"


@contextmanager
def account_scope(account_id: int, *, user_id: int | None = None, snapshot: bool = False) -> Iterator[None]:
    """A transaction in which exactly the rows of one account exist, and `user_id`'s memberships if given.

    `snapshot` makes every query in it see the same instant (REPEATABLE READ); it must then be the outermost
    transaction. Leaving with an exception rolls back.
    """
    user = "" if user_id is None else str(user_id)
    with _scope({ACCOUNT: str(account_id), USER: user, ACROSS: ""}, snapshot=snapshot):
        yield


@contextmanager
def user_scope(user_id: int) -> Iterator[None]:
    """A transaction in which one user's memberships and the accounts that they lead to can be read."""
    with _scope({ACCOUNT: "", USER: str(user_id), ACROSS: ""}):
        yield


@contextmanager
def across_accounts(reason: str) -> Iterator[None]:
    """The door: a transaction in which the rows of all accounts exist. `reason` is logged."""
    logger.debug("across accounts: %s", reason)
    with _scope({ACCOUNT: "", USER: "", ACROSS: "on"}):
        yield


@contextmanager
def _scope(settings: dict[str, str], *, snapshot: bool = False) -> Iterator[None]:
    """A transaction (or, inside one, a savepoint) with database settings that end with it.

    Every scope gives all of the settings: one that a scope around it has made would let more be seen than it promises.
    """
    nested = connection.in_atomic_block
    with transaction.atomic():
        with connection.cursor() as cursor:
            if snapshot:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            before: tuple[str | None, ...] = ()
            if nested:  # a released savepoint keeps its settings, so what was set before is put back by hand
                cursor.execute(f"SELECT {', '.join(['current_setting(%s, true)'] * len(settings))}", list(settings))
                before = cursor.fetchone()
            _set(cursor, settings)
        yield
        if nested:
            with connection.cursor() as cursor:
                _set(cursor, {name: value or "" for name, value in zip(settings, before, strict=True)})


def _set(cursor: object, settings: dict[str, str]) -> None:
    parts = ", ".join(["set_config(%s, %s, true)"] * len(settings))
    pairs = [part for pair in settings.items() for part in pair]
    cursor.execute(f"SELECT {parts}", pairs)  # type: ignore[attr-defined]  # Django's cursor wrapper has no public type
