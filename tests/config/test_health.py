"""The answer to whether Listkeep can serve, and what it asks."""

import os
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.test import Client
from pytest_django import Settings

from config import health
from config.embedded import addresses
from config.health import main
from config.storage_url import storage_from_url
from tests import environment


def as_admin() -> psycopg.Connection:
    return psycopg.connect(addresses.admin_url(environment.VAR), autocommit=True)


@pytest.mark.django_db
def test_health_is_ok_while_database_and_redis_answer(client: Client) -> None:
    response = client.get("/health/")
    assert (response.status_code, response.content) == (200, b"ok")


def test_health_names_redis_when_it_is_gone(client: Client, committed_db: None) -> None:
    environment.REDIS.stop()
    try:
        response = client.get("/health/")
    finally:
        environment.REDIS.start()
    assert (response.status_code, response.content) == (503, b"redis")


def test_health_names_the_database_when_it_is_gone(client: Client, committed_db: None) -> None:
    connections.close_all()
    environment.POSTGRES.stop()
    try:
        response = client.get("/health/")
    finally:
        environment.POSTGRES.start()
    assert (response.status_code, response.content) == (503, b"database")


def test_health_takes_no_change(client: Client) -> None:
    assert client.post("/health/").status_code == 405


def test_health_command_asks_the_web_server(live_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", live_url.rsplit(":", 1)[1])
    monkeypatch.setenv("ALLOWED_HOSTS", "localhost, listkeep.example")
    assert main([]) == 0


def test_ready_is_ok_when_nothing_is_missing(client: Client, committed_db: None, storage: Path) -> None:
    response = client.get("/health/ready")
    assert (response.status_code, response.content) == (200, b"ok")


def test_live_is_ok_whatever_is_missing(client: Client, committed_db: None) -> None:
    environment.REDIS.stop()
    try:
        response = client.get("/health/live")
    finally:
        environment.REDIS.start()
    assert (response.status_code, response.content) == (200, b"ok")


def test_ready_names_migrations_that_were_not_applied(
    client: Client, committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_seen", set())
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "DELETE FROM django_migrations WHERE id = (SELECT max(id) FROM django_migrations WHERE app = 'backups')"
            " RETURNING app, name, applied"
        )
        row = cursor.fetchone()
        try:
            response = client.get("/health/ready")
        finally:
            cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, %s)", row)
    assert (response.status_code, response.content) == (503, b"migrations")


def test_ready_does_not_mind_migrations_of_a_newer_version(
    client: Client, committed_db: None, storage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_seen", set())
    with connections["owner"].cursor() as cursor:
        cursor.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('backups', '9999_newer', now())")
        try:
            response = client.get("/health/ready")
        finally:
            cursor.execute("DELETE FROM django_migrations WHERE name = '9999_newer'")
    assert (response.status_code, response.content) == (200, b"ok")


def test_ready_names_a_role_that_sees_every_customer(client: Client, committed_db: None) -> None:
    with as_admin() as admin:
        admin.execute("ALTER ROLE listkeep_app BYPASSRLS")
        try:
            response = client.get("/health/ready")
        finally:
            admin.execute("ALTER ROLE listkeep_app NOBYPASSRLS")
    assert (response.status_code, response.content) == (503, b"database role")


def test_ready_names_a_storage_that_cannot_be_reached(client: Client, committed_db: None, settings: Settings) -> None:
    place = "s3://key:secret@127.0.0.1:1/bucket?tls=0&region=us-east-1"
    settings.STORAGES = settings.STORAGES | {"backups": storage_from_url(place, folder="backups")}
    health._impatient_client.cache_clear()
    response = client.get("/health/ready")
    health._impatient_client.cache_clear()
    assert (response.status_code, response.content) == (503, b"storage")


def test_ready_asks_an_s3_server_for_its_bucket(
    client: Client, committed_db: None, settings: Settings, s3_url: str
) -> None:
    answers = {}
    for bucket in ("listkeep", "no-such-bucket"):
        place = s3_url.replace("/listkeep?", f"/{bucket}?")
        settings.STORAGES = settings.STORAGES | {"backups": storage_from_url(place, folder="backups")}
        health._impatient_client.cache_clear()
        answers[bucket] = client.get("/health/ready").status_code
    health._impatient_client.cache_clear()
    assert answers == {"listkeep": 200, "no-such-bucket": 503}


def test_health_of_beat_is_how_lately_it_wrote_its_schedule_down(tmp_path: Path) -> None:
    schedule = tmp_path / "beat-schedule"
    assert main(["beat", str(schedule)]) == 1
    written = schedule.with_name("beat-schedule.db")
    written.touch()
    assert main(["beat", str(schedule)]) == 0
    long_ago = written.stat().st_mtime - health.BEAT_SECONDS - 1
    os.utime(written, (long_ago, long_ago))
    assert main(["beat", str(schedule)]) == 1
