"""A real S3 server for the session's tests, started when the first of them needs it."""

import pytest

from config.embedded.s3_server import S3Server
from tests import environment


@pytest.fixture(scope="session")
def s3_url() -> str:
    """STORAGE_URL of a running S3 server with an empty bucket."""
    return start_server().url


def start_server() -> S3Server:
    """A running S3 server, ended with the session."""
    server = S3Server(environment.FOLDER / "s3")
    environment.AT_END.callback(server.stop)
    server.start()
    return server
