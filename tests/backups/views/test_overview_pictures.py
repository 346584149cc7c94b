"""Pictures of the overview for the documentation: empty, one list, many, failing, damaged, a deleted list.

They are seen in a real browser in both languages; the browser complains of what it should not have to.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup, RestoreDrill
from recipients.models import Group
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group, make_member, make_user, sign_in_page

pytestmark = pytest.mark.parametrize("browser_locale", ["de-DE", "en-GB"])

Trigger = Backup.Trigger


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def inge(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user("inge@example.org", first_name="Inge", last_name="Berger"))


@pytest.fixture
def look(  # noqa: PLR0917  # a fixture names what it needs
    page: Page, live_url: str, account: Account, inge: User, browser_locale: str, take_picture: Callable[[str], None]
) -> Callable[[str, str], None]:
    """Opens the overview, sees that a text stands there, and takes its picture."""

    def opened(name: str, text: str) -> None:
        sign_in_page(page, inge, address=live_url)
        page.goto(f"{live_url}/a/{account.pk}/my-account/backups/")
        expect(page.get_by_text(text).locator("visible=true").first).to_be_visible()
        take_picture(f"backups-overview-{name}-{browser_locale[:2]}")

    return opened


def words(browser_locale: str, german: str, english: str) -> str:
    return german if browser_locale == "de-DE" else english


def make_history(group: Group, user: User, *days_and_numbers: tuple[float, int], **fields: Any) -> list[Backup]:
    """Backups of a list, so many days ago with so many recipients, for one reason after the other."""
    reasons = [Trigger.IMPORT, Trigger.DAILY, Trigger.ON_DEMAND, Trigger.RECIPIENTS_DELETION, Trigger.FIELD_DELETION]
    labels = ["kunden.csv", "", "", "", "PLZ"]
    now = timezone.now()
    return [
        make_backup(
            group,
            requested_at=now - days * DAY,
            requested_by=None if index % len(reasons) == 1 else user,  # nobody asks for daily ones
            recipient_count=number,
            active_count=number,
            size=number * 31,
            **{"trigger": reasons[index % len(reasons)], "label": labels[index % len(reasons)], **fields},
        )
        for index, (days, number) in enumerate(days_and_numbers)
    ]


def make_drill(account: Account, result: str = "equal") -> None:
    at = timezone.now() - timedelta(hours=7)
    with account_scope(account.pk):
        RestoreDrill.objects.create(
            account=account,
            group_name="Kunden 2026",
            started_at=at,
            finished_at=at,
            result=result,
            recipient_count=40212,
        )


def update(backup: Backup, **fields: Any) -> None:
    with account_scope(backup.account_id):
        Backup.objects.filter(pk=backup.pk).update(**fields)


def test_empty_overview(look: Callable[[str, str], None], browser_locale: str) -> None:
    look("empty", words(browser_locale, "Noch keine Backups", "No backups yet"))


def test_overview_of_one_list(
    look: Callable[[str, str], None], account: Account, inge: User, browser_locale: str
) -> None:
    group, now = make_group(account, "Kunden 2026"), timezone.now()
    history = make_history(group, inge, (24, 38100), (14.1, 39850), (6.2, 40212), (0.2, 40190))
    update(history[1], pinned_at=now, pinned_by=inge, pin_reason=words(browser_locale, "Stand vor dem Umzug", "Before"))
    update(history[2], verified_at=now - DAY)
    update(history[3], verification_requested_at=now, verification_requested_by=inge)
    make_drill(account)
    look("one", words(browser_locale, "angeheftet", "pinned"))


def test_overview_of_many_lists(
    look: Callable[[str, str], None], account: Account, inge: User, browser_locale: str
) -> None:
    names = ["Kunden 2026", "Newsletter", "Presse", "Messe Hannover", "Händler Süd", "Händler Nord", "Mitarbeiter"]
    for number, name in enumerate(names):
        size = 400 * (number + 1) ** 2
        days = [(1 + number + 4.3 * step, size - 7 * step) for step in range(6)]
        make_history(make_group(account, name), inge, *reversed(days), verified_at=timezone.now() - DAY)
    pending = make_group(account, "Webinar")
    make_backup(pending, status=Backup.Status.PENDING, trigger=Trigger.ON_DEMAND, requested_by=inge, rows_done=1200)
    update_rows(pending)
    make_drill(account)
    look("many", "Webinar")


def update_rows(group: Group) -> None:
    with account_scope(group.account_id):
        Backup.objects.filter(group=group).update(rows_known=4000)


def test_overview_with_failures(
    look: Callable[[str, str], None], account: Account, inge: User, browser_locale: str
) -> None:
    now = timezone.now()
    group = make_group(account, "Kunden 2026")
    make_history(group, inge, (9, 40100), (2, 40212))
    make_backup(
        group,
        requested_at=now - timedelta(hours=1),
        requested_by=inge,
        status=Backup.Status.FAILED,
        failure="storage_unavailable",
    )
    make_history(make_group(account, "Newsletter"), inge, (3, 12000), (0.1, 310))
    make_drill(account, "failed")
    look("failing", words(browser_locale, "viel kleiner als das davor", "much smaller than the one before"))


def test_overview_with_damaged_files(
    look: Callable[[str, str], None], account: Account, inge: User, browser_locale: str
) -> None:
    now = timezone.now()
    first, second, _third = make_history(
        make_group(account, "Kunden 2026"), inge, (9, 40100), (5, 40150), (2, 40212), verified_at=now - DAY
    )
    update(first, damage="differs")
    update(second, damage="missing")
    make_drill(account)
    look("damaged", words(browser_locale, "beschädigt oder fehlen", "damaged or missing"))


def test_overview_with_a_deleted_list(
    look: Callable[[str, str], None], account: Account, inge: User, browser_locale: str
) -> None:
    now = timezone.now()
    group = make_group(account, "Messe 2025", deleted_at=now - 26 * DAY)
    make_history(group, inge, (28, 900), (26, 912), trigger=Trigger.GROUP_DELETION)
    kept = make_group(account, "Gewinnspiel", deleted_at=now - 3 * DAY)
    make_history(kept, inge, (3, 5120), trigger=Trigger.GROUP_DELETION)
    make_history(make_group(account, "Kunden 2026"), inge, (8, 40100), (2, 40212))
    make_drill(account)
    look("deleted", words(browser_locale, "Das letzte Backup dieser Liste", "The last backup of this list"))
