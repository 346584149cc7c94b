"""Floors: the cheapest thing that the database can do with the same rows. Beside each of ours stands one of these."""

import time
from pathlib import Path

import psycopg
import pyarrow as pa
from django.db import connections

from benchmarks.place import VAR
from config.embedded import addresses

COLUMNS = "email, registered_at, activated_at, deactivated_at, bounced_at, source, tags"


def copy_out(account_id: int, group_id: int, keys: list[str]) -> float:
    """Seconds of COPY (the columns of a backup) TO STDOUT, discarded."""
    values = ", ".join(f"values->>'{key}'" for key in keys)
    query = (
        f"COPY (SELECT {COLUMNS}, {values} FROM recipients_recipient"
        f" WHERE account_id = {account_id} AND group_id = {group_id}) TO STDOUT"
    )
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('listkeep.account_id', %s, false)", [str(account_id)])
        started = time.perf_counter()
        with cursor.copy(query) as copy:
            for _piece in copy:
                pass
        return time.perf_counter() - started


def compressed_csv(account_id: int, group_id: int, keys: list[str]) -> int:
    """Bytes of the same rows as CSV, in the order of a backup, compressed with zstd at level 3."""
    values = ", ".join(f"values->>'{key}'" for key in keys)
    query = (
        f"COPY (SELECT {COLUMNS}, {values} FROM recipients_recipient"
        f" WHERE account_id = {account_id} AND group_id = {group_id} ORDER BY email) TO STDOUT (FORMAT csv)"
    )
    rows = bytearray()
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('listkeep.account_id', %s, false)", [str(account_id)])
        with cursor.copy(query) as copy:
            for piece in copy:
                rows += piece
    return len(pa.Codec("zstd", compression_level=3).compress(rows))


class CopyIn:
    """Binary COPY of finished rows, in random order, into a table with the same columns and indexes."""

    def __init__(self, account_id: int, group_id: int, path: Path) -> None:
        """Keep the rows of a group, as they are now, in a file at `path`."""
        self.path = path
        with connections["owner"].cursor() as cursor:
            cursor.execute("SELECT set_config('listkeep.account_id', %s, false)", [str(account_id)])
            query = f"""
                COPY (SELECT account_id, id, group_id, {COLUMNS}, values FROM recipients_recipient
                      WHERE account_id = {account_id} AND group_id = {group_id} ORDER BY md5(email))
                TO STDOUT (FORMAT binary)
            """
            with path.open("wb") as file, cursor.copy(query) as copy:
                for piece in copy:
                    file.write(piece)

    def seconds(self) -> float:
        """Seconds of the COPY and its commit, into an empty table."""
        with connections["owner"].cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS floor")
            cursor.execute("CREATE TABLE floor (LIKE recipients_recipient INCLUDING ALL)")
            started = time.perf_counter()
            columns = f"account_id, id, group_id, {COLUMNS}, values"
            with (
                self.path.open("rb") as file,
                cursor.copy(f"COPY floor ({columns}) FROM STDIN (FORMAT binary)") as copy,
            ):
                while piece := file.read(1 << 20):
                    copy.write(piece)
            seconds = time.perf_counter() - started
            cursor.execute("DROP TABLE floor")
        return seconds


def vacuum() -> None:
    """Give every measurement a tidy table to start from."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE recipients_recipient")
    with psycopg.connect(addresses.admin_url(VAR), autocommit=True) as admin:
        admin.execute("CHECKPOINT")


def empty() -> None:
    """Remove all recipients at once."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE recipients_recipient, recipients_activity")
