"""S9: pages of large accounts as the web server answers them, their p95, and how many queries each makes.

The time is that from the request to the last byte over loopback, a little more than the server's own. Queries are
counted where the page has one row and where it has many: the two numbers have to be the same.
"""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from benchmarks.jobs import repeated_backup, seconds_of_import
from benchmarks.measures import Bench
from benchmarks.table import Row
from benchmarks.website import SECURE, Website, website
from recipients.models import Group

ASKED = 100  # requests of each page
LISTS = 100
BACKUPS = 10_000
P95, P95_AIM = 0.100, 0.050  # seconds
MOST_QUERIES = 12


@dataclass(frozen=True)
class Asked:
    """A page: the addresses that are asked in turn, and the same page where it has one row."""

    what: str
    paths: list[str]
    of_one: str


def measure(bench: Bench, group: Group) -> Iterator[Row]:
    """The pages of an account whose list `group` has the bench's rows; last what a first look into a backup takes."""
    account = f"/a/{bench.customer.account.pk}"
    small = bench.customer.group()
    seconds_of_import(bench.customer, small, bench.file(1, 0))
    with account_scope(group.account_id):
        present = {
            each.pk: each for each in Group.objects.select_related("account").filter(pk__in=(group.pk, small.pk))
        }
    backup, of_one = (repeated_backup(bench.customer, present[each.pk]) for each in (group, small))
    with website(bench.customer.owner) as site:
        first, _page = site.get(f"{account}/backups/{backup.pk}/view/")
        for asked in (
            Asked("SELECT 1", ["/health/"], ""),
            *pages_of_list(site, f"{account}/recipients/", group, small),
            *pages_of_backup(f"{account}/backups", backup, of_one, bench.rows),
        ):
            yield answered(bench, site, asked)
        more_lists(bench)
        groups = f"{account}/recipients/"
        yield answered(bench, site, Asked(f"{LISTS} lists", [groups], groups))
        more_backups(backup)
        overview = f"{account}/my-account/backups/"
        of_list = f"{account}/recipients/{group.pk}/backups/"
        yield answered(
            bench, site, Asked(f"overview of {BACKUPS:,} backups", [overview], f"{overview}?group={small.pk}")
        )
        of_small = f"{account}/recipients/{small.pk}/backups/"
        yield answered(bench, site, Asked(f"{BACKUPS:,} backups of one list", [of_list], of_small))
    yield Row("", f"first look into a backup of {bench.rows:,}, verified and kept", [first], None, bar=5.0, aim=2.0)


def pages_of_list(site: Website, lists: str, group: Group, small: Group) -> Iterator[Asked]:
    """The recipients of the large list: first page, searches, a page half-way and the following ones."""
    path, of_one = f"{lists}{group.pk}/", f"{lists}{small.pk}/"
    yield Asked("recipients, first page", [path], of_one)
    yield Asked("recipients, a search", [f"{path}?q={number:03x}" for number in range(ASKED)], of_one)
    yield Asked("recipients, a search inside", [f"{path}?q=.{number}7@example" for number in range(ASKED)], of_one)
    yield Asked("recipients, unsubscribed ones", [f"{path}?status=inactive"], of_one)
    deep = [f"{path}?after={number:02x}" for number in range(0x40, 0x40 + ASKED)]
    yield Asked("recipients, deep pages", deep, of_one)


def pages_of_backup(lists: str, backup: Backup, one: Backup, rows: int) -> Iterator[Asked]:
    """The rows of a backup: first page, searches, deep pages, sorted by a field, by status."""
    path, of_one = f"{lists}/{backup.pk}/view/", f"{lists}/{one.pk}/view/"
    last = -(-rows // 50)
    yield Asked("a backup's rows, first page", [path], of_one)
    yield Asked("a backup's rows, a search", [f"{path}?q={number:03x}" for number in range(ASKED)], of_one)
    yield Asked("a backup's rows, a search inside", [f"{path}?q=.{number}7@" for number in range(ASKED)], of_one)
    yield Asked("a backup's rows, the same ones", [f"{path}?q=7@example"], of_one)
    deep = [f"{path}?page={max(1, last * number // ASKED)}" for number in range(1, ASKED + 1)]
    yield Asked("a backup's rows, deep pages", deep, of_one)
    by_field = [f"{path}?sort=f1&page={max(1, last * number // ASKED)}" for number in range(1, ASKED + 1)]
    yield Asked("a backup's rows, deep by a field", by_field, of_one)


def answered(bench: Bench, site: Website, asked: Asked) -> Row:
    """One line of the table: the p95 of the requests, and the queries of many rows and of one."""
    site.get(asked.paths[0])  # once unmeasured: what is compiled or sorted once is not what a page costs
    times = [site.get(asked.paths[number % len(asked.paths)])[0] for number in range(ASKED)]
    p95 = quantiles(times, n=20)[-1]
    many = queries(bench, asked.paths[0])
    if many > MOST_QUERIES:
        raise RuntimeError(f"{asked.what} makes {many} queries.")
    alone = queries(bench, asked.of_one) if asked.of_one else many
    slowest = f"slowest {max(times) * 1000:.0f} ms"
    said = f"{asked.what}: p95 of {ASKED} ({many} queries, with 1 row {alone}; {slowest})"
    return Row("S9", said, [p95], None, bar=P95, aim=P95_AIM)


def queries(bench: Bench, path: str) -> int:
    """How many queries the page makes, without those that open and close its transaction and set its account."""
    client = Client(headers=SECURE)
    client.force_login(bench.customer.owner, backend="django.contrib.auth.backends.ModelBackend")
    with CaptureQueriesContext(connection) as made:
        if client.get(path, secure=True).status_code != 200:
            raise RuntimeError(f"{path} is no page.")
    of_transaction = re.compile(r"BEGIN|COMMIT|SAVEPOINT|RELEASE|SELECT set_config|SELECT current_setting")
    return sum(not of_transaction.match(query["sql"]) for query in made.captured_queries)


def more_lists(bench: Bench) -> None:
    """So many lists that a page is full of them."""
    for _number in range(LISTS):
        bench.customer.group()


def more_backups(backup: Backup) -> None:
    """Ten thousand rows of the catalogue, of the last 30 days, that point at the backup's file."""
    now = timezone.now()
    rows = []
    for number in range(BACKUPS):
        at = now - timedelta(minutes=4 * number)
        values = {each.attname: getattr(backup, each.attname) for each in Backup._meta.concrete_fields}
        kept = {"requested_at": at, "completed_at": at, "expires_at": at + timedelta(days=30)}
        rows.append(Backup(**{**values, **kept, "id": uuid.uuid4(), "recipient_count": number}))
    with account_scope(backup.account_id):
        Backup.objects.bulk_create(rows, batch_size=1000)
