"""`make run`'s stack as a whole: it starts, is alone, stops without a trace, and survives being killed."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from config.embedded import addresses
from config.embedded.s3_server import free_port
from config.embedded.single import MARK
from tests import environment

READY = "Listkeep is ready"
SECONDS = 120.0
WHOLE = ("-m", "config.embedded")
# The same with the processes that a Procfile names: a start costs as much as it has processes.
OF_PROCFILE = """
import sys
from pathlib import Path
import config.embedded.__main__ as stack
stack.PROCFILE = Path(sys.argv[1])
sys.exit(stack.main())
"""


class Stack:
    """The stack of one `var` folder, started as `make run` starts it."""

    def __init__(self, var_dir: Path) -> None:
        self.var_dir = var_dir
        self.port = free_port()
        self.output = var_dir.with_suffix(".out")
        self.popen: subprocess.Popen[bytes] | None = None

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        inherited = {name: value for name, value in os.environ.items() if name not in environment.ENVIRONMENT}
        with self.output.open("wb") as output:
            self.popen = subprocess.Popen(
                [sys.executable, *command],
                stdout=output,
                stderr=output,
                cwd=environment.ROOT,
                env=inherited | {"LISTKEEP_VAR": str(self.var_dir), "PORT": str(self.port)},
                start_new_session=True,
            )
        return self.popen

    def start_and_wait(self, *command: str) -> "subprocess.Popen[bytes]":
        popen = self.start(*command)
        deadline = time.monotonic() + SECONDS
        while READY not in self.output.read_text():
            if popen.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the stack did not start:\n{self.output.read_text()}")
            time.sleep(0.1)
        return popen

    def living(self) -> list[str]:
        """The command lines of the stack's processes that run, the servers among them."""
        found = []
        for process in psutil.process_iter():
            try:
                words = process.cmdline()
                if process.environ().get(MARK) == str(self.var_dir) or str(self.socket_dir) in " ".join(words):
                    found.append(" ".join(words))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue  # it has just ended
        return found

    @property
    def socket_dir(self) -> Path:
        return addresses.socket_dir(self.var_dir)

    def users(self) -> int:
        """How many people the database knows."""
        with psycopg.connect(addresses.admin_url(self.var_dir, name=addresses.DATABASE_NAME)) as connection:
            row = connection.execute("SELECT count(*) FROM accounts_user").fetchone()
            assert row is not None
            return int(row[0])


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack for the tests of this module, which run on the same data one after the other."""
    made = Stack(tmp_path_factory.mktemp("stack") / "var")
    yield made
    if made.popen is not None and made.popen.poll() is None:
        made.popen.terminate()
        made.popen.wait()


def test_stack_serves_is_alone_and_stops_without_a_trace(stack: Stack) -> None:
    running = stack.start_and_wait(*WHOLE)
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.port}/") as response:
        assert response.status == 200
    second = subprocess.run(
        [sys.executable, *WHOLE],
        cwd=environment.ROOT,
        env=os.environ | {"LISTKEEP_VAR": str(stack.var_dir)},
        capture_output=True,
        text=True,
        check=False,
    )
    refusal = (
        f"Listkeep already runs on the data in {stack.var_dir} (process {running.pid}). "
        "Stop it there with Ctrl-C, or set LISTKEEP_VAR to another folder for a second one.\n"
    )
    assert (second.returncode, second.stdout) == (1, refusal)
    running.send_signal(signal.SIGINT)
    assert running.wait(SECONDS) == 0
    assert (stack.living(), stack.socket_dir.exists()) == ([], False)


def test_stack_that_was_killed_starts_again_on_the_same_data(stack: Stack, tmp_path: Path) -> None:
    procfile = tmp_path / "Procfile"
    lines = (environment.ROOT / "Procfile").read_text().replace("--workers 2", "--workers 1").splitlines()
    procfile.write_text("\n".join(line for line in lines if line.startswith(("web:", "small:"))))
    killed = stack.start_and_wait("-c", OF_PROCFILE, str(procfile))
    people = stack.users()
    killed.kill()
    killed.wait()
    assert stack.living() != []
    again = stack.start_and_wait("-c", OF_PROCFILE, str(procfile))
    assert "that an earlier start had left behind." in stack.output.read_text()
    assert (people > 0, stack.users()) == (True, people)
    again.terminate()
    assert again.wait(SECONDS) == 0
    assert (stack.living(), stack.socket_dir.exists()) == ([], False)
