"""How times, dates and sizes look, in German and in English."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.paginator import Paginator
from django.utils import timezone, translation

from accounts.templatetags.listkeep_format import absolute, day, isolated, page_numbers, relative, size, when

NOW = datetime(2026, 6, 14, 12, 3, 40, tzinfo=UTC)


@pytest.fixture
def german() -> Iterator[None]:
    with translation.override("de"):
        yield


@pytest.fixture
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def test_absolute_in_english(english: None) -> None:
    assert absolute(NOW) == "14 Jun 2026, 14:03"


def test_absolute_in_german(german: None) -> None:
    assert absolute(NOW) == "14.06.2026, 14:03"


RELATIVE = [
    (timedelta(0), "1 second ago", "vor 1 Sekunde"),
    (timedelta(seconds=-50), "50 seconds ago", "vor 50 Sekunden"),
    (timedelta(minutes=-5), "5 minutes ago", "vor 5 Minuten"),
    (timedelta(hours=-1), "1 hour ago", "vor 1 Stunde"),
    (timedelta(days=-2), "2 days ago", "vor 2 Tagen"),
    (timedelta(days=-200), "7 months ago", "vor 7 Monaten"),
    (timedelta(days=28), "in 4 weeks", "in 4 Wochen"),
    (timedelta(days=3), "in 3 days", "in 3 Tagen"),
]


@pytest.mark.parametrize(("distance", "shown", "_german"), RELATIVE)
def test_relative_in_english(english: None, distance: timedelta, shown: str, _german: str) -> None:
    assert relative(NOW + distance, NOW) == shown


@pytest.mark.parametrize(("distance", "_english", "shown"), RELATIVE)
def test_relative_in_german(german: None, distance: timedelta, _english: str, shown: str) -> None:
    assert relative(NOW + distance, NOW) == shown


def test_when_shows_the_absolute_time_and_the_relative_one_beside_it(german: None) -> None:
    then = timezone.now() - timedelta(days=400)
    local = timezone.localtime(then)
    assert when(then) == (
        f'<time class="when" datetime="{local.isoformat(timespec="seconds")}">'
        f'{local:%d.%m.%Y, %H:%M} <span class="when__relative">vor 1 Jahr</span></time>'
    )


def test_when_without_a_time_is_a_dash() -> None:
    assert when(None) == "–"


def test_day_in_english(english: None) -> None:
    assert (day(NOW), day(date(2026, 3, 1))) == ("14 Jun 2026", "1 Mar 2026")


def test_day_in_german(german: None) -> None:
    assert (day(NOW), day(date(2026, 3, 1))) == ("14.06.2026", "01.03.2026")


def test_day_is_the_one_of_the_place_and_not_of_greenwich(german: None) -> None:
    assert day(datetime(2026, 6, 14, 22, 30, tzinfo=UTC)) == "15.06.2026"


def test_day_without_a_date_is_a_dash() -> None:
    assert day(None) == "–"


SIZES = [
    (0, "0 B", "0 B"),
    (812, "812 B", "812 B"),
    (999, "999 B", "999 B"),
    (1000, "1.0 kB", "1,0 kB"),
    (9_949, "9.9 kB", "9,9 kB"),
    (9_960, "10 kB", "10 kB"),
    (999_499, "999 kB", "999 kB"),
    (999_500, "1.0 MB", "1,0 MB"),
    (28_123_456, "28 MB", "28 MB"),
    (1_500_000_000, "1.5 GB", "1,5 GB"),
    (2_000_000_000_000_000, "2,000 TB", "2.000 TB"),
]


@pytest.mark.parametrize(("count", "shown", "_german"), SIZES)
def test_size_in_english(english: None, count: int, shown: str, _german: str) -> None:
    assert size(count) == shown.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(("count", "_english", "shown"), SIZES)
def test_size_in_german(german: None, count: int, _english: str, shown: str) -> None:
    assert size(count) == shown.replace(" ", "\N{NO-BREAK SPACE}")


def test_size_of_nothing_yet_is_a_dash() -> None:
    assert size(None) == "–"


def test_page_numbers_leave_out_what_is_far_away() -> None:
    assert page_numbers(Paginator(range(200), 10).page(10)) == [1, "…", 9, 10, 11, "…", 20]


@pytest.mark.parametrize("name", ["לקוחות שלום", "Kunden שלום", "عملاء", "٣", "a\u202eb", "a\u200f"])
def test_name_that_runs_from_right_to_left_is_isolated(name: str) -> None:
    assert isolated(name) == f"\u2068{name}\u2069"


@pytest.mark.parametrize("name", ["", "Kunden 2026", "Straßen & Łódź", "用户", "Αθήνα", "“x” (1)", "👩‍👩‍👧"])
def test_any_other_name_is_as_it_was(name: str) -> None:
    assert isolated(name) == name
