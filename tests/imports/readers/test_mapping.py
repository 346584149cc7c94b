"""Guess the mapping: by our own header, by label, key and synonym, and by content; choices survive as JSON."""

import json

import pytest

from imports.readers import ColumnMapping, DateFormat, DecimalMark, Kind, SniffedColumn, Source, guess_mapping
from recipients.masterdata.file import BASE_COLUMNS, FieldDefinition, FieldType
from recipients.masterdata.labels import LANGUAGES, Language, export_headers
from tests.imports.readers.files import field

FIELDS = [
    field("vorname", label="Vorname"),
    field("name", label="Nachname"),
    field("geburtstag", FieldType.DATE, label="Geburtstag"),
    field("umsatz", FieldType.NUMBER, label="Umsatz"),
]


def column(
    position: int,
    name: str,
    *samples: str,
    date_formats: tuple[DateFormat, ...] = (),
    decimals: tuple[DecimalMark, ...] = (),
) -> SniffedColumn:
    return SniffedColumn(
        position,
        name,
        samples,
        date_formats,
        decimals,
        likeliest_date_format=next(iter(date_formats), None),
        likeliest_decimal=next(iter(decimals), None),
    )


def guessed(*names: str, fields: list[FieldDefinition] | None = None) -> dict[str, int | None]:
    """Target → column, for columns with these names."""
    columns = [column(place, name) for place, name in enumerate(names)]
    return {entry.target: entry.column for entry in guess_mapping(columns, FIELDS if fields is None else fields)}


@pytest.mark.parametrize(
    ("names", "targets"),
    [
        (("E-Mail", "Vorname", "Nachname"), {"email": 0, "vorname": 1, "name": 2}),
        (("Email", "First Name", "Surname", "Birthday"), {"email": 0, "vorname": 1, "name": 2, "geburtstag": 3}),
        (("E-Mail-Adresse", "Geb.-Datum", "Familienname"), {"email": 0, "geburtstag": 1, "name": 2}),
        (("NAME", "vorname ", "mail"), {"email": 2, "vorname": 1, "name": 0}),
        (("Name", "Nachname"), {"name": 1}),
        (("E-Mail", "E-Mail", "Vorname", "Vorname"), {"email": 0, "vorname": 2}),
        (("Anmeldedatum", "DOI-Datum", "Abmeldedatum", "Herkunft", "Schlagwörter"),
         {"registered_at": 0, "activated_at": 1, "deactivated_at": 2, "source": 3, "tags": 4}),
        (("OPTIN_TIME", "CONFIRM_TIME", "UNSUB_TIME", "TAGS"),
         {"registered_at": 0, "activated_at": 1, "deactivated_at": 2, "tags": 3}),
        (("email", "registered_at", "activated_at", "deactivated_at", "bounced_at", "source", "tags"),
         dict(zip(BASE_COLUMNS, range(7), strict=True))),
        (("", "Hausmarke"), {}),
    ],
)  # fmt: skip
def test_column_is_found_by_its_name(names: tuple[str, ...], targets: dict[str, int]) -> None:
    assert guessed(*names) == targets


def test_own_field_named_like_a_base_column_comes_first() -> None:
    assert guessed("E-Mail", "Herkunft", fields=[field("herkunft", label="Herkunft")]) == {"email": 0, "herkunft": 1}


def test_address_column_is_found_by_its_content() -> None:
    columns = [column(0, "Wert", "x", "y"), column(1, "Kontakt", "a@example.org", "", "b@example.org", "-")]
    assert guess_mapping(columns, FIELDS) == [ColumnMapping("email", 1)]


def test_notation_is_the_likeliest_one() -> None:
    columns = [
        column(0, "Mail"),
        column(1, "Geburtstag", date_formats=(DateFormat.DAY_SLASH, DateFormat.MONTH_SLASH)),
        column(2, "Umsatz", decimals=(DecimalMark.COMMA, DecimalMark.POINT)),
        column(3, "Abgemeldet am", date_formats=(DateFormat.UNIX,)),
    ]
    assert guess_mapping(columns, FIELDS) == [
        ColumnMapping("email", 0),
        ColumnMapping("deactivated_at", 3, None, DateFormat.UNIX),
        ColumnMapping("geburtstag", 1, None, DateFormat.DAY_SLASH),
        ColumnMapping("umsatz", 2, None, None, DecimalMark.COMMA),
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_exported_header_maps_itself_with_our_own_notation(language: Language) -> None:
    fields = [*FIELDS, field("quelle", label="Quelle"), field("a", label="Name"), field("b", label="name")]
    columns = [
        column(place, header, date_formats=(DateFormat.DAY_SLASH,), decimals=(DecimalMark.COMMA,))
        for place, header in enumerate(export_headers(fields, language).values())
    ]
    targets = [*BASE_COLUMNS, *(field.key for field in fields)]
    dates = {"registered_at", "activated_at", "deactivated_at", "bounced_at", "geburtstag"}
    assert guess_mapping(columns, fields) == [
        ColumnMapping(
            target,
            place,
            None,
            DateFormat.ISO if target in dates else None,
            DecimalMark.POINT if target == "umsatz" else None,
        )
        for place, target in enumerate(targets)
    ]


def test_exported_header_fits_a_list_where_a_label_became_unique() -> None:
    names = export_headers([field("n1", label="Name"), field("n2", label="Name")], "de").values()
    assert guessed(*names, fields=[field("n2", label="Name")])["n2"] == 8


def test_new_list_takes_what_it_has_of_an_export() -> None:
    assert guessed(*export_headers(FIELDS, "en").values(), fields=[]) == dict(zip(BASE_COLUMNS, range(7), strict=True))


@pytest.mark.parametrize(
    "mapping",
    [ColumnMapping("email", 0), ColumnMapping("umsatz", None, "1,5", DateFormat.DAY_DOT, DecimalMark.COMMA)],
)
def test_mapping_survives_as_json(mapping: ColumnMapping) -> None:
    assert ColumnMapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping


@pytest.mark.parametrize(
    "source",
    [
        Source(Kind.CSV, "utf-8", ";", has_header=True, sheet=None),
        Source(Kind.XLSX, None, None, has_header=False, sheet="S"),
    ],
)
def test_source_survives_as_json(source: Source) -> None:
    assert Source.from_json(json.loads(json.dumps(source.to_json()))) == source
