"""The module that talks to places: on a real S3 server, and with servers that stumble.

How it fails, and what that means for jobs: tests/faults/test_storage_failures.py.
"""

import base64
import hashlib
import random
import re
import threading
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError
from django.utils import timezone
from pytest_django import Settings

from config.storage_url import storage_from_url
from recipients.orphans import KEPT, remove_orphans
from recipients.storage import FAILURES, PART, abort_left_uploads, local_copy, open_file, place, put

KEY = "1/2/file.parquet"


@pytest.fixture
def s3(s3_url: str, settings: Settings) -> Any:
    """The place of backups on the S3 server; its client, bucket and folder are asked directly."""
    settings.STORAGES = {**settings.STORAGES, "backups": storage_from_url(s3_url, folder="backups")}
    return place("backups")


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A file that is sent in several parts, the last one smaller."""
    path = tmp_path / "large"
    path.write_bytes(random.Random(7).randbytes(PART * 2 + 1234))
    return path


def sent_checksum(s3: Any, key: str) -> str:
    head = s3.connection.meta.client.head_object(
        Bucket=s3.bucket_name, Key=f"{s3.location}/{key}", ChecksumMode="ENABLED"
    )
    return str(head["ChecksumSHA256"])


def test_large_file_comes_back_as_it_was_sent(s3: Any, large: Path) -> None:
    put("backups", KEY, large)
    with local_copy("backups", KEY) as copy:
        assert copy.read_bytes() == large.read_bytes()
    with open_file("backups", KEY) as opened:
        assert opened.read() == large.read_bytes()


def test_server_is_sent_the_sha256_of_a_small_file(s3: Any, tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"people's data")
    put("backups", KEY, path)
    assert sent_checksum(s3, KEY) == base64.b64encode(hashlib.sha256(b"people's data").digest()).decode()


def test_server_is_sent_the_sha256_of_each_part_of_a_large_file(s3: Any, large: Path) -> None:
    put("backups", KEY, large)
    content = large.read_bytes()
    parts = [hashlib.sha256(content[begin : begin + PART]).digest() for begin in range(0, len(content), PART)]
    assert sent_checksum(s3, KEY) == f"{base64.b64encode(hashlib.sha256(b''.join(parts)).digest()).decode()}-3"


def test_server_refuses_what_has_another_checksum(s3: Any) -> None:
    """Without this a checksum could be sent that nobody looks at."""
    with pytest.raises(ClientError, match="BadDigest"):
        s3.connection.meta.client.put_object(
            Bucket=s3.bucket_name, Key="wrong", Body=b"other data", ChecksumSHA256=base64.b64encode(bytes(32)).decode()
        )


def test_memory_of_a_copy_does_not_grow_with_the_file(s3: Any, tmp_path: Path) -> None:
    path = tmp_path / "huge"
    path.write_bytes(bytes(PART * 12))
    put("backups", KEY, path)
    tracemalloc.start()
    with local_copy("backups", KEY) as copy:
        assert copy.stat().st_size == PART * 12
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < PART * 6


def test_place_that_is_gone_is_told_from_a_file_that_is_gone(s3: Any, settings: Settings, s3_url: str) -> None:
    with pytest.raises(FileNotFoundError), local_copy("backups", "1/2/none.parquet"):
        pass
    elsewhere = storage_from_url(s3_url.replace("/listkeep?", "/no-such-bucket?"), folder="backups")
    settings.STORAGES = {**settings.STORAGES, "backups": elsewhere}
    with pytest.raises(ClientError), local_copy("backups", "1/2/none.parquet"):
        pass


def test_local_place_that_is_gone_is_told_from_a_file_that_is_gone(storage: Path) -> None:
    with pytest.raises(OSError, match="No such device") as gone, local_copy("backups", KEY):
        pass
    assert not isinstance(gone.value, FileNotFoundError)
    (storage / "backups").mkdir()
    with pytest.raises(FileNotFoundError), local_copy("backups", KEY):
        pass


# --- uploads that were never ended ---------------------------------------------------------------------------------


@pytest.fixture
def left_upload(s3: Any) -> Iterator[None]:
    """An upload in parts whose process was killed after the first one."""
    client, key = s3.connection.meta.client, f"{s3.location}/{KEY}"
    upload = client.create_multipart_upload(Bucket=s3.bucket_name, Key=key)["UploadId"]
    client.upload_part(Bucket=s3.bucket_name, Key=key, UploadId=upload, PartNumber=1, Body=b"people's data")
    yield
    for one in uploads(s3):
        client.abort_multipart_upload(Bucket=s3.bucket_name, Key=one["Key"], UploadId=one["UploadId"])


def uploads(s3: Any) -> list[Any]:
    """The uploads that were begun and not ended."""
    return list(s3.connection.meta.client.list_multipart_uploads(Bucket=s3.bucket_name).get("Uploads", []))


def test_upload_that_may_still_run_is_left_alone(s3: Any, left_upload: None) -> None:
    assert (abort_left_uploads("backups", before=timezone.now() - KEPT), len(uploads(s3))) == (0, 1)


def test_upload_that_was_never_ended_goes_with_the_orphans(s3: Any, left_upload: None) -> None:
    later = timezone.now() + KEPT + timedelta(minutes=1)
    nothing = remove_orphans("backups", form=re.compile("(?!)"), in_use=lambda *_: (), now=later)
    assert (nothing, uploads(s3)) == (1, [])


def test_upload_of_another_place_is_left_alone(s3: Any, left_upload: None, s3_url: str, settings: Settings) -> None:
    settings.STORAGES = {**settings.STORAGES, "imports": storage_from_url(s3_url, folder="imports")}
    assert (abort_left_uploads("imports", before=datetime(2999, 1, 1, tzinfo=UTC)), len(uploads(s3))) == (0, 1)


def test_local_folder_has_no_such_uploads(storage: Path) -> None:
    assert abort_left_uploads("backups", before=timezone.now()) == 0


# --- a server that stumbles ----------------------------------------------------------------------------------------


class Stumbling(BaseHTTPRequestHandler):
    """An S3 server that answers 503 so many times before it has the object."""

    refusals: ClassVar[int] = 0
    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.answer(b"")

    def do_GET(self) -> None:
        self.answer(b"people's data")

    def answer(self, body: bytes) -> None:
        self.asked.append(self.command)
        refused = len(self.asked) <= self.refusals
        self.send_response(503 if refused else 200)
        self.send_header("Content-Length", "0" if refused else "13")
        self.end_headers()
        if body and not refused:
            self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def stumbling(settings: Settings) -> Iterator[type[Stumbling]]:
    """The place of backups is a server that stumbles."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stumbling)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    Stumbling.asked.clear()
    url = f"s3://a:b@127.0.0.1:{server.server_port}/listkeep?tls=0&region=us-east-1"
    settings.STORAGES = {**settings.STORAGES, "backups": storage_from_url(url, folder="backups")}
    yield Stumbling
    server.shutdown()
    thread.join()
    server.server_close()


def test_server_that_stumbles_is_asked_again(stumbling: type[Stumbling], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stumbling, "refusals", 2)
    with local_copy("backups", KEY) as copy:
        assert copy.read_bytes() == b"people's data"
    assert stumbling.asked[:3] == ["HEAD"] * 3


def test_server_that_goes_on_stumbling_is_given_up(stumbling: type[Stumbling], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stumbling, "refusals", 100)
    with pytest.raises(FAILURES), local_copy("backups", KEY):
        pass
    assert stumbling.asked == ["HEAD"] * 3
