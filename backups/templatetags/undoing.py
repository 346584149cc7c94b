"""Whether an import can be undone, for its report: `{% load undoing %}`."""

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
