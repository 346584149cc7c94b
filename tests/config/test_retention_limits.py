"""The operator's limits of retention: what the environment may say."""

import os
import subprocess
import sys

import pytest

from tests import environment


def limits(**given: str) -> tuple[int, str]:
    """The exit code of reading the settings with these variables, and what was printed."""
    code = "from config import settings; print(settings.RETENTION_MIN_DAYS, settings.RETENTION_MAX_DAYS)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=environment.ROOT,
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, (done.stdout or done.stderr.splitlines()[-1]).strip()


def test_limits_are_a_week_and_a_year_unless_set() -> None:
    assert limits() == (0, "7 365")


def test_limits_come_from_the_environment() -> None:
    assert limits(LISTKEEP_RETENTION_MIN_DAYS="1", LISTKEEP_RETENTION_MAX_DAYS="14") == (0, "1 14")


@pytest.mark.parametrize("value", ["0", "-3", "viele", "7.5", "99999", "²"])
def test_nonsense_is_refused_by_name(value: str) -> None:
    code, said = limits(LISTKEEP_RETENTION_MIN_DAYS=value)
    assert code == 1
    assert said.endswith(f"LISTKEEP_RETENTION_MIN_DAYS is {value!r}; use a whole number from 1 to 3650.")


def test_least_above_the_most_is_refused() -> None:
    code, said = limits(LISTKEEP_RETENTION_MIN_DAYS="60", LISTKEEP_RETENTION_MAX_DAYS="30")
    assert (code, said.endswith("LISTKEEP_RETENTION_MIN_DAYS is above LISTKEEP_RETENTION_MAX_DAYS.")) == (1, True)
