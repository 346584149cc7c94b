"""What the overview says of pins, verifications, damage, drills and last backups, and which buttons it has for whom."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Role, User
from accounts.templatetags.listkeep_format import absolute, day
from accounts.tenancy import account_scope
from backups.models import Backup, RestoreDrill
from recipients.models import Group
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group, make_member, make_user, sign_in
from tests.page_content import Element, notices, read, rows

pytestmark = pytest.mark.django_db

DOWNLOADS = (
    "View Compare Download export file (CSV) Download export file (XLSX) Download export file (Parquet) More formats …"
)
BEFORE = "The last backup of this list is deleted on"


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


@pytest.fixture
def anna(account: Account) -> User:
    return make_member(account, Role.EDITOR, make_user("anna@example.org", first_name="Anna", last_name="Berger"))


@pytest.fixture
def reader(account: Account) -> Client:
    return sign_in(make_member(account, Role.READER))


@pytest.fixture
def editor(anna: User) -> Client:
    return sign_in(anna)


def url_of(account: Account, query: str = "") -> str:
    return f"{reverse('backups:overview', args=[account.pk])}{query}"


def posts(page: Element) -> list[str]:
    """Where the buttons of the page's content lead."""
    (content,) = page.all("main")
    return [form.attributes["action"] or "" for form in content.all("form") if form.attributes.get("method") == "post"]


# --- who may do what -------------------------------------------------------------------------------------------------


def test_reader_may_download_alone(account: Account, group: Group, reader: Client) -> None:
    make_backup(group)
    response = reader.get(url_of(account))
    assert (rows(response)[0][0], posts(read(response))) == (DOWNLOADS, [])


def test_editor_may_pin_verify_and_back_up_too(account: Account, group: Group, editor: Client) -> None:
    backup = make_backup(group)
    response = editor.get(url_of(account))
    assert rows(response)[0][0] == f"{DOWNLOADS} Restore … Pin Verify now"
    assert posts(read(response)) == [
        reverse("backups:take", args=[account.pk, group.pk]),
        reverse("backups:verify", args=[account.pk, backup.pk]),
    ]


def test_deleted_list_cannot_be_backed_up(account: Account, editor: Client) -> None:
    backup = make_backup(make_group(account, deleted_at=timezone.now()))
    assert posts(read(editor.get(url_of(account)))) == [reverse("backups:verify", args=[account.pk, backup.pk])]


@pytest.mark.parametrize(("role", "number"), [(Role.READER, 0), (Role.EDITOR, 1)])
def test_page_of_a_list_has_the_button_too_even_without_backups(
    account: Account, group: Group, role: Role, number: int
) -> None:
    page = read(sign_in(make_member(account, role)).get(reverse("backups:group", args=[account.pk, group.pk])))
    assert posts(page) == [reverse("backups:take", args=[account.pk, group.pk])] * number


# --- pins ------------------------------------------------------------------------------------------------------------


def test_pinned_backup_says_so_with_reason_and_person_in_place_of_its_end(
    account: Account, group: Group, anna: User, editor: Client
) -> None:
    make_backup(group, pinned_at=timezone.now(), pinned_by=anna, pin_reason="Prüfung <2026>")
    (row,) = rows(editor.get(url_of(account)))
    assert (row[0], row[5]) == (f"{DOWNLOADS} Restore … Unpin Verify now", "pinned Prüfung <2026> by Anna Berger")


# --- verification and damage -----------------------------------------------------------------------------------------


def test_verified_backup_says_when(account: Account, group: Group, reader: Client) -> None:
    at = timezone.now() - DAY
    make_backup(group, verified_at=at)
    assert rows(reader.get(url_of(account)))[0][6] == f"Complete verified on {day(at)}"


def test_backup_whose_verification_somebody_waits_for_says_so_and_asks_for_itself(
    account: Account, group: Group, anna: User, reader: Client
) -> None:
    backup = make_backup(group, verification_requested_at=timezone.now(), verification_requested_by=anna)
    response = reader.get(url_of(account))
    assert rows(response)[0][6] == "being verified"
    (row,) = [one for one in read(response).all("tr") if one.attributes.get("id") == f"backup-{backup.pk}"]
    assert row.attributes["hx-get"] == reverse("backups:row", args=[account.pk, backup.pk])


def test_backup_in_the_nightly_sample_does_not_ask_for_itself(account: Account, group: Group, reader: Client) -> None:
    make_backup(group, verification_requested_at=timezone.now())
    response = reader.get(url_of(account))
    assert rows(response)[0][6] == "Complete"
    assert [one for one in read(response).all("tr") if "hx-get" in one.attributes] == []


@pytest.mark.parametrize(
    ("damage", "badge", "sentence"),
    [
        ("missing", "File missing", "Its file is no longer in storage, so it cannot be downloaded or restored."),
        ("differs", "File damaged", "Its file is not the one that was kept: the checksum differs."),
    ],
)
def test_damaged_backup_says_what_is_wrong_and_what_to_do_and_offers_no_file(
    account: Account, group: Group, editor: Client, *, damage: str, badge: str, sentence: str
) -> None:
    at = timezone.now()
    make_backup(group, damage=damage, verified_at=at)
    (row,) = rows(editor.get(url_of(account)))
    assert (row[0], row[6]) == ("Pin Verify now", f"{badge} verified on {day(at)}")
    assert sentence in row[2]
    assert "Have it backed up now, and tell the people who run Listkeep for you" in row[2]


# --- the last backup of a deleted list -------------------------------------------------------------------------------


def last_words(response: Any) -> list[str]:
    """The notices about last backups, with their ways out."""
    return [text for text in notices(response) if text.startswith(BEFORE)]


def test_last_backup_of_a_deleted_list_is_announced_seven_days_before_with_two_ways_out(
    account: Account, editor: Client
) -> None:
    now = timezone.now()
    group = make_group(account, deleted_at=now - 24 * DAY)
    make_backup(group, requested_at=now - 26 * DAY)
    backup = make_backup(group, requested_at=now - 24 * DAY)
    response = editor.get(url_of(account))
    assert last_words(response) == [
        (
            f"{BEFORE} {day(backup.expires_at)} After that the list cannot be brought back. If you still need it,"
            " download the export file or pin the backup. Download export file (CSV) Pin"
        )
    ]
    (notice,) = read(response).all(css_class="backup-table__last")
    assert [link.attributes["href"] for link in notice.all("a")] == [
        reverse("backups:download", args=[account.pk, backup.pk, "csv"]),
        reverse("backups:pin", args=[account.pk, backup.pk]),
    ]
    assert last_words(editor.get(url_of(account, f"?group={group.pk}"))) == last_words(response)


def test_reader_is_told_of_the_download_alone(account: Account, reader: Client) -> None:
    now = timezone.now()
    make_backup(make_group(account, deleted_at=now - 24 * DAY), requested_at=now - 24 * DAY)
    assert last_words(reader.get(url_of(account)))[0].endswith("Download export file (CSV)")


@pytest.mark.parametrize(
    ("deleted", "fields"),
    [
        (False, {}),
        (True, {"requested_at": timezone.now() - 22 * DAY}),
        (True, {"pinned_at": timezone.now(), "pin_reason": "Prüfung"}),
    ],
    ids=["present list", "more than seven days left", "pinned"],
)
def test_nothing_is_announced_where_nothing_is_lost(
    account: Account, editor: Client, *, deleted: bool, fields: dict[str, Any]
) -> None:
    now = timezone.now()
    group = make_group(account, deleted_at=now - 24 * DAY if deleted else None)
    make_backup(group, **{"requested_at": now - 24 * DAY, **fields})
    assert last_words(editor.get(url_of(account))) == []


# --- the last drill --------------------------------------------------------------------------------------------------


def drill_line(response: Any) -> list[str]:
    return [line.text for line in read(response).all(css_class="backup-drill")]


def test_last_drill_says_when_and_that_everything_came_back(account: Account, group: Group, reader: Client) -> None:
    backup, now = make_backup(group), timezone.now()
    for hours, result in ((30, "different"), (3, "equal")):
        at = now - timedelta(hours=hours)
        make_drill(backup, started_at=at, finished_at=at, result=result, recipient_count=40212)
    assert drill_line(reader.get(url_of(account))) == [
        f"Restore last rehearsed on {absolute(now - timedelta(hours=3))}: everything came back (40,212 recipients)."
    ]


@pytest.mark.parametrize(
    ("result", "said"),
    [
        ("different", "Something did not come back Restore last rehearsed on {at}, with a backup of “Kunden 2026”."),
        ("failed", "Could not be carried out Restore last rehearsed on {at}. It is tried again by itself;"),
    ],
)
def test_drill_that_went_wrong_says_so(account: Account, group: Group, reader: Client, result: str, said: str) -> None:
    now = timezone.now()
    make_drill(make_backup(group), started_at=now, finished_at=now, result=result)
    (line,) = drill_line(reader.get(url_of(account)))
    assert line.startswith(said.format(at=absolute(now)))


def test_account_without_a_drill_has_no_line(account: Account, group: Group, reader: Client) -> None:
    make_drill(make_backup(make_group(make_account("Andere AG"))), started_at=timezone.now(), result="equal")
    make_backup(group)
    assert drill_line(reader.get(url_of(account))) == []


def make_drill(backup: Backup, **fields: Any) -> None:
    with account_scope(backup.account_id):
        given = {"finished_at": fields["started_at"], "recipient_count": None, "group_name": backup.group_name}
        RestoreDrill.objects.create(account_id=backup.account_id, backup=backup, **{**given, **fields})
