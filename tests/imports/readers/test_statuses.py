"""Statuses without dates: nobody whom a file calls unsubscribed or bounced comes out active, and nothing is guessed."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from imports.readers import (
    STATUS_TARGET,
    ColumnMapping,
    DateFormat,
    InvalidMapping,
    Kind,
    MappingProblem,
    SniffedColumn,
    Source,
    StatusFormat,
)
from imports.readers.statuses import Status, parse_status, speaks_of
from tests.imports.readers.files import Reading, read_file, reject, write_file
from tests.imports.readers.sheets import write_sheet

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
JANUARY = datetime(2025, 1, 31, 23, tzinfo=UTC)

WORDS, YES_ACTIVE = StatusFormat.WORDS, StatusFormat.YES_ACTIVE
YES_UNSUBSCRIBED, YES_BOUNCED = StatusFormat.YES_UNSUBSCRIBED, StatusFormat.YES_BOUNCED


@pytest.mark.parametrize(
    ("how", "status", "cells"),
    [
        (WORDS, Status.ACTIVE, ["active", "Aktiv", "SUBSCRIBED", "enabled", "Opted-in", "bestätigt", "confirmed"]),
        (WORDS, Status.UNSUBSCRIBED, ["unsubscribed", "Abgemeldet", "blocklisted", "Opt-Out", "inaktiv", "disabled",
                                      "abused", "deleted", "Unerwünscht", "gelöscht"]),
        (WORDS, Status.BOUNCED, ["bounced", "Hard bounce", "cleaned", "Gebounct", "unzustellbar"]),
        (WORDS, Status.PENDING, ["pending", "Unbestätigt", "new", "Non-Subscribed", "transactional"]),
        (WORDS, None, ["", "Kunde", "yes", "no", "1", "0", "?", "soft bounce"]),
        (YES_ACTIVE, Status.ACTIVE, ["yes", "Ja", "1", "TRUE", "x", "✓", "subscribed"]),
        (YES_ACTIVE, Status.UNSUBSCRIBED, ["no", "Nein", "0", "FALSE", "f", "-", "abgemeldet"]),
        (YES_ACTIVE, None, ["", " ", "vielleicht", "2"]),
        (YES_UNSUBSCRIBED, Status.UNSUBSCRIBED, ["true", "ja", "1", "not interested", "2025-02-01", "subscribed"]),
        (YES_UNSUBSCRIBED, Status.NEITHER, ["", "false", "nein", "0", "0000-00-00 00:00:00", "none", "-"]),
        (YES_BOUNCED, Status.BOUNCED, ["yes", "UNKNOWN_USER", "Mailbox full"]),
        (YES_BOUNCED, Status.NEITHER, ["", "no"]),
    ],
)  # fmt: skip
def test_a_cell_says(how: StatusFormat, status: Status | None, cells: list[str]) -> None:
    assert [parse_status(cell, how) for cell in cells] == [status] * len(cells)


def read_statuses(
    folder: Path, header: str, cells: Sequence[str], *mapping: ColumnMapping, status: StatusFormat = WORDS
) -> Reading:
    """What is read of rows with an address, these cells, and the second column mapped to the status."""
    rows = "".join(f"p{place}@example.org;{line}\n" for place, line in enumerate(cells, 1))
    path = write_file(folder, f"E-Mail;{header}\n{rows}")
    return read_file(path, ColumnMapping(STATUS_TARGET, 1, status=status), *mapping, now=NOW)


def told(reading: Reading) -> list[tuple[Any, ...]]:
    """Of each row: everything but its address and its line."""
    return [tuple(value for name, value in row.items() if name not in ("email", "line")) for row in reading.rows]


def test_words_become_sign_offs_and_bounces_of_the_moment_of_the_import(tmp_path: Path) -> None:
    reading = read_statuses(tmp_path, "status", ["enabled", "blocklisted", "bounced"])
    assert reading.rows == [
        {"email": "p1@example.org", "deactivated_at": None, "bounced_at": None, "line": 2},
        {"email": "p2@example.org", "deactivated_at": NOW, "bounced_at": None, "line": 3},
        {"email": "p3@example.org", "deactivated_at": None, "bounced_at": NOW, "line": 4},
    ]


def test_an_unknown_word_and_an_empty_cell_reject_their_rows(tmp_path: Path) -> None:
    reading = read_statuses(tmp_path, "Status", ["aktiv", "VIP", ""])
    assert (reading.result.rejected_by_reason, reading.rejected) == (
        {"unknown_status": 2},
        [
            reject(3, "p2@example.org", "unknown_status", "Status", "VIP"),
            reject(4, "p3@example.org", "unknown_status", "Status", None),
        ],
    )


def test_a_row_that_ends_before_its_status_is_rejected(tmp_path: Path) -> None:
    path = write_file(tmp_path, "E-Mail;Vorname;Status\np1@example.org;Ada\n")
    reading = read_file(path, ColumnMapping(STATUS_TARGET, 2), now=NOW)
    assert reading.result.rejected_by_reason == {"too_few_cells": 1}


@pytest.mark.parametrize(
    ("status", "cells", "expected"),
    [
        (YES_ACTIVE, ["ja", "nein"], [(None, None), (NOW, None)]),
        (YES_UNSUBSCRIBED, ["true", "false", ""], [(NOW, None), (None, None), (None, None)]),
        (YES_BOUNCED, ["", "Mailbox unknown"], [(None, None), (None, NOW)]),
    ],
)
def test_yes_means_what_was_chosen(
    tmp_path: Path, status: StatusFormat, cells: list[str], expected: list[tuple[Any, ...]]
) -> None:
    assert told(read_statuses(tmp_path, "X", cells, status=status)) == expected


def test_a_date_tells_more_than_a_word(tmp_path: Path) -> None:
    cells = ["unsubscribed;01.02.2025", "unsubscribed;", "active;01.02.2025", "bounced;01.02.2025"]
    off = ColumnMapping("deactivated_at", 2, None, DateFormat.DAY_DOT)
    assert told(read_statuses(tmp_path, "Status;Abgemeldet am", cells, off)) == [
        (JANUARY, None),
        (NOW, None),
        (JANUARY, None),
        (JANUARY, NOW),
    ]


def test_who_has_not_confirmed_is_registered_but_not_active(tmp_path: Path) -> None:
    mapping = [ColumnMapping("registered_at", 2), ColumnMapping("activated_at", 3)]
    cells = ["new;2025-01-01;", "new;2025-01-01;2025-01-02", "active;2025-01-01;2025-01-02"]
    first, second = datetime(2024, 12, 31, 23, tzinfo=UTC), datetime(2025, 1, 1, 23, tzinfo=UTC)
    assert told(read_statuses(tmp_path, "status;created;activated", cells, *mapping)) == [
        (first, None, None, None),
        (first, None, None, None),
        (first, second, None, None),
    ]


def test_who_has_not_confirmed_is_rejected_where_nothing_else_could_say_so(tmp_path: Path) -> None:
    reading = read_statuses(tmp_path, "status", ["unconfirmed", "confirmed"])
    assert (told(reading), reading.rejected) == (
        [(None, None)],
        [reject(2, "p1@example.org", "not_confirmed", "status", "unconfirmed")],
    )


@pytest.mark.parametrize(
    ("status", "cell", "activated"), [(WORDS, "active", JANUARY), (YES_UNSUBSCRIBED, "no", None), (WORDS, "new", None)]
)
def test_who_is_said_to_be_active_was_so_from_the_registration_on(
    tmp_path: Path, status: StatusFormat, cell: str, activated: datetime | None
) -> None:
    mapping = [ColumnMapping("registered_at", 2), ColumnMapping("activated_at", 3)]
    reading = read_statuses(tmp_path, "X;created;activated", [f"{cell};2025-02-01;"], *mapping, status=status)
    assert reading.rows[0]["activated_at"] == activated


def test_one_word_may_hold_for_all_rows(tmp_path: Path) -> None:
    path = write_file(tmp_path, "E-Mail\np1@example.org\np2@example.org\n")
    reading = read_file(path, ColumnMapping(STATUS_TARGET, None, "unsubscribed"), now=NOW)
    assert told(reading) == [(NOW, None), (NOW, None)]


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        ([ColumnMapping(STATUS_TARGET, None, "vip")], MappingProblem.BAD_ALTERNATIVE),
        ([ColumnMapping(STATUS_TARGET, 2)], MappingProblem.NO_SUCH_COLUMN),
        ([ColumnMapping(STATUS_TARGET, 0), ColumnMapping(STATUS_TARGET, 1)], MappingProblem.TARGET_TWICE),
    ],
)
def test_a_status_that_cannot_be_read_is_refused(
    tmp_path: Path, mapping: list[ColumnMapping], problem: MappingProblem
) -> None:
    path = write_file(tmp_path, "E-Mail;Status\np1@example.org;active\n")
    with pytest.raises(InvalidMapping) as caught:
        read_file(path, *mapping, now=NOW)
    assert (caught.value.code, caught.value.target) == (problem, STATUS_TARGET)


def test_without_a_moment_the_reading_is_it(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    path = write_file(tmp_path, "E-Mail;Status\np1@example.org;abgemeldet\n")
    reading = read_file(path, ColumnMapping(STATUS_TARGET, 1))
    assert before <= reading.rows[0]["deactivated_at"] <= datetime.now(UTC)


@pytest.mark.parametrize("target", ["deactivated_at", "bounced_at"])
def test_dates_of_a_sign_off_may_be_yes_and_no_instead(tmp_path: Path, target: str) -> None:
    path = write_file(tmp_path, "E-Mail;X\n" + "a@example.org;%s\n" * 5 % ("true", "false", "", "2025-02-01", "bald"))
    reading = read_file(path, ColumnMapping(target, 1), now=NOW)
    assert (told(reading), reading.rejected) == (
        [(NOW,), (None,), (None,), (JANUARY,)],
        [reject(6, "a@example.org", "unreadable_date_time", "X", "bald")],
    )


@pytest.mark.parametrize("date_format", [DateFormat.UNIX, DateFormat.EXCEL, DateFormat.ISO])
def test_a_one_is_a_yes_and_no_date_of_long_ago(tmp_path: Path, date_format: DateFormat) -> None:
    path = write_file(tmp_path, "E-Mail;X\na@example.org;1\nb@example.org;0\n")
    reading = read_file(path, ColumnMapping("deactivated_at", 1, None, date_format), now=NOW)
    assert told(reading) == [(NOW,), (None,)]


@pytest.mark.parametrize("target", ["registered_at", "activated_at"])
def test_yes_is_no_date_of_a_sign_up(tmp_path: Path, target: str) -> None:
    path = write_file(tmp_path, "E-Mail;X\na@example.org;true\n")
    assert read_file(path, ColumnMapping(target, 1), now=NOW).result.rejected_by_reason == {"unreadable_date_time": 1}


def test_any_entry_may_mean_a_bounce(tmp_path: Path) -> None:
    cells = ("UNKNOWN_USER", "", "false", "2025-02-01")
    path = write_file(tmp_path, "E-Mail;Reason\n" + "a@example.org;%s\n" * 4 % cells)
    reading = read_file(path, ColumnMapping("bounced_at", 1, status=YES_BOUNCED), now=NOW)
    assert told(reading) == [(NOW,), (None,), (None,), (JANUARY,)]


def test_a_workbooks_true_and_false_are_read(tmp_path: Path) -> None:
    path = write_sheet(tmp_path, [["E-Mail", "Abgemeldet"], ["a@example.org", True], ["b@example.org", False]])
    source = Source(Kind.XLSX, None, None, has_header=True, sheet=None)
    reading = read_file(path, ColumnMapping("deactivated_at", 1), source=source, now=NOW)
    assert told(reading) == [(NOW,), (None,)]


@pytest.mark.parametrize(
    ("name", "values", "status"),
    [
        ("OPT_IN", ("", "yes", "no"), Status.UNSUBSCRIBED),
        ("OPT_IN", ("", "yes"), None),
        ("Opted out of email: One to One", ("", "true"), Status.UNSUBSCRIBED),
        ("Blocked", ("", "ja"), Status.UNSUBSCRIBED),
        ("Blocked", ("", "nein"), None),
        ("Blocked", (), Status.UNSUBSCRIBED),
        ("Hard Bounce", ("", "ja"), Status.BOUNCED),
        ("Notiz", ("abgemeldet", "ruft an"), Status.UNSUBSCRIBED),
        ("Notiz", ("bounced", "ruft an"), Status.BOUNCED),
        ("Ort", ("Ulm", "Bonn"), None),
        ("Status", ("aktiv", "Kunde"), None),
    ],
)
def test_a_column_that_may_know_of_sign_offs_is_noticed(
    name: str, values: tuple[str, ...], status: Status | None
) -> None:
    assert speaks_of(SniffedColumn(0, name, values, (), (), values)) == status
