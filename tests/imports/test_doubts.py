"""Doubts: what speaks against a column that is chosen for a target."""

import pytest

from imports.doubts import doubt
from imports.readers import STATUS_TARGET
from imports.samples import ENTRY
from imports.targets import Holds, Target
from tests.imports.columns import column

NONE = "These values are not written so. Their rows will be rejected."
SOME = "Some values of this column are not written so. Their rows will be rejected."


AS_READ = "“%s” is read as %s. If that is wrong, choose the other way of writing."
NOT_CONFIRMED = "Who has not confirmed yet is only imported, as such, if “Activated at” has a column as well."
UNKNOWN = "Nobody can know what %s means here. Rows with an unknown status will be rejected."


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
        (Holds.DATE, ("01/02/1980", "03/04/1990"), "dd/mm/yyyy", AS_READ % ("01/02/1980", "Feb. 1, 1980")),
        (Holds.DATE, ("01/01/1980", "03/04/1990"), "mm/dd/yyyy", AS_READ % ("03/04/1990", "March 4, 1990")),
        (Holds.DATE, ("01/02/1980", "31/12/1990"), "dd/mm/yyyy", ""),
        (Holds.DATE, ("01/01/1980", "02/02/1990"), "dd/mm/yyyy", ""),
        (Holds.NUMBER, ("12", "1.234"), "comma", AS_READ % ("1.234", "1,234")),
        (Holds.NUMBER, ("12", "1.234"), "point", AS_READ % ("1.234", "1.234")),
        (Holds.NUMBER, ("12", "1.5"), "point", ""),
        (Holds.NUMBER, ("12", "42"), "comma", ""),
    ],
)
def test_a_column_that_seems_wrong_is_doubted(
    holds: Holds, cells: tuple[str, ...], notation: str, sentence: str
) -> None:
    assert doubt(Target(key="x", label="X", holds=holds), column(*cells), notation) == sentence


STATUS = Target(key=STATUS_TARGET, label="X", holds=Holds.STATUS)


@pytest.mark.parametrize(
    ("cells", "how", "sentence"),
    [
        (("active", "unsubscribed"), "words", ""),
        (("active", "VIP", "Kunde"), "words", UNKNOWN % "“VIP”, “Kunde”"),
        (("pending", "VIP"), "words", f"{UNKNOWN % '“VIP”'} {NOT_CONFIRMED}"),
        (("ja", "nein"), "words", UNKNOWN % "“ja”, “nein”"),
        (("ja", "nein"), "yes_active", ""),
        (("ja", ""), "yes_active", "Some rows have no status. They will be rejected."),
        (("ja", ""), "yes_unsubscribed", ""),
        (("active", "pending"), "words", NOT_CONFIRMED),
    ],
)
def test_a_status_that_cannot_be_known_is_doubted(cells: tuple[str, ...], how: str, sentence: str) -> None:
    assert doubt(STATUS, column(*cells), how) == sentence


@pytest.mark.parametrize(
    ("cells", "notation", "sentence"),
    [
        (("true", "false"), ENTRY, ""),
        (("true", "false"), "iso", ""),
        (("true", "2024-01-01"), "iso", ""),
        (("true", "31.12.2024"), "iso", NONE),
        (
            ("31.12.2024", "nein"),
            ENTRY,
            "These values are dates. Choose how they are written, so that they are kept.",
        ),
        (("bald", "später"), "iso", NONE),
        (("bald", "später"), ENTRY, ""),
    ],
)
def test_a_sign_off_is_doubted_where_it_would_be_lost(cells: tuple[str, ...], notation: str, sentence: str) -> None:
    assert doubt(Target(key="deactivated_at", label="X", holds=Holds.SIGN_OFF), column(*cells), notation) == sentence
