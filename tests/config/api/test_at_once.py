"""Fifty programs that write at once, to one list and to many: nothing is lost, nobody is blocked, no error.

Each writes `LISTKEEP_API_TURNS` times.
"""

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections
from django.db.models import Count

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from recipients.masterdata.file import FieldType
from recipients.models import Contact, Group, Recipient
from recipients.querysets import ACTIVE
from tests.caller import Caller, make_caller
from tests.factories import make_account, make_field, make_group, make_member, make_recipient

PROGRAMS = 50
TURNS = int(os.environ.get("LISTKEEP_API_TURNS", "1"))
SHARED = "alle@example.org"


@pytest.fixture
def account(committed_db: None) -> Account:
    account = make_account()
    make_field(account, "Nummer", FieldType.NUMBER, key="nummer")
    for number in range(5):
        make_recipient(make_group(account, f"Liste {number}"), SHARED)
    return account


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


def groups_of(account: Account) -> list[Group]:
    with account_scope(account.pk):
        return list(Group.objects.order_by("pk"))


def write(caller: Caller, number: int, groups: list[Group]) -> list[int]:
    """What one program does: recipients of its own, a tag of its own at the one they share, in each of the lists."""
    statuses = []
    try:
        for turn in range(TURNS):
            group = groups[(number + turn) % len(groups)]
            own = f"p{number}-{turn}@example.org"
            rows: list[dict[str, Any]] = [
                {"email": SHARED, "tags": [f"t{number}-{turn}"]},
                {"email": own, "fields": {"nummer": number} if number % 3 == 0 else {}},
                {"email": f"weg{number}-{turn}@example.org"},
            ]
            place = f"/groups/{group.pk}/recipients"
            answers = [
                caller.post(place, {"recipients": rows}, Idempotency_Key=f"{number}-{turn}"),
                caller.post(f"{place}/deactivate", {"emails": [own]}),
                caller.post(f"{place}/activate", {"emails": [own]}),
                caller.post(f"{place}/delete", {"emails": [f"weg{number}-{turn}@example.org"]}),
            ]
            statuses += [answer.status for answer in answers]
    finally:
        connections.close_all()
    return statuses


@pytest.mark.parametrize("lists", [1, 5])
def test_nothing_is_lost_when_fifty_programs_write_at_once(account: Account, owner: User, lists: int) -> None:
    groups = groups_of(account)[:lists]
    callers = [make_caller(account, owner) for _each in range(PROGRAMS)]
    with ThreadPoolExecutor(PROGRAMS) as pool:
        work = [pool.submit(write, caller, number, groups) for number, caller in enumerate(callers)]
        statuses = Counter(status for one in work for status in one.result())
    assert statuses == {200: PROGRAMS * TURNS * 4}

    with account_scope(account.pk):
        tags = sorted(tag for one in Recipient.objects.filter(email=SHARED) for tag in one.tags)
        own = sorted(Recipient.objects.exclude(email=SHARED).values_list("email", flat=True))
        wide = {one.email: one.values for one in Contact.objects.all()}
        counted = Recipient.objects.values("group_id").annotate(all=Count("id"), active=Count("id", filter=ACTIVE))
        numbers = {one["group_id"]: (one["all"], one["active"]) for one in counted}
        present = {one.pk: one for one in Group.objects.all()}
    turns = [(number, turn) for number in range(PROGRAMS) for turn in range(TURNS)]
    assert tags == sorted(f"t{number}-{turn}" for number, turn in turns)
    assert own == sorted(f"p{number}-{turn}@example.org" for number, turn in turns)
    assert wide == {f"p{number}-{turn}@example.org": {"nummer": number} for number, turn in turns if number % 3 == 0}
    assert {pk: (one.recipient_count, one.active_count) for pk, one in present.items()} == numbers
    # Each of the four calls changed something; an account-wide value raises the revision of each list.
    changes = sum(one.revision for one in present.values()) - len(present)
    assert changes == len(turns) * 4 + len(wide) * len(present)
