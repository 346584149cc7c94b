"""A real S3 server for tests and benchmarks: SeaweedFS from its wheel, on ports of this machine alone.

Not part of `make run`, which keeps files in a folder; the wheel is a package for development.
"""

import json
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
import psutil
from botocore.config import Config

ACCESS_KEY = "listkeep-tests"
SECRET_KEY = "listkeep-tests-secret"  # noqa: S105 - the server lives as long as who started it, on this machine alone
BUCKET = "listkeep"
ATTEMPTS = 5
START_SECONDS = 60.0


class S3FailedError(Exception):
    """The server could not be started; the message is what its log says."""


class S3Server:
    """An S3 server with an empty bucket, whose data are in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self.url = ""  # as STORAGE_URL, once it is started

    def start(self) -> None:
        """Start the server and wait until it answers. Raises S3FailedError.

        A port that was free a moment ago may be somebody else's by now; the server ends then, and others are tried.
        """
        for attempt in range(ATTEMPTS):
            folder = self._folder / str(attempt)
            folder.mkdir(parents=True)
            port = self._start(folder)
            if port is not None:
                self._create_bucket(port)
                self.url = f"s3://{ACCESS_KEY}:{SECRET_KEY}@127.0.0.1:{port}/{BUCKET}?tls=0&region=us-east-1"
                return
        raise S3FailedError((folder / "weed.log").read_text(errors="replace"))

    def stop(self) -> None:
        """End the server at once: in good order it would take half a minute for data that nobody will read."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def _start(self, folder: Path) -> int | None:
        """Start it in the folder; the port of its S3 side once it listens, or None."""
        ports = {part: free_port() for part in ("s3", "master", "volume", "filer")}
        with (folder / "weed.log").open("wb") as log:
            self._server = subprocess.Popen(
                [str(Path(sys.executable).with_name("weed")), "server", *_options(folder, ports)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if _listens(self._server, ports["s3"]):
            return ports["s3"]
        self.stop()
        return None

    def _create_bucket(self, port: int) -> None:
        """Create the bucket; the server listens a moment before all its parts answer, so the client tries again."""
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
            region_name="us-east-1",
            config=Config(retries={"max_attempts": 20, "mode": "standard"}, read_timeout=START_SECONDS),
        )
        client.create_bucket(Bucket=BUCKET)


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _options(folder: Path, ports: dict[str, int]) -> list[str]:
    """What the server is told: where its data are, who may use it, and which ports are its own."""
    identity = {
        "name": ACCESS_KEY,
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    options = [f"-dir={folder / 'data'}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-volume.max=20"]
    options += ["-s3", f"-s3.config={folder / 'identities.json'}"]
    options += ["-master.telemetry=false", "-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"]
    options += [f"-{part}.port={port}" for part, port in ports.items()]
    return [*options, *(f"-{part}.port.grpc={free_port()}" for part in ports)]


def _listens(server: "subprocess.Popen[bytes]", port: int) -> bool:
    """Wait until the server itself listens on the port; False when it ends before or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        try:
            connections = psutil.Process(server.pid).net_connections("tcp")
        except psutil.NoSuchProcess:
            return False
        if any(one.status == psutil.CONN_LISTEN and one.laddr.port == port for one in connections):
            return True
        time.sleep(0.05)
    return False
