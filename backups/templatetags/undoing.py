"""Whether imports can be undone, for their reports and histories: `{% load undoing %}`."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django import template

from backups import undoing
from backups.restore_wording import refusal_sentence
from imports.models import Import

register = template.Library()


@register.simple_tag
def why_not_undoable(run: Import) -> str:
    """Why not, in a sentence; empty when it can be."""
    code = undoing.why_not_undoable(run=run)
    return refusal_sentence(code) if code else ""


@register.simple_tag
def undo_of(run: Import) -> Import | None:
    """The undo that took the import back; None when none has."""
    return run.undone_by.filter(account_id=run.account_id, status=Import.Status.DONE).first()


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
