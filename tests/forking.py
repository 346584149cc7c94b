"""Programs that begin with Listkeep loaded: forked from one process that has loaded it, instead of loading it anew.

A start of `python -m celery` costs two seconds of a processor, and nearly all of them are imports. Here they are made
once a session; what is forked then runs the module as `python -m` does, in a session of its own, on its own log. It is
a process like any other: it can be killed, frozen and waited for, and forks the processes of its own.

`python -m tests.forking DESCRIPTOR` is that process. It hears from the tests by a socket and ends with it.
"""

import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import django
from celery import current_app

MOST_BYTES = 65_536  # of a message
LOADED = ("config.celery", "celery.bin.celery", "celery.apps.worker", "celery.concurrency.prefork")
CHANGES_BY_ITSELF = "PYTEST_CURRENT_TEST"


@dataclass
class Forked:
    """A program that was forked, with what the tests ask of a `subprocess.Popen`."""

    pid: int
    nursery: "Nursery"
    returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, as that of a Popen, or None while it runs."""
        if self.returncode is None:
            self.nursery.hear(0)
            self.returncode = self.nursery.ended.pop(self.pid, None)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; gives the exit code. Raises TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            left = None if deadline is None else deadline - time.monotonic()
            if timeout is not None and left is not None and left <= 0:
                raise subprocess.TimeoutExpired([str(self.pid)], timeout)
            self.nursery.hear(left)
        return code

    def terminate(self) -> None:
        """Ask it to end."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGTERM)


@dataclass
class Nursery:
    """The process that has Listkeep loaded, seen from the tests; `env` is what it and all its children have."""

    env: Mapping[str, str]
    popen: "subprocess.Popen[bytes]"
    connection: socket.socket
    ended: dict[int, int] = field(default_factory=dict)  # exit codes that nobody has asked for, by process

    @classmethod
    def open(cls, env: Mapping[str, str], *, cwd: Path, log: Path) -> "Nursery":
        """Start it; it answers once it has loaded everything."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with log.open("wb") as output, theirs:
            popen = subprocess.Popen(
                [sys.executable, "-m", "tests.forking", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=cwd,
                env=env,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return cls(env, popen, ours)

    def suits(self, env: Mapping[str, str]) -> bool:
        """Whether a program with that environment may come from here: settings were read from ours."""
        return _lasting(env) == _lasting(self.env)

    def start(self, arguments: Sequence[str], *, log: Path) -> Forked:
        """Start `python -m arguments` with its outputs in `log`. Raises ConnectionError when the nursery has ended."""
        log.touch()
        self.connection.send(json.dumps({"arguments": list(arguments), "log": str(log)}).encode())
        while (pid := self.hear(None)) is None:
            pass
        return Forked(pid, self)

    def hear(self, seconds: float | None) -> int | None:
        """Take in one message, if one comes in that time; gives the process that was started, if it tells of one."""
        if not select.select([self.connection], [], [], seconds)[0]:
            return None
        content = self.connection.recv(MOST_BYTES)
        if not content:
            raise ConnectionError("the process that forks programs for the tests has ended")
        message: dict[str, int] = json.loads(content)
        if "ended" in message:
            self.ended[message["ended"]] = message["code"]
        return message.get("started")

    def close(self) -> None:
        """End it; programs that it has started stay."""
        self.connection.close()
        self.popen.wait()


def _lasting(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name != CHANGES_BY_ITSELF}


# --- within that process ------------------------------------------------------------------------------------------


def serve(connection: socket.socket) -> list[str] | None:
    """Fork programs and tell of their ends; gives its arguments to each, and None here when the tests are over."""
    heard, woken = os.pipe2(os.O_NONBLOCK)
    signal.signal(signal.SIGCHLD, lambda *_signal: None)
    signal.set_wakeup_fd(woken)
    while True:
        ready, _, _ = select.select([connection.fileno(), heard], [], [])
        if connection.fileno() in ready:
            content = connection.recv(MOST_BYTES)
            if not content:
                return None
            wanted = json.loads(content)
            born, birth = os.pipe()
            pid = os.fork()
            if pid == 0:
                connection.close()
                become_a_program(Path(wanted["log"]))
                for one in (heard, woken, born, birth):
                    os.close(one)
                arguments: list[str] = wanted["arguments"]
                return arguments
            os.close(birth)
            os.read(born, 1)  # ends when it leads its own session: whoever is told of it may kill that
            os.close(born)
            connection.send(json.dumps({"started": pid}).encode())
        if heard in ready:
            os.read(heard, MOST_BYTES)
            tell_of_ends(connection)


def tell_of_ends(connection: socket.socket) -> None:
    """Tell the tests of each program that has ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return  # there is none any more
        if pid == 0:
            return
        connection.send(json.dumps({"ended": pid, "code": os.waitstatus_to_exitcode(status)}).encode())


def become_a_program(log: Path) -> None:
    """Leave behind what belongs to the process that was forked, as a new process would be without it."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for ours, theirs in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(ours, theirs)
    os.close(output)
    os.close(nothing)
    random.seed()


def load() -> None:
    """Import what the programs need, and set Django up."""
    for name in LOADED:
        import_module(name)
    django.setup()
    current_app.loader.import_default_modules()


if __name__ == "__main__":
    load()
    given = serve(socket.socket(fileno=int(sys.argv[1])))
    if given is not None:
        sys.argv = given
        runpy.run_module(given[0], run_name="__main__", alter_sys=True)
