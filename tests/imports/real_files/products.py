"""Exports of six other products, as they are downloaded. Nobody who left or bounced there may come out active.

The files are those of the readers' tests; here they go the whole way into a list.
"""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from recipients.masterdata.file import FieldType
from tests.imports.real_files.builders import product, text, workbook, zipped
from tests.imports.real_files.case import FIELDS, Readable, active, as_sheet, as_text

WITH_COMPANY: Final = {**FIELDS, "Firma": FieldType.TEXT}
MAILCHIMP: Final = {
    "email": "Email Address",
    "registered_at": "OPTIN_TIME",
    "activated_at": "CONFIRM_TIME",
    "tags": "TAGS",
    "vorname": "First Name",
    "nachname": "Last Name",
}
STATUS: Final = "subscription-status"
GERMAN_TIMES: Final = dict.fromkeys(
    ("registered_at", "activated_at", "deactivated_at", "bounced_at"), "%d.%m.%Y %H:%M:%S"
)
UNIX_TIMES: Final = dict.fromkeys(GERMAN_TIMES, "unix")
RAPIDMAIL: Final = {
    "email": "email",
    STATUS: "status",
    "registered_at": "created",
    "activated_at": "activated",
    "vorname": "firstname",
    "nachname": "lastname",
    "plz": "zip",
    "geburtstag": "birthdate",
    "anrede": "gender",
}
RAPIDMAIL_WORDS: Final = {
    "active": "active", "new": "pending", "bounced": "bounced", "abused": "off", "deleted": "off"
}  # fmt: skip
# Whoever looks into an export with Excel and saves it gets its own delimiter, encoding and dates, without seconds.
SAVED_BY_EXCEL: Final = '''\
Email Address;First Name;Last Name;MEMBER_RATING;OPTIN_TIME;OPTIN_IP;CONFIRM_TIME;UNSUB_TIME;UNSUB_REASON;LEID;TAGS
uwe@example.org;Uwe;Groß;1;04.06.2021 10:11;203.0.113.7;04.06.2021 10:12;01.06.2023 12:00;NORMAL;113;"""Berlin"""
ute@example.org;Ute;Müller;1;;;04.06.2021 10:12;01.06.2024 12:00;;114;
'''
YES_AND_NO: Final = {"true": "off", "false": "no", "TRUE": "off", "FALSE": "no", "Yes": "off", "No": "no"}


def export(
    name: str,
    delimiter: str,
    mapping: Mapping[str, str],
    people: frozenset[str],
    *,
    says: Mapping[str, str] | None = None,
    notations: Mapping[str, str] | None = None,
    rejected: Mapping[int, str] | None = None,
) -> Readable:
    """The export in the file of this name; `people` are active afterwards."""
    return Readable(
        name,
        f"{name}.csv",
        product(name),
        as_text(delimiter=delimiter),
        mapping,
        fields=WITH_COMPANY,
        says=says or {},
        notations=notations or {},
        rejected=rejected or {},
        active=people,
    )


def rapidmails_cells() -> list[list[str | datetime | None]]:
    """The export of rapidmail as the Excel file that it really is: times are times there."""
    rows = csv.reader(io.StringIO(product("rapidmail")().decode()), delimiter=";")
    return [[datetime.fromisoformat(cell) if cell[4:5] == "-" else cell or None for cell in row] for row in rows]


CASES: Final = [
    export("mailchimp_subscribed", ",", MAILCHIMP, active("erika", "jörg")),
    export("mailchimp_unsubscribed", ",", {**MAILCHIMP, "deactivated_at": "UNSUB_TIME"}, active()),
    export("mailchimp_cleaned", ",", {**MAILCHIMP, "bounced_at": "CLEAN_TIME"}, active()),
    Readable(
        "mailchimp_saved_by_excel",
        "unsubscribed.csv",
        text(SAVED_BY_EXCEL.replace("\n", "\r\n"), "windows-1252"),
        as_text(encoding="windows-1252"),
        {**MAILCHIMP, "deactivated_at": "UNSUB_TIME"},
        notations=dict.fromkeys(GERMAN_TIMES, "%d.%m.%Y %H:%M"),
        active=active(),
    ),
    Readable(
        "mailchimp_archive_with_one_table",
        "audience_export.zip",
        zipped({"unsubscribed_email_audience_export_1a2b3c.csv": product("mailchimp_unsubscribed")()}),
        as_text(delimiter=","),
        {**MAILCHIMP, "deactivated_at": "UNSUB_TIME"},
        active=active(),
    ),
    export(
        "brevo",
        ";",
        {
            "email": "EMAIL",
            "registered_at": "ADDED_TIME",
            "deactivated_at": "BLACKLISTED",
            "vorname": "VORNAME",
            "nachname": "NACHNAME",
        },
        active("erika", "ute"),
        says=YES_AND_NO,
        notations={"registered_at": "%d-%m-%Y %H:%M:%S"},
    ),
    export(
        "brevo_status",
        ";",
        {
            "email": "EMAIL",
            STATUS: "EMAIL_MARKETING",
            "registered_at": "ADDED_TIME",
            "vorname": "FIRSTNAME",
            "nachname": "LASTNAME",
        },
        active("erika"),
        says={"Subscribed": "active", "Unsubscribed": "off", "Blocklisted": "off"},
    ),
    export(
        "cleverreach",
        ";",
        {
            "email": "E-Mail",
            "registered_at": "Registriert",
            "activated_at": "Aktiviert",
            "deactivated_at": "Deaktiviert",
            "bounced_at": "Bounced",
            "source": "Quelle",
            "tags": "Tags",
            "vorname": "Vorname",
            "nachname": "Nachname",
            "firma": "Firma",
        },
        active("erika"),
        notations=GERMAN_TIMES,
    ),
    export(
        "cleverreach_rest",
        ",",
        {
            "email": "email",
            "registered_at": "registered",
            "activated_at": "activated",
            "deactivated_at": "deactivated",
            "bounced_at": "bounced",
            "source": "source",
            "vorname": "firstname",
            "nachname": "lastname",
        },
        active("erika", "bea"),
        notations=UNIX_TIMES,
    ),
    export(
        "rapidmail",
        ";",
        RAPIDMAIL,
        active("erika", "jörg"),
        says=RAPIDMAIL_WORDS,
    ),
    Readable(
        "rapidmail_as_a_workbook",
        "empfaenger.xlsx",
        workbook({"Empfänger": rapidmails_cells()}),
        as_sheet("Empfänger"),
        RAPIDMAIL,
        says=RAPIDMAIL_WORDS,
        active=active("erika", "jörg"),
    ),
    export(
        "rapidmail_german",
        ";",
        {"email": "E-Mail", STATUS: "Status", "vorname": "Vorname", "nachname": "Nachname"},
        active("erika"),
        says={"Aktiv": "active", "Abgemeldet": "off", "Gebounct": "bounced", "Unerwünscht": "off"},
        rejected={6: "not_confirmed"},
    ),
    export(
        "hubspot",
        ",",
        {
            "email": "Email",
            "registered_at": "Create Date",
            "deactivated_at": "Unsubscribed from all email",
            "bounced_at": "Email hard bounce reason",
            "vorname": "First Name",
            "nachname": "Last Name",
            "firma": "Company Name",
            "plz": "Postal Code",
        },
        active("erika", "ina"),
        says={**YES_AND_NO, "OTHER": "bounced"},
    ),
    export(
        "hubspot_unsubscribes",
        ",",
        {
            "email": "Email",
            STATUS: "Portal Spam Report",
            "deactivated_at": "Portal Unsubscribe",
            "bounced_at": "Portal Bounce",
        },
        active(),
        says={**YES_AND_NO, "MAILBOX_UNKNOWN": "bounced", "": "no"},
    ),
    export(
        "listmonk",
        ",",
        {"email": "email", STATUS: "status", "registered_at": "created_at"},
        active("erika"),
        says={"enabled": "active", "disabled": "off", "blocklisted": "off"},
        notations={"registered_at": "go"},
    ),
]
