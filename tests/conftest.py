"""What every test has: real services of its own, rows that are gone afterwards, and a watch over each page."""

import shutil
import signal
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.test import Client
from psycopg import sql
from pytest_django import DjangoDbBlocker
from redis import Redis

from config.embedded import addresses
from config.translations import compile_catalogs
from tests import environment

pytest_plugins = ["tests.processes", "tests.pages", "tests.s3"]

# Settings are read here, with the session's own addresses in the environment; pytest-django then sets Django up.
settings._setup()
KEPT_TABLES = {"django_migrations", "django_content_type", "auth_permission"}


# How long it takes to make an example, or to try one, says something of the machine alone.
hypothesis.settings.register_profile("patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("patient")


def pytest_sessionstart() -> None:
    """Give the pages their German texts, as `make run` does."""
    compile_catalogs(environment.ROOT)


def pytest_configure() -> None:
    """Let a request to end the session end it as Ctrl-C does, so that its services are stopped."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_unconfigure() -> None:
    """End the session's processes and services, however the session ended."""
    environment.AT_END.close()


@pytest.fixture(scope="session")
def redis_url() -> str:
    """The address of the session's Redis: broker and cache. It is emptied after each test."""
    environment.AT_END.callback(environment.REDIS.stop)
    environment.REDIS.start()
    return addresses.redis_url(environment.VAR)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker, redis_url: str) -> None:
    """A new database, migrated by its owner; tests work in it as the role that row-level security binds."""
    environment.AT_END.callback(environment.POSTGRES.stop)
    environment.POSTGRES.start()
    with django_db_blocker.unblock():
        call_command("migrate", database="owner", verbosity=0)
        connections["owner"].close()


@pytest.fixture
def committed_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """The database with commits that are real, for tests with several processes or connections; emptied afterwards."""
    assert "db" not in request.fixturenames, "db rolls back what committed_db must see"
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            connections.close_all()
            empty_tables()
            connections.close_all()


def empty_tables() -> None:
    """Remove every row of every model's table, as the owner: the application's role may not."""
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)} - KEPT_TABLES
    names = sql.SQL(", ").join(sql.Identifier(table) for table in sorted(tables))
    with connections["owner"].cursor() as cursor:
        cursor.execute("SET lock_timeout = '30s'")
        cursor.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(names))


@pytest.fixture(autouse=True)
def heartbeats_only_where_rows_are_seen(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no job lose its claim because its row is in the test's transaction, where its heartbeat cannot find it."""
    if "committed_db" not in request.fixturenames:
        monkeypatch.setattr(settings, "JOB_HEARTBEAT", timedelta(hours=1))


@pytest.fixture
def storage() -> Path:
    """The folder that holds the test's uploads and backups, in `imports/` and `backups/`."""
    environment.STORAGE.mkdir(parents=True, exist_ok=True)
    return environment.STORAGE


def remove_storage(*, tries: int = 20) -> None:
    """Remove all stored files; a worker that the tests share may still be writing one, so it is tried again."""
    for left in reversed(range(tries)):
        try:
            if environment.STORAGE.exists():
                shutil.rmtree(environment.STORAGE)
        except OSError:
            if left == 0:
                raise
            time.sleep(0.05)
        else:
            return


@pytest.fixture(autouse=True)
def clean_places() -> Iterator[None]:
    """Leave no file in the storage and no key in Redis for the next test."""
    yield
    remove_storage()
    if environment.REDIS.socket.exists():
        with Redis.from_url(settings.REDIS_URL) as client:
            client.flushall()


@pytest.fixture(autouse=True)
def no_template_source_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail a test whose client receives a page that shows template source to the reader."""
    request = Client.request

    def watched(self: Client, **environ: Any) -> Any:
        response = request(self, **environ)
        if not response.streaming and response.get("Content-Type", "").startswith("text/"):
            assert b"{{" not in response.content, f"template source in {environ.get('PATH_INFO')}"
            assert b"{%" not in response.content, f"template source in {environ.get('PATH_INFO')}"
        return response

    monkeypatch.setattr(Client, "request", watched)
