"""Secrets from variables and from files, and the passwords of addresses."""

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import PASSWORDS, env_secret, env_url


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without any address or password."""
    for name in (*PASSWORDS, *PASSWORDS.values(), "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(f"{name}_FILE", raising=False)
    return monkeypatch


def test_secret_is_what_the_variable_holds(nothing_set: pytest.MonkeyPatch) -> None:
    nothing_set.setenv("SECRET_KEY", " kept as it is ")
    assert env_secret("SECRET_KEY") == " kept as it is "


def test_secret_is_empty_when_neither_is_set(nothing_set: pytest.MonkeyPatch) -> None:
    nothing_set.setenv("SECRET_KEY_FILE", "")
    assert env_secret("SECRET_KEY") == ""


def test_secret_is_what_the_file_holds_without_the_end_of_its_line(
    nothing_set: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text("aus der Datei\n")
    nothing_set.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    assert env_secret("SECRET_KEY") == "aus der Datei"


def test_secret_that_is_given_twice_is_refused(nothing_set: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("one")
    nothing_set.setenv("SECRET_KEY", "other")
    nothing_set.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY and SECRET_KEY_FILE are both set"):
        env_secret("SECRET_KEY")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: FileNotFoundError"),
        (b"\xff\xfe", "cannot be read: UnicodeDecodeError"),
        (b"\n", "empty"),
    ],
)
def test_file_without_a_secret_is_refused(
    nothing_set: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    if content is not None:
        (tmp_path / "key").write_bytes(content)
    nothing_set.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match=sentence):
        env_secret("SECRET_KEY")


@pytest.mark.parametrize(
    ("name", "address", "expected"),
    [
        ("DATABASE_URL", "postgresql://app@db:5433/listkeep", "postgresql://app:s%2F%40%3A%20%C3%BC@db:5433/listkeep"),
        ("REDIS_URL", "redis://redis/0", "redis://:s%2F%40%3A%20%C3%BC@redis/0"),
        ("REDIS_URL", "rediss://user@redis:6380/1", "rediss://user:s%2F%40%3A%20%C3%BC@redis:6380/1"),
        ("STORAGE_URL", "s3://key@s3.example/b?tls=0", "s3://key:s%2F%40%3A%20%C3%BC@s3.example/b?tls=0"),
    ],
)
def test_password_of_any_characters_goes_into_the_address(
    nothing_set: pytest.MonkeyPatch, tmp_path: Path, name: str, address: str, expected: str
) -> None:
    (tmp_path / "password").write_text("s/@: ü\n")
    nothing_set.setenv(name, address)
    nothing_set.setenv(f"{PASSWORDS[name]}_FILE", str(tmp_path / "password"))
    assert env_url(name) == expected


def test_whole_address_may_stand_in_a_file(nothing_set: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "address").write_text("redis://:geheim@redis/0\n")
    nothing_set.setenv("REDIS_URL_FILE", str(tmp_path / "address"))
    assert env_url("REDIS_URL") == "redis://:geheim@redis/0"


def test_without_an_address_there_is_none_whatever_the_password(nothing_set: pytest.MonkeyPatch) -> None:
    nothing_set.setenv("DATABASE_PASSWORD", "geheim")
    assert env_url("DATABASE_URL") == ""


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("postgresql://app:one@db/listkeep", "DATABASE_URL holds a password, and DATABASE_PASSWORD is another"),
        ("postgresql://db/listkeep", "DATABASE_URL names nobody whose password DATABASE_PASSWORD is"),
    ],
)
def test_password_that_fits_no_address_is_refused(nothing_set: pytest.MonkeyPatch, address: str, sentence: str) -> None:
    nothing_set.setenv("DATABASE_URL", address)
    nothing_set.setenv("DATABASE_PASSWORD", "other")
    with pytest.raises(ImproperlyConfigured, match=sentence):
        env_url("DATABASE_URL")
