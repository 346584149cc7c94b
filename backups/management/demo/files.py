"""The files that the demo's company has imported: what its spreadsheet program, its shop and its trade fair gave it."""

import csv
import io
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from openpyxl import Workbook

from backups.management.demo.people import Person, make_people
from imports.models import Import
from recipients.masterdata.file import FieldScope, FieldType

CUSTOMERS: Final = "Kunden 2026"
NEWSLETTER: Final = "Newsletter"
FAIR: Final = "Messe Köln 2025"
NOTES: Final = {
    CUSTOMERS: "Aus der Warenwirtschaft und dem Shop; Einwilligung beim Kauf.",
    NEWSLETTER: "Anmeldung über die Website, mit Bestätigung per E-Mail.",
    FAIR: "Kontakte vom Stand, mit schriftlicher Einwilligung.",
}
# The fields that the person makes for columns that the list has no field for.
FIELDS: Final = {
    "Vorname": (FieldType.TEXT, FieldScope.LIST),
    "Nachname": (FieldType.TEXT, FieldScope.LIST),
    "Ort": (FieldType.TEXT, FieldScope.LIST),
    "Firma": (FieldType.TEXT, FieldScope.LIST),
    "Interesse": (FieldType.TEXT, FieldScope.LIST),
    "Geschlecht": (FieldType.GENDER, FieldScope.LIST),
    "Geburtstag": (FieldType.DATE, FieldScope.LIST),
    "Letzter Kauf": (FieldType.DATE, FieldScope.LIST),
    "Bestellungen": (FieldType.NUMBER, FieldScope.LIST),
    "Umsatz": (FieldType.NUMBER, FieldScope.LIST),
    "Kundennummer": (FieldType.NUMBER, FieldScope.ACCOUNT),
}
REGISTERED, ACTIVATED, DEACTIVATED, BOUNCED = "Registriert am", "Aktiviert am", "Deaktiviert am", "Bounced am"

CELLS: Final[dict[str, Callable[[Person], object]]] = {
    "E-Mail": lambda person: person.email,
    "Vorname": lambda person: person.first_name,
    "Nachname": lambda person: person.surname,
    "Ort": lambda person: person.city,
    "Firma": lambda person: person.company,
    "Interesse": lambda person: person.interest,
    "Geschlecht": lambda person: person.gender,
    "Geburtstag": lambda person: person.birthday,
    "Letzter Kauf": lambda person: person.last_order,
    "Bestellungen": lambda person: person.orders,
    "Umsatz": lambda person: person.revenue,
    "Kundennummer": lambda person: 10_000 + person.number,
    REGISTERED: lambda person: person.registered_at,
    ACTIVATED: lambda person: person.activated_at,
}
PERSONAL: Final = ("E-Mail", "Geschlecht", "Vorname", "Nachname", "Ort")
ALL_OF_A_CUSTOMER: Final = (
    *PERSONAL,
    *("Firma", "Geburtstag", "Letzter Kauf", "Bestellungen", "Umsatz", "Kundennummer", REGISTERED, ACTIVATED),
)
ALL_OF_A_READER: Final = ("E-Mail", "Vorname", "Nachname", "Interesse", REGISTERED, ACTIVATED)

Table = list[list[object]]


@dataclass(frozen=True)
class DemoFile:
    """A file, the list that it goes into, and how long ago that was."""

    list_name: str
    ago: timedelta
    name: str
    content: bytes
    mode: Import.Mode = Import.Mode.UPDATE_AND_ADD


def demo_files(now: datetime) -> list[DemoFile]:
    """All files, the oldest first; `now` is in the company's time zone.

    The last one of the customers is the mistake that a backup is there for.
    """
    customers = make_people(3250, now=now)
    start, new, shop, fair = customers[:2600], customers[2600:2950], customers[2950:3070], customers[3070:]
    readers = [*customers[:600], *make_people(1300, now=now, first_number=4001)]
    visitors = make_people(420, now=now, first_number=6001)
    of_visitor = (*PERSONAL, "Firma", REGISTERED, ACTIVATED)
    found = [
        _german_csv(CUSTOMERS, _ago(28, 3), "kunden_2026.csv", _table(ALL_OF_A_CUSTOMER, start)),
        _german_csv(NEWSLETTER, _ago(26, 1), "newsletter.csv", _table(ALL_OF_A_READER, readers[:1500])),
        _german_csv(NEWSLETTER, _ago(24, 5), "anmeldungen-1.csv", _table(ALL_OF_A_READER, readers[1500:1650])),
        _plain_csv(CUSTOMERS, _ago(21, 2), "neukunden.csv", _table(ALL_OF_A_CUSTOMER, new)),
        _plain_csv(CUSTOMERS, _ago(17, 6), "shop-export-1.csv", shop_export(start[400:700], now)),
        _plain_csv(CUSTOMERS, _ago(13, 4), "shop-export-2.csv", shop_export([*start[:900], *shop], now)),
        _german_csv(FAIR, _ago(10, 2), "messe-koeln.csv", _table(of_visitor, visitors)),
        _german_csv(NEWSLETTER, _ago(9, 7), "anmeldungen-2.csv", _table(ALL_OF_A_READER, readers[1650:1800])),
        _german_csv(CUSTOMERS, _ago(6, 1), "abmeldungen.csv", sign_offs(start[::19], now), mode=Import.Mode.UPDATE),
        _german_csv(NEWSLETTER, _ago(3, 5), "anmeldungen-3.csv", _table(ALL_OF_A_READER, readers[1800:])),
        _workbook(CUSTOMERS, _ago(2, 3), "messe-münchen.xlsx", _table(ALL_OF_A_CUSTOMER, fair)),
        _german_csv(CUSTOMERS, _ago(0, 1), "kunden_sortiert.csv", wrongly_sorted(start[:1800])),
    ]
    return sorted(found, key=lambda file: -file.ago)


def shop_export(people: Sequence[Person], now: datetime) -> Table:
    """What the shop knows of people who have bought something since."""
    header = ("E-Mail", "Vorname", "Nachname", "Bestellungen", "Umsatz", "Letzter Kauf", REGISTERED, ACTIVATED)
    chance = random.Random(len(people))  # noqa: S311  # a demo is no secret
    table = _table(header, people)
    for row, person in zip(table[1:], people, strict=True):
        bought = chance.randint(1, 3)
        row[3:6] = [
            person.orders + bought,
            person.revenue + Decimal(bought * 4995) / 100,
            (now - timedelta(days=chance.randint(14, 28))).date(),
        ]
    return table


def sign_offs(people: Sequence[Person], now: datetime) -> Table:
    """Who does not want mail any more, and whose address gives it back."""
    table: Table = [["E-Mail", DEACTIVATED, BOUNCED]]
    for place, person in enumerate(people):
        at = (now - timedelta(days=7 + place % 20, minutes=place)).replace(microsecond=0)
        table.append([person.email, None, at] if place % 5 == 0 else [person.email, at, None])
    return table


def wrongly_sorted(people: Sequence[Person]) -> Table:
    """The names sorted without the addresses beside them: almost everybody gets somebody else's name and city."""
    table = _table(PERSONAL, people)
    by_surname = sorted((row[1:] for row in table[1:]), key=lambda cells: str(cells[2]))
    return [table[0], *([row[0], *cells] for row, cells in zip(table[1:], by_surname, strict=True))]


def _ago(days: int, hours: int) -> timedelta:
    return timedelta(days=days, hours=hours, minutes=(days * 7 + hours * 11) % 60)


def _table(header: Sequence[str], people: Sequence[Person]) -> Table:
    return [list(header), *([CELLS[name](person) for name in header] for person in people)]


def _german_csv(
    list_name: str, ago: timedelta, name: str, table: Table, mode: Import.Mode = Import.Mode.UPDATE_AND_ADD
) -> DemoFile:
    """As a German spreadsheet program writes it: semicolons, decimal commas, days first, Windows-1252."""
    text = _csv(table, delimiter=";", written=_german)
    return DemoFile(list_name, ago, name, text.encode("windows-1252"), mode)


def _plain_csv(list_name: str, ago: timedelta, name: str, table: Table) -> DemoFile:
    """As programs write it for each other: commas, decimal points, ISO dates, UTF-8."""
    return DemoFile(list_name, ago, name, _csv(table, delimiter=",", written=_iso).encode())


def _workbook(list_name: str, ago: timedelta, name: str, table: Table) -> DemoFile:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Kontakte")
    for row in table:
        sheet.append([cell.replace(tzinfo=None) if isinstance(cell, datetime) else cell for cell in row])
    content = io.BytesIO()
    book.save(content)
    return DemoFile(list_name, ago, name, content.getvalue())


def _csv(table: Table, *, delimiter: str, written: Callable[[object], str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(
        [written(cell) for cell in row] for row in table
    )
    return text.getvalue()


def _german(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return f"{cell:%d.%m.%Y %H:%M}"
        case date():
            return f"{cell:%d.%m.%Y}"
        case Decimal():
            return f"{cell:.2f}".replace(".", ",")
        case _:
            return str(cell)


def _iso(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return cell.isoformat(timespec="seconds")
        case date():
            return cell.isoformat()
        case _:
            return str(cell)
