"""Where the rows of a run come from when they are not an uploaded file's: whoever has them registers how to read them.

`imports.run` knows no backups; `backups.restoring` registers what reads one, for the kinds `restore` and `undo`.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from imports.models import Import


class RunFailed(Exception):
    """The run ends as failed, for a reason that the person is told. `code` names it."""

    def __init__(self, code: str, **detail: Any) -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class RowsRead:
    """What was read: how many recipients, and what the report tells besides, as plain JSON."""

    rows: int
    report: dict[str, Any] = field(default_factory=dict)


class RowSource(Protocol):
    """Has the rows of runs of a kind."""

    def read(self, run: Import, *, target: Path, progress: Callable[[int, int | None], None]) -> RowsRead:
        """Write the rows to a new master-data file at `target`, whose fields are those of the run's list.

        Not in a transaction. Reports progress in rows. Raises RunFailed, and what storage raises.
        """

    def is_outdated(self, run: Import) -> bool:
        """Whether other rows would be read now; asked with the list locked, before they are applied."""


_sources: dict[Import.Kind, RowSource] = {}


def register(kind: Import.Kind, source: RowSource) -> None:
    """Have the rows of runs of a kind read by `source`; called once, when the apps are ready."""
    _sources[kind] = source


def source_of(run: Import) -> RowSource | None:
    """What has the run's rows; None for an uploaded file."""
    return _sources.get(Import.Kind(run.kind))


def attempt_key(run: Import, attempt: uuid.UUID, name: str) -> str:
    """Where an attempt at a run puts a file of its own.

    A process that was stopped and overtaken may go on at any time, and must not leave a file where nobody looks for one
    any more.
    """
    return f"{run.account_id}/{run.pk}/{attempt.hex}.{name}.parquet"
