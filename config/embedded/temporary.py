"""Throw-away services: `python -m config.embedded.temporary manage.py …` runs a program on empty ones of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from config.embedded import addresses
from config.embedded.postgres import Postgres
from config.embedded.redis_server import RedisServer


@contextmanager
def temporary_services(*, durable: bool) -> Iterator[dict[str, str]]:
    """PostgreSQL and Redis for the block, with the environment that leads settings to them and to an empty storage.

    `durable` waits for the disk as production does, for measurements; otherwise speed comes first. The database is
    made but not migrated. Everything is removed afterwards.
    """
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="listkeep-temporary-")))
        folder.chmod(0o711)  # the database's user passes through it when this runs as root
        for service in (Postgres(folder, ephemeral=not durable), RedisServer(folder)):
            stack.callback(service.stop)
            service.start()
        yield {
            "LISTKEEP_VAR": str(folder),
            "DATABASE_URL": addresses.database_url(folder, role="app"),
            "DATABASE_OWNER_URL": addresses.database_url(folder, role="owner"),
            "REDIS_URL": addresses.redis_url(folder),
            "STORAGE_URL": (folder / "storage").as_uri(),
        }


def main(arguments: list[str]) -> int:
    """Run Python with these arguments on throw-away services and return its exit code."""
    with temporary_services(durable=False) as environment:
        return subprocess.run([sys.executable, *arguments], env=os.environ | environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
