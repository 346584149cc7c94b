"""Holding a worker at one statement, by a row that it needs: so that a fault hits exactly there."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
from django.db import connection
from psycopg.sql import SQL, Identifier

from config.embedded import addresses
from recipients.masterdata.file import FieldScope
from recipients.masterdata.options import Mode
from recipients.models import Deletion
from tests import environment
from tests.faults.rows import bare
from tests.faults.scenario import Scene, ask_for_deletion, ask_for_preview
from tests.faults.watching import wait_until
from tests.runs import confirm

# The statement with which a job's row ends; it is the last one of its transaction that can be held.
ENDING = {
    "import": 'UPDATE "imports_import" SET "status"',
    "backup": 'UPDATE "backups_backup" SET "status"',
    "deletion": 'UPDATE "recipients_deletion" SET "status"',
}

CHANGING = {
    "updating": "UPDATE recipients_recipient",
    "adding": "INSERT INTO recipients_recipient",
    "deleting": "DELETE FROM recipients_recipient",
}

PREVIEWING = {"reading": 'SELECT "recipients_field"', "counting": "SELECT count(*) FILTER"}


@contextmanager
def other_connection() -> Iterator[psycopg.Connection]:
    """A database session beside the workers', which may lock any row; what it did is rolled back at the end."""
    with closing(psycopg.connect(addresses.admin_url(environment.VAR, name=addresses.DATABASE_NAME))) as other:
        yield other


def is_blocked(blocker: psycopg.Connection, statement: str) -> bool:
    """Whether a session waits for a lock of `blocker` with a statement that begins so."""
    query = """
        SELECT EXISTS (SELECT FROM pg_stat_activity
                       WHERE %s = ANY (pg_blocking_pids(pid)) AND ltrim(query, E' \\n') LIKE %s || '%%')
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [blocker.info.backend_pid, statement])
        return bool(cursor.fetchone()[0])


def is_waiting(statement: str) -> bool:
    """Whether a session waits for a lock of anybody with a statement that begins so.

    Of a job's row the heartbeat may have been there first: then the job waits for the heartbeat's lock.
    """
    query = """
        SELECT EXISTS (SELECT FROM pg_stat_activity
                       WHERE wait_event_type = 'Lock' AND ltrim(query, E' \n') LIKE %s || '%%')
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [statement])
        return bool(cursor.fetchone()[0])


def is_running(statement: str) -> bool:
    """Whether a session is carrying out a statement that begins so."""
    query = """
        SELECT EXISTS (SELECT FROM pg_stat_activity WHERE state = 'active' AND ltrim(query, E' \\n') LIKE %s || '%%')
    """
    with connection.cursor() as cursor:
        cursor.execute(query, [statement])
        return bool(cursor.fetchone()[0])


@contextmanager
def held_preview(scene: Scene, stage: str = "counting") -> Iterator[None]:
    """Have a preview made, and hold it by a lock before it reads the file, or when it counts."""
    with other_connection() as blocker:
        table = "recipients_field" if stage == "reading" else "recipients_recipient"
        blocker.execute(SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(Identifier(table)))
        ask_for_preview(scene)
        wait_until(lambda: is_blocked(blocker, PREVIEWING[stage]), f"{stage} held by a lock")
        yield


@contextmanager
def held_import(scene: Scene, stage: str) -> Iterator[None]:
    """Confirm the import, and hold it by a lock when it updates, adds, deletes, or has changed all but its own row."""
    held_at = first_stage(scene.mode) if stage == "finishing" else stage
    with other_connection() as blocker, other_connection() as second:
        if held_at == "adding":
            blocker.execute(
                "INSERT INTO recipients_recipient (account_id, group_id, email, tags, values)"
                " VALUES (%s, %s, %s, '{}', '{}')",
                [scene.account.pk, scene.group.pk, max(scene.after.keys() - scene.before.keys())],
            )
        else:
            blocker.execute("SELECT FROM recipients_recipient WHERE email = %s FOR UPDATE", [max(replaced(scene))])
        confirm(scene.run, scene.editor)
        wait_until(lambda: is_blocked(blocker, statement(scene, held_at)), f"{held_at} held by a lock")
        if stage == "finishing":
            second.execute("SELECT FROM imports_import WHERE id = %s FOR UPDATE", [scene.run.pk])
            blocker.rollback()
            wait_until(lambda: is_waiting(ENDING["import"]), "the import's row held by a lock")
        yield


def first_stage(mode: Mode) -> str:
    """What an import of that mode does first to the rows."""
    return {Mode.ADD: "adding", Mode.DELETE: "deleting"}.get(mode, "updating")


def statement(scene: Scene, stage: str) -> str:
    """How the statement begins that the import is at in that stage."""
    if stage == "updating" and scene.scope is FieldScope.ACCOUNT:
        return "WITH updated AS"
    return CHANGING[stage]


def replaced(scene: Scene) -> set[str]:
    """The addresses in the list whose rows the import changes or takes away."""
    return {email for email, row in scene.before.items() if bare(row) != bare(scene.after.get(email, {}))}


@contextmanager
def held_deletion(scene: Scene, stage: str) -> Iterator[Deletion]:
    """Ask for the deletion of the list, and hold it when it deletes, or has changed all but its own row."""
    with other_connection() as blocker, other_connection() as second:
        blocker.execute("SELECT FROM recipients_recipient WHERE email = %s FOR UPDATE", [max(scene.before)])
        deletion = ask_for_deletion(scene)
        wait_until(lambda: is_blocked(blocker, "DELETE FROM recipients_recipient"), "the deletion held by a lock")
        if stage == "finishing":
            second.execute("SELECT FROM recipients_deletion WHERE id = %s FOR UPDATE", [deletion.pk])
            blocker.rollback()
            wait_until(lambda: is_waiting(ENDING["deletion"]), "the deletion's row held by a lock")
        yield deletion
