"""Random master data for property tests: every kind of value, and the texts that break careless programs."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from recipients.masterdata.file import Description, FieldDefinition, FieldScope, FieldType, MasterDataWriter, schema_for
from recipients.masterdata.values import GENDERS, MAX_TEXT_LENGTH, UnstorableText, normalise_tags, normalise_text

FIELDS = (
    FieldDefinition("vorname", "Vorname", FieldType.TEXT, FieldScope.LIST),
    FieldDefinition("notiz", '=Notiz; „intern"', FieldType.TEXT, FieldScope.ACCOUNT),
    FieldDefinition("umsatz", "Umsatz 2026", FieldType.NUMBER, FieldScope.LIST),
    FieldDefinition("geburtstag", "Geburtstag", FieldType.DATE, FieldScope.ACCOUNT),
    FieldDefinition("anrede", "Anrede", FieldType.GENDER, FieldScope.LIST),
    FieldDefinition("quelle", "Quelle", FieldType.TEXT, FieldScope.LIST),
)
DESCRIPTION = Description(
    group_name="Kunden „2026“",
    group_note="Messe\nBerlin",
    group_settings={"backups": True, "locked": False},
    fields=FIELDS,
    revision=7,
    trigger="import",
    taken_at=datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
)
SCHEMA = schema_for(FIELDS)

HOSTILE = (
    '"',
    '""',
    'a"b',
    "a;b",
    "a,b",
    "a\tb",
    "a\r\nb",
    "a\nb",
    "a\rb",
    "'",
    "''",
    "'a",
    "=1+1",
    "'=1+1",
    "''=1+1",
    "+49 170",
    "-5",
    "@SUM(A1)",
    "\u202eABC",
    "שלום",
    "👩\u200d👩\u200d👧",
    "e\u0301",
    "é",
    "007",
    "1e5",
    "0",
    "NULL",
    "None",
    "nan",
    "\\N",
    "\\",
    '\\"',
    "a\x01b",
    "\u2028",
    "x\u00a0y",
    "ﷺ",
    "sep=;",
    "#",
    "2024-02-30",
    "TRUE",
    "\u200d",
    "ß" * 5000,
    "x" * MAX_TEXT_LENGTH,
)


def storable(text: str) -> str | None:
    """The text as an entry path stores it, or None."""
    try:
        return normalise_text(text)
    except UnstorableText:
        return None


def storable_tags(tags: list[str]) -> list[str] | None:
    try:
        return normalise_tags(tags) or None
    except UnstorableText:
        return None


texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20), st.text("'\"=+-@;,\t\r\n \u00a0ab", max_size=8)).map(
    storable
)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
numbers = (
    st.none()
    | st.decimals(-(10**28) + 1, 10**28 - 1, allow_nan=False, allow_infinity=False, places=10)
    | st.sampled_from([Decimal(0), Decimal("1E-10"), Decimal("-1E-7"), Decimal("1.234"), Decimal(1000)])
)
addresses = st.from_regex(r"[a-z0-9'=+-]{1,9}(\.[a-zäöü]{1,3})?@[a-z0-9]{1,8}\.(de|com|info)", fullmatch=True)


def rows() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Some rows of a backup with SCHEMA."""
    row = st.fixed_dictionaries(
        {
            "email": addresses,
            "registered_at": moments,
            "activated_at": moments,
            "deactivated_at": moments,
            "bounced_at": moments,
            "source": texts,
            "tags": st.lists(texts.filter(bool), max_size=3).map(
                lambda tags: storable_tags([tag or "" for tag in tags])
            ),
            "vorname": texts,
            "notiz": texts,
            "umsatz": numbers,
            "geburtstag": st.none() | st.dates(date(1, 1, 1), date(9999, 12, 31)),
            "anrede": st.none() | st.sampled_from(GENDERS),
            "quelle": texts,
        }
    )
    return st.lists(row, max_size=8)


def write_rows(path: Path, some_rows: list[dict[str, Any]], *, batch_rows: int = 3) -> int:
    """A backup file with these rows, written in batches; returns the writer's count."""
    with MasterDataWriter(path, DESCRIPTION, SCHEMA) as writer:
        for start in range(0, len(some_rows), batch_rows):
            writer.write(pa.RecordBatch.from_pylist(some_rows[start : start + batch_rows], SCHEMA))
    return writer.row_count
