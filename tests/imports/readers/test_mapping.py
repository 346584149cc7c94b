"""Guess the mapping: by our own header, by label, key and synonym, and by content; choices survive as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from imports.readers import (
    STATUS_TARGET,
    ColumnMapping,
    DateFormat,
    DecimalMark,
    Guess,
    Kind,
    Origin,
    Recalled,
    SniffedColumn,
    Source,
    StatusFormat,
    guess_columns,
    guess_mapping,
    header_mark,
    sniff,
)
from recipients.masterdata.file import BASE_COLUMNS, FieldDefinition, FieldScope, FieldType
from recipients.masterdata.labels import LANGUAGES, Language, export_headers
from tests.imports.readers.files import field, write_file

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
    [
        ColumnMapping("email", 0),
        ColumnMapping("umsatz", None, "1,5", DateFormat.DAY_DOT, DecimalMark.COMMA),
        ColumnMapping("bounced_at", 3, status=StatusFormat.YES_BOUNCED),
    ],
)
def test_mapping_survives_as_json(mapping: ColumnMapping) -> None:
    assert ColumnMapping.from_json(json.loads(json.dumps(mapping.to_json()))) == mapping


def test_mapping_kept_before_statuses_were_known_is_read() -> None:
    kept = {"target": "email", "column": 0, "alternative": None, "date_format": None, "decimal": None}
    assert ColumnMapping.from_json(kept) == ColumnMapping("email", 0)


@pytest.mark.parametrize(
    "source",
    [
        Source(Kind.CSV, "utf-8", ";", has_header=True, sheet=None),
        Source(Kind.XLSX, None, None, has_header=False, sheet="S"),
    ],
)
def test_source_survives_as_json(source: Source) -> None:
    assert Source.from_json(json.loads(json.dumps(source.to_json()))) == source


def sniffed(tmp_path: Path, *rows: str) -> tuple[SniffedColumn, ...]:
    """The columns of a file with these rows, the first one its header."""
    return sniff(write_file(tmp_path, "\n".join(rows) + "\n"), file_name="people.csv").columns


def entries(columns: Sequence[SniffedColumn], fields: Sequence[FieldDefinition]) -> dict[str, tuple[object, ...]]:
    """Target → the column's name, why it is guessed, and its notations."""
    return {
        guess.mapping.target: (
            columns[guess.mapping.column or 0].name,
            guess.origin,
            *filter(None, (guess.mapping.date_format, guess.mapping.status)),
        )
        for guess in guess_columns(columns, fields)
    }


def test_each_guess_says_why_it_was_made(tmp_path: Path) -> None:
    columns = sniffed(
        tmp_path, "Kontakt;vorname;Surname;Sex;Wer", "a@example.org;Ada;Byron;f;Frau", "b@example.org;Eva;Berg;f;Frau"
    )
    assert entries(columns, [*FIELDS, field("anrede", FieldType.GENDER)]) == {
        "email": ("Kontakt", Origin.VALUES),
        "vorname": ("vorname", Origin.NAME),
        "name": ("Surname", Origin.SYNONYM),
        "anrede": ("Sex", Origin.SYNONYM),
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_header_of_ours_is_known_as_such(language: Language) -> None:
    columns = [column(place, name) for place, name in enumerate(export_headers(FIELDS, language).values())]
    assert {guess.origin for guess in guess_columns(columns, FIELDS)} == {Origin.EXPORT}


@pytest.mark.parametrize(
    ("header", "first", "second", "found"),
    [
        ("Mail;Kontakt", "ja;a@example.org", "nein;b@example.org", {"email": ("Kontakt", Origin.VALUES)}),
        ("Mail;Ort", "a;Ulm", "b;Bonn", {"email": ("Mail", Origin.SYNONYM)}),
        ("E-Mail;Geb.-Datum", "a@example.org;05/14", "b@example.org;11/30", {"email": ("E-Mail", Origin.SYNONYM)}),
        ("E-Mail;Turnover", "a@example.org;viel", "b@example.org;mehr", {"email": ("E-Mail", Origin.SYNONYM)}),
        ("E-Mail;DOUBLE_OPT-IN", "a@example.org;No", "b@example.org;Yes", {"email": ("E-Mail", Origin.SYNONYM)}),
    ],
)
def test_cells_may_speak_against_a_name(
    tmp_path: Path, header: str, first: str, second: str, found: dict[str, tuple[str, Origin]]
) -> None:
    assert entries(sniffed(tmp_path, header, first, second), FIELDS) == found


def test_nothing_but_the_address_is_guessed_without_a_header(tmp_path: Path) -> None:
    columns = sniffed(tmp_path, "Ada;a@example.org;1815-12-10;12,5;x", "Eva;b@example.org;1990-02-24;1,5;y")
    assert entries(columns, FIELDS) == {"email": ("", Origin.VALUES)}


@pytest.mark.parametrize(
    ("cells", "is_found"), [(("Frau", "Herr"), True), (("f", "m"), False), (("Frau", "Firma"), False)]
)
def test_genders_are_known_by_their_words(tmp_path: Path, cells: tuple[str, str], *, is_found: bool) -> None:
    columns = sniffed(tmp_path, "E-Mail;Wer", f"a@example.org;{cells[0]}", f"b@example.org;{cells[1]}")
    assert ("anrede" in entries(columns, [field("anrede", FieldType.GENDER)])) == is_found


def test_genders_are_not_guessed_where_two_fields_take_them(tmp_path: Path) -> None:
    columns = sniffed(tmp_path, "E-Mail;Wer", "a@example.org;Frau", "b@example.org;Herr")
    fields = [field("anrede", FieldType.GENDER), field("partner", FieldType.GENDER)]
    assert entries(columns, fields) == {"email": ("E-Mail", Origin.SYNONYM)}


YES_UNSUBSCRIBED, WORDS = StatusFormat.YES_UNSUBSCRIBED, StatusFormat.WORDS


@pytest.mark.parametrize(
    ("header", "cells", "found"),
    [
        ("status", ["active", "unsubscribed"], {STATUS_TARGET: ("status", Origin.SYNONYM, WORDS)}),
        ("status", ["aktiv", "aktiv"], {STATUS_TARGET: ("status", Origin.SYNONYM, WORDS)}),
        ("status", ["aktiv", "abgemeldet", "VIP"], {STATUS_TARGET: ("status", Origin.SYNONYM, WORDS)}),
        ("status", ["Kunde", "Interessent"], {}),
        ("status", ["neu", "neu"], {}),
        ("status", ["1", "0"], {}),
        ("Zustand", ["aktiv", "abgemeldet"], {STATUS_TARGET: ("Zustand", Origin.VALUES, WORDS)}),
        ("Zustand", ["aktiv", "inaktiv"], {}),
        ("Zustand", ["abgemeldet", "VIP"], {}),
        ("Newsletter", ["ja", "nein"], {STATUS_TARGET: ("Newsletter", Origin.SYNONYM, StatusFormat.YES_ACTIVE)}),
        ("Newsletter", ["ja", ""], {}),
        ("Newsletter", ["täglich", "nie"], {}),
        ("subscribed", ["TRUE", "FALSE"], {STATUS_TARGET: ("subscribed", Origin.SYNONYM, StatusFormat.YES_ACTIVE)}),
        ("subscribed", ["2025-01-01", ""], {"registered_at": ("subscribed", Origin.SYNONYM, DateFormat.ISO)}),
        ("Blacklist", ["nein", "ja"],
         {"deactivated_at": ("Blacklist", Origin.SYNONYM, DateFormat.ISO, YES_UNSUBSCRIBED)}),
        ("Bounce Reason", ["", ""],
         {"bounced_at": ("Bounce Reason", Origin.SYNONYM, DateFormat.ISO, StatusFormat.YES_BOUNCED)}),
        ("unsubscribed", ["", ""], {"deactivated_at": ("unsubscribed", Origin.SYNONYM, DateFormat.ISO)}),
        ("unsubscribed", ["0", "0"], {"deactivated_at": ("unsubscribed", Origin.SYNONYM, DateFormat.ISO)}),
        ("unsubscribed", ["letztes Jahr", ""], {"deactivated_at": ("unsubscribed", Origin.SYNONYM, DateFormat.ISO)}),
    ],
)  # fmt: skip
def test_a_status_is_guessed_where_name_and_cells_agree(
    tmp_path: Path, header: str, cells: list[str], found: dict[str, tuple[object, ...]]
) -> None:
    columns = sniffed(tmp_path, f"E-Mail;{header}", *(f"a@example.org;{cell}" for cell in cells))
    assert entries(columns, FIELDS) == {"email": ("E-Mail", Origin.SYNONYM), **found}


def test_a_date_of_the_sign_off_goes_before_a_yes(tmp_path: Path) -> None:
    columns = sniffed(tmp_path, "E-Mail;unsubscribed;unsubscribed_at", "a@example.org;yes;2025-01-01", "b@b.de;no;")
    assert entries(columns, FIELDS) == {
        "email": ("E-Mail", Origin.SYNONYM),
        STATUS_TARGET: ("unsubscribed", Origin.SYNONYM, YES_UNSUBSCRIBED),
        "deactivated_at": ("unsubscribed_at", Origin.SYNONYM, DateFormat.ISO),
    }


@pytest.mark.parametrize(("word", "is_heard"), [("unsubscribed", True), ("inactive", False)])
def test_a_field_of_the_same_name_does_not_hide_a_sign_off(tmp_path: Path, word: str, *, is_heard: bool) -> None:
    columns = sniffed(tmp_path, "E-Mail;Status", "a@example.org;active", f"b@example.org;{word}")
    found = entries(columns, [field("status", label="Status")])
    assert (found["status"], STATUS_TARGET in found) == (("Status", Origin.NAME), is_heard)


def exported(tmp_path: Path, fields: Sequence[FieldDefinition], header: str, cell: str) -> tuple[SniffedColumn, ...]:
    """The columns of an export of a list with these fields, with a column beside them; each holds the cell."""
    names = [*export_headers(fields, "de").values(), *filter(None, [header])]
    return sniffed(tmp_path, ";".join(names), f"a@example.org;;;;;;;{';'.join([cell] * (len(names) - 7))}")


@pytest.mark.parametrize("cell", ["abgemeldet", "BOUNCED", "nein", "Frau abgemeldet"])
@pytest.mark.parametrize("label", ["Quelle", "Status", "Newsletter", "Bounce-Grund"])
def test_no_field_of_an_export_tells_the_status(tmp_path: Path, label: str, cell: str) -> None:
    own = field("zustand", label=label)
    found = {guess.mapping.target for guess in guess_columns(exported(tmp_path, [own], "", cell), [own])}
    assert found == {*BASE_COLUMNS, "zustand"}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ([], {}),
        ([field("ort", scope=FieldScope.ACCOUNT)], {}),
        ([field("ort")], {STATUS_TARGET: ("Abgemeldet?", Origin.SYNONYM, YES_UNSUBSCRIBED)}),
    ],
)
def test_a_column_beside_an_export_tells_the_status_where_the_list_has_its_fields(
    tmp_path: Path, fields: Sequence[FieldDefinition], found: dict[str, tuple[object, ...]]
) -> None:
    names = {*BASE_COLUMNS, *(one.key for one in fields)}
    all_found = entries(exported(tmp_path, fields, "Abgemeldet?", "ja"), fields)
    assert {target: entry for target, entry in all_found.items() if target not in names} == found


def test_a_column_without_a_date_yet_is_written_as_the_others(tmp_path: Path) -> None:
    columns = sniffed(tmp_path, "E-Mail;Abgemeldet am;Angemeldet am;Geburtstag", "a@example.org;;31.12.2024;")
    found = entries(columns, FIELDS)
    assert [found[target][2] for target in ("registered_at", "deactivated_at", "geburtstag")] == [
        DateFormat.DAY_DOT
    ] * 3


def test_what_a_person_chose_before_goes_first_and_what_they_left_out_stays_out() -> None:
    columns = [column(place, name) for place, name in enumerate(["Mail", "Vorname", "Rufname", "Geburtstag", "Name"])]
    chosen = Guess(ColumnMapping("vorname", 2), Origin.EARLIER)
    address = Guess(ColumnMapping("email", 0), Origin.EARLIER)
    recalled = Recalled(guesses=(address, chosen), open=frozenset({"geburtstag"}))
    new = Guess(ColumnMapping("geburtstag", 3, None, DateFormat.ISO), Origin.NAME)
    assert guess_columns(columns, FIELDS, recalled) == [address, chosen, new]


def test_the_same_header_has_the_same_mark_in_any_order() -> None:
    marks = [header_mark(names) for names in (["E-Mail", "Ort", "Ort"], ["ort ", "e-mail", "Ort"], ["E-Mail", "Ort"])]
    assert (marks[0] == marks[1], marks[0] == marks[2], len(marks[0])) == (True, False, 32)


def test_a_file_without_a_header_has_no_mark() -> None:
    assert (header_mark(["", ""]), header_mark([])) == ("", "")
