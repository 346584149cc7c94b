"""Cells of large tables: what stands in them comes from customers' files, and must never be markup."""

import pytest
from django.template import Context, Template
from django.utils.safestring import SafeString

from accounts.templatetags.table_cells import opening_of

TEMPLATE = Template("{% load table_cells %}{% table_cells openings texts %}")
HOSTILE = "<script>\"&'</script>"
ESCAPED = "&lt;script&gt;&quot;&amp;&#x27;&lt;/script&gt;"


def shown(openings: list[SafeString], texts: list[str]) -> str:
    return TEMPLATE.render(Context({"openings": openings, "texts": texts}))


def test_each_cell_has_its_columns_start_tag() -> None:
    openings = [opening_of("Name"), opening_of("Umsatz", "number")]
    cells = '<td data-label="Name">Ada</td><td class="number" data-label="Umsatz">5</td>'
    assert shown(openings, ["Ada", "5"]) == cells


def test_labels_and_texts_are_escaped() -> None:
    assert shown([opening_of(HOSTILE)], [HOSTILE]) == f'<td data-label="{ESCAPED}">{ESCAPED}</td>'


def test_a_text_that_says_it_is_safe_is_escaped_all_the_same() -> None:
    assert "<script>" not in shown([opening_of("Name")], [SafeString(HOSTILE)])


@pytest.mark.parametrize(("length", "end"), [(60, "x"), (61, "…")])
def test_a_long_text_ends_after_sixty_characters(length: int, end: str) -> None:
    expected = f"{'x' * 59}{end}"
    assert shown([opening_of("Name")], ["x" * length]) == f'<td data-label="Name">{expected}</td>'


def test_a_text_is_cut_before_it_is_escaped() -> None:
    assert shown([opening_of("Name")], ["&" * 61]).count("&amp;") == 59


def test_a_row_with_a_text_too_few_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="shorter"):
        shown([opening_of("Name"), opening_of("Stadt")], ["Ada"])
