"""The answer to whether Listkeep can serve, and what it asks."""

import pytest
from django.db import connections
from django.test import Client

from config.health import main
from tests import environment


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
    assert main() == 0
