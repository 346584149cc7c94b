"""What the first cells of a column tell."""

import pytest

from imports.readers import DateFormat, DecimalMark, SniffedColumn
from imports.readers.notations import guess_date_formats, guess_decimals
from imports.samples import doubt, likeliest_notations, shown_samples, suggested_type
from imports.targets import Holds, Target
from recipients.masterdata.file import FieldType


def column(*cells: str) -> SniffedColumn:
    """A column as the reader sniffs it."""
    return SniffedColumn(
        position=0,
        name="X",
        samples=cells,
        date_formats=guess_date_formats(cells),
        decimals=guess_decimals(cells, first=DecimalMark.COMMA),
    )


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


@pytest.mark.parametrize(
    ("cells", "date_format"),
    [
        (("31.12.1980", "nie"), DateFormat.DAY_DOT),
        (("12/31/1980", "1/2/1980"), DateFormat.MONTH_SLASH),
        (("nie", "immer"), DateFormat.ISO),
    ],
)
def test_dates_are_read_as_most_of_them_are_written(cells: tuple[str, ...], date_format: DateFormat) -> None:
    assert likeliest_notations(column(*cells), is_export=False)[0] == date_format


@pytest.mark.parametrize(
    ("cells", "decimal"), [(("1,5", "viel"), DecimalMark.COMMA), (("1.5", "viel"), DecimalMark.POINT)]
)
def test_numbers_are_read_as_most_of_them_are_written(cells: tuple[str, ...], decimal: DecimalMark) -> None:
    assert likeliest_notations(column(*cells), is_export=False)[1] == decimal


def test_an_export_has_its_own_notations() -> None:
    assert likeliest_notations(column("1.234"), is_export=True) == (DateFormat.ISO, DecimalMark.POINT)


def test_blank_cells_are_no_samples() -> None:
    assert shown_samples(column("", "a", " ", "b", "c")) == ["a", "b", "c"]


NONE = "These values are not written so. Their rows will be rejected."
SOME = "Some values of this column are not written so. Their rows will be rejected."


@pytest.mark.parametrize(
    ("holds", "cells", "notation", "sentence"),
    [
        (Holds.EMAIL, ("Ada", "Eva"), "", "None of these values is an e-mail address."),
        (Holds.EMAIL, ("Ada", "eva@example.org"), "", ""),
        (Holds.DATE, ("31.12.1980",), "dd.mm.yyyy", ""),
        (Holds.DATE, ("31.12.1980",), "iso", NONE),
        (Holds.MOMENT, ("31.12.1980", "nie"), "dd.mm.yyyy", SOME),
        (Holds.NUMBER, ("1,5", "2,5"), "comma", ""),
        (Holds.NUMBER, ("1,5", "2,5"), "point", NONE),
        (Holds.NUMBER, ("1,5", "viel"), "comma", SOME),
        (Holds.GENDER, ("f", "x", "?"), "", "Not all of these values are genders. Rows with others will be rejected."),
        (Holds.TEXT, ("?",), "", ""),
        (Holds.DATE, ("", ""), "iso", ""),
    ],
)
def test_a_column_that_seems_wrong_is_doubted(
    holds: Holds, cells: tuple[str, ...], notation: str, sentence: str
) -> None:
    assert doubt(Target(key="x", label="X", holds=holds), column(*cells), notation) == sentence
