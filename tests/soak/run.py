"""The run of a soak: try after try, each with its deeds and faults, then its end, then the checker."""

import random
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import TextIO, TypeVar

import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError
from celery.exceptions import OperationalError as BrokerAway
from django.db import DatabaseError, InterfaceError, connection, connections
from django.utils import timezone
from kombu.exceptions import OperationalError as MessageRefused

import backups.orphans
import imports.orphans
from accounts.tenancy import account_scope, across_accounts
from backups.downloads import DownloadRefused
from backups.models import Backup
from backups.pinning import PinRefused
from backups.restoring import CannotRestore
from backups.retention import purge_due_backups
from backups.taking import GroupGone as NothingToBackUp
from backups.verification import NotComplete
from imports.confirming import CannotImport, cancel_import
from imports.models import Import
from imports.tidying import tidy_imports
from recipients.deletion import DeletionUnderWay, FieldGone, GroupGone, GroupLocked
from recipients.models import Recipient
from recipients.orphans import KEPT
from recipients.services import AddressBlocked, AddressTaken, FieldRefused
from tests.soak import failing_storage
from tests.soak.breaking import Breaker
from tests.soak.checker import Checker, Violation
from tests.soak.deeds import do
from tests.soak.people import People
from tests.soak.plan import Deed, Try, plan_try

T = TypeVar("T")

REFUSALS = (
    *(
        CannotImport,
        CannotRestore,
        GroupGone,
        GroupLocked,
        DeletionUnderWay,
        FieldGone,
        NothingToBackUp,
        NotComplete,
        PinRefused,
    ),
    *(Backup.DoesNotExist, DownloadRefused, AddressBlocked, AddressTaken, FieldRefused, Recipient.DoesNotExist),
)
SERVICE_AWAY = (
    *(DatabaseError, InterfaceError, psycopg.Error, redis.RedisError, BrokerAway, MessageRefused),
    *(OSError, BotoCoreError, ClientError),
)
END_SECONDS = 300.0  # far more than any job needs by itself
OPEN = """
    SELECT (SELECT count(*) FROM imports_import WHERE status IN ('previewing', 'reading', 'waiting', 'applying'))
         + (SELECT count(*) FROM recipients_deletion WHERE status = 'waiting')
         + (SELECT count(*) FROM backups_backup WHERE status = 'pending')
"""


@dataclass
class Soak:
    """A soak under way. What it finds stands in `violations`."""

    seed: int
    log: TextIO
    breaker: Breaker
    checker: Checker
    people: People
    violations: list[Violation] = field(default_factory=list)
    tries: int = 0
    deeds: int = 0
    unlooked: int = 0  # looks at the catalogue in the middle of things that came to nothing, because it was away
    plans: list[str] = field(default_factory=list)  # the marks of the plans so far

    def say(self, text: str) -> None:
        """Write a line into the log."""
        self.log.write(f"{timezone.now():%H:%M:%S.%f} {text}\n")
        self.log.flush()

    def found(self, violations: list[Violation]) -> None:
        """Note what the checker has found."""
        self.violations += violations
        for violation in violations:
            self.say(f"VIOLATION {violation}")

    def one_try(self, number: int) -> None:
        """Do one try and look at what it has left."""
        plan = plan_try(self.seed, number)
        self.plans.append(plan.mark)
        self.say(f"--- try {number}, plan {plan.mark}: {plan.sizes}")
        began = time.monotonic()
        patiently(lambda: self.people.prepare(plan.sizes, random.Random(f"{self.seed}:{number}:people")))
        self._let_happen(plan)
        happened = time.monotonic()
        self._let_end()
        ended = time.monotonic()
        self.found(self.checker.check_history())
        self.found(self.checker.check_present())
        self.found(self.checker.check_leftovers())
        self.checker.turn_page()
        checked = time.monotonic()
        self.say(
            f"{happened - began:.1f} s of deeds, {ended - happened:.1f} s to the end, {checked - ended:.1f} s checked"
        )
        self.tries += 1

    def _let_happen(self, plan: Try) -> None:
        threads = [threading.Thread(target=self._do, args=[deed]) for deed in plan.deeds]
        for thread in threads:
            thread.start()

        def is_over() -> bool:
            return not any(thread.is_alive() for thread in threads) and patiently(self._open) == 0

        for one in plan.breaks:
            self.say(self.breaker.befall(one, is_over=is_over))
            try:
                self.found(list(self.checker.check_catalogue()))
            except SERVICE_AWAY:
                self.unlooked += 1
        for thread in threads:
            thread.join()

    def _do(self, deed: Deed) -> None:
        """Do one deed in a thread of its own. What the services refuse, and what is away, are no faults of theirs."""
        time.sleep(deed.after)
        try:
            said = do(self.people, deed)
        except REFUSALS as reason:
            said = f"refused: {type(reason).__name__}"
        except SERVICE_AWAY as error:
            said = f"away: {type(error).__name__}: {str(error).splitlines()[:1]}"
        except Exception:  # noqa: BLE001  # what nobody thought of is a finding
            self.found([Violation("crash", f"{deed}: {traceback.format_exc()}")])
            return
        finally:
            connection.close()
        self.deeds += 1
        self.say(f"list {deed.account}.{deed.place}: {deed.what}: {said}")

    def _open(self) -> int:
        """How many jobs have not ended."""
        with psycopg.connect(self.checker.admin_url) as admin:
            row = admin.execute(OPEN).fetchone()
        assert row is not None
        return int(row[0])

    def _let_end(self) -> None:
        """Wait until every job has ended, with nobody but beat to send workers; then tidy up as beat does later."""
        deadline = time.monotonic() + END_SECONDS
        while patiently(self._open) and time.monotonic() < deadline:
            self.breaker.supervise()
            time.sleep(0.05)
        for said in self.breaker.note_befallen():
            self.say(f"storage {said}")
        failing_storage.plan(self.breaker.storage_plan)
        self.breaker.wait_for_workers()
        while self.breaker.is_at_work() and time.monotonic() < deadline:
            time.sleep(0.02)
        patiently(self._tidy)

    def _tidy(self) -> None:
        with across_accounts("a soak gives up what nobody has started"):
            drafts = list(Import.objects.select_related("group", "account").filter(status__in=Import.UNCONFIRMED))
        for run in drafts:
            with account_scope(run.account_id):
                number = self.people.accounts.index(run.account)
                cancel_import(run=run, actor=self.people.editors[number], now=timezone.now())
        purge_due_backups(now=timezone.now())
        tidy_imports(now=timezone.now())
        a_day_later = timezone.now() + KEPT + timedelta(minutes=1)
        backups.orphans.remove_orphaned_files(now=a_day_later)
        imports.orphans.remove_orphaned_files(now=a_day_later)

    def summary(self) -> str:
        """What the soak has come to, in lines."""
        ended = self.checker.ended
        plan = sha256("".join(self.plans).encode()).hexdigest()[:12]
        lines = [
            f"seed {self.seed}, plan {plan}, tries {self.tries}, deeds {self.deeds}",
            f"faults {self.breaker.done.total()}, of which {self.breaker.hitting} hit something that ran",
            *(f"  {what}: {count}" for what, count in sorted(self.breaker.done.items())),
            "what was running when a fault hit",
            *(f"  {what}: {count}" for what, count in self.breaker.hits.most_common()),
            "workers that ended by themselves and were started again",
            *(f"  {what}: {count}" for what, count in sorted(self.breaker.restarted.items())),
            "jobs",
            *(f"  {what}: {count}" for what, count in sorted(ended.items())),
            "checked",
            *(f"  {what}: {count}" for what, count in sorted(self.checker.looked_at.items())),
            f"violations {len(self.violations)}",
            *(f"  {violation}" for violation in self.violations[:50]),
        ]
        return "\n".join(lines)


def patiently(ask: Callable[[], T]) -> T:
    """What `ask` gives, once the services that it needs are there."""
    deadline = time.monotonic() + END_SECONDS
    while True:
        try:
            return ask()
        except SERVICE_AWAY:
            if time.monotonic() > deadline:
                raise
            connections.close_all()
            time.sleep(0.1)


def make_soak(*, seed: int, admin_url: str, checker: Checker, folder: Path, log: TextIO) -> Soak:
    """A soak whose processes run and whose people have come."""
    breaker = Breaker(marks=folder / "marks", storage_plan=folder / "storage-plan", admin_url=admin_url)
    soak = Soak(seed=seed, log=log, breaker=breaker, checker=checker, people=People(checker))
    breaker.start()
    soak.people.come()
    checker.begin()
    return soak
