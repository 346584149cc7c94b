"""Pages of recipients, against a plain-Python model of what they should hold."""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.tenancy import account_scope
from recipients import listing
from recipients.listing import Choice, RecipientPage, Status, read_page
from recipients.models import Group
from tests.factories import NOW, make_account, make_group, make_recipient

pytestmark = pytest.mark.django_db

DATES: dict[Status, list[dict[str, Any]]] = {
    Status.ACTIVE: [{}],
    Status.INACTIVE: [{"deactivated_at": NOW}, {"activated_at": None}],
    Status.BOUNCED: [{"bounced_at": NOW}, {"bounced_at": NOW, "deactivated_at": NOW}],
}
KINDS = [(status, dates) for status, all_dates in DATES.items() for dates in all_dates]
NAMES = ["ada", "bert", "bertö", "böll", "cleo", "zoë", "😀", "adam", "b%t", "b_t", "a'b", "ad"]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three recipients a page, and five rows looked at for one."""
    monkeypatch.setattr(listing, "PAGE", 3)
    monkeypatch.setattr(listing, "LOOKED_AT", 5)
    monkeypatch.setattr(listing, "LOOKED_AT_ACTIVE", 5)


@pytest.fixture
def model() -> tuple[Group, list[tuple[str, Status]]]:
    """A list, and what is in it in the order of the addresses' code points."""
    account = make_account()
    group, other = make_group(account), make_group(account, "Andere")
    rows = []
    for number, (name, host) in enumerate(product(NAMES, ["x.example.org", "bert.example.org"])):
        status, dates = KINDS[number % len(KINDS)]
        make_recipient(group, f"{name}@{host}", **dates)
        rows.append((f"{name}@{host}", status))
    make_recipient(other, "ada@other.example.org")
    return group, sorted(rows)


def choose(rows: list[tuple[str, Status]], choice: Choice) -> list[str]:
    return [
        email
        for email, status in rows
        if choice.status in {Status.ALL, status}
        and (choice.search in email if choice.inside else email.startswith(choice.search))
    ]


def read(group: Group, **choice: Any) -> RecipientPage:
    with account_scope(group.account_id):
        return read_page(group=group, choice=Choice(**choice))


def forwards(group: Group, **choice: Any) -> Iterator[RecipientPage]:
    """All pages, going on where one is full or where reading stopped."""
    page = read(group, **choice)
    yield page
    while (onward := page.next or page.stopped_at) is not None:
        page = read(group, **choice, after=onward, looked_at=page.looked_at)
        yield page


def emails(page: RecipientPage) -> list[str]:
    return [recipient.email for recipient in page.recipients]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("search", ["", "a", "ad", "bert", "b", "bert@bert", "ö", "😀", "@", "%", "_", "'", "zz"])
def test_pages_together_hold_what_the_model_has(
    model: tuple[Group, list[tuple[str, Status]]], status: Status, search: str
) -> None:
    group, rows = model
    for inside in (False, True) if search else (False,):
        expected = choose(rows, Choice(status=status, search=search, inside=inside))
        if not inside and search and not expected:
            continue  # looks inside by itself: see below
        pages = list(forwards(group, status=status, search=search, inside=inside))
        assert [email for page in pages for email in emails(page)] == expected
        assert max(len(page.recipients) for page in pages) <= 3


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("status", Status)
def test_pages_lead_back_to_the_beginning(model: tuple[Group, list[tuple[str, Status]]], status: Status) -> None:
    group, rows = model
    expected = choose(rows, Choice(status=status))
    page = read(group, status=status, after=expected[-1])
    seen: list[str] = []
    while page.previous is not None:
        page = read(group, status=status, before=page.previous)
        seen = emails(page) + seen

    assert page == read(group, status=status), "the way back ends with the whole first page"
    assert sorted(set(seen)) == expected[:-1]


@pytest.mark.usefixtures("small_pages")
def test_the_page_before_is_the_page_that_one_came_from(model: tuple[Group, list[tuple[str, Status]]]) -> None:
    group, _rows = model
    first = read(group)
    second = read(group, after=first.next)
    third = read(group, after=second.next)
    back = read(group, before=third.previous)

    assert emails(back) == emails(second)
    assert (back.previous, back.next) == (emails(second)[0], emails(third)[0])


@pytest.mark.usefixtures("small_pages")
def test_a_search_that_begins_no_address_looks_inside(model: tuple[Group, list[tuple[str, Status]]]) -> None:
    group, rows = model
    page = read(group, search="@bert")

    assert page.choice.inside is True
    assert emails(page) == choose(rows[:5], Choice(search="@bert", inside=True))[:3]


@pytest.mark.usefixtures("small_pages")
def test_a_search_that_begins_addresses_stays_at_their_beginning(
    model: tuple[Group, list[tuple[str, Status]]],
) -> None:
    group, _rows = model
    page = read(group, search="bert")

    assert page.choice.inside is False
    assert emails(page) == ["bert@bert.example.org", "bert@x.example.org", "bertö@bert.example.org"]


@pytest.mark.usefixtures("small_pages")
def test_reading_stops_and_says_how_far_it_came(model: tuple[Group, list[tuple[str, Status]]]) -> None:
    group, rows = model
    first = read(group, search="nobody", inside=True)
    second = read(group, search="nobody", inside=True, after=first.stopped_at, looked_at=first.looked_at)
    pages = list(forwards(group, search="nobody", inside=True))

    assert (first.recipients, first.next, first.stopped_at, first.looked_at) == ([], None, rows[4][0], 5)
    assert (second.stopped_at, second.looked_at) == (rows[9][0], 10)
    assert (pages[-1].stopped_at, pages[-1].next, len(pages)) == (None, None, len(rows) // 5 + 1)


def test_an_empty_list_has_one_empty_page() -> None:
    page = read(make_group(make_account()))

    assert (page.recipients, page.previous, page.next, page.stopped_at) == ([], None, None, None)


def test_fifty_are_a_page_and_the_fifty_first_is_the_next() -> None:
    group = make_group(make_account())
    for number in range(51):
        make_recipient(group, f"r{number:02}@example.org")
    page = read(group)

    assert (len(page.recipients), page.next, page.stopped_at) == (50, "r49@example.org", None)
    assert emails(read(group, after=page.next)) == ["r50@example.org"]


def test_a_prefix_is_searched_in_the_index_even_under_row_level_security() -> None:
    group = make_group(make_account())
    for number in range(20):
        make_recipient(group, f"r{number:02}@example.org")

    with account_scope(group.account_id), connection.cursor() as cursor:
        with CaptureQueriesContext(connection) as queries:
            read_page(group=group, choice=Choice(search="r1"))
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {queries[0]['sql']}")
        plan = "\n".join(line for (line,) in cursor.fetchall())

    conditions = [line for line in plan.splitlines() if "Index Cond" in line]
    assert len(conditions) == 1, plan
    assert "email >= 'r1'" in conditions[0], plan
