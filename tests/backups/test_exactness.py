"""The backup is exact (mission P2): it holds the very state that the change replaced, whoever wrote a moment before.

People write through the services at random instants, from before an import starts until after it is applied. What each
of them left, the database itself writes down (`tests.soak.journal`). LISTKEEP_EXACTNESS_TRIES=500 has it tried longer.
"""

import logging
import os
import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from config.embedded import addresses
from imports.models import Import
from recipients.masterdata.file import FieldScope, FieldType
from recipients.masterdata.options import FILE_MODES, Options
from recipients.models import Group, Recipient
from recipients.services import (
    activate_recipient,
    block_addresses,
    create_field,
    deactivate_recipient,
    edit_recipient,
    rename_field,
    unblock_addresses,
    update_group,
)
from tests import environment
from tests.factories import make_field, make_group
from tests.faults.beside import InThread
from tests.faults.rows import NEW_FIELD, TARGETS, fill, listed_row
from tests.faults.scenario import Scene, make_scene, makes_field
from tests.faults.watching import wait_until
from tests.runs import advance, confirm, fresh, take_pending
from tests.soak import journal
from tests.soak.book import Given
from tests.soak.checker import Checker, rows_in
from tests.soak.journal import State
from tests.soak.people import by_hand
from tests.soak.stored import Folder

logger = logging.getLogger(__name__)

SEEDS = range(int(os.environ.get("LISTKEEP_EXACTNESS_TRIES", "24")))
ADMIN = addresses.admin_url(environment.VAR, name=addresses.DATABASE_NAME)
SHARED = "nummer"  # an account-wide field
WRITERS = 3


@pytest.fixture
def checker(committed_db: None, storage: Path) -> Iterator[Checker]:
    journal.install(ADMIN)
    yield Checker(ADMIN, Folder(storage))
    journal.remove(ADMIN)


class Writer:
    """Somebody who changes the scene's list, or another one that shows the same account-wide values."""

    def __init__(self, scene: Scene, other: Group, chance: random.Random) -> None:
        self.scene, self.other, self.chance = scene, other, chance

    def write(self) -> None:
        """Change some things, one after the other."""
        pace = self.chance.choice([0.01, 0.05, 0.15])
        for _time in range(self.chance.randint(2, 8)):
            time.sleep(self.chance.uniform(0, pace))
            self.chance.choice(DEEDS)(self)

    def edit(self, group: Group, changes: dict[str, object]) -> None:
        """Edit anybody in a list."""
        with account_scope(group.account_id):
            people = list(Recipient.objects.filter(group=group).order_by("id"))
            person = self.chance.choice(people) if people else None
        if person is None:
            return
        with suppress(Recipient.DoesNotExist), by_hand(self.scene.account, person.id):  # the import may delete people
            edit_recipient(
                account_id=group.account_id,
                group_id=group.pk,
                recipient_id=person.id,
                changes=changes,
                actor=self.scene.editor,
                now=timezone.now(),
            )

    def sign(self, change: Callable[..., object]) -> None:
        """Sign anybody in the list on or off."""
        group = self.scene.group
        with account_scope(group.account_id):
            person = Recipient.objects.filter(group=group).order_by("email").first()
        if person is None:
            return
        with suppress(Recipient.DoesNotExist), by_hand(self.scene.account, person.id):
            change(
                account_id=group.account_id,
                group_id=group.pk,
                recipient_id=person.id,
                actor=self.scene.editor,
                now=timezone.now(),
            )

    def block(self, change: Callable[..., object]) -> None:
        """Change the list's block list; nobody in the file is meant."""
        with by_hand(self.scene.account):
            group = Group.objects.select_related("account").get(pk=self.scene.group.pk)
            change(
                account=group.account,
                group=group,
                patterns=["*@gesperrt.example"],
                actor=self.scene.editor,
                now=timezone.now(),
            )

    def describe(self) -> None:
        """Change what the list is, but nobody in it."""
        now, number = timezone.now(), self.chance.getrandbits(40)
        with by_hand(self.scene.account):
            group = Group.objects.select_related("account").get(pk=self.scene.group.pk)
            if self.chance.random() < 0.5:
                note = f"Notiz {number}"
                update_group(group=group, name=group.name, note=note, locked=False, actor=self.scene.editor, now=now)
                return
            field = create_field(
                account=group.account,
                group=group,
                label=f"Neu {number}",
                type=FieldType.TEXT,
                actor=self.scene.editor,
                now=now,
            )
            rename_field(field=field, label=f"Anders {number}", actor=self.scene.editor, now=now)


DEEDS: list[Callable[[Writer], None]] = [
    lambda one: one.edit(one.scene.group, {"vorname": f"Von Hand {one.chance.randrange(1000)}"}),
    lambda one: one.edit(one.scene.group, {"punkte": Decimal(one.chance.randrange(10**9)) / 1000, "tags": ["x"]}),
    lambda one: one.edit(one.scene.group, {SHARED: Decimal(one.chance.randrange(1000))}),
    lambda one: one.edit(one.other, {SHARED: Decimal(one.chance.randrange(1000))}),
    lambda one: one.edit(one.scene.group, {"email": f"umgezogen{one.chance.getrandbits(40)}@example.org"}),
    lambda one: one.sign(deactivate_recipient),
    lambda one: one.sign(activate_recipient),
    lambda one: one.block(one.chance.choice([block_addresses, unblock_addresses])),
    Writer.describe,
]


def import_beside(writers: list[Writer], scene: Scene, chance: random.Random) -> Import:
    """Start the import while they write, have it done and its backups taken beside; gives it when it has ended."""
    threads = [InThread(writer.write) for writer in writers]
    for thread in threads:
        thread.start()
    time.sleep(chance.uniform(0, 0.1))
    confirm(scene.run, scene.editor)
    taker = InThread(lambda: wait_until(lambda: take_and_look(scene), "the end of the import"))
    taker.start()
    wait_until(lambda: not advance(scene.run).is_running, "the end of the import")
    for thread in [*threads, taker]:
        thread.join()
        if thread.error is not None:
            raise thread.error
    return fresh(scene.run)


def take_and_look(scene: Scene) -> bool:
    """Take the list's pending backups; gives whether the import has ended."""
    take_pending(scene.group)
    return not fresh(scene.run).is_running


def replaced(run: Import, states: list[State]) -> State:
    """The state that the import replaced: the list's last one before the import's transaction."""
    (done,) = (one for one in journal.read_jobs(ADMIN) if one.id == run.pk and one.new_status == Import.Status.DONE)
    ours = [state for state in states if state.group_id == run.group_id]
    (place,) = (place for place, state in enumerate(ours) if state.txid == done.txid)
    assert ours[place].before_revision == ours[place - 1].revision
    return ours[place - 1]


@pytest.mark.parametrize("seed", SEEDS)
def test_backup_is_the_state_that_the_import_replaced_whoever_writes_meanwhile(checker: Checker, seed: int) -> None:
    chance = random.Random(seed)
    mode, scope = chance.choice(FILE_MODES), chance.choice(list(FieldScope))
    scene = make_scene(known=chance.randint(20, 120), read=chance.randint(30, 160), seed=seed, mode=mode, scope=scope)
    make_field(scene.account, SHARED.title(), FieldType.NUMBER, key=SHARED)
    other = make_group(scene.account, "Messe 2026")
    fill(other, {row["email"]: row for row in (listed_row(chance, number) for number in range(40))})
    checker.begin()
    mapped = {*TARGETS, NEW_FIELD} if makes_field(mode) else set(TARGETS)
    checker.given[scene.run.pk] = Given(rows=scene.file_rows, mapped=mapped, options=Options(mode=mode))

    run = import_beside([Writer(scene, other, random.Random(f"{seed}:{one}")) for one in range(WRITERS)], scene, chance)

    assert (run.status, run.failure) == (Import.Status.DONE, "")
    states = journal.read_states(ADMIN)
    before = replaced(run, states)
    with account_scope(run.account_id):
        backup = Backup.objects.get(pk=run.report["backup"])
    data = (environment.STORAGE / "backups" / backup.file_key).read_bytes()
    assert (backup.revision, rows_in(data)) == (before.revision, before.rows)
    assert [*checker.check_history(), *checker.check_present()] == []
    logger.info("%s: %d states, the backup was overtaken %d times", mode, len(states), run.misses)
