"""The preview: what an import would do, counted and shown on samples before the person decides.

Kept with the Import row as plain JSON. Its samples hold people's data: they go when the import ends.
"""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from imports.models import Import
from recipients.masterdata.details import details
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.options import AccountValues, EmptyCells, Mode, Options, Outcome, TagsMode
from recipients.masterdata.plan import plan
from recipients.masterdata.staging import stage
from recipients.models import Group


def options_of(run: Import) -> Options:
    """How the run's rows are applied."""
    return Options(
        mode=Mode(run.mode),
        reactivate=run.reactivate,
        empty_cells=EmptyCells(run.empty_cells),
        tags=TagsMode(run.tags_mode),
        account_values=AccountValues(run.account_values),
    )


def preview_of(run: Import, file: MasterDataFile, progress: Callable[[int, int | None], None]) -> dict[str, Any]:
    """What the read rows would do to the list as it is now; in the caller's transaction, changes nothing."""
    staged = stage(file, progress=progress)
    group = Group.objects.get(account_id=run.account_id, pk=run.group_id)
    options, now = options_of(run), timezone.now()
    return {
        "outcome": plan(group=group, staged=staged, options=options, now=now).to_json(),
        "details": details(group=group, staged=staged, options=options, now=now).to_json(),
        "recipients": group.recipient_count,
        "active": group.active_count,
        "revision": group.revision,
    }


def without_samples(preview: dict[str, Any]) -> dict[str, Any]:
    """A preview's figures alone."""
    return {name: value for name, value in preview.items() if name != "details"}


def differs(preview: dict[str, Any], outcome: Outcome) -> bool:
    """Whether the import did something else than its preview said, because the list changed in between."""
    return bool(preview) and preview["outcome"] != outcome.to_json()
