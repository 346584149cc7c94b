"""Whether imports can be undone, for their reports and histories: `{% load undoing %}`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django import template

from backups import undoing
from backups.restore_wording import refusal_sentence
from imports.models import Import

register = template.Library()


@dataclass(frozen=True)
class Obstacle:
    """Why an import cannot be undone, in a sentence; and the undo that took it back, if one has."""

    sentence: str
    undo: Import | None


@register.simple_tag
def obstacle_to_undoing(run: Import) -> Obstacle | None:
    """What stands in the way; None when it can be undone."""
    code = undoing.why_not_undoable(run=run)
    if not code:
        return None
    done = run.undone_by.filter(account_id=run.account_id, status=Import.Status.DONE)
    return Obstacle(refusal_sentence(code), done.first() if code == "undone" else None)


@dataclass(frozen=True)
class Undoing:
    """Of the imports of a page, by their keys: those that can be undone, and those that have been."""

    possible: frozenset[UUID]
    done: frozenset[UUID]


@register.simple_tag
def undoing_of(runs: Sequence[Import]) -> Undoing:
    """Which of an account's imports can be undone, and which have been."""
    codes = undoing.reasons_against(runs=runs)
    return Undoing(
        possible=frozenset(key for key, code in codes.items() if not code),
        done=frozenset(key for key, code in codes.items() if code == "undone"),
    )
