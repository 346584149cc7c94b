"""The tests' own ground: which role they work as, what they leave behind, what their processes and browser see."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.db.utils import ProgrammingError
from django.utils.module_loading import import_string

from accounts.models import User
from config.celery import app
from config.embedded import addresses
from config.storage_url import storage_from_url
from tests import environment
from tests.processes import QUEUES, START_SECONDS, Process, Started


@pytest.mark.django_db
def test_database_is_used_as_the_application_role() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        assert cursor.fetchone() == ("listkeep_app", "listkeep")


@pytest.mark.django_db
def test_application_role_may_not_empty_a_table() -> None:
    with connection.cursor() as cursor, pytest.raises(ProgrammingError, match="permission denied"):
        cursor.execute("TRUNCATE accounts_user CASCADE")


def test_committed_rows_are_seen_by_another_connection(committed_db: None) -> None:
    User.objects.create(email="anna@example.org")
    with psycopg.connect(addresses.admin_url(environment.VAR, name=addresses.DATABASE_NAME)) as other:
        assert other.execute("SELECT email FROM accounts_user").fetchall() == [("anna@example.org",)]


def test_committed_rows_are_gone_for_the_next_test(committed_db: None) -> None:
    assert list(User.objects.all()) == []


def test_cache_keeps_what_it_is_given_for_one_test_only(redis_url: str) -> None:
    assert cache.get("from-an-earlier-test") is None
    cache.set("from-an-earlier-test", 1)


@pytest.mark.parametrize("name", ["first", "second"])
def test_storage_is_empty_for_each_test(storage: Path, name: str) -> None:
    assert list(storage.iterdir()) == []
    storages["backups"].save(f"{name}.bin", ContentFile(b"kept for one test"))
    assert (storage / "backups" / f"{name}.bin").read_bytes() == b"kept for one test"


def queues_by_worker() -> dict[str, list[str]]:
    with app.connection_for_write() as connection:
        found = app.control.inspect(timeout=2, connection=connection).active_queues() or {}
    return {worker: sorted(queue["name"] for queue in queues) for worker, queues in found.items()}


def test_workers_take_messages_from_each_queue(start_worker: Callable[..., Process]) -> None:
    for part in QUEUES:  # not the shared ones: they answer no questions once a test before has emptied Redis
        start_worker(part)
    assert sorted(queues_by_worker().values()) == [
        ["backups", "backups-small"],
        ["files", "files-small", "maintenance"],
        ["imports", "imports-small"],
    ]


def test_started_worker_can_be_killed_and_is_alone(start_worker: Callable[..., Process]) -> None:
    first = start_worker("imports")
    first.kill()
    second = start_worker("imports", "backups")
    assert queues_by_worker() == {"imports-backups-1@test": ["backups", "backups-small", "imports", "imports-small"]}
    assert (first.popen.returncode, second.popen.poll()) == (-signal.SIGKILL, None)


@pytest.mark.parametrize("settings", [None, {"LOG_FORMAT": "json"}], ids=["forked", "of another environment"])
def test_started_program_leads_a_session_and_ends_with_its_own_code(settings: dict[str, str] | None) -> None:
    started = Started()
    process = started.start("program", "celery", "-A", "config", "no-such-command", settings=settings)
    assert os.getsid(process.pid) == process.pid
    assert process.popen.wait(START_SECONDS) == 2
    assert "No such command 'no-such-command'" in process.log.read_text()


def test_s3_server_keeps_a_file(s3_url: str) -> None:
    backend = storage_from_url(s3_url, folder="backups")
    storage = import_string(backend["BACKEND"])(**backend["OPTIONS"])
    assert storage.save("a/b.bin", ContentFile(b"kept")) == "a/b.bin"
    with storage.open("a/b.bin") as file:
        assert file.read() == b"kept"
