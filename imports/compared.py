"""How the rows of a restore differ from its list: found for the preview, and kept while the list stays as it is.

What the person confirms is what was compared, so nothing is compared twice: the list's revision says whether it still
is the one. Two files in the storage of imports, named by the run's `compared`; they go with the rows that it has read.
"""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from imports.models import Import
from imports.sources import attempt_key
from recipients.masterdata.differing import Differences, find_differences
from recipients.masterdata.file import MasterDataFile, sha256_of
from recipients.models import Group
from recipients.scratch import scratch_folder
from recipients.storage import local_copy, put

FILES: Final = ("rows", "absent")


def keys_of(run: Import) -> list[str]:
    """The files that the run's comparison is kept in."""
    return [run.compared[name] for name in FILES if name in run.compared]


@contextmanager
def compared(
    run: Import,
    file: MasterDataFile,
    *,
    ignoring: frozenset[str],
    progress: Callable[[int, int | None], None],
    keep_as: uuid.UUID | None,
) -> Iterator[Differences]:
    """The rows that differ from the list as the caller's transaction sees it, as `find_differences` has them.

    Those that were kept, if the list's revision is still the same and the files are; else they are looked for, and with
    `keep_as`, an attempt, they are kept under keys of its own in `run.compared`, which the caller saves.
    """
    with ExitStack() as opened:
        found = _kept(run, opened)
        if found is None:
            folder = opened.enter_context(scratch_folder())
            found = find_differences(file=file, group=run.group, folder=folder, ignoring=ignoring, progress=progress)
            if keep_as is not None:
                run.compared = _keep(run, found, keep_as)
        yield found


def _kept(run: Import, opened: ExitStack) -> Differences | None:
    """What was kept, as it was kept; None when the list has another revision, or a file is missing or another one."""
    revision = Group.objects.values_list("revision", flat=True).get(account_id=run.account_id, pk=run.group_id)
    if run.compared.get("revision") != revision:
        return None
    try:
        rows, absent = (opened.enter_context(local_copy("imports", run.compared[name])) for name in FILES)
    except FileNotFoundError:
        return None
    if [sha256_of(rows), sha256_of(absent)] != run.compared["sha256"]:
        return None
    return Differences(rows, absent, same=run.compared["same"], revision=revision)


def _keep(run: Import, found: Differences, attempt: uuid.UUID) -> dict[str, Any]:
    files: dict[str, Path] = {"rows": found.rows, "absent": found.absent}
    keys = {name: attempt_key(run, attempt, f"compared-{name}") for name in files}
    for name, path in files.items():
        put("imports", keys[name], path)
    sums = [sha256_of(path) for path in files.values()]
    return {**keys, "sha256": sums, "same": found.same, "revision": found.revision}
