"""The embedded PostgreSQL and Redis: the same data after each start, closed to everybody else, no network."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config.embedded import addresses
from config.embedded.folders import FolderRefusedError, RunAs, private_folder
from config.embedded.postgres import Postgres, PostgresFailedError
from config.embedded.redis_server import RedisServer


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    """A server below a folder that others may not enter, as a checkout in root's home is."""
    server = Postgres(tmp_path / "var", ephemeral=True)
    server.start()
    yield server
    server.stop()


def ask(server: Postgres, question: str) -> list[tuple[object, ...]]:
    with psycopg.connect(addresses.database_url(server.var_dir, role="owner"), autocommit=True) as connection:
        cursor = connection.execute(question.encode())
        return cursor.fetchall() if cursor.description else []


def test_postgres_keeps_its_data_over_a_stop(postgres: Postgres) -> None:
    ask(postgres, "CREATE TABLE kept AS SELECT 'Ä' AS letter")
    postgres.stop()
    postgres.start()
    assert ask(postgres, "SELECT letter, lower(letter) FROM kept") == [("Ä", "ä")]


def test_postgres_starts_again_after_a_crash(postgres: Postgres) -> None:
    postgres.stop()
    durable = Postgres(postgres.var_dir)
    durable.start()
    ask(durable, "CREATE TABLE kept AS SELECT 1 AS number")
    durable.kill()
    durable.start()
    assert ask(durable, "SELECT number FROM kept") == [(1,)]
    durable.stop()


def test_postgres_start_replaces_a_server_that_was_left_running(postgres: Postgres) -> None:
    left = postgres.process()
    second = Postgres(postgres.var_dir)
    second.start()
    now = second.process()
    second.stop()
    assert left is not None
    assert now is not None
    assert (left.is_running(), now.pid != left.pid) == (False, True)


def test_postgres_ignores_a_pid_file_that_names_another_program(postgres: Postgres) -> None:
    postgres.stop()
    (postgres.data_dir / "postmaster.pid").write_text(f"{os.getpid()}\n")
    postgres.start()
    assert ask(postgres, "SELECT 1") == [(1,)]


def test_postgres_listens_to_nobody_on_the_network(postgres: Postgres) -> None:
    assert ask(postgres, "SHOW listen_addresses") == [("",)]


def test_postgres_is_behind_a_folder_that_others_may_not_enter(postgres: Postgres) -> None:
    assert stat.S_IMODE(postgres.socket_dir.stat().st_mode) == 0o700


def test_postgres_that_cannot_start_says_why(postgres: Postgres) -> None:
    postgres.stop()
    postgres.options = postgres.options | {"shared_buffers": "nonsense"}
    with pytest.raises(PostgresFailedError, match='invalid value for parameter "shared_buffers": "nonsense"'):
        postgres.start()


def test_redis_keeps_its_data_over_a_stop(tmp_path: Path) -> None:
    server = RedisServer(tmp_path / "var")
    server.start()
    with redis.Redis.from_url(addresses.redis_url(tmp_path / "var")) as client:
        client.set("kept", "value")
    server.stop()
    server.start()
    with redis.Redis.from_url(addresses.redis_url(tmp_path / "var")) as client:
        assert client.get("kept") == b"value"
    server.stop()


def test_private_folder_refuses_one_of_somebody_else(tmp_path: Path) -> None:
    link = tmp_path / "sockets"
    link.symlink_to(tmp_path)
    with pytest.raises(FolderRefusedError, match="belongs to another user"):
        private_folder(link, owner=RunAs(os.geteuid(), os.getegid()))
