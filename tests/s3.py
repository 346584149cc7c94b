"""A real S3 server for tests: SeaweedFS from its wheel, on ports of this machine alone."""

import json
import subprocess
import sys
import time
from pathlib import Path

import boto3
import psutil
import pytest
from botocore.config import Config

from tests import environment
from tests.processes import START_SECONDS, free_port

ACCESS_KEY = "listkeep-tests"
SECRET_KEY = "listkeep-tests-secret"  # noqa: S105 - the server lives as long as the tests and holds nothing else
BUCKET = "listkeep"
ATTEMPTS = 5


@pytest.fixture(scope="session")
def s3_url() -> str:
    """STORAGE_URL of a running S3 server with an empty bucket."""
    port = start_server()
    create_bucket(f"http://127.0.0.1:{port}")
    return f"s3://{ACCESS_KEY}:{SECRET_KEY}@127.0.0.1:{port}/{BUCKET}?tls=0&region=us-east-1"


def start_server() -> int:
    """Start the server and return the port of its S3 side once it listens.

    A port that was free a moment ago may be somebody else's by now; the server ends then, and others are tried.
    """
    for attempt in range(ATTEMPTS):
        folder = environment.FOLDER / f"s3-{attempt}"
        folder.mkdir()
        ports = {part: free_port() for part in ("s3", "master", "volume", "filer")}
        with (folder / "weed.log").open("wb") as log:
            server = subprocess.Popen(
                [str(Path(sys.executable).with_name("weed")), "server", *server_options(folder, ports)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        environment.AT_END.callback(stop_server, server)
        if listens(server, ports["s3"]):
            return ports["s3"]
    raise AssertionError((folder / "weed.log").read_text(errors="replace"))


def server_options(folder: Path, ports: dict[str, int]) -> list[str]:
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
    options += [f"-{part}.port={port}" for part, port in ports.items()]
    return [*options, *(f"-{part}.port.grpc={free_port()}" for part in ports)]


def listens(server: "subprocess.Popen[bytes]", port: int) -> bool:
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


def create_bucket(endpoint: str) -> None:
    """Create the tests' bucket; the server listens a moment before all its parts answer, so the client tries again."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        region_name="us-east-1",
        config=Config(retries={"max_attempts": 20, "mode": "standard"}, read_timeout=START_SECONDS),
    )
    client.create_bucket(Bucket=BUCKET)


def stop_server(server: "subprocess.Popen[bytes]") -> None:
    """End the server at once: in good order it would take half a minute for data that nobody will read."""
    server.kill()
    server.wait()
