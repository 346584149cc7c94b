"""What the preview warns of, from its figures alone."""

import dataclasses
from typing import Any

import pytest
from django.utils import translation

from imports.preview_warnings import Clearing, Expected, PreviewWarning, warnings_of
from recipients.masterdata.options import Mode, Outcome

NOTHING = Outcome(*[0] * 10)


def expected(mode: Mode = Mode.UPDATE_AND_ADD, *, outcome: dict[str, int] | None = None, **given: Any) -> Expected:
    """A preview of an import of a hundred rows into a list of a thousand, of whom nine hundred are active."""
    usual = {"rows": 100, "rejected": 0, "recipients": 1000, "active": 900, "lost_touched": 0}
    return Expected(mode=mode, outcome=dataclasses.replace(NOTHING, **(outcome or {})), **(usual | given))


def titles(found: Expected) -> list[str]:
    return [warning.title for warning in warnings_of(found)]


def test_an_import_like_most_warns_of_nothing() -> None:
    usual = {"added": 40, "changed": 50, "unchanged": 5, "skipped": 0, "signed_off": 3, "kept_inactive": 4}
    assert titles(expected(outcome=usual, rejected=5, lost_touched=2, clearings=[Clearing("Ort", 3)])) == []


@pytest.mark.parametrize(
    ("mode", "outcome", "title"),
    [
        (Mode.UPDATE, {"changed": 501}, "Most of the list would change"),
        (Mode.UPDATE_AND_ADD, {"changed": 501, "added": 7000}, "Most of the list would change"),
        (Mode.DEACTIVATE, {"changed": 501, "signed_off": 501}, "Most of the list would be deactivated"),
        (Mode.DELETE, {"removed": 501}, "Most of the list would be deleted"),
    ],
)
def test_more_than_half_of_the_list_is_most_of_it(mode: Mode, outcome: dict[str, int], title: str) -> None:
    assert titles(expected(mode, outcome=outcome)) == [title]


@pytest.mark.parametrize(("changed", "recipients"), [(500, 1000), (19, 20), (20, 40)])
def test_half_of_the_list_or_a_handful_is_not_most_of_it(changed: int, recipients: int) -> None:
    assert titles(expected(outcome={"changed": changed}, recipients=recipients)) == []


def test_the_number_and_the_whole_are_told_in_the_persons_language() -> None:
    with translation.override("de"):
        assert warnings_of(expected(Mode.DELETE, outcome={"removed": 30_000}, recipients=40_000)) == [
            PreviewWarning("Der größte Teil der Liste würde gelöscht", "30.000 von 40.000 Empfängern wären gelöscht.")
        ]


def test_values_that_many_lose_are_named_with_their_numbers() -> None:
    clearings = [Clearing("Nachname", 312), Clearing("Ort", 99), Clearing("PLZ", 100)]
    (warning,) = warnings_of(expected(outcome={"changed": 400}, clearings=clearings))
    assert warning.title == "Many values would be lost"
    assert "none in the file: Nachname for 312, PLZ for 100." in warning.text


def test_a_handful_of_values_in_a_short_list_are_not_many() -> None:
    assert titles(expected(outcome={"changed": 19}, recipients=40, clearings=[Clearing("Ort", 19)])) == []


def test_a_list_that_forgets_one_sign_off_is_warned_of() -> None:
    (warning,) = warnings_of(expected(Mode.DELETE, outcome={"removed": 3}, lost_touched=1))
    assert warning.title == "The list would forget that 1 person has unsubscribed or bounced"
    assert "Choose “Deactivate” instead" in warning.text


def test_many_unsubscribed_people_among_those_who_change_are_told() -> None:
    found = expected(outcome={"changed": 200}, lost_touched=20)
    assert titles(found) == ["Many of those who change have unsubscribed or bounced"]
    assert titles(dataclasses.replace(found, lost_touched=19)) == []


def test_many_who_are_signed_off_by_an_update_are_told() -> None:
    found = expected(Mode.UPDATE, outcome={"changed": 90, "signed_off": 90})
    assert titles(found) == ["Many active recipients would be unsubscribed"]
    assert titles(expected(Mode.UPDATE, outcome={"changed": 89, "signed_off": 89})) == []


def test_signing_off_is_no_surprise_where_it_was_asked_for() -> None:
    assert titles(expected(Mode.DEACTIVATE, outcome={"changed": 90, "signed_off": 90})) == []


def test_more_than_half_of_the_rows_rejected_is_told_first() -> None:
    found = expected(outcome={"changed": 600}, rejected=51)
    assert titles(found) == ["Most rows are rejected", "Most of the list would change"]
    assert titles(expected(outcome={"changed": 30}, rejected=50)) == []


@pytest.mark.parametrize("mode", [Mode.UPDATE, Mode.DEACTIVATE, Mode.DELETE])
def test_a_file_whose_people_are_all_strangers_is_told(mode: Mode) -> None:
    assert titles(expected(mode, outcome={"skipped": 100})) == ["No address of the file is in the list"]
    assert titles(expected(Mode.ADD, outcome={"skipped": 100})) == []


def test_one_person_of_the_list_in_the_file_is_enough() -> None:
    assert titles(expected(Mode.UPDATE, outcome={"skipped": 99, "unchanged": 1})) == []


def test_values_that_other_lists_show_are_named() -> None:
    (warning,) = warnings_of(expected(outcome={"changed": 3}, shared=[("Kundennummer", 3)]))
    assert warning.text.endswith("it becomes another one: Kundennummer for 3.")
