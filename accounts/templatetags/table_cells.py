"""Cells of tables that have hundreds of them on a page: `{% load table_cells %}`.

A loop of a template costs about ten times as much a cell, which is most of what such a page takes.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

LONGEST: Final = 60  # characters of a text; what is longer ends with "…"


def opening_of(label: str, classes: str = "") -> SafeString:
    """The start tag of a column's cells: `label` is told beside the text where a row is a card, on phones."""
    if not classes:
        return format_html('<td data-label="{}">', label)
    return format_html('<td class="{}" data-label="{}">', classes, label)


@register.simple_tag
def table_cells(openings: Iterable[SafeString], texts: Iterable[str]) -> SafeString:
    """A row's cells: each start tag of `opening_of` with its text, cut at 60 characters and escaped.

    ValueError when there are not as many texts as start tags.
    """
    cells = (
        f"{opening}{escape(text if len(text) <= LONGEST else text[: LONGEST - 1] + '…')}</td>"
        for opening, text in zip(openings, texts, strict=True)
    )
    return SafeString("".join(cells))  # the texts were escaped one by one, the start tags by format_html
