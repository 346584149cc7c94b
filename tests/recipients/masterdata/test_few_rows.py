"""A few rows for a long list: they are looked up, whatever the planner believes of the list.

Its statistics do not know a new list, nor one account's among those of thousands; then it takes the list for a handful
of rows, or for none, and each statement of an upsert would read all of it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.masterdata.options import Mode, Options
from recipients.models import Group
from recipients.services.addresses import activate_addresses, deactivate_addresses, delete_addresses
from recipients.services.upserting import upsert_recipients
from tests.factories import NOW, make_account, make_field, make_group
from tests.recipients.statistics import analyze, fill_list, others_are_known

LENGTH, FEW = 60_000, 20
ADDRESSES = [f"person{number}@example.org" for number in range(0, 40 * FEW, 40)]


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture(params=["others", "everything"])
def group(committed_db: None, account: Account, request: pytest.FixtureRequest) -> Group:
    """A long list, and statistics of all that there was before it, or of it too."""
    others_are_known(LENGTH)
    group = make_group(account, "Kunden")
    make_field(account, "Ort", group=group)
    fill_list(group, LENGTH)
    if request.param == "everything":
        analyze("recipients_recipient")
    return group


@contextmanager
def scans_of_recipients() -> Iterator[list[str]]:
    """How each statement on `staged` would go about finding recipients: the conditions of its scans, "" for none."""
    found: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001  # as Django calls it
        if "recipients_recipient" in sql and "staged" in sql:
            plan = execute(f"EXPLAIN (FORMAT JSON) {sql}", params, many, context).fetchone()[0]
            found.extend(conditions(plan if isinstance(plan, list) else json.loads(plan)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        yield found


def conditions(plan: Any) -> Iterator[str]:
    if isinstance(plan, list):
        for part in plan:
            yield from conditions(part)
    elif isinstance(plan, dict):
        if plan.get("Relation Name") == "recipients_recipient" and plan["Node Type"] != "ModifyTable":
            yield plan.get("Index Cond") or plan.get("Recheck Cond", "")
        for name in ("Plan", "Plans"):
            yield from conditions(plan.get(name))


def test_an_upsert_looks_up_its_addresses(account: Account, group: Group) -> None:
    with account_scope(account.pk), scans_of_recipients() as scans:
        done = upsert_recipients(
            account_id=account.pk,
            group_id=group.pk,
            rows=[{"email": email, "fields": {"ort": "Bremen"}} for email in ADDRESSES],
            options=Options(mode=Mode.UPDATE_AND_ADD),
            actor=None,
            now=NOW,
        )
    assert (done.changed, done.added) == (FEW - 1, 1)
    assert scans
    assert all("email" in condition and "ANY" in condition for condition in scans), scans


@pytest.mark.parametrize("change", [activate_addresses, deactivate_addresses, delete_addresses])
def test_so_does_what_is_said_of_some_addresses(account: Account, group: Group, change: Any) -> None:
    with account_scope(account.pk), scans_of_recipients() as scans:
        change(account_id=account.pk, group_id=group.pk, emails=ADDRESSES, actor=None, now=NOW)
    assert scans
    assert all("email" in condition for condition in scans), scans
