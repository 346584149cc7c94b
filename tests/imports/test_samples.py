"""What the first cells of a column tell."""

from dataclasses import replace

import pytest
from django.utils import translation

from imports.readers import STATUS_TARGET, DateFormat, DecimalMark, SniffedColumn
from imports.samples import ENTRY, Notations, Sample, samples_of, shown_samples, suggested_type
from imports.targets import Holds, Target
from recipients.masterdata.file import FieldType
from tests.imports.columns import column


@pytest.mark.parametrize(
    ("cells", "field_type"),
    [
        (("Ada", "Eva"), FieldType.TEXT),
        (("31.12.1980", "01.02.1990"), FieldType.DATE),
        (("2026-12-31",), FieldType.DATE),
        (("20261231", "20260101"), FieldType.TEXT),
        (("46387", "46388"), FieldType.TEXT),
        (("1.234,50", "0,5"), FieldType.NUMBER),
        (("12", "42"), FieldType.TEXT),
        (("01067", "80331"), FieldType.TEXT),
        (("089.123", "030.456"), FieldType.TEXT),
        (("weiblich", "Herr"), FieldType.GENDER),
        (("f", "m"), FieldType.TEXT),
        (("", ""), FieldType.TEXT),
    ],
)
def test_a_new_fields_type_is_what_its_cells_are_beyond_doubt(cells: tuple[str, ...], field_type: FieldType) -> None:
    assert suggested_type(column(*cells), None) == field_type


@pytest.mark.parametrize(
    ("cells", "known", "field_type"),
    [
        (("12", "42"), FieldType.NUMBER, FieldType.NUMBER),
        (("viel", "42"), FieldType.NUMBER, FieldType.TEXT),
        (("31.12.1980",), FieldType.TEXT, FieldType.TEXT),
        (("",), FieldType.DATE, FieldType.DATE),
        (("heute",), FieldType.DATE, FieldType.TEXT),
        (("m", "?"), FieldType.GENDER, FieldType.TEXT),
        (("m", "f"), FieldType.GENDER, FieldType.GENDER),
    ],
)
def test_a_new_field_gets_the_type_of_its_likes_if_its_cells_allow(
    cells: tuple[str, ...], known: FieldType, field_type: FieldType
) -> None:
    assert suggested_type(column(*cells), known) == field_type


def notations(*columns: SniffedColumn, is_export: bool = False) -> Notations:
    return Notations(columns, is_export=is_export)


@pytest.mark.parametrize(
    ("cells", "notation"),
    [
        (("31.12.1980", "nie"), (DateFormat.DAY_DOT, DecimalMark.POINT)),
        (("12/31/1980", "1/2/1980"), (DateFormat.MONTH_SLASH, DecimalMark.POINT)),
        (("1,5", "viel"), (DateFormat.DAY_SLASH, DecimalMark.COMMA)),
        (("nie", "immer"), (DateFormat.DAY_SLASH, DecimalMark.POINT)),
    ],
)
def test_cells_are_read_as_most_of_them_are_written(
    cells: tuple[str, ...], notation: tuple[DateFormat, DecimalMark]
) -> None:
    other = column("31/12/1980")
    assert notations(other, other, column(*cells)).of(column(*cells)) == notation


def test_numbers_of_which_none_is_seen_are_written_as_the_person_does() -> None:
    with translation.override("de"):
        assert notations().of(column("viel")) == (DateFormat.ISO, DecimalMark.COMMA)


def test_an_export_has_its_own_notations() -> None:
    assert notations(is_export=True).of(column("1.234")) == (DateFormat.ISO, DecimalMark.POINT)


DEACTIVATED = Target(key="deactivated_at", label="X", holds=Holds.SIGN_OFF)
BOUNCED = Target(key="bounced_at", label="X", holds=Holds.SIGN_OFF)
STATUS = Target(key=STATUS_TARGET, label="X", holds=Holds.STATUS)


@pytest.mark.parametrize(
    ("target", "cells", "date_format"),
    [
        (DEACTIVATED, ("true", "false"), ENTRY),
        (DEACTIVATED, ("unsubscribed", "active"), ENTRY),
        (DEACTIVATED, ("2024-01-01", "no"), "iso"),
        (DEACTIVATED, ("", ""), "iso"),
        (DEACTIVATED, ("bald", ""), "iso"),
        (Target(key="activated_at", label="X", holds=Holds.MOMENT), ("true", "false"), "iso"),
    ],
)
def test_a_sign_off_may_be_told_without_a_date(target: Target, cells: tuple[str, ...], date_format: str) -> None:
    assert notations().for_target(target, column(*cells))["date_format"] == date_format


@pytest.mark.parametrize(
    ("name", "cells", "how"), [("Status", ("a", "b"), "words"), ("Newsletter", ("ja", "nein"), "yes_active")]
)
def test_how_a_status_is_told_is_likely(name: str, cells: tuple[str, ...], how: str) -> None:
    assert notations().for_target(STATUS, replace(column(*cells), name=name))["status"] == how


@pytest.mark.parametrize(
    ("target", "notation", "cells", "samples"),
    [
        (
            STATUS,
            "words",
            ("Aktiv", "abgemeldet", "?"),
            [Sample("Aktiv", "active"), Sample("abgemeldet", "unsubscribed"), Sample("?", "not known")],
        ),
        (DEACTIVATED, ENTRY, ("yes", "no"), [Sample("yes", "unsubscribed"), Sample("no", "nothing")]),
        (BOUNCED, ENTRY, ("", "Mailbox full"), [Sample("Mailbox full", "bounced")]),
        (DEACTIVATED, "iso", ("yes",), [Sample("yes")]),
    ],
)
def test_a_status_is_shown_with_its_meaning(
    target: Target, notation: str, cells: tuple[str, ...], samples: list[Sample]
) -> None:
    assert samples_of(target, column(*cells), notation) == samples


def test_blank_cells_are_no_samples() -> None:
    assert shown_samples(column("", "a", " ", "b", "c")) == ["a", "b", "c"]
