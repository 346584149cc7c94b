"""What lies in storage, looked at past Listkeep: the local folder itself, or the S3 server's own answers."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.exceptions import ClientError

PLACES = ("imports", "backups")


class Stored(Protocol):
    """The files of both places."""

    def keys(self, place: str) -> set[str]:
        """The keys of all files in a place, unfinished ones too."""

    def read(self, place: str, key: str) -> bytes | None:
        """A file's bytes; None when there is no such file."""

    def written_at(self, place: str, key: str) -> datetime | None:
        """Since when the file stands there; None when there is no such file."""


class Folder:
    """A local folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keys(self, place: str) -> set[str]:
        folder = self._folder / place
        return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}

    def read(self, place: str, key: str) -> bytes | None:
        try:
            return (self._folder / place / key).read_bytes()
        except FileNotFoundError:
            return None

    def written_at(self, place: str, key: str) -> datetime | None:
        try:
            return datetime.fromtimestamp((self._folder / place / key).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None


class Bucket:
    """A bucket of an S3 server."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._bucket = parts.path.strip("/")
        self._client: Any = boto3.client(
            "s3",
            endpoint_url=f"http://{parts.hostname}:{parts.port}",
            aws_access_key_id=parts.username,
            aws_secret_access_key=parts.password,
            region_name=parse_qs(parts.query)["region"][0],
        )

    def keys(self, place: str) -> set[str]:
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=f"{place}/")
        found = [one["Key"] for page in pages for one in page.get("Contents", [])]
        return {key.removeprefix(f"{place}/") for key in found if not key.endswith("/")}

    def read(self, place: str, key: str) -> bytes | None:
        answer = self._ask("get_object", place, key)
        return None if answer is None else bytes(answer["Body"].read())

    def written_at(self, place: str, key: str) -> datetime | None:
        answer = self._ask("head_object", place, key)
        found: datetime | None = None if answer is None else answer["LastModified"]
        return found

    def _ask(self, question: str, place: str, key: str) -> Any:
        try:
            return getattr(self._client, question)(Bucket=self._bucket, Key=f"{place}/{key}")
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise


def stored_at(url: str) -> Stored:
    """The files at a STORAGE_URL."""
    return Bucket(url) if url.startswith("s3:") else Folder(Path(urlsplit(url).path))
