"""Restores and undos against the model: random lists, a random import, what people did since, every way back."""

import tempfile
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.tenancy import account_scope
from recipients.masterdata.apply import apply
from recipients.masterdata.blocklist import BlockList
from recipients.masterdata.details import details
from recipients.masterdata.differing import find_differences
from recipients.masterdata.file import BASE_COLUMNS, MasterDataFile, MasterDataWriter
from recipients.masterdata.options import (
    FILE_MODES,
    AccountValues,
    EmptyCells,
    Mode,
    Options,
    Restoring,
    Since,
    TagsMode,
)
from recipients.masterdata.plan import plan
from recipients.masterdata.staging import stage, stage_differences
from recipients.masterdata.take import take
from recipients.models import Contact, Group, Recipient, Removal
from recipients.revision import lock_with_account_wide_values, next_change, raise_revision
from tests.factories import NOW, make_contact
from tests.recipients.masterdata import model
from tests.recipients.masterdata.restore_model import Restore, World, restore
from tests.recipients.masterdata.test_plan_and_apply import (
    ACCOUNT_FIELDS,
    ADDRESSES,
    LIST_FIELDS,
    OPTIONAL_COLUMNS,
    group,
    row,
    taken_rows,
    write_file,
)

__all__ = ["group"]  # a fixture

LATER = datetime(2026, 3, 2, 10, tzinfo=UTC)
KINDS = ["edit", "sign_off", "delete", "add", "city"]
deeds = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from(ADDRESSES[:3])), min_size=1, max_size=3)


def untold(_done: int, _known: int | None) -> None:
    """Nobody watches."""


def do_since(group: Group, state: model.State, kind: str, email: str, place: int) -> None:
    """Something that a person did after the import, in the list and in the model."""
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).filter(email=email)
    if kind == "city":
        city = {"city": f"since {place}"}
        if not rows.exists():
            return
        state.contacts[email] = state.contacts.get(email, {}) | city
        Contact.objects.filter(account_id=group.account_id, email=email).delete()
        contact = make_contact(group.account, email, state.contacts[email])
        Contact.objects.filter(account_id=group.account_id, email=contact.email).update(changed_in=next_change())
        return
    if kind == "add":
        if email in state.rows:
            return
        fresh = dict.fromkeys((*BASE_COLUMNS, *LIST_FIELDS)) | {"email": email, "activated_at": NOW, "name": "since"}
        state.rows[email] = fresh
        Recipient.objects.create(
            account_id=group.account_id,
            group_id=group.pk,
            email=email,
            activated_at=NOW,
            values={"name": "since"},
            changed_in=next_change(),
        )
    elif email in state.rows and kind == "delete":
        rows.delete()
        del state.rows[email]
        Contact.objects.filter(account_id=group.account_id, email=email).delete()
        state.contacts.pop(email, None)
    elif email in state.rows:
        changes: dict[str, Any] = {"source": f"since {place}"} if kind == "edit" else {"deactivated_at": LATER}
        state.rows[email] |= changes
        rows.update(**changes, changed_in=next_change())
    raise_revision(group=group, now=NOW, recount=True)


def numbers(group: Group) -> tuple[dict[str, int], dict[str, int]]:
    """The number of the last change of each recipient and of each address's account-wide values."""
    rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
    contacts = Contact.objects.filter(account_id=group.account_id)
    return dict(rows.values_list("email", "changed_in")), dict(contacts.values_list("email", "changed_in"))


def run(group: Group, path: Path, options: Options, now: datetime, blocked: BlockList | None = None) -> Any:
    """Plan and apply a file; gives the number of the change, and both outcomes, which the caller compares."""
    with MasterDataFile.open(path) as file, tempfile.TemporaryDirectory() as name:
        if options.restoring is None:
            staged = stage(file, progress=untold)
        else:
            present = Group.objects.get(pk=group.pk)
            ignored = options.restoring.kept_keys
            found = find_differences(file=file, group=present, folder=Path(name), ignoring=ignored, progress=untold)
            staged = stage_differences(found, progress=untold, blocked=blocked)
    locked = lock_with_account_wide_values(account_id=group.account_id, group_id=group.pk)
    planned = plan(group=locked, staged=staged, options=options, now=now)
    seen = details(group=locked, staged=staged, options=options, now=now)
    change = next_change()
    return change, planned, apply(group=locked, staged=staged, options=options, now=now, change=change), seen


@dataclass(frozen=True)
class History:
    """A list, what a file did to it, what people did since, and how the state before the file comes back."""

    before: list[model.Row]
    file_rows: list[model.Row]
    mapped: set[str]
    imported: Options
    since: list[tuple[str, str]]
    options: Options
    restoring: Restoring
    undo: bool
    blocked: set[str]


# Few addresses, so that nearly every history has somebody whom both the file and a person touched.
few = st.builds(lambda one, email: one | {"email": email}, row, st.sampled_from(ADDRESSES[:3]))
histories = st.builds(
    History,
    before=st.lists(few, min_size=2, max_size=5),
    file_rows=st.lists(few, min_size=1, max_size=4),
    mapped=st.sets(st.sampled_from(OPTIONAL_COLUMNS)) | st.just({*OPTIONAL_COLUMNS}),
    imported=st.builds(
        Options, mode=st.sampled_from(FILE_MODES), reactivate=st.booleans(), job_id=st.just(uuid.UUID(int=1))
    ),
    since=deeds,
    options=st.builds(
        Options,
        mode=st.sampled_from([Mode.EXACT, Mode.UPDATE_AND_ADD, Mode.UPDATE]),
        account_values=st.sampled_from(list(AccountValues)),
        empty_cells=st.sampled_from(list(EmptyCells)),
        tags=st.sampled_from(list(TagsMode)),
        job_id=st.just(uuid.UUID(int=2)),
    ),
    restoring=st.builds(
        Restoring,
        exact_status=st.booleans(),
        kept_keys=st.sampled_from([frozenset(), frozenset({"sex"})]),
        take_changed=st.booleans(),
    ),
    undo=st.booleans(),
    blocked=st.sets(st.sampled_from(ADDRESSES[:3]), max_size=2),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(history=histories)
def test_a_restore_does_what_plan_and_model_say(group: Group, history: History) -> None:
    keys: dict[str, Any] = {"list_keys": list(LIST_FIELDS), "account_keys": list(ACCOUNT_FIELDS)}
    everything, mapped = {"email", *OPTIONAL_COLUMNS}, history.mapped | {"email"}
    options, restoring = history.options, history.restoring
    state = model.State()
    with account_scope(group.account_id), tempfile.TemporaryDirectory() as name, transaction.atomic():
        folder = Path(name)
        write_file(folder / "before.parquet", history.before, everything)
        model.apply_file(state, model.File(history.before, everything, options=Options(Mode.ADD), now=NOW, **keys))
        run(group, folder / "before.parquet", Options(Mode.ADD), NOW)
        there = Group.objects.get(pk=group.pk)
        take(group=there, path=folder / "backup.parquet", trigger="import", now=NOW, progress=untold)
        backup = taken_rows(group, folder)

        write_file(folder / "file.parquet", history.file_rows, mapped)
        only = [{name: value for name, value in one.items() if name in mapped} for one in history.file_rows]
        was, was_wide = dict(state.rows), dict(state.contacts)
        model.apply_file(state, model.File(only, mapped, options=history.imported, now=LATER, **keys))
        change, _planned, _done, _found = run(group, folder / "file.parquet", history.imported, LATER)
        rows, contacts = numbers(group)
        assert {e for e, number in rows.items() if number == change} == {
            e for e, one in state.rows.items() if one != was.get(e)
        }
        assert {e for e, number in contacts.items() if number == change} == {
            e for e, one in state.contacts.items() if one != was_wide.get(e)
        }
        removed = was.keys() - state.rows.keys()
        assert set(Removal.objects.filter(job_id=uuid.UUID(int=1)).values_list("email", flat=True)) == removed

        for place, (kind, email) in enumerate(history.since):
            do_since(Group.objects.get(pk=group.pk), state, kind, email, place)
        if history.undo:
            restoring = replace(restoring, since=Since(uuid.UUID(int=1), change))
            options = replace(options, mode=Mode.EXACT)
        # As the restore's source does: a field that is left out, or was made since, is not in the file.
        absent = restoring.kept_keys
        if options.mode is not Mode.EXACT:
            restoring = replace(restoring, kept_keys=frozenset())
        options = replace(options, restoring=restoring)
        world = World(state, *numbers(group), removed=set(removed))
        wish = Restore(backup, blocked=history.blocked, options=options, now=LATER, absent=absent, **keys)
        if "sex" in absent:
            without(folder / "backup.parquet", "sex", folder / "less.parquet")
            wish = replace(wish, rows={e: one | {"sex": None} for e, one in backup.items()})
        path = folder / ("less.parquet" if "sex" in absent else "backup.parquet")
        expected = restore(world, wish)
        _change, planned, done, found = run(group, path, options, LATER, BlockList(sorted(history.blocked)))
        assert (planned, done) == (expected, expected)
        assert len(found.kept) == done.kept_changed + done.kept_deleted
        assert (len(found.added), len(found.changed), len(found.removed)) == (done.added, done.changed, done.removed)
        assert taken_rows(group, folder) == state.seen(ACCOUNT_FIELDS)
        transaction.set_rollback(True)


def without(path: Path, key: str, target: Path) -> None:
    """A copy of a backup without one of its fields."""
    with MasterDataFile.open(path) as file:
        fields = tuple(one for one in file.description.fields if one.key != key)
        schema = pa.schema([column for column in file.schema if column.name != key])
        with MasterDataWriter(target, replace(file.description, fields=fields), schema) as writer:
            for batch in file.batches(schema.names):
                writer.write(batch)
