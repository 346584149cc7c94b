"""The people of a soak: two accounts with an editor and some lists each, with recipients when a try begins."""

import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from json import dumps

from django.db import connection
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.masterdata.file import FieldType
from recipients.models import Field, Group
from recipients.revision import lock_all_groups, raise_all_revisions, raise_revision
from recipients.services import create_group
from tests.factories import make_account, make_member
from tests.faults.rows import FIELDS, fill, listed_row, shuffled
from tests.soak.checker import Checker
from tests.soak.journal import DOER
from tests.soak.plan import ACCOUNTS, LISTS, Deed

NUMBER = "nummer"  # an account-wide field


@dataclass
class People:
    """Two accounts with an editor and some lists each."""

    checker: Checker
    accounts: list[Account] = field(default_factory=list)
    editors: list[User] = field(default_factory=list)
    lists: list[list[Group]] = field(default_factory=list)

    def come(self) -> None:
        """Make the accounts."""
        for number in range(ACCOUNTS):
            account = make_account(f"Firma {number}")
            self.accounts.append(account)
            self.editors.append(make_member(account))
            self.lists.append([])

    def prepare(self, sizes: list[list[int]], chance: random.Random) -> None:
        """Have a list with fields at each place, and recipients in the empty ones."""
        for number, account in enumerate(self.accounts):
            with account_scope(account.pk):
                for place in range(LISTS):
                    self._have_list(number, place)
                self._have_field(number, None, NUMBER, FieldType.NUMBER)
            for group, size in zip(self.lists[number], sizes[number], strict=True):
                if group.recipient_count == 0:
                    rows = {row["email"]: row for row in (listed_row(chance, one) for one in shuffled(chance, 0, size))}
                    with account_scope(account.pk):
                        say_doer(anybody=True)
                        fill(group, rows)

    def _have_list(self, number: int, place: int) -> None:
        account, lists = self.accounts[number], self.lists[number]
        if place < len(lists):
            lists[place].refresh_from_db()
            if lists[place].deleted_at is None:
                group = lists[place]
            else:
                group = lists[place] = self._make_list(number)
        else:
            group = self._make_list(number)
            lists.append(group)
        for key, kind in FIELDS.items():
            self._have_field(number, group, key, kind)
        group.account = account

    def _make_list(self, number: int) -> Group:
        name = f"Liste {uuid.uuid4().hex[:6]}"
        return create_group(account=self.accounts[number], name=name, actor=self.editors[number], now=timezone.now())

    def _have_field(self, number: int, group: Group | None, key: str, kind: FieldType) -> None:
        """The field with that very key: the services would give each list's another one."""
        account = self.accounts[number]
        if Field.objects.filter(account=account, group=group, key=key).exists():
            return
        say_doer()
        lock_all_groups(account_id=account.pk)
        Field.objects.create(
            account=account, group=group, key=key, label=key.title(), type=kind.value, created_at=timezone.now()
        )
        if group is None:
            raise_all_revisions(account_id=account.pk, now=timezone.now())
        else:
            raise_revision(group=group, now=timezone.now())


class Hand:
    """One deed of one person."""

    def __init__(self, people: People, deed: Deed) -> None:
        self.checker = people.checker
        self.chance = random.Random(deed.chance)
        self.account = people.accounts[deed.account]
        self.actor = people.editors[deed.account]
        self.group = people.lists[deed.account][deed.place]

    def rest(self, most: float) -> None:
        """Let some time go by."""
        time.sleep(self.chance.uniform(0, most))

    def some_backup(self) -> Backup | None:
        """Any complete backup of the account."""
        with account_scope(self.account.pk):
            found = list(Backup.objects.filter(account=self.account, status=Backup.Status.COMPLETE).order_by("pk"))
        return self.chance.choice(found) if found else None


@contextmanager
def by_hand(account: Account, *recipient_ids: int) -> Iterator[None]:
    """A transaction in which somebody writes to these recipients, and to no others."""
    with account_scope(account.pk):
        say_doer(*recipient_ids)
        yield


def say_doer(*recipient_ids: int, anybody: bool = False) -> None:
    """Tell the journal, in the present transaction, that it is a person's, and whom it is about."""
    with connection.cursor() as cursor:
        doer = dumps(None if anybody else recipient_ids)
        cursor.execute("SELECT set_config(%s, %s, true)", [DOER, doer])
