"""Recalling: what a person chose for a file with the same header is guessed again."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.models import Import
from imports.queries import EarlierImport, earlier_mapping
from imports.readers import (
    STATUS_TARGET,
    ColumnMapping,
    DateFormat,
    DecimalMark,
    Guess,
    Origin,
    Recalled,
    SniffedColumn,
    StatusFormat,
    header_mark,
)
from imports.recalling import recall
from recipients.holds import Interface
from recipients.masterdata.file import FieldType
from recipients.models import Group
from recipients.queries import fields_of
from tests.factories import DAY, NOW, make_account, make_field, make_group
from tests.runs import make_draft

pytestmark = pytest.mark.django_db

EMAIL = ColumnMapping("email", 0)
HEADER = ["E-Mail", "Rufname", "Geboren"]


@pytest.fixture
def account(storage: Path) -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_field(account, "Vorname", group=made)
    make_field(account, "Geboren", FieldType.DATE, group=made)
    make_field(account, "Firma")
    return made


def columns(*names: str, **facts: Any) -> list[SniffedColumn]:
    facts = {"date_formats": (), "decimals": (), **facts}
    return [SniffedColumn(position=place, name=name, samples=(), **facts) for place, name in enumerate(names)]


def earlier(
    *mapping: ColumnMapping, names: Sequence[str] = HEADER, labels: Mapping[str, str] | None = None
) -> EarlierImport:
    """An import of the day after the fields were made; into another list with fields of these labels, if any."""
    return EarlierImport(
        in_same_list=labels is None, confirmed_at=NOW + DAY, names=names, mapping=mapping, labels=labels or {}
    )


def recalled(group: Group, before: EarlierImport, *now: SniffedColumn) -> Recalled:
    with account_scope(group.account_id):
        fields = fields_of(group)
    return recall(before, columns=now or columns(*HEADER), fields=fields)


def guesses(*mapping: ColumnMapping, origin: Origin = Origin.EARLIER) -> tuple[Guess, ...]:
    return tuple(Guess(entry, origin) for entry in mapping)


def test_columns_are_found_by_their_names_wherever_they_stand(group: Group) -> None:
    before = earlier(EMAIL, ColumnMapping("vorname", 2), names=["E-Mail", "Name", "Name"])
    now = recalled(group, before, *columns("name", "Name ", "e-mail"))
    assert now == Recalled(guesses(ColumnMapping("email", 2), ColumnMapping("vorname", 1)), open=frozenset())


def test_what_was_left_out_stays_left_out(group: Group) -> None:
    assert recalled(group, earlier(EMAIL)) == Recalled(guesses(EMAIL), open=frozenset())


def test_a_field_made_since_is_open(group: Group, account: Account) -> None:
    make_field(account, "PLZ", group=group, created_at=NOW + 2 * DAY)
    assert recalled(group, earlier(EMAIL)).open == {"plz"}


def test_a_field_that_is_gone_is_not_recalled(group: Group) -> None:
    assert recalled(group, earlier(EMAIL, ColumnMapping("weg", 1))) == Recalled(guesses(EMAIL), open=frozenset())


def test_fields_of_another_list_are_found_by_their_names(group: Group) -> None:
    before = earlier(
        EMAIL, ColumnMapping("fn", 1), ColumnMapping("firma", 2), labels={"fn": "VORNAME", "geboren": "Geboren"}
    )
    mapping = [EMAIL, ColumnMapping("vorname", 1), ColumnMapping("firma", 2)]
    assert recalled(group, before) == Recalled(guesses(*mapping, origin=Origin.ELSEWHERE), open=frozenset())


def test_a_field_that_only_the_other_list_has_is_to_be_made_and_one_that_it_lacks_is_open(group: Group) -> None:
    before = earlier(EMAIL, ColumnMapping("rufname", 1), labels={"rufname": "Spitzname", "vorname": "Vorname"})
    assert recalled(group, before) == Recalled(
        guesses(EMAIL, origin=Origin.ELSEWHERE), open=frozenset({"geboren"}), to_create={1: "Spitzname"}
    )


@pytest.mark.parametrize(
    ("certain", "date_format"),
    [
        ((DateFormat.DAY_SLASH, DateFormat.MONTH_SLASH), DateFormat.MONTH_SLASH),
        ((), DateFormat.MONTH_SLASH),
        ((DateFormat.DAY_DOT,), DateFormat.DAY_DOT),
    ],
)
def test_a_notation_is_recalled_unless_the_cells_speak_against_it(
    group: Group, certain: tuple[DateFormat, ...], date_format: DateFormat
) -> None:
    before = earlier(EMAIL, ColumnMapping("geboren", 2, None, DateFormat.MONTH_SLASH, DecimalMark.COMMA))
    now = recalled(group, before, *columns(*HEADER, date_formats=certain))
    assert now.guesses[1].mapping == ColumnMapping("geboren", 2, None, date_format, DecimalMark.COMMA)


def test_how_a_status_is_told_is_recalled(group: Group) -> None:
    status = ColumnMapping(STATUS_TARGET, 1, status=StatusFormat.YES_ACTIVE)
    assert recalled(group, earlier(EMAIL, status)).guesses == guesses(EMAIL, status)


def test_a_value_for_all_rows_is_recalled_but_not_what_it_said_of_consent(group: Group) -> None:
    source = ColumnMapping("source", None, "Messe")
    consent = [
        ColumnMapping(STATUS_TARGET, None, "active"),
        ColumnMapping("activated_at", None, "2025-01-01T00:00:00+00:00"),
    ]
    assert recalled(group, earlier(EMAIL, source, *consent)).guesses == guesses(EMAIL, source)


# --- which import is recalled ---


def imported(group: Group, targets: Sequence[str], *, days: int = 0, **options: Any) -> Import:
    """A done import of a file with the columns E-Mail and Name; confirmed `days` after NOW."""
    run = make_draft(group, "E-Mail;Name\na@example.org;Ada\n", targets=targets, **options)
    run.header_mark = header_mark(["E-Mail", "Name"])
    run.sniffed = {"columns": [{"name": "E-Mail"}, {"name": "Name"}]}
    run.status, run.confirmed_at = Import.Status.DONE, NOW + days * DAY
    with account_scope(group.account_id):
        run.save(update_fields=["header_mark", "sniffed", "status", "confirmed_at"])
    return run


def found(group: Group, names: Sequence[str] = ("E-Mail", "Name")) -> EarlierImport | None:
    with account_scope(group.account_id):
        return earlier_mapping(account_id=group.account_id, group_id=group.pk, mark=header_mark(names))


def test_the_newest_import_into_the_list_is_recalled(group: Group) -> None:
    imported(group, ["email", "vorname"], days=1)
    imported(group, ["email", "firma"])
    assert found(group) == EarlierImport(
        in_same_list=True,
        confirmed_at=NOW + DAY,
        names=["E-Mail", "Name"],
        mapping=[EMAIL, ColumnMapping("vorname", 1)],
        labels={},
    )


def test_an_import_that_was_undone_is_not_recalled(group: Group) -> None:
    imported(group, ["email", "firma"])
    wrong = imported(group, ["email", "vorname"], days=1)
    with account_scope(group.account_id):
        undo = make_draft(group, "E-Mail\na@example.org\n", targets=["email"])
        undo.kind, undo.undoes, undo.status = Import.Kind.UNDO, wrong, Import.Status.PREVIEWED
        undo.save(update_fields=["kind", "undoes", "status"])
    assert [one.mapping[1].target for one in [found(group)] if one] == ["vorname"]
    with account_scope(group.account_id):
        Import.objects.filter(pk=undo.pk).update(status=Import.Status.DONE)
    assert [one.mapping[1].target for one in [found(group)] if one] == ["firma"]


def test_the_same_list_goes_before_a_newer_import_elsewhere(group: Group, account: Account) -> None:
    imported(group, ["email", "vorname"])
    imported(make_group(account, "Andere"), ["email", "firma"], days=1)
    earlier_one = found(group)
    assert earlier_one is not None
    assert earlier_one.in_same_list


def test_another_list_is_recalled_with_the_names_of_its_fields(group: Group, account: Account) -> None:
    imported(group, ["email", "vorname"])
    other = found(make_group(account, "Andere"))
    assert other is not None
    assert (other.in_same_list, other.labels) == (False, {"vorname": "Vorname", "geboren": "Geboren"})


@pytest.mark.parametrize("names", [["E-Mail"], ["E-Mail", "Ort"], []])
def test_another_header_recalls_nothing(group: Group, names: list[str]) -> None:
    imported(group, ["email", "vorname"])
    assert found(group, names) is None


def test_an_import_of_another_account_is_not_recalled(group: Group) -> None:
    imported(make_group(make_account("Fremde"), "Fremde Liste"), ["email"])
    assert found(group) is None


def test_an_import_that_no_person_confirmed_is_not_recalled(group: Group) -> None:
    imported(group, ["email"], interface=Interface.API)
    assert found(group) is None


@pytest.mark.parametrize("status", [Import.Status.CANCELLED, Import.Status.FAILED, Import.Status.DRAFT])
def test_an_import_that_came_to_nothing_is_not_recalled(group: Group, status: Import.Status) -> None:
    run = imported(group, ["email"])
    run.status = status
    with account_scope(group.account_id):
        run.save(update_fields=["status"])
    assert found(group) is None
