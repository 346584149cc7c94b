"""Cells that are read by rules: dates, numbers, words; and cells that no rule can read."""

from typing import Final

from recipients.masterdata.file import FieldType
from tests.imports.real_files.builders import text
from tests.imports.real_files.case import Readable, as_text

ONE_DATE: Final = {"Geburtstag": FieldType.DATE, "Vorname": FieldType.TEXT}
EIGHT_DATES: Final = {f"Datum{number}": FieldType.DATE for number in range(1, 9)}
# The same days in every notation: ISO, German, British, American, with dashes, packed, Excel's days, Unix' seconds.
DATES: Final = """\
E-Mail;Datum1;Datum2;Datum3;Datum4;Datum5;Datum6;Datum7;Datum8
ada@example.org;1980-12-31;31.12.1980;31/12/1980;12/31/1980;31-12-1980;19801231;29586;347068800
bob@example.org;2000-02-29;29.2.2000;29/02/2000;2/29/2000;29-02-2000;20000229;36585;951782400
cleo@example.org;;;;;;;;
dan@example.org;2024-07-01 12:30;01.07.2024 12:30;1/7/2024 12:30;7/1/2024 12:30 PM;1-7-2024;20240701;45474.5;1719829800
"""
DATE_FORMATS: Final = {
    "datum2": "%d.%m.%Y",
    "datum3": "%d/%m/%Y",
    "datum4": "%m/%d/%Y",
    "datum5": "%d-%m-%Y",
    "datum6": "%Y%m%d",
    "datum7": "excel",
    "datum8": "unix",
}
UNREADABLE_DATES: Final = """\
E-Mail;Vorname;Geburtstag
ada@example.org;Ada;31.12.1980
bob@example.org;Bob;31.02.1980
cleo@example.org;Cleo;gestern
dan@example.org;Dan;1981-01-31
eva@example.org;Eva;0000-00-00
fritz@example.org;Fritz;01.01.81
gert@example.org;Gert;1.1.1982
"""
REGISTRATIONS: Final = """\
E-Mail;Anmeldedatum;DOI-Datum;Abmeldedatum;Bounced am;Quelle
ada@example.org;01.02.2024 08:00:00;01.02.2024 08:05:30;;;Formular
bob@example.org;01.07.2024 08:00:00;01.07.2024 08:05:30;24.12.2025 18:00:00;;Messe
cleo@example.org;01.07.2024 08:00:00;01.07.2024 08:05:30;;02.01.2026 00:00:00;
dan@example.org;01.07.2024 08:00:00;;;;Formular
eva@example.org;01.07.2024 08:00:00;01.07.2024 08:05:30;irgendwann;;
fritz@example.org;01.07.2024 08:00:00;01.07.2024
gert@example.org;2024-07-01T08:00:00+02:00;2024-07-01T06:05:30Z;;;Schnittstelle
"""
GERMAN_NUMBERS: Final = """\
E-Mail;Umsatz
ada@example.org;1.234,50
bob@example.org;0,5
cleo@example.org;-1.000.000
dan@example.org;17
eva@example.org;viel
fritz@example.org;
gert@example.org;1.5.2
"""
ENGLISH_NUMBERS: Final = """\
Email,Umsatz
ada@example.org,"1,234.50"
bob@example.org,.5
cleo@example.org,"-1,000,000"
dan@example.org,1e3
"""
SWISS_NUMBERS: Final = "E-Mail;Umsatz\nada@example.ch;1'234.50\nbob@example.ch;12'000\ncleo@example.ch;0.05\n"
ZEROS: Final = """\
E-Mail;PLZ;Ort;Kundennummer
ada@example.org;01067;Dresden;000123
bob@example.org;99084;Erfurt;12345678901234567890
cleo@example.org;="01069";Dresden;1E5
dan@example.org; 04109 ;Leipzig;+49
"""
# What a spreadsheet program would run is text here; an apostrophe in front says that it is text, and is none of it.
FORMULAS: Final = """\
E-Mail;Vorname;Ort
ada@example.org;=1+1;"=HYPERLINK(""http://example.org"";""Köln"")"
bob@example.org;@Bob;-Bonn-
cleo@example.org;'=Cleo;'Ulm
dan@example.org;+49 89 123;''=Trier
"""
GENDERS: Final = """\
E-Mail;Anrede;Vorname
ada@example.org;Frau;Ada
bob@example.org;Herr;Bob
cleo@example.org;W;Cleo
dan@example.org;divers;Dan
eva@example.org;weiblich;Eva
fritz@example.org;;Fritz
gert@example.org;Firma;Gert
"""
TAGS: Final = '''\
E-Mail;Tags
ada@example.org;VIP, Berlin
bob@example.org;"""VIP"",""Messe 2026"""
cleo@example.org;
dan@example.org;VIP, vip,, VIP
'''
WITH_NULS: Final = "E-Mail;Vorname;Ort\nada@example.org;Ada;Köln\nbob@example.org;B\0b;Bonn\nc\0@example.org;Cleo;Ulm\n"
LONG: Final = 10 * 1024 * 1024
MISSING: Final = "E-Mail;Vorname\nada@example.org;Ada\n;Bob\n   ;Cleo\ndan@example.org;\n-;Eva\n"


def with_a_long_cell() -> bytes:
    """Ten megabytes in one cell."""
    cell = ("Bemerkung zum Kunden; " * (LONG // 22 + 1))[:LONG]
    return f'E-Mail;Vorname;Ort\nada@example.org;Ada;Köln\nbob@example.org;"{cell}";Bonn\n'.encode()


SHORT_FIELDS: Final = {"Vorname": FieldType.TEXT, "Ort": FieldType.TEXT}
CASES: Final = [
    Readable(
        "dates_in_eight_notations",
        "daten.csv",
        text(DATES),
        as_text(),
        {"email": "E-Mail", **{f"datum{number}": f"Datum{number}" for number in range(1, 9)}},
        fields=EIGHT_DATES,
        notations=DATE_FORMATS,
    ),
    Readable(
        "dates_that_are_none",
        "daten.csv",
        text(UNREADABLE_DATES),
        as_text(),
        {"email": "E-Mail", "vorname": "Vorname", "geburtstag": "Geburtstag"},
        notations={"geburtstag": "%d.%m.%Y"},
        rejected={3: "unreadable_date", 4: "unreadable_date", 7: "unreadable_date"},
    ),
    Readable(
        "registration_information",
        "anmeldungen.csv",
        text(REGISTRATIONS),
        as_text(),
        {
            "email": "E-Mail",
            "registered_at": "Anmeldedatum",
            "activated_at": "DOI-Datum",
            "deactivated_at": "Abmeldedatum",
            "bounced_at": "Bounced am",
            "source": "Quelle",
        },
        notations=dict.fromkeys(("registered_at", "activated_at", "deactivated_at", "bounced_at"), "%d.%m.%Y %H:%M:%S"),
        rejected={6: "unreadable_date_time", 7: "too_few_cells"},
        active=frozenset({"ada@example.org", "gert@example.org"}),
    ),
    Readable(
        "numbers_with_comma",
        "umsatz.csv",
        text(GERMAN_NUMBERS),
        as_text(),
        {"email": "E-Mail", "umsatz": "Umsatz"},
        notations={"umsatz": ","},
        rejected={6: "unreadable_number", 8: "unreadable_number"},
    ),
    Readable(
        "numbers_with_point",
        "umsatz.csv",
        text(ENGLISH_NUMBERS),
        as_text(delimiter=","),
        {"email": "Email", "umsatz": "Umsatz"},
    ),
    Readable(
        "numbers_of_switzerland",
        "umsatz.csv",
        text(SWISS_NUMBERS),
        as_text(),
        {"email": "E-Mail", "umsatz": "Umsatz"},
    ),
    Readable(
        "leading_zeros",
        "kunden.csv",
        text(ZEROS),
        as_text(),
        {"email": "E-Mail", "plz": "PLZ", "ort": "Ort", "kundennummer": "Kundennummer"},
        fields={"PLZ": FieldType.TEXT, "Ort": FieldType.TEXT, "Kundennummer": FieldType.TEXT},
    ),
    Readable(
        "formulas",
        "kunden.csv",
        text(FORMULAS),
        as_text(),
        {"email": "E-Mail", "vorname": "Vorname", "ort": "Ort"},
    ),
    Readable(
        "forms_of_address",
        "kunden.csv",
        text(GENDERS),
        as_text(),
        {"email": "E-Mail", "anrede": "Anrede", "vorname": "Vorname"},
        rejected={8: "unknown_gender"},
    ),
    Readable("tags", "kunden.csv", text(TAGS), as_text(), {"email": "E-Mail", "tags": "Tags"}),
    Readable(
        "nul_bytes",
        "kunden.csv",
        text(WITH_NULS),
        as_text(),
        {"email": "E-Mail", "vorname": "Vorname", "ort": "Ort"},
        rejected={3: "unreadable_character", 4: "unreadable_character"},
    ),
    Readable(
        "ten_megabytes_in_a_cell",
        "kunden.csv",
        with_a_long_cell,
        as_text(),
        {"email": "E-Mail", "vorname": "Vorname", "ort": "Ort"},
        rejected={3: "text_too_long"},
    ),
    Readable(
        "rows_without_an_address",
        "kunden.csv",
        text(MISSING),
        as_text(),
        {"email": "E-Mail", "vorname": "Vorname"},
        rejected={3: "missing_email", 4: "missing_email", 6: "invalid_email"},
    ),
]
