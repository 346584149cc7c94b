"""The figures of previews and reports, and the words that go with them."""

import pytest
from django.utils import translation

from imports.figures import Difference, action, deed, differences, figures_of
from recipients.masterdata.options import Mode

NUMBERS = {
    "rows": 40_212,
    "added": 240,
    "changed": 12,
    "unchanged": 7,
    "removed": 312,
    "skipped": 5,
    "doubled": 3,
    "rejected": 4,
    "signed_off": 2,
    "reactivated": 1,
    "kept_inactive": 6,
    "contacts_changed": 9,
}


def shown(mode: Mode, numbers: dict[str, int]) -> dict[str, int]:
    return {figure.label: figure.value for figure in figures_of(mode, numbers)}


def test_an_update_shows_all_there_is() -> None:
    assert shown(Mode.UPDATE_AND_ADD, NUMBERS) == {
        "Rows in the file": 40_212,
        "Added": 240,
        "Changed": 12,
        "Unchanged": 7,
        "Left out by the mode": 5,
        "Doubles in the file": 3,
        "Rejected": 4,
        "Unsubscribed": 2,
        "Active again": 1,
        "Stay unsubscribed": 6,
        "Fields of all lists": 9,
    }


@pytest.mark.parametrize(
    ("mode", "labels"),
    [
        (Mode.ADD, ["Added"]),
        (Mode.UPDATE, ["Changed", "Unchanged"]),
        (Mode.UPDATE_AND_ADD, ["Added", "Changed", "Unchanged"]),
        (Mode.DEACTIVATE, ["Deactivated", "Were deactivated already"]),
        (Mode.DELETE, ["Deleted"]),
    ],
)
def test_what_a_mode_is_about_is_shown_though_there_is_none(mode: Mode, labels: list[str]) -> None:
    assert list(shown(mode, dict.fromkeys(NUMBERS, 0))) == ["Rows in the file", *labels]


def test_a_report_of_an_older_listkeep_has_what_it_has() -> None:
    assert shown(Mode.ADD, {"rows": 3, "added": 2}) == {"Rows in the file": 3, "Added": 2}


@pytest.mark.parametrize(
    ("mode", "numbers", "english", "german"),
    [
        (
            Mode.UPDATE_AND_ADD,
            {"added": 1240, "changed": 12},
            "Add 1,240 recipients and change 12",
            "1.240 Empfänger hinzufügen und 12 ändern",
        ),
        (Mode.UPDATE_AND_ADD, {"added": 1}, "Add 1 recipient", "1 Empfänger hinzufügen"),
        (Mode.UPDATE, {"changed": 2}, "Change 2 recipients", "2 Empfänger ändern"),
        (Mode.DEACTIVATE, {"changed": 1}, "Deactivate 1 recipient", "1 Empfänger deaktivieren"),
        (Mode.DELETE, {"removed": 312}, "Delete 312 recipients", "312 Empfänger löschen"),
        (Mode.UPDATE_AND_ADD, {}, "Import all the same", "Trotzdem importieren"),
    ],
)
def test_the_button_names_the_numbers(mode: Mode, numbers: dict[str, int], english: str, german: str) -> None:
    assert action(mode, numbers) == english
    with translation.override("de"):
        assert action(mode, numbers) == german


@pytest.mark.parametrize(
    ("mode", "sentence"),
    [
        (Mode.DELETE, "312 recipients were deleted."),
        (Mode.DEACTIVATE, "12 recipients were deactivated."),
        (Mode.UPDATE, "Added: 240. Changed: 12. All others in the list are as they were."),
    ],
)
def test_the_report_says_in_a_sentence_what_was_done(mode: Mode, sentence: str) -> None:
    assert deed(mode, NUMBERS) == sentence


def test_only_figures_that_became_others_differ() -> None:
    done = NUMBERS | {"added": 239, "changed": 13, "doubled": 0}
    assert differences(Mode.UPDATE_AND_ADD, NUMBERS, done) == [
        Difference("Added", 240, 239),
        Difference("Changed", 12, 13),
        Difference("Doubles in the file", 3, 0),
    ]
