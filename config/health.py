"""Whether Listkeep can serve, for proxies and container engines. All answers are a word or two, and need no TLS.

- `/health/live`: this process answers.
- `/health/ready`: it can do its work: database, its role, its tables, Redis, storage; 503 names the first that fails.
- `/health/`: database and Redis alone, for checks from outside that come often.

`python -m config.health` asks the web server on this machine the second one, as a container's health check;
`python -m config.health beat PATH` looks whether beat still keeps its schedule there.
"""

import os
import sys
import time
import urllib.request
from functools import cache as once
from pathlib import Path
from typing import Any, Final

import redis
from botocore.config import Config
from django.conf import settings
from django.core.cache import cache
from django.core.files.storage import FileSystemStorage, storages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from storages.backends.s3 import S3Storage

from config.safety import is_bound
from recipients.storage import FAILURES

BEAT_SECONDS: Final = 400  # beat writes its schedule down every three minutes
ANSWER_SECONDS: Final = 5  # the container engine waits twice as long


@never_cache
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """200 when database and Redis answer; 503 with the name of the one that does not."""
    return answer(missing_database() or missing_redis())


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """200 from a process that answers at all."""
    return answer("")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """200 when nothing is missing to serve and to take uploads; 503 with the name of the first thing that is."""
    return answer(missing_database() or missing_tables() or missing_redis() or missing_storage())


def answer(missing: str) -> HttpResponse:
    """The answer: what is missing, or that nothing is."""
    return HttpResponse(missing or "ok", status=503 if missing else 200, content_type="text/plain")


def missing_database() -> str:
    """What is wrong with the database: that it does not answer, or answers as a role that it must not know."""
    try:
        bound = is_bound()
    except DatabaseError:
        return "database"
    return "" if bound else "database role"


_seen: set[str] = set()  # what was found once and does not change while this process lives


def missing_tables() -> str:
    """Whether a migration that this code needs has not been applied; newer ones than it knows do not matter."""
    if "migrations" in _seen:
        return ""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return "migrations"
    _seen.add("migrations")
    return ""


def missing_redis() -> str:
    """Whether Redis does not answer."""
    try:
        cache.get("health")
    except redis.RedisError:
        return "redis"
    return ""


def missing_storage() -> str:
    """Whether the place of the files cannot be reached, or is not there."""
    try:
        reach_storage()
    except FAILURES:
        return "storage"
    return ""


def reach_storage() -> None:
    """Ask the place of the backups whether it is there. Raises one of FAILURES."""
    storage = storages["backups"]
    if isinstance(storage, FileSystemStorage):
        folder = Path(storage.location)
        # Made by the first file; until then it is enough that it can be.
        there = next(one for one in (folder, *folder.parents) if one.is_dir())
        if not os.access(there, os.W_OK):
            raise PermissionError(str(there))
    elif isinstance(storage, S3Storage):
        _impatient_client().head_bucket(Bucket=storage.bucket_name)


@once
def _impatient_client() -> Any:
    """The storage's client, but for how long it waits: many checks must not pile up behind a server that hangs."""
    description: dict[str, Any] = settings.STORAGES["backups"]
    patience = Config(
        s3={"addressing_style": description["OPTIONS"].get("addressing_style")},
        connect_timeout=ANSWER_SECONDS / 2,
        read_timeout=ANSWER_SECONDS / 2,
        retries={"total_max_attempts": 1},
    )
    impatient: Any = storages.create_storage(
        description | {"OPTIONS": description["OPTIONS"] | {"client_config": patience}}
    )
    return impatient.connection.meta.client


def main(arguments: list[str]) -> int:
    """Check what the arguments name; the exit code is 0 when it is well. Raises what goes wrong with the question."""
    if arguments[:1] == ["beat"]:
        path = Path(arguments[1])
        written = [one.stat().st_mtime for one in path.parent.glob(f"{path.name}*")]
        return 0 if written and time.time() - max(written) < BEAT_SECONDS else 1
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip()
    port = os.environ.get("PORT", "8000")
    question = urllib.request.Request(f"http://127.0.0.1:{port}/health/ready", headers={"Host": host})
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(question) as response:
        return 0 if response.status == 200 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
