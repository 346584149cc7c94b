"""STORAGE_URL: which storage each address leads to, and the bucket behind it."""

import uuid
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages

from config.storage_bucket import ensure_bucket
from config.storage_url import storage_from_url
from recipients.storage import CheckedS3Storage

S3 = {"file_overwrite": True, "default_acl": None, "querystring_auth": False, "location": "backups"}


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("s3:///keep", {"bucket_name": "keep"}),
        ("s3:///keep?checksums=0", {"bucket_name": "keep", "checksums": False}),
        ("s3:///keep?region=eu-central-1", {"bucket_name": "keep", "region_name": "eu-central-1"}),
        (
            "s3://key:se%2Fcret@storage.example:9000/keep?tls=0",
            {
                "bucket_name": "keep",
                "access_key": "key",
                "secret_key": "se/cret",
                "endpoint_url": "http://storage.example:9000",
                "addressing_style": "path",
            },
        ),
        (
            "s3://storage.example/keep",
            {"bucket_name": "keep", "endpoint_url": "https://storage.example", "addressing_style": "path"},
        ),
    ],
)
def test_s3_address_gives_an_s3_storage(url: str, options: dict[str, Any]) -> None:
    assert storage_from_url(url, folder="backups") == {
        "BACKEND": "recipients.storage.CheckedS3Storage",
        "OPTIONS": S3 | options,
    }


def test_file_address_gives_a_local_folder() -> None:
    assert storage_from_url("file:///srv/list%20keep", folder="imports") == {
        "BACKEND": "recipients.storage.DurableFileSystemStorage",
        "OPTIONS": {"location": "/srv/list keep/imports"},
    }


@pytest.mark.parametrize("url", ["", "/srv/listkeep", "ftp://storage.example/keep"])
def test_any_other_address_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="STORAGE_URL must begin with file:// or s3://"):
        storage_from_url(url, folder="backups")


def test_bucket_is_made_once(s3_url: str) -> None:
    name = f"bucket-{uuid.uuid4().hex[:8]}"
    storage = CheckedS3Storage(**storage_from_url(s3_url, folder="backups")["OPTIONS"] | {"bucket_name": name})
    assert (ensure_bucket(storage), ensure_bucket(storage)) == (True, False)
    assert storage.listdir("") == ([], [])


def test_local_folder_needs_no_bucket() -> None:
    assert ensure_bucket(storages["backups"]) is False
