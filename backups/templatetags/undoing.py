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
    """Why an import cannot be undone, in a sentence; and the last undo in the row that begins with it, if one does."""

    sentence: str
    undo: Import | None


@register.simple_tag
def obstacle_to_undoing(run: Import) -> Obstacle | None:
    """What stands in the way; None when it can be undone."""
    code = undoing.why_not_undoable(run=run)
    if not code:
        return None
    return Obstacle(refusal_sentence(code), undoing.last_step(run=run) if code in ("undone", "redone") else None)


@dataclass(frozen=True)
class Undoing:
    """Of the imports of a page, by their keys: those that can be undone, that have been, and that hold again."""

    possible: frozenset[UUID]
    done: frozenset[UUID]
    again: frozenset[UUID]


@register.simple_tag
def undoing_of(runs: Sequence[Import]) -> Undoing:
    """Which of an account's imports can be undone, which have been, and whose undo was taken back."""
    codes = undoing.reasons_against(runs=runs)
    possible, done, again = (
        frozenset(key for key, code in codes.items() if code == wanted) for wanted in ("", "undone", "redone")
    )
    return Undoing(possible, done, again)
