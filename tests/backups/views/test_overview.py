"""My Account > Extras > Backups: the backups by list and date."""

from datetime import datetime, time, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role, User
from backups.models import Backup
from recipients.models import Group
from tests.backups.catalogue import DAY, make_backup
from tests.factories import make_account, make_group, make_member, make_user, sign_in
from tests.page_content import notices, read, rows

pytestmark = pytest.mark.django_db

# session, user; the gate's scope: savepoint, settings read, set, and put back, savepoint released; membership; numbers
# by list and reason, lists, rows, strip, watch, last drill; the person's accounts for the switcher. Outside of a test's
# transaction there are no savepoints and nothing to be put back: 11, and 12 when a backup is much smaller (S9).
QUERIES = 15
# With one list chosen its rows are all there is to ask for.
QUERIES_OF_ONE_LIST = 15


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    """A reader's browser."""
    return sign_in(make_member(account, Role.READER))


@pytest.fixture
def anna(account: Account) -> User:
    return make_member(account, Role.EDITOR, make_user("anna@example.org", first_name="Anna", last_name="Berger"))


def url_of(account: Account, query: str = "") -> str:
    return f"{reverse('backups:overview', args=[account.pk])}{query}"


def sections(response: object) -> list[str]:
    """The heads of the lists, in the page's order."""
    return [row.text for row in read(response).all("tr", "table__section")]


def days(moment: datetime) -> str:
    """A date as the English page writes it."""
    local = timezone.localtime(moment)
    return f"{local.day} {local:%b %Y}"


# --- rows ------------------------------------------------------------------------------------------------------------


def test_row_says_when_why_who_how_many_how_large_and_how_long(account: Account, client: Client, anna: User) -> None:
    at = timezone.now() - timedelta(hours=50)
    make_backup(make_group(account), requested_at=at, requested_by=anna, recipient_count=40212, size=1_530_000)
    local = timezone.localtime(at)
    assert rows(client.get(url_of(account))) == [
        [
            (
                "View Compare Download export file (CSV) Download export file (XLSX) Download export file (Parquet)"
                " More formats …"
            ),
            f"{days(at)}, {local:%H:%M} 2 days ago",
            "Import of kunden.csv by Anna Berger",
            "40,212",
            "1.5 MB",
            f"{days(at + 30 * DAY)} {(timezone.localdate(at + 30 * DAY) - timezone.localdate()).days} days left",
            "Complete",
        ]
    ]


@pytest.mark.parametrize("at", [time(0, 0, 1), time(23, 59, 59)])
@pytest.mark.parametrize("left", [2, 29, 30])
def test_days_left_are_those_to_the_date_beside_them(account: Account, client: Client, left: int, at: time) -> None:
    day = timezone.localdate() + timedelta(days=left)
    ends = timezone.make_aware(datetime.combine(day, at))
    make_backup(make_group(account), requested_at=ends - 30 * DAY, expires_at=ends)
    (row,) = rows(client.get(url_of(account)))
    assert row[5] == f"{days(ends)} {left} days left"


def test_the_last_day_is_less_than_a_day(account: Account, client: Client) -> None:
    ends = timezone.now() + timedelta(hours=23)
    make_backup(make_group(account), requested_at=ends - 30 * DAY, expires_at=ends)
    (row,) = rows(client.get(url_of(account)))
    assert row[5] == f"{days(ends)} less than a day left"


def test_rows_of_a_list_stand_newest_first_with_the_difference_to_the_one_before(
    account: Account, client: Client
) -> None:
    group, now = make_group(account), timezone.now()
    for days_ago, count in ((3, 1000), (2, 2500), (1, 2500), (0, 400)):
        make_backup(group, requested_at=now - days_ago * DAY, recipient_count=count)
    said = "compared with the backup before"
    assert [row[3] for row in rows(client.get(url_of(account)))] == [
        f"400 \N{MINUS SIGN}2,100 {said}",
        f"2,500 \N{PLUS-MINUS SIGN}0 {said}",
        f"2,500 +1,500 {said}",
        "1,000",
    ]


def test_difference_is_to_the_same_lists_complete_backup_before(account: Account, client: Client) -> None:
    group, now = make_group(account, "A"), timezone.now()
    make_backup(group, requested_at=now - 5 * DAY, recipient_count=10)
    make_backup(group, requested_at=now - 4 * DAY, recipient_count=900, status=Backup.Status.PURGING)
    make_backup(group, requested_at=now - 3 * DAY, status=Backup.Status.FAILED)
    make_backup(make_group(account, "B"), requested_at=now - 2 * DAY, recipient_count=500)
    make_backup(group, requested_at=now, recipient_count=12)
    assert [row[3] for row in rows(client.get(url_of(account)))][::2] == ["12 +2 compared with the backup before", "10"]


def test_difference_stays_the_one_to_the_backup_before_when_rows_are_filtered(account: Account, client: Client) -> None:
    group, now = make_group(account), timezone.now()
    make_backup(group, requested_at=now - DAY, recipient_count=10)
    make_backup(group, requested_at=now, recipient_count=7, trigger=Backup.Trigger.GROUP_DELETION)
    found = rows(client.get(url_of(account, "?trigger=group_deletion")))
    assert [row[3] for row in found] == ["7 \N{MINUS SIGN}3 compared with the backup before"]


def test_import_leads_to_its_report(account: Account, client: Client) -> None:
    run = uuid4()
    make_backup(make_group(account), change_id=run)
    page = read(client.get(url_of(account)))
    link = next(one for one in page.all("a") if one.text == "Import of kunden.csv")
    assert link.attributes["href"] == reverse("imports:run", args=[account.pk, run])


def test_renamed_list_is_shown_with_its_name_of_then(account: Account, client: Client) -> None:
    make_backup(make_group(account, "Kunden"), group_name="Kundschaft")
    assert rows(client.get(url_of(account)))[0][2] == "Import of kunden.csv the list was called “Kundschaft”"


def test_pending_backup_shows_how_far_it_is_and_asks_for_itself(account: Account, client: Client) -> None:
    backup = make_backup(make_group(account), status=Backup.Status.PENDING, rows_done=12000, rows_known=40212)
    response = client.get(url_of(account))
    said = [part.text for part in read(response).all(css_class="progress__head")]
    assert (said, rows(response)[0][-1]) == (["The backup is being made 12,000 of 40,212 recipients"], "Being made")
    (row,) = [one for one in read(response).all("tr") if one.attributes.get("id") == f"backup-{backup.pk}"]
    assert row.attributes["hx-get"] == reverse("backups:row", args=[account.pk, backup.pk])


def test_pending_backup_says_why_it_is_tried_again(account: Account, client: Client) -> None:
    make_backup(make_group(account), status=Backup.Status.PENDING, failure="storage_unavailable", attempts=2)
    assert rows(client.get(url_of(account)))[0][3] == (
        "The place where backups are kept does not answer. It is tried again shortly."
    )


def test_failed_backup_says_why_and_what_that_means(account: Account, client: Client) -> None:
    group, now = make_group(account), timezone.now()
    failed = Backup.Status.FAILED
    make_backup(group, requested_at=now - 3 * DAY, status=failed, failure="group_deleted")
    make_backup(group, requested_at=now - 2 * DAY, status=failed, failure="not known to this version")
    make_backup(
        group,
        requested_at=now - DAY,
        status=failed,
        failure="storage_unavailable",
        trigger=Backup.Trigger.GROUP_DELETION,
    )
    assert [row[2:] for row in rows(client.get(url_of(account)))] == [
        [
            (
                "List deleted The place where backups are kept could not be reached at several attempts. So the list "
                "was not deleted. Delete it again later if you still want to."
            ),
            "Failed",
        ],
        [
            (
                "Import of kunden.csv The backup could not be made. The fault is ours and has been recorded. So the "
                "import was not carried out, and the list is as it was. Start the import again later."
            ),
            "Failed",
        ],
        ["Import of kunden.csv The list was deleted before its backup could be made.", "Failed"],
    ]


def test_only_complete_backups_have_the_three_dots(account: Account, client: Client) -> None:
    group, now = make_group(account), timezone.now()
    for hours, status in enumerate((Backup.Status.COMPLETE, Backup.Status.PENDING, Backup.Status.FAILED)):
        make_backup(group, requested_at=now - timedelta(hours=hours), status=status)
    assert [bool(row[0]) for row in rows(client.get(url_of(account)))] == [True, False, False]


def test_backup_that_is_being_deleted_is_hidden(account: Account, client: Client) -> None:
    make_backup(make_group(account), status=Backup.Status.PURGING)
    assert rows(client.get(url_of(account))) == []


def test_page_is_german_for_germans(account: Account, client: Client, anna: User) -> None:
    now = timezone.now()
    group = make_group(account)
    make_backup(group, requested_at=now - DAY, recipient_count=41000)
    make_backup(group, requested_at=now, recipient_count=40212, size=1_530_000, requested_by=anna)
    cells = rows(client.get(url_of(account), headers={"accept-language": "de"}))[0]
    files = " ".join(f"Export-Datei herunterladen ({form})" for form in ("CSV", "XLSX", "Parquet"))
    assert cells[0] == f"Ansehen Vergleichen {files} Weitere Formate …"
    assert cells[2:] == [
        "Import von kunden.csv von Anna Berger",
        "40.212 \N{MINUS SIGN}788 im Vergleich zum Backup davor",
        "1,5 MB",
        f"{timezone.localtime(now + 30 * DAY):%d.%m.%Y} noch 30 Tage",
        "Vollständig",
    ]


# --- lists -----------------------------------------------------------------------------------------------------------


def test_lists_stand_by_name_and_a_deleted_one_says_so_and_how_it_comes_back(account: Account, client: Client) -> None:
    now = timezone.now()
    names = {"messe": None, "Kunden": now, "Zoo": None, "kunden 2": None}
    for name, deleted_at in names.items():
        make_backup(make_group(account, name, deleted_at=deleted_at))
    make_group(account, "Ohne Backup")
    assert sections(client.get(url_of(account))) == [
        "Kunden deleted",
        "kunden 2",
        "messe",
        "Zoo",
    ]


def test_present_list_comes_before_a_deleted_one_of_its_name(account: Account, client: Client) -> None:
    for deleted_at in (timezone.now(), None):
        make_backup(make_group(account, "Kunden", deleted_at=deleted_at))
    assert ["deleted" in head for head in sections(client.get(url_of(account)))] == [False, True]


def test_list_whose_switch_is_off_says_so(account: Account, client: Client) -> None:
    make_backup(make_group(account, "Kunden", automatic_backups=False))
    assert sections(client.get(url_of(account))) == ["Kunden automatic backups off"]


def test_list_shows_its_four_newest_and_leads_to_all(account: Account, client: Client) -> None:
    group, other, now = make_group(account, "Kunden"), make_group(account, "Zoo"), timezone.now()
    for hours in range(5):
        make_backup(group, requested_at=now - timedelta(hours=hours), label=f"{hours}.csv")
    for hours in range(4):
        make_backup(other, requested_at=now - timedelta(hours=hours), label=f"zoo{hours}.csv")
    response = client.get(url_of(account))
    texts = [row[2] if len(row) > 2 else row[1] for row in rows(response)]
    assert texts == [
        *[f"Import of {hours}.csv" for hours in range(4)],
        "Show all 5 backups of “Kunden”",
        *[f"Import of zoo{hours}.csv" for hours in range(4)],
    ]
    more = next(one for one in read(response).all("a") if one.text.startswith("Show all 5"))
    assert more.attributes["href"] == url_of(account, f"?group={group.pk}")


def test_more_than_ten_lists_stand_on_several_pages(account: Account, client: Client) -> None:
    for number in range(11):
        make_backup(make_group(account, f"Liste {number:02}"))
    assert sections(client.get(url_of(account))) == [f"Liste {number:02}" for number in range(10)]
    assert sections(client.get(url_of(account, "?page=2"))) == ["Liste 10"]


# --- filter ----------------------------------------------------------------------------------------------------------


def make_two_lists(account: Account) -> tuple[Group, Group]:
    """Two lists with an import's and a deletion's backup each."""
    lists = make_group(account, "Kunden"), make_group(account, "Messe")
    for group in lists:
        for trigger in (Backup.Trigger.IMPORT, Backup.Trigger.GROUP_DELETION):
            make_backup(group, trigger=trigger, label=f"{trigger}.csv")
    return lists


def test_filter_by_list_shows_that_one_alone(account: Account, client: Client) -> None:
    _kunden, messe = make_two_lists(account)
    response = client.get(url_of(account, f"?group={messe.pk}"))
    assert (sections(response), len(rows(response))) == (["Messe"], 2)


def test_filter_by_reason_shows_those_of_every_list(account: Account, client: Client) -> None:
    make_two_lists(account)
    response = client.get(url_of(account, "?trigger=group_deletion"))
    assert (sections(response), [row[2] for row in rows(response)]) == (["Kunden", "Messe"], ["List deleted"] * 2)


def test_both_filters_count_together(account: Account, client: Client) -> None:
    kunden, _messe = make_two_lists(account)
    response = client.get(url_of(account, f"?group={kunden.pk}&trigger=import"))
    assert (sections(response), [row[2] for row in rows(response)]) == (["Kunden"], ["Import of import.csv"])


def test_chosen_filters_are_selected_and_can_be_given_up(account: Account, client: Client) -> None:
    kunden, _messe = make_two_lists(account)
    page = read(client.get(url_of(account, f"?group={kunden.pk}&trigger=import")))
    chosen = [option.attributes["value"] for option in page.all("option") if "selected" in option.attributes]
    assert chosen == [str(kunden.pk), "import"]
    assert [one.attributes["href"] for one in page.all("a") if one.text == "Show all backups"] == [url_of(account)]


def test_filter_that_cannot_be_read_filters_nothing(account: Account, client: Client) -> None:
    make_two_lists(account)
    response = client.get(url_of(account, f"?group={2**70}&trigger=x%00y&page=zz"))
    assert sections(response) == ["Kunden", "Messe"]


def test_list_of_another_account_shows_nothing(account: Account, client: Client) -> None:
    make_two_lists(account)
    strange = make_group(make_account("Andere AG"), "Geheim")
    make_backup(strange, label="geheim.csv")
    response = client.get(url_of(account, f"?group={strange.pk}"))
    assert (sections(response), b"eheim" in response.content) == ([], False)
    assert "There is no backup of this list for this reason." in read(response).text


def test_one_lists_many_backups_stand_on_several_pages(account: Account, client: Client) -> None:
    group, now = make_group(account), timezone.now()
    for hours in range(51):
        make_backup(group, requested_at=now - timedelta(hours=hours), label=f"{hours}.csv")
    second = client.get(url_of(account, f"?group={group.pk}&page=2"))
    assert [row[2] for row in rows(second)] == ["Import of 50.csv"]
    assert read(second).all(css_class="pagination")[0].all("p")[0].text == "51 to 51 of 51"


# --- notices ---------------------------------------------------------------------------------------------------------


def test_page_without_backups_says_what_it_is_for_and_the_first_step(account: Account, client: Client) -> None:
    (state,) = read(client.get(url_of(account))).all(css_class="empty-state")
    assert [part.text for part in state.all("h2")] == ["No backups yet"]
    (button,) = state.all("a")
    assert (button.text, button.attributes["href"]) == (
        "Go to your lists",
        reverse("recipients:groups", args=[account.pk]),
    )


def test_account_without_automatic_backups_is_warned_and_led_to_the_switch() -> None:
    account = make_account(automatic_backups=False)
    response = sign_in(make_member(account, Role.READER)).get(url_of(account))
    assert [text.split(" Imports")[0] for text in notices(response)] == ["Automatic backups are off"]
    links = read(response).all(css_class="notice")[0].all("a")
    assert [one.attributes["href"] for one in links] == [reverse("accounts:privacy", args=[account.pk])]


def test_account_with_automatic_backups_is_not_warned(account: Account, client: Client) -> None:
    assert notices(client.get(url_of(account))) == []


# --- cost ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_overview_asks_as_often_for_one_as_for_three(
    number: int, account: Account, client: Client, anna: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for one in range(number):
        group = make_group(account, f"Liste {one}")
        for other in range(number):
            make_backup(group, requested_at=timezone.now() - other * DAY, requested_by=anna)
    with django_assert_num_queries(QUERIES):
        response = client.get(url_of(account))
    assert len(rows(response)) == number * number


@pytest.mark.parametrize("number", [1, 3])
def test_overview_of_one_list_asks_as_often_for_one_as_for_three(
    number: int, account: Account, client: Client, anna: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    group = make_group(account)
    for one in range(number):
        make_backup(group, requested_at=timezone.now() - one * DAY, requested_by=anna)
    with django_assert_num_queries(QUERIES_OF_ONE_LIST):
        response = client.get(url_of(account, f"?group={group.pk}"))
    assert len(rows(response)) == number
