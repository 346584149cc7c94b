"""The operator's limits of retention: what the environment may say."""

import os
import runpy
import subprocess
import sys
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests import environment


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment without limits, for a test to set some."""
    for name in ("LISTKEEP_RETENTION_MIN_DAYS", "LISTKEEP_RETENTION_MAX_DAYS"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def read_settings() -> dict[str, Any]:
    """The settings, read anew from the environment. Raises ImproperlyConfigured."""
    return runpy.run_path(str(environment.ROOT / "config/settings.py"))


def limits() -> tuple[int, int]:
    found = read_settings()
    return found["RETENTION_MIN_DAYS"], found["RETENTION_MAX_DAYS"]


def test_limits_are_a_week_and_a_year_unless_set(given: pytest.MonkeyPatch) -> None:
    assert limits() == (7, 365)


def test_limits_come_from_the_environment(given: pytest.MonkeyPatch) -> None:
    given.setenv("LISTKEEP_RETENTION_MIN_DAYS", "1")
    given.setenv("LISTKEEP_RETENTION_MAX_DAYS", "14")
    assert limits() == (1, 14)


@pytest.mark.parametrize("value", ["0", "-3", "viele", "7.5", "99999", "²"])
def test_nonsense_is_refused_by_name(given: pytest.MonkeyPatch, value: str) -> None:
    given.setenv("LISTKEEP_RETENTION_MIN_DAYS", value)
    with pytest.raises(ImproperlyConfigured) as refused:
        read_settings()
    assert str(refused.value) == f"LISTKEEP_RETENTION_MIN_DAYS is {value!r}; use a whole number from 1 to 3650."


def test_program_does_not_start_with_the_least_above_the_most() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from config import settings"],
        cwd=environment.ROOT,
        env={**os.environ, "LISTKEEP_RETENTION_MIN_DAYS": "60", "LISTKEEP_RETENTION_MAX_DAYS": "30"},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stderr.strip().endswith("LISTKEEP_RETENTION_MIN_DAYS is above LISTKEEP_RETENTION_MAX_DAYS.")
    assert (done.returncode, said) == (1, True)
