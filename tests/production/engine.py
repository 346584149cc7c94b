"""`docker` on the machine: what an operator types is done with the trial's services.

The program hands its words, its environment and its standard streams over to the process that tells the story, which
runs the services. What it does not know it refuses, so nothing of `docs/operations.md` is passed over in silence.
"""

import contextlib
import json
import os
import pty
import shlex
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.production.image import BASE_PATH
from tests.production.machine import OPERATOR, OWN, PROGRAMS
from tests.production.stack import Stack

SOCKET: Final = f"{OWN}/docker.socket"
PROGRAM: Final = f"""#!{sys.executable} -I
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as engine:
    engine.connect({SOCKET!r})
    socket.send_fds(engine, [json.dumps([sys.argv[1:], dict(os.environ)]).encode()], [0, 1, 2])
    sys.exit(int(engine.recv(16)))
"""
MOST_WORDS: Final = 65_536  # bytes of them
# Images of single commands, by the program that they begin with.
TOOLS: Final = {"amazon/aws-cli": "aws"}
IN_TOOL: Final = ("unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "/bin/sh", "-c")


class Refused(Exception):
    """The engine does not know how to do that."""


@dataclass(frozen=True)
class Streams:
    """The standard streams of who asks, as descriptors, and the environment."""

    stdin: int
    stdout: int
    stderr: int
    environment: dict[str, str]

    def call(self, command: list[str]) -> int:
        """Run a command on them, and on no other terminal; gives its exit code."""
        done = subprocess.run(
            command,
            stdin=self.stdin,
            stdout=self.stdout,
            stderr=self.stderr,
            start_new_session=True,
            check=False,
        )
        return done.returncode


class Engine:
    """Answers the program `docker`, one command after the other."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.failure: Exception | None = None
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(SOCKET)
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()
        program = Path(PROGRAMS) / "docker"
        program.write_text(PROGRAM)
        program.chmod(0o755)

    def type(self, script: str) -> str:
        """Type a script into a shell in the operator's folder; gives what it said.

        Fails when a command does, with what was said, or with what the stack failed with.
        """
        popen = self._shell(script, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        told, _nothing = popen.communicate()
        return self._ended(script, popen.returncode, told)

    def answer(self, script: str, *answers: str) -> str:
        """As `type`, at a terminal; each of the questions, which end with a colon, gets the next of the answers."""
        shown, terminal = pty.openpty()
        popen = self._shell(script, stdin=terminal, stdout=terminal)
        os.close(terminal)
        told = b""
        for answer in answers:
            while not told.endswith(b": "):
                told += os.read(shown, 1000)
            os.write(shown, f"{answer}\n".encode())
            told += b"\n"
        with contextlib.suppress(OSError):  # so the kernel says that nobody writes to a terminal any more
            while more := os.read(shown, 1000):
                told += more
        os.close(shown)
        return self._ended(script, popen.wait(), told)

    def _shell(self, script: str, *, stdin: int, stdout: int) -> "subprocess.Popen[bytes]":
        self.failure = None
        return subprocess.Popen(
            ["/bin/bash", "-e", "-o", "pipefail", "-c", script],
            cwd=OPERATOR,
            env={"PATH": f"{PROGRAMS}:{BASE_PATH}", "HOME": "/root"},
            stdin=stdin,
            stdout=stdout,
            stderr=stdout if stdout != subprocess.PIPE else subprocess.STDOUT,
        )

    def _ended(self, script: str, code: int, told: bytes) -> str:
        text = told.decode(errors="replace")
        if self.failure is not None:
            raise self.failure
        assert code == 0, f"{script}\nended with {code}:\n{text[-6000:]}"
        return text

    def _serve(self) -> None:
        while True:
            connection, _address = self._socket.accept()
            with connection:
                content, descriptors, _flags, _sender = socket.recv_fds(connection, MOST_WORDS, 3)
                words, environment = json.loads(content)
                stdin, stdout, stderr = descriptors
                began = time.monotonic()
                try:
                    code = self._do(words, Streams(stdin, stdout, stderr, environment))
                except Exception as failure:  # noqa: BLE001  # raised again by `type`, which waits for this answer
                    self.failure, code = failure, 125
                for descriptor in descriptors:
                    os.close(descriptor)
                print(f"    $ docker {shlex.join(words)[:150]}   # {time.monotonic() - began:.1f} s", flush=True)
                connection.send(str(code).encode())

    def _do(self, words: list[str], streams: Streams) -> int:
        """Carry out one command; gives its exit code. Raises Refused, or what the stack fails with."""
        known: dict[tuple[str, ...], Callable[[list[str], Streams], int]] = {
            ("compose", "build"): self._build,
            ("compose", "up"): self._up,
            ("compose", "run"): self._run_service,
            ("compose", "exec"): self._exec,
            ("run",): self._run_tool,
        }
        for beginning, carry_out in known.items():
            if tuple(words[: len(beginning)]) == beginning:
                return carry_out(words[len(beginning) :], streams)
        raise Refused(words)

    def _build(self, words: list[str], _streams: Streams) -> int:
        """The image was built before the machine lost its way to the internet."""
        if words:
            raise Refused(words)
        return 0

    def _up(self, words: list[str], _streams: Streams) -> int:
        without: set[str] = set()
        names: list[str] = []
        options = iter(words)
        for word in options:
            if word == "--scale":
                name, _equals, number = next(options).partition("=")
                if number != "0":
                    raise Refused(words)
                without.add(name)
            elif not word.startswith("-"):
                names.append(word)
        if not {"--detach", "--wait"} <= set(words):
            raise Refused(words)
        self.stack.up(*names, without=without)
        return 0

    def _run_service(self, words: list[str], _streams: Streams) -> int:
        if words[:1] != ["--rm"]:
            raise Refused(words)
        name, *command = words[1:]
        self.stack.wait_for_parts(name)
        container = self.stack.another(name, as_name=f"{name}-run", command=command)
        assert container.popen is not None
        return container.popen.wait()

    def _exec(self, words: list[str], streams: Streams) -> int:
        name, *command = words[1:] if words[0] == "-T" else words
        return streams.call(self.stack.running[name].entering(*command))

    def _run_tool(self, words: list[str], streams: Streams) -> int:
        """A container of its own, of a tool's image, as root, with folders of the machine."""
        env, mounts = {"PATH": BASE_PATH, "HOME": "/root"}, []
        while words[0].startswith("--"):
            option = words.pop(0)
            if option == "--env":
                name = words.pop(0)
                env[name] = streams.environment[name]
            elif option == "--volume":
                source, _colon, target = words.pop(0).partition(":")
                mounts.append(f"mkdir -p {source} {target} && mount --bind {source} {target}")
            elif option == "--network":
                words.pop(0)  # there is one
            elif option != "--rm":
                raise Refused(option)
        image, *command = words
        program = TOOLS[image.partition(":")[0]]
        called = ["env", "-i", *(f"{name}={value}" for name, value in env.items()), program, *command]
        return streams.call([*IN_TOOL, " && ".join([*mounts, f"exec {shlex.join(called)}"])])
