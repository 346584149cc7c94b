"""What production is not started with: each setting, and the database's role."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django import Settings

from config.embedded import addresses
from config.safety import check_redis, refuse_unbound_role, refuse_unsafe
from tests import environment

SAFE: dict[str, Any] = {
    "secret_key": "k3y-of-none" * 6,
    "allowed_hosts": ["listkeep.example"],
    "trusted_origins": ["https://listkeep.example"],
    "missing": [],
    "email_backend": "django.core.mail.backends.smtp.EmailBackend",
    "demo_password": "",
    "metrics_token": "",
}
# Production as the environment says it; each test below takes one thing away or spoils it.
PRODUCTION = {
    "LISTKEEP_DEBUG": "0",
    "SECRET_KEY": SAFE["secret_key"],
    "ALLOWED_HOSTS": "listkeep.example",
}


def test_safe_settings_are_not_refused() -> None:
    refuse_unsafe(**SAFE)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("secret_key", "", "SECRET_KEY is not set"),
        ("secret_key", "x1y2z" * 9, "SECRET_KEY is too simple"),
        ("secret_key", "abab" * 20, "SECRET_KEY is too simple"),
        ("secret_key", "django-insecure-" + "k3y-of-none" * 6, "SECRET_KEY is one that stands in a program"),
        ("secret_key", "development-only-not-a-secret-" + "x" * 40, "SECRET_KEY is one that stands in a program"),
        ("allowed_hosts", [], "ALLOWED_HOSTS is not set"),
        ("allowed_hosts", ["listkeep.example", "*"], r"ALLOWED_HOSTS holds \*"),
        ("trusted_origins", ["http://listkeep.example"], "CSRF_TRUSTED_ORIGINS holds an origin that is not https"),
        ("missing", ["DATABASE_URL", "REDIS_URL"], "DATABASE_URL, REDIS_URL not set"),
        ("email_backend", "django.core.mail.backends.console.EmailBackend", "EMAIL_BACKEND writes e-mails"),
        ("demo_password", "listkeep-demo", "LISTKEEP_DEMO_PASSWORD is the one that everybody knows"),
        ("metrics_token", "zu-kurz", "LISTKEEP_METRICS_TOKEN has fewer than 20 characters"),
    ],
)
def test_unsafe_setting_is_refused_with_a_sentence(setting: str, value: object, sentence: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=sentence):
        refuse_unsafe(**SAFE | {setting: value})


def start(**changed: str) -> "subprocess.CompletedProcess[str]":
    """Ask Django's checks in a process of their own, in production with the changed variables."""
    env = os.environ | environment.ENVIRONMENT | PRODUCTION | changed
    env.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # browser tests in this process set it, and production must not have it
    arguments = [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    return subprocess.run(arguments, cwd=environment.ROOT, env=env, capture_output=True, text=True, check=False)


def test_production_has_nothing_to_warn_of(django_db_setup: None) -> None:
    done = start()
    assert (done.returncode, done.stdout) == (0, "System check identified no issues (0 silenced).\n"), done.stderr


def test_production_does_not_start_on_embedded_services() -> None:
    done = start(DATABASE_URL="", REDIS_URL="", STORAGE_URL="")
    assert done.returncode != 0
    assert "DATABASE_URL, REDIS_URL, STORAGE_URL not set" in done.stderr


# --- the database's role ------------------------------------------------------------------------------------------


@contextmanager
def role(right: str) -> Iterator[None]:
    """The application's role with a right more."""
    with psycopg.connect(addresses.admin_url(environment.VAR), autocommit=True) as admin:
        admin.execute(f"ALTER ROLE listkeep_app {right}")
        try:
            yield
        finally:
            admin.execute(f"ALTER ROLE listkeep_app NO{right}")


def test_bound_role_is_not_refused(committed_db: None) -> None:
    refuse_unbound_role()
    call_command("check", "--database", "default")


@pytest.mark.parametrize("right", ["BYPASSRLS", "SUPERUSER"])
def test_role_that_sees_every_customer_is_refused(committed_db: None, right: str) -> None:
    with role(right):
        with pytest.raises(ImproperlyConfigured, match="row-level security does not bind"):
            refuse_unbound_role()
        with pytest.raises(CommandError, match=r"listkeep\.E001"):
            call_command("check", "--database", "default")


def test_worker_of_a_role_that_sees_every_customer_does_not_start(committed_db: None) -> None:
    env = os.environ | environment.ENVIRONMENT | PRODUCTION
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1"]
    with role("BYPASSRLS"):
        done = subprocess.run(command, cwd=environment.ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "row-level security does not bind" in done.stderr


def test_database_that_does_not_answer_refuses_nothing(committed_db: None) -> None:
    connections.close_all()
    environment.POSTGRES.stop()
    try:
        refuse_unbound_role()
    finally:
        environment.POSTGRES.start()


@pytest.mark.parametrize(
    ("address", "warned"),
    [
        ("redis://redis/0", True),
        ("redis://:geheim@redis/0", False),
        ("redis://127.0.0.1:6379/0", False),
        ("unix:///run/redis.sock", False),
    ],
)
def test_redis_across_a_network_without_a_password_is_warned_of(
    settings: Settings, address: str, *, warned: bool
) -> None:
    settings.REDIS_URL = address
    assert [message.id for message in check_redis()] == ["listkeep.W001"] * warned
