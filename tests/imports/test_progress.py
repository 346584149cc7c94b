"""How far an import is, and why nothing moves when nobody works on it."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from imports.models import Import
from imports.progress import State, hitch_of, preview_steps_of
from tests.factories import NOW

MINUTE = timedelta(minutes=1)


def run(status: Import.Status, **given: Any) -> Import:
    return Import(status=status, created_at=NOW, **given)


def hitch(run: Import, now: datetime = NOW) -> str:
    return hitch_of(run, now=now, asked_again=True)


@pytest.mark.parametrize("status", [Import.Status.PREVIEWING, Import.Status.READING, Import.Status.APPLYING])
def test_who_is_worked_on_waits_for_nothing(status: Import.Status) -> None:
    worked_on = run(status, claim=uuid.uuid4(), claimed_until=NOW + MINUTE)
    assert hitch(worked_on) == ""


@pytest.mark.parametrize("status", [Import.Status.PREVIEWING, Import.Status.READING, Import.Status.APPLYING])
def test_whom_nobody_has_begun_waits_for_its_turn(status: Import.Status) -> None:
    assert hitch(run(status)) == (
        "Other work goes first; then this begins by itself. If nothing moves for several minutes, tell whoever runs "
        "Listkeep."
    )


@pytest.mark.parametrize("status", [Import.Status.PREVIEWING, Import.Status.READING])
def test_in_the_first_instant_a_worker_may_be_about_to_begin(status: Import.Status) -> None:
    assert hitch_of(run(status), now=NOW, asked_again=False) == ""


def test_whose_worker_misses_its_heartbeats_may_be_interrupted(settings: Settings) -> None:
    beating = run(Import.Status.READING, claim=uuid.uuid4(), claimed_until=NOW + 0.5 * settings.JOB_LEASE)
    silent = run(Import.Status.READING, claim=uuid.uuid4(), claimed_until=NOW + 0.49 * settings.JOB_LEASE)
    told = "Nothing has been heard of the work for a while. If it was interrupted, it goes on by itself soon."
    assert (hitch(beating), hitch(silent)) == ("", told)


def test_whose_worker_died_goes_on_within_its_lease() -> None:
    left = run(Import.Status.READING, claim=uuid.uuid4(), claimed_until=NOW - MINUTE)
    assert hitch(left) == "The work was interrupted. It goes on by itself within a minute."


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (
            "storage_unavailable",
            "The place where files are kept cannot be reached at present. It is tried again by itself.",
        ),
        ("internal", "Something went wrong on our side. It is tried again by itself in a few seconds."),
    ],
)
def test_what_went_wrong_is_told_while_it_rests(failure: str, sentence: str) -> None:
    resting = run(Import.Status.READING, claimed_until=NOW + MINUTE, failure=failure)
    assert hitch(resting) == sentence


def test_who_has_rested_long_enough_waits_for_its_turn() -> None:
    rested = run(Import.Status.READING, claimed_until=NOW - MINUTE, failure="internal")
    assert hitch(rested).startswith("Other work goes first")


@pytest.mark.parametrize(("minutes", "begins"), [(1, ""), (3, "The backup takes longer than usual.")])
def test_a_backup_may_take_its_time_but_not_for_ever(minutes: int, begins: str) -> None:
    waiting = run(Import.Status.WAITING, read_at=NOW - 60 * MINUTE, confirmed_at=NOW)
    assert hitch(waiting, NOW + minutes * MINUTE)[:35] == begins


def test_a_preview_reads_and_then_compares() -> None:
    reading = run(Import.Status.PREVIEWING, rows_done=3, rows_known=10)
    comparing = run(Import.Status.PREVIEWING, rows_key="rows", rows_done=3, rows_known=10)
    steps = [[(one.state, one.done, one.known) for one in preview_steps_of(each)] for each in (reading, comparing)]
    assert steps == [
        [(State.CURRENT, 3, 10), (State.AHEAD, 0, None)],
        [(State.DONE, 0, None), (State.CURRENT, 3, 10)],
    ]


def test_a_bar_is_not_full_before_the_work_is_done() -> None:
    counting = run(Import.Status.PREVIEWING, rows_key="rows", rows_done=10, rows_known=10)
    assert (preview_steps_of(counting)[1].done, preview_steps_of(counting)[1].known) == (10, None)
