"""The bucket that STORAGE_URL names: `python -m config.storage_bucket` makes it when it is missing.

For an S3 server of one's own; a bucket that a provider made is left as it is, and a local folder needs none.
"""

import os
import sys

import django
from botocore.exceptions import ClientError
from django.core.files.storage import storages
from storages.backends.s3 import S3Storage


def ensure_bucket(storage: object) -> bool:
    """Make the bucket of an S3 storage when it is missing; true when it was. Raises ClientError when it may not."""
    if not isinstance(storage, S3Storage):
        return False
    client = storage.connection.meta.client
    try:
        client.head_bucket(Bucket=storage.bucket_name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise
        client.create_bucket(Bucket=storage.bucket_name)
        return True
    return False


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    ensure_bucket(storages["backups"])
    sys.exit(0)
