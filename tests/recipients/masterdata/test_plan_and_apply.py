"""Plan and apply against the model: random lists, random files, every mode."""

import tempfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.masterdata.apply import apply
from recipients.masterdata.file import (
    BASE_COLUMNS,
    STATUS_COLUMNS,
    Description,
    FieldDefinition,
    FieldScope,
    FieldType,
    MasterDataFile,
    MasterDataWriter,
    schema_for,
)
from recipients.masterdata.options import FILE_MODES, AccountValues, EmptyCells, Mode, Options, TagsMode
from recipients.masterdata.plan import plan
from recipients.masterdata.staging import stage
from recipients.masterdata.take import take
from recipients.models import Group
from recipients.revision import lock_with_account_wide_values
from tests.factories import NOW, make_account, make_field, make_group
from tests.recipients.masterdata import model

LIST_FIELDS = {
    "name": FieldType.TEXT,
    "turnover": FieldType.NUMBER,
    "birthday": FieldType.DATE,
    "sex": FieldType.GENDER,
}
ACCOUNT_FIELDS = {"city": FieldType.TEXT, "score": FieldType.NUMBER}
ADDRESSES = [f"{name}@example.org" for name in ("a", "b", "c", "d", "ü")]

times = st.none() | st.sampled_from([NOW + timedelta(hours=hour) for hour in range(-4, 5)])
texts = st.none() | st.sampled_from(
    [
        "x",
        "0012",
        'say "hi"',
        "a\\b",
        "zwei\nZeilen",
        "\t tab".strip(),
        "=1+1",
        "{}",
        "ß",
        "العربية",
        "👩‍👩‍👧",
        "a,b;c",
        "\x01",
    ]
)
numbers = st.none() | st.decimals(min_value=-(10**20), max_value=10**20, places=10, allow_nan=False)
dates = st.none() | st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31))
tags = st.none() | st.lists(st.sampled_from(["vip", 'a "b"', "c\\d", "{e}", "ö", "NULL"]), min_size=1, unique=True)
values = {
    FieldType.TEXT: texts,
    FieldType.NUMBER: numbers,
    FieldType.DATE: dates,
    FieldType.GENDER: st.none() | st.sampled_from(["female", "male", "diverse"]),
}
row = st.fixed_dictionaries(
    {
        "email": st.sampled_from(ADDRESSES),
        "registered_at": times,
        "activated_at": times,
        "deactivated_at": times,
        "bounced_at": times,
        "source": texts,
        "tags": tags,
        **{key: values[kind] for key, kind in (LIST_FIELDS | ACCOUNT_FIELDS).items()},
    }
)
OPTIONAL_COLUMNS = [name for name in (*BASE_COLUMNS, *LIST_FIELDS, *ACCOUNT_FIELDS) if name != "email"]


def definitions() -> tuple[FieldDefinition, ...]:
    return tuple(
        FieldDefinition(key=key, label=key.title(), type=kind, scope=scope)
        for kinds, scope in ((LIST_FIELDS, FieldScope.LIST), (ACCOUNT_FIELDS, FieldScope.ACCOUNT))
        for key, kind in kinds.items()
    )


@pytest.fixture
def group(db: None) -> Group:
    account = make_account()
    made = make_group(account)
    for kinds, owner in ((LIST_FIELDS, made), (ACCOUNT_FIELDS, None)):
        for key, kind in kinds.items():
            make_field(account, key.title(), kind, group=owner)
    return made


def write_file(path: Path, rows: list[model.Row], mapped: set[str], *, taken_at: datetime | None = None) -> None:
    fields = definitions()
    schema = schema_for(fields, with_line=True, only=mapped)
    description = Description("any", "", {}, fields, 0, "import", taken_at)
    with MasterDataWriter(path, description, schema) as writer:
        columns = {
            name: [number if name == "line" else row[name] for number, row in enumerate(rows, 2)]
            for name in schema.names
        }
        writer.write(pa.RecordBatch.from_pydict(columns, schema=schema))


def carry_out(group: Group, path: Path, options: Options, now: datetime) -> tuple[Any, Any]:
    """What plan says, and what apply says it did."""
    with MasterDataFile.open(path) as file:
        staged = stage(file, progress=lambda _done, _known: None)
    locked = lock_with_account_wide_values(account_id=group.account_id, group_id=group.pk)
    planned = plan(group=locked, staged=staged, options=options, now=now)
    return planned, apply(group=locked, staged=staged, options=options, now=now)


def taken_rows(group: Group, folder: Path) -> dict[str, model.Row]:
    """The list as a backup has it."""
    fresh = Group.objects.get(pk=group.pk)
    path = folder / "taken.parquet"
    taken = take(group=fresh, path=path, trigger="import", now=NOW, progress=lambda _done, _known: None)
    with MasterDataFile.open(path) as file:
        rows = {row["email"]: row for batch in file.batches() for row in batch.to_pylist()}
        assert list(rows) == sorted(rows, key=lambda email: email.encode())
    assert taken.recipient_count == fresh.recipient_count == len(rows)
    assert taken.active_count == fresh.active_count == sum(model.is_active(row) for row in rows.values())
    return rows


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(
    before=st.lists(row, max_size=6),
    file_rows=st.lists(row, min_size=1, max_size=8),
    mapped=st.sets(st.sampled_from(OPTIONAL_COLUMNS)) | st.just({*STATUS_COLUMNS}) | st.just({*OPTIONAL_COLUMNS}),
    options=st.builds(
        Options,
        mode=st.sampled_from(FILE_MODES),
        reactivate=st.booleans(),
        empty_cells=st.sampled_from(list(EmptyCells)),
        tags=st.sampled_from(list(TagsMode)),
        account_values=st.sampled_from(list(AccountValues)),
    ),
)
def test_a_file_does_what_plan_and_model_say(
    group: Group,
    before: list[model.Row],
    file_rows: list[model.Row],
    mapped: set[str],
    options: Options,
) -> None:
    keys: dict[str, Any] = {"list_keys": list(LIST_FIELDS), "account_keys": list(ACCOUNT_FIELDS)}
    everything = {"email", *OPTIONAL_COLUMNS}
    mapped = mapped | {"email"}
    state, now = model.State(), datetime(2026, 3, 2, 10, tzinfo=UTC)
    first = Options(Mode.ADD)
    with account_scope(group.account_id), tempfile.TemporaryDirectory() as name, transaction.atomic():
        folder = Path(name)
        write_file(folder / "before.parquet", before, everything)
        expected = model.apply_file(state, model.File(before, everything, options=first, now=NOW, **keys))
        assert carry_out(group, folder / "before.parquet", first, NOW) == (expected, expected)
        assert taken_rows(group, folder) == state.seen(ACCOUNT_FIELDS)

        write_file(folder / "file.parquet", file_rows, mapped)
        only_mapped = [{name: value for name, value in row.items() if name in mapped} for row in file_rows]
        expected = model.apply_file(state, model.File(only_mapped, mapped, options=options, now=now, **keys))
        assert carry_out(group, folder / "file.parquet", options, now) == (expected, expected)
        assert taken_rows(group, folder) == state.seen(ACCOUNT_FIELDS)
        transaction.set_rollback(True)


EARLY, BETWEEN, LATE, FUTURE = (NOW + timedelta(days=day) for day in (1, 2, 3, 4))
NOBODY = dict.fromkeys(OPTIONAL_COLUMNS)
ACTIVE = {"registered_at": NOW, "activated_at": EARLY}
SIGNED_OFF = {"registered_at": NOW, "activated_at": EARLY, "deactivated_at": BETWEEN}
BOUNCED = {"registered_at": NOW, "activated_at": EARLY, "bounced_at": BETWEEN}


@pytest.mark.parametrize(
    ("before", "file", "reactivate", "active", "kept_inactive"),
    [
        pytest.param(SIGNED_OFF, {}, False, False, 0, id="signed off, the file says nothing"),
        pytest.param(SIGNED_OFF, {"activated_at": LATE}, False, False, 1, id="signed off, the file says active"),
        pytest.param(
            SIGNED_OFF, {"activated_at": LATE}, True, True, 0, id="signed off, signed up later, and asked for"
        ),
        pytest.param(
            SIGNED_OFF, {"activated_at": EARLY}, True, False, 1, id="signed off after the sign-up of the file"
        ),
        pytest.param(BOUNCED, {"activated_at": LATE}, False, False, 1, id="bounced, the file says active"),
        pytest.param(BOUNCED, {"activated_at": LATE}, True, True, 0, id="bounced, signed up later, and asked for"),
        pytest.param(BOUNCED, {"activated_at": EARLY}, True, False, 1, id="bounced after the sign-up of the file"),
        pytest.param(ACTIVE, {"deactivated_at": LATE}, False, False, 0, id="active, signed off later"),
        pytest.param(ACTIVE, {"deactivated_at": NOW}, False, True, 0, id="active, signed up after the sign-off"),
        pytest.param(ACTIVE, {"bounced_at": NOW}, False, False, 0, id="active, bounced whenever"),
        pytest.param(
            SIGNED_OFF, {"activated_at": FUTURE}, True, False, 1, id="signed off, signed up in the future, asked for"
        ),
        pytest.param(BOUNCED, {"activated_at": FUTURE}, True, False, 1, id="bounced, signed up in the future"),
        pytest.param(
            BOUNCED, {"activated_at": LATE, "deactivated_at": NOW}, True, False, 0, id="bounced, signed off in the file"
        ),
        pytest.param(
            {"activated_at": FUTURE}, {"deactivated_at": NOW}, False, False, 0, id="a future sign-up outweighs nothing"
        ),
        pytest.param(
            SIGNED_OFF,
            {"activated_at": LATE, "deactivated_at": LATE},
            True,
            False,
            0,
            id="signed off there and here, whatever is asked for",
        ),
    ],
)
def test_the_latest_consent_event_wins_and_nobody_wakes_unasked(
    group: Group,
    tmp_path: Path,
    before: model.Row,
    file: model.Row,
    *,
    reactivate: bool,
    active: bool,
    kept_inactive: int,
) -> None:
    mapped = {"email", *STATUS_COLUMNS}
    address = {"email": "a@example.org"}
    with account_scope(group.account_id):
        write_file(tmp_path / "before.parquet", [NOBODY | address | before], mapped)
        carry_out(group, tmp_path / "before.parquet", Options(Mode.ADD), NOW)
        write_file(tmp_path / "file.parquet", [NOBODY | address | file], mapped)
        planned, applied = carry_out(
            group, tmp_path / "file.parquet", Options(Mode.UPDATE_AND_ADD, reactivate=reactivate), LATE
        )
        row = taken_rows(group, tmp_path)["a@example.org"]
    assert (model.is_active(row), planned.kept_inactive, applied.kept_inactive) == (
        active,
        kept_inactive,
        kept_inactive,
    )


@pytest.mark.parametrize("column", ["deactivated_at", "bounced_at"])
def test_what_a_file_says_without_a_date_moves_no_date(group: Group, tmp_path: Path, column: str) -> None:
    path, person = tmp_path / "file.parquet", {"email": "a@example.org"}
    with account_scope(group.account_id):
        write_file(path, [NOBODY | person | ACTIVE | {column: BETWEEN}], {"email", *STATUS_COLUMNS})
        carry_out(group, path, Options(Mode.ADD), NOW)
        write_file(path, [NOBODY | person | {column: LATE}], {"email", column}, taken_at=LATE)
        _planned, done = carry_out(group, path, Options(Mode.UPDATE), LATE)
        row = taken_rows(group, tmp_path)["a@example.org"]
    assert (done.changed, row[column]) == (0, BETWEEN)


def test_apply_raises_the_revision_only_when_something_changed(group: Group, tmp_path: Path) -> None:
    person = dict.fromkeys(OPTIONAL_COLUMNS) | {"email": "a@example.org", "name": "Ada"}
    write_file(tmp_path / "file.parquet", [person], {"email", "name"})
    revisions = []
    with account_scope(group.account_id):
        for _run in range(2):
            carry_out(group, tmp_path / "file.parquet", Options(Mode.UPDATE_AND_ADD), NOW)
            revisions.append(Group.objects.get(pk=group.pk).revision)
    assert revisions == [group.revision + 1, group.revision + 1]


def test_account_wide_values_raise_the_revision_of_every_list(group: Group, tmp_path: Path) -> None:
    other = make_group(Account(pk=group.account_id), "Another list")
    person = dict.fromkeys(OPTIONAL_COLUMNS) | {"email": "a@example.org", "city": "Köln"}
    write_file(tmp_path / "file.parquet", [person], {"email", "city"})
    with account_scope(group.account_id):
        carry_out(group, tmp_path / "file.parquet", Options(Mode.UPDATE_AND_ADD), NOW)
        other.refresh_from_db()
    assert other.revision == 1


def test_a_number_keeps_all_its_digits(group: Group, tmp_path: Path) -> None:
    number = Decimal("-1234567890123456789012345678.0123456789")
    person = dict.fromkeys(OPTIONAL_COLUMNS) | {"email": "a@example.org", "turnover": number}
    write_file(tmp_path / "file.parquet", [person], {"email", "turnover"})
    with account_scope(group.account_id):
        carry_out(group, tmp_path / "file.parquet", Options(Mode.ADD), NOW)
        assert taken_rows(group, tmp_path)["a@example.org"]["turnover"] == number
