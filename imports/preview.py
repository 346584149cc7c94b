"""The preview: what an import would do, counted and shown on samples before the person decides.

Kept with the Import row as plain JSON. Its samples hold people's data: they go when the import ends.
"""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.utils import timezone

from imports.compared import compared
from imports.models import Import
from imports.restoring import restoring_of
from recipients.masterdata.details import details
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.options import AccountValues, EmptyCells, Mode, Options, Outcome, TagsMode
from recipients.masterdata.plan import count_consent, plan
from recipients.masterdata.rules import parameters
from recipients.masterdata.staging import Staged, stage, stage_differences
from recipients.models import Group
from recipients.queries import block_list_of

FEW: Final = 10  # of a list that is so many times as long, a restore need not read every recipient


def options_of(run: Import) -> Options:
    """How the run's rows are applied."""
    return Options(
        mode=Mode(run.mode),
        reactivate=run.reactivate,
        empty_cells=EmptyCells(run.empty_cells),
        tags=TagsMode(run.tags_mode),
        account_values=AccountValues(run.account_values),
        restoring=restoring_of(run),
    )


def stage_rows(
    run: Import,
    file: MasterDataFile,
    progress: Callable[[int, int | None], None],
    *,
    keep_as: uuid.UUID | None = None,
) -> Staged:
    """The read rows beside the list, in the caller's transaction.

    Of a restore, only those that differ from the list (`imports.compared`, for `keep_as` too). Blocked ones are marked:
    from a person's own file they were left out when it was read, but who is blocked and in the list stays in it.
    """
    options = options_of(run)
    if options.restoring is None:
        return stage(file, progress=progress)
    few = file.row_count * FEW < run.group.recipient_count
    if few and options.mode is not Mode.EXACT:
        return stage(file, progress=progress, blocked=block_list_of(run.group))
    ignoring = options.restoring.kept_keys
    with compared(run, file, ignoring=ignoring, progress=progress, keep_as=keep_as) as found:
        return stage_differences(found, progress=progress, blocked=block_list_of(run.group))


def preview_of(run: Import, staged: Staged) -> dict[str, Any]:
    """What the staged rows would do to the list as it is now; in the caller's transaction, changes nothing."""
    group = Group.objects.get(account_id=run.account_id, pk=run.group_id)
    options, now = options_of(run), timezone.now()
    outcome = plan(group=group, staged=staged, options=options, now=now)
    return {
        "outcome": outcome.to_json(),
        "details": details(group=group, staged=staged, options=options, now=now).to_json(),
        "recipients": group.recipient_count,
        "active": group.active_count,
        "revision": group.revision,
        **_choices(group, staged, options, outcome, now, turned=run.report.get("signed_off_later", 0)),
    }


def _choices(
    group: Group, staged: Staged, options: Options, outcome: Outcome, now: datetime, *, turned: int
) -> dict[str, Any]:
    """Of a restore: what the choices would do that only a person may make, in people.

    `exact_status`: so many would be `reactivated`, and so many have another status than otherwise (`kept`).
    `turned` are not in the list and come back unsubscribed. `take_changed`: so many more an undo would take back.
    """
    restoring = options.restoring
    found: dict[str, Any] = {}
    if restoring is not None and outcome.status_kept + turned:
        exact = replace(options, restoring=replace(restoring, exact_status=True))
        consent = count_consent(staged=staged, options=exact, values=parameters(group, staged, exact, now))
        found["exact_status"] = {"reactivated": consent.reactivated + turned, "kept": outcome.status_kept + turned}
    if restoring is not None and outcome.kept_changed + outcome.kept_deleted:
        more = plan(
            group=group,
            staged=staged,
            options=replace(options, restoring=replace(restoring, take_changed=True)),
            now=now,
        )
        found["take_changed"] = _reached(more) - _reached(outcome)
    return found


def _reached(outcome: Outcome) -> int:
    return outcome.added + outcome.changed + outcome.removed


def without_samples(preview: dict[str, Any]) -> dict[str, Any]:
    """A preview's figures alone."""
    return {name: value for name, value in preview.items() if name != "details"}


def differs(preview: dict[str, Any], outcome: Outcome) -> bool:
    """Whether the import did something else than its preview said, because the list changed in between."""
    return bool(preview) and preview["outcome"] != outcome.to_json()
