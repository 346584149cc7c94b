"""The pieces of `make run` that decide something: the port, the lock, the throw-away services."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from config.embedded import addresses
from config.embedded.__main__ import free_port
from config.embedded.s3_server import free_port as any_port
from config.embedded.single import end_leftovers, environment, is_marked
from config.embedded.temporary import main, temporary_services


def test_free_port_is_the_first_when_nobody_listens_there(capsys: pytest.CaptureFixture[str]) -> None:
    first = any_port()
    assert (free_port(first), capsys.readouterr().out) == (first, "")


def test_taken_port_is_passed_over_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        first = taken.getsockname()[1]
        found = free_port(first)
    assert found > first
    assert capsys.readouterr().out == f"Port {first} is taken; Listkeep uses {found}.\n"


def test_only_leftovers_of_the_same_folder_are_ended(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; print(flush=True); time.sleep(600)"]
    children = []
    for folder in ("one", "other"):
        child = subprocess.Popen(sleep, env=os.environ | environment(tmp_path / folder), stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        children.append(child)
    one, other = children
    try:
        assert is_marked(psutil.Process(other.pid), tmp_path / "other")
        assert end_leftovers(tmp_path / "one") == 1
        assert (psutil.pid_exists(one.pid), other.poll()) == (False, None)
    finally:
        for child in children:
            child.kill()
            child.communicate()


def test_temporary_services_are_gone_after_the_block() -> None:
    with temporary_services(durable=False) as found:
        folder = Path(found["LISTKEEP_VAR"])
        assert sorted(path.name for path in folder.iterdir()) == ["log", "postgresql", "redis"]
    assert (folder.exists(), addresses.socket_dir(folder).exists()) == (False, False)


def test_temporary_command_returns_the_exit_code_of_its_program() -> None:
    assert main(["-c", "import os, sys; sys.exit(7 if os.environ['DATABASE_URL'] else 0)"]) == 7
