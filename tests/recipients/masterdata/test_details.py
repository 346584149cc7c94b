"""What the preview shows of a plan: per column, and on samples."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from accounts.tenancy import account_scope
from recipients.masterdata.details import SAMPLES, ColumnChange, Details, Sample, details
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.options import EmptyCells, Mode, Options
from recipients.masterdata.staging import stage
from recipients.models import Contact, Group
from tests.factories import NOW, make_account, make_field, make_group, make_recipient
from tests.recipients.masterdata.test_plan_and_apply import ACCOUNT_FIELDS, LIST_FIELDS, OPTIONAL_COLUMNS, write_file

LATER = NOW + timedelta(days=1)


@pytest.fixture
def group(db: None) -> Group:
    account = make_account()
    made = make_group(account)
    for kinds, owner in ((LIST_FIELDS, made), (ACCOUNT_FIELDS, None)):
        for key, kind in kinds.items():
            make_field(account, key.title(), kind, group=owner)
    return made


def look(group: Group, tmp_path: Path, rows: list[dict[str, Any]], mapped: set[str], options: Options) -> Details:
    path = tmp_path / "file.parquet"
    write_file(path, [dict.fromkeys(OPTIONAL_COLUMNS) | row for row in rows], mapped | {"email"})
    with account_scope(group.account_id), MasterDataFile.open(path) as file:
        staged = stage(file, progress=lambda _done, _known: None)
        return details(group=group, staged=staged, options=options, now=LATER)


def test_a_change_is_shown_old_and_new(group: Group, tmp_path: Path) -> None:
    make_recipient(group, "ada@example.org", values={"name": "Alt"}, tags=["vip"])
    with account_scope(group.account_id):
        Contact.objects.create(account_id=group.account_id, email="ada@example.org", values={"city": "Köln"})
    rows = [{"email": "ada@example.org", "name": "Neu", "city": "Bonn", "tags": ["neu"], "turnover": None}]
    found = look(group, tmp_path, rows, {"name", "city", "tags", "turnover"}, Options(Mode.UPDATE_AND_ADD))
    assert found == Details(
        columns={"name": ColumnChange(1, 0), "city": ColumnChange(1, 0), "tags": ColumnChange(1, 0)},
        lost_touched=0,
        may_be_reactivated=0,
        added=[],
        changed=[
            Sample(
                2,
                "ada@example.org",
                [("tags", ["vip"], ["vip", "neu"]), ("name", "Alt", "Neu"), ("city", "Köln", "Bonn")],
            )
        ],
        removed=[],
        kept_inactive=[],
    )


def test_what_is_cleared_is_counted_and_shown_as_nothing(group: Group, tmp_path: Path) -> None:
    make_recipient(group, "ada@example.org", values={"name": "Alt", "turnover": 5})
    rows = [{"email": "ada@example.org"}]
    found = look(group, tmp_path, rows, {"name"}, Options(Mode.UPDATE, empty_cells=EmptyCells.CLEAR))
    assert (found.columns, found.changed) == (
        {"name": ColumnChange(1, 1)},
        [Sample(2, "ada@example.org", [("name", "Alt", None)])],
    )


def test_who_is_new_is_shown_with_what_they_bring(group: Group, tmp_path: Path) -> None:
    rows = [{"email": "neu@example.org", "name": "Neu", "city": "Bonn"}]
    found = look(group, tmp_path, rows, {"name", "city"}, Options(Mode.ADD))
    now = LATER.isoformat()
    assert found.added == [
        Sample(
            2,
            "neu@example.org",
            [
                ("registered_at", None, now),
                ("activated_at", None, now),
                ("name", None, "Neu"),
                ("city", None, "Bonn"),
            ],
        )
    ]


def test_who_is_removed_is_shown_with_what_goes(group: Group, tmp_path: Path) -> None:
    make_recipient(group, "ada@example.org", values={"name": "Alt"}, registered_at=None, activated_at=None)
    found = look(group, tmp_path, [{"email": "ada@example.org"}], set(), Options(Mode.DELETE))
    assert found.removed == [Sample(2, "ada@example.org", [("name", "Alt", None)])]


def test_unsubscribed_people_whom_an_import_touches_are_counted(group: Group, tmp_path: Path) -> None:
    make_recipient(group, "off@example.org", values={"name": "Alt"}, deactivated_at=NOW)
    make_recipient(group, "same@example.org", values={"name": "Neu"}, bounced_at=NOW)
    make_recipient(group, "on@example.org")
    rows = [{"email": f"{name}@example.org", "name": "Neu"} for name in ("off", "same", "on", "new")]
    touched = {
        mode: look(group, tmp_path, rows, {"name"}, Options(mode)).lost_touched
        for mode in (Mode.ADD, Mode.UPDATE, Mode.DELETE)
    }
    assert touched == {Mode.ADD: 0, Mode.UPDATE: 1, Mode.DELETE: 2}


def test_people_who_signed_up_later_are_counted_before_anybody_asks(group: Group, tmp_path: Path) -> None:
    for name in ("later", "earlier"):
        make_recipient(group, f"{name}@example.org", deactivated_at=NOW)
    rows = [
        {"email": "later@example.org", "activated_at": NOW + timedelta(hours=1)},
        {"email": "earlier@example.org", "activated_at": NOW - timedelta(hours=1)},
    ]
    found = look(group, tmp_path, rows, {"activated_at"}, Options(Mode.UPDATE))
    assert (found.may_be_reactivated, [sample.email for sample in found.kept_inactive]) == (1, ["later@example.org"])


def test_samples_are_the_first_of_the_file(group: Group, tmp_path: Path) -> None:
    rows = [{"email": f"p{number}@example.org"} for number in range(SAMPLES + 5)]
    found = look(group, tmp_path, rows[::-1], set(), Options(Mode.ADD))
    assert [sample.line for sample in found.added] == list(range(2, SAMPLES + 2))
