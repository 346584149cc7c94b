"""STORAGE_URL: one address for the files' place, a local folder or an S3 server."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def storage_from_url(url: str, *, folder: str) -> dict[str, Any]:
    """One entry of STORAGES for `folder` below the place that `url` names.

    `file:///path` is a local folder. `s3://KEY:SECRET@HOST[:PORT]/BUCKET[?region=…&tls=0&checksums=0]` is an S3 server;
    without KEY and SECRET the machine's own credentials are used, without HOST Amazon's servers. `checksums=0` is for
    a server that knows no SHA-256 of what it is sent. Raises ImproperlyConfigured for anything else.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return {
            "BACKEND": "recipients.storage.DurableFileSystemStorage",
            "OPTIONS": {"location": f"{unquote(parts.path)}/{folder}"},
        }
    if parts.scheme == "s3":
        query = parse_qs(parts.query)
        options: dict[str, Any] = {
            "bucket_name": parts.path.strip("/"),
            "location": folder,
            "file_overwrite": True,
            "default_acl": None,
            "querystring_auth": False,
        }
        if parts.username and parts.password:
            options |= {"access_key": unquote(parts.username), "secret_key": unquote(parts.password)}
        if parts.hostname:
            scheme = "http" if query.get("tls") == ["0"] else "https"
            port = f":{parts.port}" if parts.port else ""
            options |= {"endpoint_url": f"{scheme}://{parts.hostname}{port}", "addressing_style": "path"}
        if "region" in query:
            options["region_name"] = query["region"][0]
        if query.get("checksums") == ["0"]:
            options["checksums"] = False
        return {"BACKEND": "recipients.storage.CheckedS3Storage", "OPTIONS": options}
    raise ImproperlyConfigured("STORAGE_URL must begin with file:// or s3://.")
