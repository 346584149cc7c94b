"""What the database of the stack says, asked as its administrator."""

import time
from dataclasses import dataclass
from typing import Final

from tests.production.stack import Stack

AS_ADMIN: Final = ("-h", "127.0.0.1", "-U", "postgres", "-d", "listkeep")
PATIENCE: Final = 900.0
OF_A_LIST: Final = """
    SELECT count(*) || ' ' || md5(string_agg((email, registered_at, activated_at, deactivated_at, bounced_at, source,
                                              tags, values)::text, '|' ORDER BY email))
    FROM recipients_recipient WHERE group_id = {}
"""


@dataclass(frozen=True)
class Database:
    """The service `postgres`, from within."""

    stack: Stack

    def ask(self, query: str) -> str:
        """What it answers, as psql prints it."""
        done = self.stack.running["postgres"].run(
            *("psql", *AS_ADMIN, "-Atc", query), PGPASSWORD=self.stack.secret("database_admin_password")
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    def wait_for(self, query: str, answer: str, *, rest: float = 0.3) -> None:
        """Wait until it gives that answer."""
        deadline = time.monotonic() + PATIENCE
        while self.ask(query) != answer:
            assert time.monotonic() < deadline, f"{query}: waited for in vain"
            time.sleep(rest)

    def master_data(self, group: str) -> str:
        """The number of a list's recipients, and a digest of all that a backup of it holds."""
        return self.ask(OF_A_LIST.format(group))

    def tables(self) -> dict[str, str]:
        """The number of rows of every table, and a digest of them."""
        names = self.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").split()
        digest = "SELECT '{0} ' || count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY t::text)), '')"
        queries = [f"{digest.format(name)} FROM {name} t" for name in names]
        lines = self.ask(" UNION ALL ".join(queries)).splitlines()
        return dict(line.split(" ", 1) for line in lines)
