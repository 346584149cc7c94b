"""Clocks that jump: what is noticed, how long it is doubted, and what is believed."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from backups.clock import ClockWatch, doubt_about

START = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
UP = timedelta(hours=5)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_clock_that_runs_with_the_steady_one_has_not_jumped() -> None:
    watch = ClockWatch(START, UP)
    assert watch.jump(START + 90 * DAY, UP + 90 * DAY) == timedelta(0)


def test_clock_that_is_adjusted_by_minutes_has_not_jumped() -> None:
    watch = ClockWatch(START, UP)
    assert watch.jump(START + HOUR + timedelta(minutes=5), UP + HOUR) == timedelta(0)


def test_clock_that_was_set_a_year_ahead_has_jumped_by_that() -> None:
    watch = ClockWatch(START, UP)
    assert watch.jump(START + 365 * DAY + HOUR, UP + HOUR) == 365 * DAY


def test_clock_that_was_set_back_has_jumped_by_that() -> None:
    watch = ClockWatch(START, UP)
    assert watch.jump(START - DAY + HOUR, UP + HOUR) == -DAY


def test_jump_is_doubted_until_a_day_has_passed() -> None:
    watch = ClockWatch(START, UP)
    watch.jump(START + 365 * DAY, UP)
    assert watch.jump(START + 366 * DAY - HOUR, UP + DAY - HOUR) == 365 * DAY
    assert watch.jump(START + 366 * DAY, UP + DAY) == timedelta(0)


def test_clock_that_was_put_right_is_trusted_again_and_the_day_begins_anew_at_the_next_jump() -> None:
    watch = ClockWatch(START, UP)
    watch.jump(START + 365 * DAY, UP)
    assert watch.jump(START + HOUR, UP + HOUR) == timedelta(0)
    assert watch.jump(START + 366 * DAY, UP + DAY) == 365 * DAY


@pytest.mark.django_db
def test_present_time_is_not_doubted() -> None:
    assert doubt_about(timezone.now()) == ""


@pytest.mark.django_db
def test_time_ahead_of_the_database_is_doubted() -> None:
    said = doubt_about(timezone.now() + 365 * DAY)
    assert said.startswith("The clock is ")
    assert said.endswith(" ahead of the database's clock.")


@pytest.mark.django_db
def test_time_behind_the_database_is_doubted() -> None:
    assert doubt_about(timezone.now() - HOUR).endswith(" behind the database's clock.")
