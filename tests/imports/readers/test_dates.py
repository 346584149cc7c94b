"""Dates and moments in people's notations, one by one and as a column."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.readers import DateFormat
from imports.readers.date_columns import convert_dates, convert_moments
from imports.readers.dates import NO_DATE, parse_date, parse_moment

BERLIN = ZoneInfo("Europe/Berlin")
F = DateFormat


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("2024-05-01", F.ISO),
        ("2024-5-1", F.ISO),
        ("2024-05-01T23:59:59Z", F.ISO),
        ("2024-05-01 00:00:00", F.ISO),
        ("01.05.2024", F.DAY_DOT),
        ("1.5.2024", F.DAY_DOT),
        ("1. 5. 2024", F.DAY_DOT),
        ("01.05.2024, 12:30 Uhr", F.DAY_DOT),
        ("01/05/2024", F.DAY_SLASH),
        ("05/01/2024", F.MONTH_SLASH),
        ("5/1/2024 12:30 PM", F.MONTH_SLASH),
        ("01-05-2024", F.DAY_DASH),
        ("20240501", F.COMPACT),
        ("20240501T1230", F.COMPACT),
        ("45413", F.EXCEL),
        ("45413,75", F.EXCEL),
        ("1714557600", F.UNIX),
        ("2024-05-01", F.DAY_DOT),
    ],
)
def test_date_is_read(text: str, date_format: DateFormat) -> None:
    assert parse_date(text, date_format, BERLIN) == date(2024, 5, 1)


@pytest.mark.parametrize(
    ("text", "date_format"),
    [
        ("", F.ISO),
        ("30.02.2024", F.DAY_DOT),
        ("31.04.2024", F.DAY_DOT),
        ("29.02.2023", F.DAY_DOT),
        ("01.13.2024", F.DAY_DOT),
        ("1.5.24", F.DAY_DOT),
        ("01.05.2024", F.ISO),
        ("2024-13-01", F.ISO),
        ("0000-01-01", F.ISO),
        ("24:00 01.05.2024", F.DAY_DOT),
        ("01.05.2024 25:00", F.DAY_DOT),
        ("13/13/2024", F.MONTH_SLASH),
        ("1/5/2024 13:00 PM", F.MONTH_SLASH),
        ("2024050", F.COMPACT),
        ("gestern", F.ISO),
        ("45413", F.ISO),
        ("0", F.EXCEL),
        ("60", F.EXCEL),
        ("3000000", F.EXCEL),
        ("1e5", F.UNIX),
        ("99999999999999", F.UNIX),
        ("999999999999", F.UNIX),
        ("٢٠٢٤-05-01", F.ISO),
        ("2024-05-01\n", F.ISO),
        ("2024-05-01 12:00+25:00", F.ISO),
    ],
)
def test_text_that_is_no_date_is_unreadable(text: str, date_format: DateFormat) -> None:
    assert parse_date(text, date_format, BERLIN) is None


@pytest.mark.parametrize(
    ("text", "date_format", "moment"),
    [
        ("2024-07-01 12:00", F.ISO, datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ("2024-01-01 12:00", F.ISO, datetime(2024, 1, 1, 11, tzinfo=UTC)),
        ("2024-07-01", F.ISO, datetime(2024, 6, 30, 22, tzinfo=UTC)),
        ("2024-07-01T12:00:00.123456789-03:30", F.ISO, datetime(2024, 7, 1, 15, 30, 0, 123456, tzinfo=UTC)),
        ("2024-07-01 12:00:00.123456 +0000 UTC", F.ISO, datetime(2024, 7, 1, 12, 0, 0, 123456, tzinfo=UTC)),
        ("2024-07-01 12:00:00 +0200 CEST", F.ISO, datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ("2024-07-01 12:00:00 +0000 +0000", F.ISO, datetime(2024, 7, 1, 12, tzinfo=UTC)),
        ("2024-07-01 12:00 CEST", F.ISO, None),
        ("1.7.2024 12:00:05", F.DAY_DOT, datetime(2024, 7, 1, 10, 0, 5, tzinfo=UTC)),
        ("7/1/2024 12:05 am", F.MONTH_SLASH, datetime(2024, 6, 30, 22, 5, tzinfo=UTC)),
        ("20240701120000", F.COMPACT, datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ("45474.5", F.EXCEL, datetime(2024, 7, 1, 10, tzinfo=UTC)),
        ("1719828000.5", F.UNIX, datetime(2024, 7, 1, 10, 0, 0, 500000, tzinfo=UTC)),
        ("-1.5", F.UNIX, datetime(1969, 12, 31, 23, 59, 58, 500000, tzinfo=UTC)),
        ("27.10.2024 02:30", F.DAY_DOT, datetime(2024, 10, 27, 0, 30, tzinfo=UTC)),
        ("31.03.2024 02:30", F.DAY_DOT, datetime(2024, 3, 31, 1, 30, tzinfo=UTC)),
        ("0001-01-01 00:00", F.ISO, None),
        ("2024-02-30 12:00", F.ISO, None),
    ],
)
def test_moment_is_local_unless_it_has_an_offset(text: str, date_format: DateFormat, moment: datetime | None) -> None:
    assert parse_moment(text, date_format, BERLIN) == moment


@pytest.mark.parametrize("nothing", NO_DATE)
def test_what_programs_write_for_no_date_is_no_value(nothing: str) -> None:
    column = pa.array([nothing, None])
    assert [
        (converted.values.to_pylist(), converted.unreadable.to_pylist())
        for converted in (convert_moments(column, F.ISO, BERLIN), convert_dates(column, F.UNIX, BERLIN))
    ] == [([None, None], [False, False])] * 2


def texts_of(moment: datetime) -> list[str]:
    """A moment in many notations, right and nearly right."""
    patterns = [
        "%Y-%m-%d",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT%H:%M:%S.%f",
        "%Y-%m-%dT%H:%M:%S.%f+00:00",
        "%Y-%m-%d %H:%M:%S+0530",
        "%Y-%m-%dT%H:%MZ",
        "%Y-%m-%dT%H:%M:%S+24:00",
        "%Y-02-30",
        "%Y-02-30T10:00Z",
        "%d.%m.%Y",
        "%d.%m.%Y %H:%M",
        "%d/%m/%Y",
        "%m/%d/%Y %H:%M:%S",
        "%d-%m-%Y",
        "%Y%m%d",
        "%Y%m%d%H%M%S",
        "%Y%m%d %H:%M",
        "%Y%m%dT%H:%M:%S.%f",
        "30.02.%Y",
        "%Y-%m-%d 24:00",
        "%Y-%m-%d %H:60",
    ]
    return [moment.strftime(pattern).rjust(10, "0") for pattern in patterns]


moments = st.one_of(
    st.datetimes(),
    st.datetimes(datetime.fromisoformat("2024-03-31T01:00"), datetime.fromisoformat("2024-03-31T04:00")),
    st.datetimes(datetime.fromisoformat("2024-10-27T00:00"), datetime.fromisoformat("2024-10-27T04:00")),
)


@settings(max_examples=400)
@given(
    st.lists(moments.flatmap(lambda moment: st.sampled_from(texts_of(moment))), max_size=4), st.sampled_from(DateFormat)
)
def test_column_of_moments_is_read_as_each_of_its_texts(texts: list[str], date_format: DateFormat) -> None:
    converted = convert_moments(pa.array(texts, pa.string()), date_format, BERLIN)
    expected = [parse_moment(text, date_format, BERLIN) for text in texts]
    assert (converted.values.to_pylist(), converted.unreadable.to_pylist()) == (
        expected,
        [moment is None for moment in expected],
    )


@settings(max_examples=400)
@given(
    st.lists(moments.flatmap(lambda moment: st.sampled_from(texts_of(moment))), max_size=4), st.sampled_from(DateFormat)
)
def test_column_of_dates_is_read_as_each_of_its_texts(texts: list[str], date_format: DateFormat) -> None:
    converted = convert_dates(pa.array(texts, pa.string()), date_format, BERLIN)
    expected = [parse_date(text, date_format, BERLIN) for text in texts]
    assert (converted.values.to_pylist(), converted.unreadable.to_pylist()) == (
        expected,
        [day is None for day in expected],
    )


@given(st.dates(date(1900, 3, 1)))
def test_spreadsheet_days_count_from_1899(day: date) -> None:
    serial = (day - date(1899, 12, 30)) / timedelta(days=1)
    assert parse_date(f"{serial:.0f}", F.EXCEL, BERLIN) == day
