"""A list whose name runs from right to left leaves the dates and numbers beside it their places."""

import pytest
from django.utils import translation
from playwright.sync_api import Locator, Page, expect

from accounts.models import Role
from accounts.templatetags.listkeep_format import absolute
from imports.restoring import Way
from tests.backups.restores import make_backup, previewed_restore
from tests.factories import make_account, make_group, make_member, make_recipient, sign_in_page

NAMES = {"hebrew": "Kunden שלום", "turned": "Kunden \u202eabc"}
# Where a text stands in an element: its left and its right edge.
EDGES = """(element, text) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const start = texts.currentNode.data.indexOf(text);
    if (start < 0) continue;
    const range = document.createRange();
    range.setStart(texts.currentNode, start);
    range.setEnd(texts.currentNode, start + text.length);
    const { left, right } = range.getBoundingClientRect();
    return [left, right];
  }
}"""


def stand_in_order(place: Locator, *texts: str) -> bool:
    """Whether the texts, which are in one line, stand one after the other from left to right."""
    expect(place).to_be_visible()
    edges = [edge for text in texts for edge in place.evaluate(EDGES, text)]
    return edges == sorted(edges)


@pytest.mark.usefixtures("committed_db", "storage")
@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_dates_and_numbers_stand_behind_the_name(page: Page, live_url: str, name: str) -> None:
    account = make_account()
    owner = make_member(account, Role.OWNER)
    group = make_group(account, name)
    make_recipient(group)
    backup = make_backup(group, owner)
    make_recipient(group)
    run = previewed_restore(backup, owner, Way.EXACT)
    with translation.override("de"):
        parts = ["Kunden", "“,", *absolute(backup.requested_at).split(", ")]
    sign_in_page(page, owner, address=live_url)
    page.set_viewport_size({"width": 1280, "height": 800})

    page.goto(f"{live_url}/a/{account.pk}/backups/{backup.pk}/view/")
    assert stand_in_order(page.get_by_role("heading", level=1), *parts)
    page.goto(f"{live_url}/a/{account.pk}/backups/{backup.pk}/compare/")
    assert stand_in_order(page.locator(".breadcrumbs li", has_text="Kunden"), *parts)
    page.goto(f"{live_url}/a/{account.pk}/recipients/{group.pk}/settings/")
    assert stand_in_order(page.locator(".card--danger .button").last, "Liste", "Kunden", "mit", "2", "löschen")
    page.goto(f"{live_url}/a/{account.pk}/recipients/{group.pk}/delete/")
    assert stand_in_order(page.locator(".confirm .button--danger"), "Liste", "Kunden", "mit", "2", "löschen")
    page.goto(f"{live_url}/a/{account.pk}/imports/{run.pk}/preview/")
    assert stand_in_order(page.locator("#confirm"), "Liste", "Kunden", "wiederherstellen", "1", "entfernen")
