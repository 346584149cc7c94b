"""Dates and moments as people and programs write them. Nothing here guesses: what cannot be read is unreadable."""

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Final

from imports.readers.choices import DateFormat

NO_DATE: Final = ("0", "0000-00-00", "0000-00-00 00:00:00", "00.00.0000", "00.00.0000 00:00:00")
"""What programs write where there is no date."""

_TIME: Final = (
    r"(?:(?:[T\u00a0]|,?[ ]+)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:[.,](?P<fraction>[0-9]{1,9}))?)?"
    r"(?:[ \u00a0\u202f]?(?P<half>[AaPp])\.?[Mm]\.?)?(?:[ ]?(?P<offset>Z|UTC|[+-][0-9]{2}:?[0-9]{2})"
    r"(?:[ ](?:[A-Z]{3,5}|[+-][0-9]{2,4}))?)?(?:[ ]Uhr)?)?"  # Go writes the zone's name as well: +0100 CET
)
_YEAR: Final = r"(?P<year>[0-9]{4})"
_MONTH: Final = r"(?P<month>[0-9]{1,2})"
_DAY: Final = r"(?P<day>[0-9]{1,2})"
_DATES: Final = {
    DateFormat.ISO: rf"{_YEAR}-{_MONTH}-{_DAY}",
    DateFormat.DAY_DOT: rf"{_DAY}\.[ ]?{_MONTH}\.[ ]?{_YEAR}",
    DateFormat.DAY_SLASH: rf"{_DAY}/{_MONTH}/{_YEAR}",
    DateFormat.MONTH_SLASH: rf"{_MONTH}/{_DAY}/{_YEAR}",
    DateFormat.DAY_DASH: rf"{_DAY}-{_MONTH}-{_YEAR}",
}
_COMPACT: Final = (
    r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?:[T ]?(?P<hour>[0-9]{2}):?(?P<minute>[0-9]{2})(?::?(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9}))?)?"
    r"(?P<offset>Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_PATTERNS: Final = {
    **{date_format: re.compile(notation + _TIME) for date_format, notation in _DATES.items()},
    DateFormat.COMPACT: re.compile(_COMPACT),
}
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:[.,][0-9]{1,15})?")

_EXCEL_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001  # a spreadsheet has no zone
_EXCEL_LEAP_DAY: Final = 60  # 29 February 1900, which Excel knows and the calendar does not
_UNIX_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def parse_naively(text: str, date_format: DateFormat) -> datetime | None:
    """The date and time in exactly this notation, midnight without a time; aware only when the text has an offset.

    None when it cannot be read. Parts of a second below a microsecond are cut off.
    """
    if date_format is DateFormat.EXCEL:
        return _parse_excel(text)
    if date_format is DateFormat.UNIX:
        return _parse_unix(text)
    match = _PATTERNS[date_format].fullmatch(text)
    if match is None:
        return None
    hour = _hour(match["hour"], match.groupdict().get("half"))
    if hour is None:
        return None
    try:
        return datetime(
            int(match["year"]),
            int(match["month"]),
            int(match["day"]),
            hour,
            int(match["minute"] or 0),
            int(match["second"] or 0),
            int((match["fraction"] or "").ljust(6, "0")[:6]),
            _offset(match["offset"]),
        )
    except ValueError:  # the notation is right, but there is no such day or time
        return None


def _hour(digits: str | None, half: str | None) -> int | None:
    """The hour of the day of a clock of 24 or, with `half` a or p, of 12 hours."""
    hour = int(digits or 0)
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        return None
    return hour % 12 + (12 if half in "pP" else 0)


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text in ("Z", "UTC"):
        return UTC
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return timezone(timedelta(minutes=minutes if text[0] == "+" else -minutes))


def _parse_excel(text: str) -> datetime | None:
    if not _NUMBER.fullmatch(text):
        return None
    days = float(text.replace(",", "."))
    if not 1 <= days < 2_958_466 or int(days) == _EXCEL_LEAP_DAY:
        return None
    moment = _EXCEL_EPOCH + timedelta(seconds=round(days * 86_400))
    return moment + timedelta(days=1) if days < _EXCEL_LEAP_DAY else moment


def _parse_unix(text: str) -> datetime | None:
    if not _NUMBER.fullmatch(text):
        return None
    whole, _, fraction = text.replace(",", ".").partition(".")
    part = timedelta(microseconds=int(fraction.ljust(6, "0")[:6]))
    try:
        return _UNIX_EPOCH + timedelta(seconds=int(whole)) + (-part if text.startswith("-") else part)
    except OverflowError:
        return None


def parse_moment(text: str, date_format: DateFormat, zone: tzinfo) -> datetime | None:
    """The moment in UTC. Without an offset it is local time in `zone`, of two possible moments the earlier one.

    ISO notation is read whatever the format is. None when it cannot be read.
    """
    local = parse_naively(text, date_format) or parse_naively(text, DateFormat.ISO)
    if local is None:
        return None
    try:
        return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar
        return None


def parse_date(text: str, date_format: DateFormat, zone: tzinfo) -> date | None:
    """The day that is written, a time after it left out; a Unix time's day is that of `zone`. None: cannot be read."""
    local = parse_naively(text, date_format) or parse_naively(text, DateFormat.ISO)
    if local is None:
        return None
    return local.astimezone(zone).date() if date_format is DateFormat.UNIX and local.tzinfo is UTC else local.date()
