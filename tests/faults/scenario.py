"""One scene for every fault: a list, a file that is imported into it, and what both must come to.

What the list holds before and after stands in plain Python (`tests.recipients.masterdata.model`); a fault may leave
exactly one of the two (`tests.faults.verdicts`).
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.confirming import cancel_import, reopen_draft, start_preview
from imports.models import Import
from imports.new_fields import PlannedField
from recipients.deletion import request_deletion
from recipients.jobs import Job
from recipients.masterdata.file import FieldScope, FieldType
from recipients.masterdata.options import Mode, Options
from recipients.models import Activity, Deletion, Group, Recipient
from tests.factories import make_account, make_activity, make_field, make_group, make_member
from tests.faults.rows import (
    BROKEN,
    FIELDS,
    NEW_FIELD,
    TARGETS,
    Rows,
    file_row,
    fill,
    listed_row,
    shuffled,
    text_of,
)
from tests.recipients.masterdata.model import File, Row, State, apply_file
from tests.runs import fresh, make_draft

J = TypeVar("J", bound=Job)

LATER = datetime(2025, 6, 1, 8, 0, tzinfo=UTC)  # than every date of the file


@dataclass
class Scene:
    """A list and an import into it. `before` and `after` are all its rows by address, without and with the import.

    `file_rows` are the file's rows with an address, in its order. `revision` is the list's before the import, and
    `report` the import's but for the backup that it names.
    """

    account: Account
    editor: User
    group: Group
    mode: Mode
    scope: FieldScope
    file_rows: list[Row]
    before: Rows
    revision: int
    after: Rows
    run: Import
    report: dict[str, Any]


def make_scene(
    *, known: int, read: int, seed: int, mode: Mode = Mode.UPDATE_AND_ADD, scope: FieldScope = FieldScope.LIST
) -> Scene:
    """A list of `known` recipients and a draft of a file with `read` rows, of which about half are in the list.

    A mode that gives values brings a new field along; `scope` is whether it is the list's or the whole account's.
    """
    chance = random.Random(seed)
    account = make_account()
    group = make_group(account)
    for key, kind in FIELDS.items():
        make_field(account, key.title(), kind, group=group)
    before = {row["email"]: row for row in (listed_row(chance, number) for number in shuffled(chance, 0, known))}
    fill(group, before)
    numbers = shuffled(chance, known - read // 2, known + read - read // 2)
    doubled = numbers[: read // 500]
    file_rows = [file_row(chance, number, mode) for number in [*numbers, *doubled]]
    after, report = imported(before, file_rows, mode, scope)
    return Scene(
        account=account,
        editor=make_member(account),
        group=group,
        mode=mode,
        scope=scope,
        file_rows=file_rows,
        before=before,
        revision=group.revision,
        after=after,
        run=make_run(group, file_rows, mode, scope),
        report=report,
    )


def make_small_scene(*, seed: int, mode: Mode = Mode.UPDATE_AND_ADD, scope: FieldScope = FieldScope.LIST) -> Scene:
    """A scene in which each phase is over at once, unless it is held."""
    return make_scene(known=400, read=600, seed=seed, mode=mode, scope=scope)


def makes_field(mode: Mode) -> bool:
    """Whether an import of that mode brings a new field along."""
    return mode.adds or mode.updates


def make_run(group: Group, file_rows: list[Row], mode: Mode, scope: FieldScope) -> Import:
    """A draft of the import, its new field planned."""
    targets = (*TARGETS, NEW_FIELD) if makes_field(mode) else TARGETS
    run = make_draft(group, text_of(file_rows, targets), targets=targets, mode=Import.Mode(mode))
    if makes_field(mode):
        planned = PlannedField(NEW_FIELD, NEW_FIELD.title(), FieldType.TEXT, scope)
        run.new_fields = [planned.to_json()]
        with account_scope(run.account_id):
            run.save(update_fields=["new_fields"])
    return run


def imported(
    rows: Rows, file_rows: list[Row], mode: Mode = Mode.UPDATE_AND_ADD, scope: FieldScope = FieldScope.LIST
) -> tuple[Rows, dict[str, Any]]:
    """What a list with these rows becomes by the import of the file, and the report of it."""
    new = [NEW_FIELD] if makes_field(mode) else []
    own, shared = (new, []) if scope is FieldScope.LIST else ([], new)
    state = State(rows=dict(rows))
    outcome = apply_file(
        state,
        File(
            rows=file_rows,
            mapped={*TARGETS, *new},
            list_keys=[*FIELDS, *own],
            account_keys=shared,
            options=Options(mode=mode),
            now=LATER,
        ),
    )
    figures = {
        "rows": len(file_rows) + BROKEN,
        "rejected": BROKEN,
        "rejected_by_reason": {"invalid_email": BROKEN},
        "notes": {},
        "as_previewed": True,
        "was_empty": not rows,
    }
    after = {email: dict.fromkeys(new) | row for email, row in state.seen(shared).items()}
    return after, outcome.to_json() | figures


def reload(job: J) -> J:
    """The job as it is now."""
    with account_scope(job.account_id):
        found: J = type(job).objects.get(pk=job.pk)
    return found


def ask_for_preview(scene: Scene) -> None:
    """Have a preview made as the mapping page does."""
    with account_scope(scene.account.pk):
        run = Import.objects.select_for_update().get(pk=scene.run.pk)
        start_preview(run=run, reactivate=False)


def go_back(scene: Scene) -> None:
    """Go back from the preview to the mapping, as its page does."""
    with account_scope(scene.account.pk):
        reopen_draft(run=fresh(scene.run))


def cancel(scene: Scene) -> None:
    """Cancel the scene's import as its page does."""
    with account_scope(scene.account.pk):
        assert cancel_import(run=scene.run, actor=scene.editor, now=timezone.now())


def ask_for_deletion(scene: Scene) -> Deletion:
    """Ask for the deletion of the scene's list as its page does."""
    with account_scope(scene.account.pk):
        return request_deletion(group=scene.group, actor=scene.editor, now=timezone.now())


def open_mailing(scene: Scene) -> int:
    """Have three recipients of the list open a mailing; gives how many did."""
    with account_scope(scene.account.pk):
        readers = list(Recipient.objects.of(account_id=scene.account.pk, group_id=scene.group.pk)[:3])
    for reader in readers:
        make_activity(reader)
    return len(readers)


def activities_of(scene: Scene) -> int:
    """How many activities the account's recipients have."""
    with account_scope(scene.account.pk):
        return Activity.objects.count()
