"""Exports of other products, uploaded as they are: each column finds its place, and nobody who left becomes active.

The files are in the folder `products`. Their headers, words and notations are those of the products, the people are
made up.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from imports.readers import (
    STATUS_TARGET,
    DateFormat,
    ReadResult,
    Sniffed,
    StatusFormat,
    guess_mapping,
    read,
    sniff,
)
from recipients.masterdata.file import STATUS_COLUMNS, FieldType, MasterDataFile
from tests.imports.readers.files import field, ignore_progress

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
FIELDS = (
    field("vorname", label="Vorname"),
    field("nachname", label="Nachname"),
    field("firma", label="Firma"),
    field("plz", label="PLZ"),
    field("geburtstag", FieldType.DATE, label="Geburtstag"),
    field("anrede", FieldType.GENDER, label="Anrede"),
)
ISO, DAY_DOT, DAY_DASH, UNIX = DateFormat.ISO, DateFormat.DAY_DOT, DateFormat.DAY_DASH, DateFormat.UNIX
WORDS, YES_UNSUBSCRIBED = StatusFormat.WORDS, StatusFormat.YES_UNSUBSCRIBED
YES_BOUNCED = StatusFormat.YES_BOUNCED
PRODUCTS = Path(__file__).parent / "products"

Person = tuple[datetime | None, ...] | str


@dataclass(frozen=True)
class Export:
    """What must come of a file.

    `mapping`: target → the column's header, with its notation where it has one. `people`: the name before the @ → the
    status columns that are mapped, or the reason why the row is rejected.
    """

    mapping: dict[str, tuple[str, *tuple[Any, ...]]]
    people: dict[str, Person]


def utc(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Mailchimp, Audience > Export: one CSV file for each of subscribed, unsubscribed and cleaned contacts, as they are
# in scripts that read them. Times are UTC without an offset, which are taken as local.
MAILCHIMP_MAPPING: dict[str, tuple[str, *tuple[Any, ...]]] = {
    "email": ("Email Address",),
    "registered_at": ("OPTIN_TIME", ISO),
    "activated_at": ("CONFIRM_TIME", ISO),
    "tags": ("TAGS",),
    "vorname": ("First Name",),
    "nachname": ("Last Name",),
}
MAILCHIMP_SUBSCRIBED = Export(
    MAILCHIMP_MAPPING,
    {
        "erika": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00")),
        "jörg": (None, utc("2020-06-02T05:00:00")),
    },
)
MAILCHIMP_UNSUBSCRIBED = Export(
    MAILCHIMP_MAPPING | {"deactivated_at": ("UNSUB_TIME", ISO)},
    {
        "uwe": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), utc("2023-06-01T10:00:00")),
        "ute": (None, utc("2021-06-04T08:12:00"), utc("2024-06-01T10:00:00")),
    },
)
MAILCHIMP_CLEANED = Export(
    MAILCHIMP_MAPPING | {"bounced_at": ("CLEAN_TIME", ISO)},
    {"bea": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), utc("2023-06-01T10:00:00"))},
)

# Brevo, Contacts > Export: attributes in the language of the account, dates as the account writes them. The
# default attributes DOUBLE_OPT-IN and OPT_IN are empty for most, so that they say nothing of those.
BREVO = Export(
    {
        "email": ("EMAIL",),
        "registered_at": ("ADDED_TIME", DAY_DASH),
        "deactivated_at": ("BLACKLISTED", DAY_DASH, YES_UNSUBSCRIBED),
        "vorname": ("VORNAME",),
        "nachname": ("NACHNAME",),
    },
    {
        "erika": (utc("2021-06-04T08:11:12"), None),
        "uwe": (utc("2021-06-14T08:11:12"), NOW),
        "ute": (utc("2021-06-15T08:11:12"), None),
    },
)
BREVO_STATUS = Export(
    {
        "email": ("EMAIL",),
        STATUS_TARGET: ("EMAIL_MARKETING", WORDS),
        "registered_at": ("ADDED_TIME", ISO),
        "vorname": ("FIRSTNAME",),
        "nachname": ("LASTNAME",),
    },
    {
        "erika": (utc("2021-06-04T08:11:12"), None, None),
        "uwe": (utc("2021-06-14T08:11:12"), NOW, None),
        "bea": (utc("2021-06-15T08:11:12"), NOW, None),
    },
)

# CleverReach: the export of a list in German, and the names and values that its REST API has.
CLEVERREACH = Export(
    {
        "email": ("E-Mail",),
        "registered_at": ("Registriert", DAY_DOT),
        "activated_at": ("Aktiviert", DAY_DOT),
        "deactivated_at": ("Deaktiviert", DAY_DOT),
        "bounced_at": ("Bounced", DAY_DOT),
        "source": ("Quelle",),
        "tags": ("Tags",),
        "vorname": ("Vorname",),
        "nachname": ("Nachname",),
        "firma": ("Firma",),
    },
    {
        "erika": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), None, None),
        "uwe": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), utc("2023-06-01T10:00:00"), None),
        "bea": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), None, utc("2024-06-01T10:00:00")),
        "neu": (utc("2021-06-04T08:11:12"), None, None, None),
    },
)
CLEVERREACH_REST = Export(
    {
        "email": ("email",),
        "registered_at": ("registered", UNIX),
        "activated_at": ("activated", UNIX),
        "deactivated_at": ("deactivated", UNIX),
        "bounced_at": ("bounced", UNIX),
        "source": ("source",),
        "vorname": ("firstname",),
        "nachname": ("lastname",),
    },
    {
        "erika": (utc("2021-06-04T10:11:12"), utc("2021-06-04T10:12:00"), None, None),
        "uwe": (utc("2021-06-04T10:11:12"), utc("2021-06-04T10:12:00"), utc("2023-06-01T12:00:00"), None),
        "bea": (utc("2021-06-04T10:11:12"), utc("2021-06-04T10:12:00"), None, None),
    },
)

# rapidmail, Optionen > Empfänger exportieren, and its API's names: created and activated with their addresses, and the
# status, one of new, active, bounced, abused, deleted. Who was imported there has no activation.
RAPIDMAIL = Export(
    {
        "email": ("email",),
        STATUS_TARGET: ("status", WORDS),
        "registered_at": ("created", ISO),
        "activated_at": ("activated", ISO),
        "vorname": ("firstname",),
        "nachname": ("lastname",),
        "plz": ("zip",),
        "geburtstag": ("birthdate", ISO),
        "anrede": ("gender",),
    },
    {
        "erika": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), None, None),
        "jörg": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:11:12"), None, None),
        "uwe": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), NOW, None),
        "udo": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), NOW, None),
        "bea": (utc("2021-06-04T08:11:12"), utc("2021-06-04T08:12:00"), None, NOW),
        "neu": (utc("2021-06-04T08:11:12"), None, None, None),
    },
)
RAPIDMAIL_GERMAN = Export(
    {
        "email": ("E-Mail",),
        STATUS_TARGET: ("Status", WORDS),
        "vorname": ("Vorname",),
        "nachname": ("Nachname",),
    },
    {"erika": (None, None), "uwe": (NOW, None), "bea": (None, NOW), "udo": (NOW, None), "neu": "not_confirmed"},
)

# HubSpot: an export of contacts, and the export of unsubscribes and bounces as its knowledge base explains it.
HUBSPOT = Export(
    {
        "email": ("Email",),
        "registered_at": ("Create Date", ISO),
        "deactivated_at": ("Unsubscribed from all email", ISO, YES_UNSUBSCRIBED),
        "bounced_at": ("Email hard bounce reason", ISO, YES_BOUNCED),
        "vorname": ("First Name",),
        "nachname": ("Last Name",),
        "firma": ("Company Name",),
        "plz": ("Postal Code",),
    },
    {
        "erika": (utc("2021-06-04T08:11:00"), None, None),
        "uwe": (utc("2021-06-04T08:11:00"), NOW, None),
        "bea": (utc("2021-06-04T08:11:00"), None, NOW),
        "ina": (utc("2021-06-04T08:11:00"), None, None),
    },
)
HUBSPOT_UNSUBSCRIBES = Export(
    {
        "email": ("Email",),
        STATUS_TARGET: ("Portal Spam Report", YES_UNSUBSCRIBED),
        "deactivated_at": ("Portal Unsubscribe", ISO, YES_UNSUBSCRIBED),
        "bounced_at": ("Portal Bounce", ISO, YES_BOUNCED),
    },
    {"uwe": (NOW, None), "bea": (None, NOW), "udo": (NOW, None)},
)

# listmonk, cmd/subscribers.go: times as Go writes them, attributes as JSON. Who left only some of its lists is
# “enabled” there; no column of the file knows of that.
LISTMONK = Export(
    {
        "email": ("email",),
        STATUS_TARGET: ("status", WORDS),
        "registered_at": ("created_at", ISO),
    },
    {
        "erika": (utc("2021-06-04T08:11:12.123456"), None, None),
        "uwe": (utc("2021-06-04T08:11:12"), NOW, None),
        "ute": (utc("2021-06-04T08:11:12"), NOW, None),
    },
)

EXPORTS = {
    "mailchimp_subscribed": MAILCHIMP_SUBSCRIBED,
    "mailchimp_unsubscribed": MAILCHIMP_UNSUBSCRIBED,
    "mailchimp_cleaned": MAILCHIMP_CLEANED,
    "brevo": BREVO,
    "brevo_status": BREVO_STATUS,
    "cleverreach": CLEVERREACH,
    "cleverreach_rest": CLEVERREACH_REST,
    "rapidmail": RAPIDMAIL,
    "rapidmail_german": RAPIDMAIL_GERMAN,
    "hubspot": HUBSPOT,
    "hubspot_unsubscribes": HUBSPOT_UNSUBSCRIBES,
    "listmonk": LISTMONK,
}
each_export = pytest.mark.parametrize(("name", "export"), EXPORTS.items(), ids=EXPORTS.keys())


def sniffed(name: str) -> Sniffed:
    """A product's file as the mapping page sees it."""
    return sniff(PRODUCTS / f"{name}.csv", file_name="export.csv")


def read_export(folder: Path, name: str) -> tuple[ReadResult, list[dict[str, Any]]]:
    """What a product's file becomes when nobody changes the guesses."""
    found = sniffed(name)
    result = read(
        PRODUCTS / f"{name}.csv",
        source=found.source,
        mapping=guess_mapping(found.columns, FIELDS),
        fields=FIELDS,
        target=folder / "rows.parquet",
        rejected=folder / "rejected.parquet",
        progress=ignore_progress,
        now=NOW,
    )
    with MasterDataFile.open(folder / "rows.parquet") as file:
        return result, [row for batch in file.batches() for row in batch.to_pylist()]


@each_export
def test_columns_of_an_export_are_found(name: str, export: Export) -> None:
    columns = sniffed(name).columns
    found = {}
    for one in guess_mapping(columns, FIELDS):
        assert one.column is not None
        notations = [each for each in (one.date_format, one.decimal, one.status) if each is not None]
        found[one.target] = (columns[one.column].name, *notations)
    assert found == export.mapping


@each_export
def test_nobody_who_left_comes_out_active(tmp_path: Path, name: str, export: Export) -> None:
    result, rows = read_export(tmp_path, name)
    people = {
        row["email"].partition("@")[0]: tuple(value for column, value in row.items() if column in STATUS_COLUMNS)
        for row in rows
    }
    kept = {person: told for person, told in export.people.items() if not isinstance(told, str)}
    reasons = [told for told in export.people.values() if isinstance(told, str)]
    assert (people, result.rejected_by_reason) == (kept, {reason: reasons.count(reason) for reason in reasons})


def test_tags_and_umlauts_of_mailchimp_arrive(tmp_path: Path) -> None:
    _, rows = read_export(tmp_path, "mailchimp_subscribed")
    assert [(row["nachname"], row["tags"]) for row in rows] == [("Müller", ["VIP", "Berlin"]), ("Weiß, Dr.", None)]
