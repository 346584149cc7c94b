"""Holds: what must be over before a group may be changed.

Whoever is about to change a group sends a signal (`recipients.signals`, `imports.signals`) with a `Change`; who must
do something first answers with a `Hold`. The signal is sent again at each step, so answering must be idempotent, and
for the last time in the very transaction that changes the group, with the group locked: only when every hold is
released for the group's present revision does the change happen. No answer means nothing to wait for.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.dispatch import Signal

from recipients.models import Group

PATIENCE = (
    2  # so often a change gives way to writers that came in after the backup; then the backup is taken in the lock
)


class Interface(StrEnum):
    """Where a change comes from. Changes through external interfaces make no backup (mission A8)."""

    BROWSER = "browser"
    API = "api"


class ChangeKind(StrEnum):
    """What a change is."""

    IMPORT = "import"
    GROUP_DELETION = "group_deletion"
    CLEARING = "clearing"
    RECIPIENTS_DELETION = "recipients_deletion"
    FIELD_DELETION = "field_deletion"
    RESTORE = "restore"


@dataclass(frozen=True)
class Change:
    """A change that is about to be made to a group. One that several groups will show is announced for each of them."""

    kind: ChangeKind
    id: uuid.UUID  # of the job that makes the change; the same at every asking
    group: Group
    interface: Interface
    requested_by_id: int | None
    label: str = ""  # the imported file's name, the deleted field's


class HoldState(StrEnum):
    """Whether a change may go on."""

    OPEN = "open"  # not yet; the job is nudged when it may
    RELEASED = "released"
    FAILED = "failed"  # never: the job must fail with the hold's reason


@dataclass(frozen=True)
class Hold:
    """One answer to the announcement of a change."""

    state: HoldState
    reason: str = ""  # of a failed hold: a code that pages turn into a sentence
    detail: dict[str, Any] = field(default_factory=dict)  # plain JSON; of a released one kept with the job's report
    overtaken: bool = False  # open because writers changed the group after what had been done; counts as a miss


def ask_for_holds(
    signal: Signal, *, change: Change, revision: int, now: datetime, locked: bool = False, misses: int = 0
) -> Hold:
    """Announce `change` and sum the answers up: failed before open before released.

    `revision` is the group's now. `locked`: the caller has the group locked, so an answer of released is final.
    `misses`: how often the change was already told that it had been overtaken; from PATIENCE on, with `locked`,
    a receiver must do its work at once instead of answering open.
    """
    sent: list[tuple[Any, Any]] = signal.send(
        sender=change.kind, change=change, revision=revision, now=now, locked=locked, misses=misses
    )
    answers: list[Hold] = [hold for _receiver, hold in sent if hold is not None]
    return summed_up(answers)


def summed_up(holds: Iterable[Hold]) -> Hold:
    """The one hold that says what several say: failed before open before released; overtaken if one of them is."""
    answers = list(holds)
    for state in (HoldState.FAILED, HoldState.OPEN):
        of_state = [hold for hold in answers if hold.state == state]
        if of_state:
            return replace(of_state[0], overtaken=any(hold.overtaken for hold in of_state))
    return Hold(HoldState.RELEASED, detail={name: value for hold in answers for name, value in hold.detail.items()})
