"""A real S3 server for tests: SeaweedFS from its wheel, on ports of this machine alone."""

import json
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests import environment
from tests.processes import START_SECONDS, free_port, wait_for_port

ACCESS_KEY = "listkeep-tests"
SECRET_KEY = "listkeep-tests-secret"  # noqa: S105 - the server lives as long as the tests and holds nothing else
BUCKET = "listkeep"


@pytest.fixture(scope="session")
def s3_url() -> str:
    """STORAGE_URL of a running S3 server with an empty bucket."""
    folder = environment.FOLDER / "s3"
    folder.mkdir()
    port = start_server(folder)
    create_bucket(f"http://127.0.0.1:{port}")
    return f"s3://{ACCESS_KEY}:{SECRET_KEY}@127.0.0.1:{port}/{BUCKET}?tls=0&region=us-east-1"


def start_server(folder: Path) -> int:
    """Start the server on data in `folder` and return the port of its S3 side once it listens."""
    identity = {
        "name": ACCESS_KEY,
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "identities.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    ports = {part: free_port() for part in ("s3", "master", "volume", "filer")}
    options = [f"-{part}.port={port}" for part, port in ports.items()]
    options += [f"-{part}.port.grpc={free_port()}" for part in ports]
    with (folder / "weed.log").open("wb") as log:
        server = subprocess.Popen(
            [
                *(str(Path(sys.executable).with_name("weed")), "server", f"-dir={folder / 'data'}", "-ip=127.0.0.1"),
                *("-ip.bind=127.0.0.1", "-s3", f"-s3.config={folder / 'identities.json'}", "-volume.max=20", *options),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    environment.AT_END.callback(stop_server, server)
    wait_for_port(ports["s3"])
    return ports["s3"]


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
