"""A list whose name is one word without an end: no page is wider than its window."""

import pytest
from playwright.sync_api import Page

from accounts.models import Role
from imports.restoring import Way
from tests.backups.restores import make_backup, previewed_restore
from tests.factories import make_account, make_group, make_member, make_recipient, sign_in_page
from tests.pages import SIZES

NAME = ("Donaudampfschifffahrtsgesellschaft" * 6)[:200]
PAGES = {
    "lists": "recipients/",
    "list": "recipients/{group}/",
    "recipient": "recipients/{group}/{recipient}/",
    "block list": "recipients/{group}/settings/block-list/",
    "add data": "recipients/{group}/add/",
    "settings": "recipients/{group}/settings/",
    "fields": "recipients/{group}/settings/fields/",
    "delete": "recipients/{group}/delete/",
    "empty": "recipients/{group}/clear/",
    "imports": "recipients/{group}/imports/",
    "history": "imports/",
    "preview": "imports/{run}/preview/",
    "backups of the list": "recipients/{group}/backups/",
    "backups": "my-account/backups/",
    "export": "recipients/{group}/export/",
    "view": "backups/{backup}/view/",
    "compare": "backups/{backup}/compare/",
    "restore": "backups/{backup}/restore/",
    "pin": "backups/{backup}/pin/",
    "unpin": "backups/{backup}/unpin/",
    "export of the backup": "backups/{backup}/export/",
    "audit log": "account/audit-log/",
}


@pytest.mark.usefixtures("committed_db", "storage")
def test_no_page_is_wider_than_its_window(page: Page, live_url: str) -> None:
    account = make_account()
    owner = make_member(account, Role.OWNER)
    group = make_group(account, NAME)
    recipient = make_recipient(group)
    backup = make_backup(group, owner)
    make_recipient(group)
    run = previewed_restore(backup, owner, Way.EXACT)
    numbers = {"group": group.pk, "recipient": recipient.id, "backup": backup.pk, "run": run.pk}
    sign_in_page(page, owner, address=live_url)

    widths = {}
    for name, path in PAGES.items():
        answer = page.goto(f"{live_url}/a/{account.pk}/{path.format(**numbers)}")
        assert answer is not None
        assert answer.ok
        for viewport in SIZES.values():
            page.set_viewport_size(viewport)
            widths[name, viewport["width"]] = page.evaluate("document.documentElement.scrollWidth")
    assert widths == {(name, width): width for name, width in widths}
