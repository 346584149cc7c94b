"""Listkeep's settings, with storage that fails when it is told to, and processes that say what they are at."""

from config.settings import *  # noqa: F403  # all of them
from config.settings import STORAGES

_FAILING = {
    "recipients.storage.DurableFileSystemStorage": "tests.soak.failing_storage.FailingFolder",
    "recipients.storage.CheckedS3Storage": "tests.soak.failing_storage.FailingBucket",
}
STORAGES = {
    name: one | {"BACKEND": _FAILING[one["BACKEND"]]} if name in ("imports", "backups") else one
    for name, one in STORAGES.items()
}
CELERY_IMPORTS = ("tests.soak.marks",)
