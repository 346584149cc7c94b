"""Small disks that are really full: a file system of its own in memory, for a folder or for tables of PostgreSQL.

Only root may mount one; the tests that need it are skipped for others.
"""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which

import pytest
from django.db import connections
from psycopg import connect
from psycopg.sql import SQL, Identifier, Literal

from config.embedded import addresses
from tests import environment

SIZE = 4 * 1024 * 1024
PAGE = 4096  # bytes; the least that a file takes of the disk


@dataclass
class SmallDisk:
    """A disk of SIZE bytes at `path`. What fills it up is a file of its own."""

    path: Path

    @property
    def _filler(self) -> Path:
        return self.path / "filler"

    def fill(self, *, left: int = 0) -> None:
        """Let only `left` bytes be free."""
        self.make_room()
        with self._filler.open("wb", buffering=0) as filler:
            try:
                while True:
                    filler.write(bytes(PAGE))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
            os.ftruncate(filler.fileno(), max(0, filler.tell() - left))

    def make_room(self) -> None:
        """Let nothing but what others wrote take room."""
        self._filler.unlink(missing_ok=True)

    def holds(self) -> list[str]:
        """What else stands on the disk."""
        return sorted(path.name for path in self.path.iterdir() if path != self._filler)


@contextmanager
def small_disk(path: Path) -> Iterator[SmallDisk]:
    """Mount a small disk at `path` for the block."""
    path.mkdir(parents=True, exist_ok=True)
    mount, umount = which("mount"), which("umount")
    if mount is None or umount is None or os.getuid() != 0:
        pytest.skip("only root can mount a disk")
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "tmpfs", str(path)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"no disk can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run([umount, "--lazy", str(path)], check=True)


@contextmanager
def small_disk_of_postgresql(table: str | None) -> Iterator[SmallDisk]:
    """A small disk that holds a table's rows for the block; without `table` all temporary tables that are made."""
    with small_disk(environment.FOLDER / "tablespace") as disk:
        owner = environment.POSTGRES.data_dir.stat()
        os.chown(disk.path, owner.st_uid, owner.st_gid)
        folder = disk.path / "postgresql"  # of its own, for PostgreSQL takes only an empty one
        folder.mkdir()
        os.chown(folder, owner.st_uid, owner.st_gid)
        with connect(addresses.admin_url(environment.VAR, name=addresses.DATABASE_NAME), autocommit=True) as admin:
            admin.execute(SQL("CREATE TABLESPACE small LOCATION {}").format(Literal(str(folder))))
            app = Identifier(addresses.ROLES["app"])
            if table is None:
                admin.execute(SQL("GRANT CREATE ON TABLESPACE small TO {}").format(app))
                admin.execute(SQL("ALTER ROLE {} SET temp_tablespaces = small").format(app))
            else:
                admin.execute(SQL("ALTER TABLE {} SET TABLESPACE small").format(Identifier(table)))
            connections.close_all()
            try:
                yield disk
            finally:
                connections.close_all()
                disk.make_room()
                if table is None:
                    admin.execute(SQL("ALTER ROLE {} RESET temp_tablespaces").format(app))
                    admin.execute(SQL("REVOKE CREATE ON TABLESPACE small FROM {}").format(app))
                else:
                    admin.execute(SQL("ALTER TABLE {} SET TABLESPACE pg_default").format(Identifier(table)))
                admin.execute("DROP TABLESPACE small")
