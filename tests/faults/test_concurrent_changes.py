"""Several changes of one list at once (mission P2, F5): they follow each other or are refused, and backups stay exact.

Every state that a list ever had can be told from its revision, so a backup is held against the very state that the
change after it replaced.
"""

import random
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from backups.taking import take_backup
from imports.confirming import CannotImport, GroupDeleted, ImportAlreadyRunning
from imports.models import Import
from recipients.deletion import GroupGone, advance_deletion
from recipients.masterdata.file import FieldType
from recipients.models import Deletion, Group, Recipient
from recipients.services.recipients import edit_recipient
from tests.factories import make_account, make_contact, make_field, make_group, make_member, make_recipient
from tests.faults.beside import InThread, at_once
from tests.faults.holding import is_blocked, other_connection
from tests.faults.rows import Rows, raw_rows_in, rows_in, rows_of
from tests.faults.scenario import (
    Scene,
    ask_for_deletion,
    ask_for_preview,
    imported,
    make_scene,
    make_small_scene,
    reload,
)
from tests.faults.verdicts import assert_deleted, assert_imported, assert_no_file_is_left_over, releasing_backup
from tests.faults.watching import WAIT_SECONDS, wait_for_end, wait_for_preview, wait_until
from tests.processes import Process
from tests.runs import advance, backups_of, confirm, fresh, make_draft, run_through, take_pending

StartWorker = Callable[..., Process]
IMPORT_RAISES = 2  # revisions: of the new field, and of the rows


@dataclass
class Writer:
    """A person who edits one recipient after the other until told to stop; `edits` by the revision that each made."""

    scene: Scene
    seed: int
    edits: dict[int, tuple[str, str]] = field(default_factory=dict)
    stopped: threading.Event = field(default_factory=threading.Event)

    def write(self) -> None:
        """Give people of the list other names."""
        chance = random.Random(self.seed)
        group = self.scene.group
        with account_scope(group.account_id):
            people = Recipient.objects.of(account_id=group.account_id, group_id=group.pk).values_list("id", "email")
            known = sorted(people)
        number = 0
        while not self.stopped.is_set():
            number += 1
            recipient_id, email = chance.choice(known)
            name = f"Neu {self.seed}.{number}"
            with account_scope(group.account_id):
                edit_recipient(
                    account_id=group.account_id,
                    group_id=group.pk,
                    recipient_id=recipient_id,
                    changes={"vorname": name},
                    actor=self.scene.editor,
                    now=timezone.now(),
                )
                revision = Group.objects.values_list("revision", flat=True).get(pk=group.pk)
            self.edits[revision] = (email, name)


@contextmanager
def writing(*writers: Writer) -> Iterator[list[InThread]]:
    """Let these people write while the block runs. Raises what kept one of them from going on."""
    threads = [InThread(writer.write) for writer in writers]
    for thread in threads:
        thread.start()
    try:
        yield threads
    finally:
        for writer in writers:
            writer.stopped.set()
        for thread in threads:
            thread.join()
    for thread in threads:
        if thread.error is not None:
            raise thread.error


def edited(rows: Rows, edits: dict[int, tuple[str, str]], revisions: Iterable[int]) -> Rows:
    """The rows after the edits that made these revisions."""
    found = dict(rows)
    for revision in revisions:
        email, name = edits[revision]
        found[email] = found[email] | {"vorname": name}
    return found


@pytest.mark.parametrize("seed", [1, 2])
def test_backup_of_an_import_holds_every_edit_before_it_and_none_after(workers: list[Process], seed: int) -> None:
    scene = make_scene(known=2_000, read=4_000, seed=seed)
    writers = [Writer(scene, seed * 10 + number) for number in range(2)]
    with writing(*writers):
        wait_until(lambda: all(len(writer.edits) > 3 for writer in writers), "the writers' first edits")
        confirm(scene.run, scene.editor)
        run = wait_for_end(scene.run)
    edits = {revision: edit for writer in writers for revision, edit in writer.edits.items()}
    backup = releasing_backup(run)
    assert backup.revision is not None
    before = range(scene.revision + 1, backup.revision + 1)
    behind = range(backup.revision + 1 + IMPORT_RAISES, max(edits) + 1)
    replaced = edited(scene.before, edits, before)
    after, report = imported(replaced, scene.file_rows)
    assert (run.status, run.report) == (Import.Status.DONE, report | {"backup": str(backup.pk)})
    assert rows_in(backup) == replaced
    assert before, "nobody wrote before the import"
    assert behind, "nobody wrote after the import"
    assert rows_of(scene.group) == edited(after, edits, behind)
    assert_no_file_is_left_over(scene.group)


def test_edit_in_the_last_moment_before_the_change_is_in_another_backup(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=51)
    start_worker("backups")
    confirm(scene.run, scene.editor)
    wait_for_end(backups_of(scene.group)[0])
    with other_connection() as writer:
        writer.execute("SELECT FROM recipients_group WHERE id = %s FOR UPDATE", [scene.group.pk])
        start_worker("imports")
        wait_until(lambda: is_blocked(writer, 'SELECT "recipients_group"'), "the change held by the list's lock")
        assert fresh(scene.run).status == Import.Status.APPLYING
        replaced = edit_one(scene, writer)
    assert_second_backup_released_it(scene, replaced)


def test_edit_after_the_backup_was_begun_is_in_another_backup(start_worker: StartWorker) -> None:
    scene = make_small_scene(seed=57)
    confirm(scene.run, scene.editor)
    with other_connection() as writer:
        writer.execute("LOCK TABLE recipients_field IN ACCESS EXCLUSIVE MODE")
        start_worker("backups")
        wait_until(
            lambda: is_blocked(writer, 'SELECT "recipients_field"'), "the backup held after it read the list's revision"
        )
        replaced = edit_one(scene, writer)
    start_worker("imports")
    assert_second_backup_released_it(scene, replaced)


def edit_one(scene: Scene, writer: psycopg.Connection) -> Rows:
    """Change one recipient in the writer's transaction and commit it; gives all rows as they are then."""
    email = max(scene.before.keys() & scene.after.keys())
    writer.execute("UPDATE recipients_group SET revision = revision + 1 WHERE id = %s", [scene.group.pk])
    writer.execute("UPDATE recipients_recipient SET source = 'Telefon' WHERE email = %s", [email])
    writer.commit()
    return scene.before | {email: scene.before[email] | {"source": "Telefon"}}


def assert_second_backup_released_it(scene: Scene, replaced: Rows) -> None:
    """The import was made after a second backup, of `replaced`; the first one is of the state before that."""
    run = wait_for_end(scene.run)
    first, second = backups_of(scene.group)
    assert (rows_in(first), rows_in(second)) == (scene.before, replaced)
    assert releasing_backup(run) == second
    assert rows_of(scene.group) == imported(replaced, scene.file_rows)[0]


@pytest.mark.parametrize("seed", range(2))
def test_of_two_imports_confirmed_at_once_one_is_refused(workers: list[Process], seed: int) -> None:
    scene = make_small_scene(seed=seed)
    other = make_draft(scene.group, "E-Mail\nandere@example.org\n")
    errors = at_once(lambda: confirm(scene.run, scene.editor), lambda: confirm(other, scene.editor))
    assert {type(error) for error in errors} == {ImportAlreadyRunning, type(None)}
    started, refused = (scene.run, other) if errors[0] is None else (other, scene.run)
    assert wait_for_end(started).status == Import.Status.DONE
    assert fresh(refused).status == Import.Status.DRAFT


def test_second_import_follows_the_first(workers: list[Process]) -> None:
    scene = make_small_scene(seed=52)
    other = make_draft(scene.group, "E-Mail\nandere@example.org\n")
    confirm(scene.run, scene.editor)
    with pytest.raises(ImportAlreadyRunning):
        confirm(other, scene.editor)
    wait_for_end(scene.run)
    assert_imported(scene)
    confirm(other, scene.editor)
    run = wait_for_end(other)
    assert (run.report["added"], rows_in(releasing_backup(run))) == (1, scene.after)


@pytest.mark.parametrize("seed", range(4))
def test_import_and_deletion_at_once_follow_each_other(workers: list[Process], seed: int) -> None:
    scene = make_small_scene(seed=seed)
    if seed % 2:
        ask_for_preview(scene)
        wait_for_preview(scene)
    unconfirmed = fresh(scene.run).status
    errors = at_once(lambda: confirm(scene.run, scene.editor), lambda: ask_for_deletion(scene))
    assert errors[1] is None
    with account_scope(scene.account.pk):
        deletion = Deletion.objects.get()
    wait_for_end(deletion)
    if isinstance(errors[0], CannotImport):
        assert isinstance(errors[0], GroupDeleted)
        assert fresh(scene.run).status == unconfirmed
        assert_deleted(scene, deletion)
        return
    assert errors[0] is None
    run = wait_for_end(scene.run)
    assert rows_of(scene.group) == {}
    if run.status == Import.Status.DONE:
        assert (rows_in(releasing_backup(run)), rows_in(releasing_backup(reload(deletion)))) == (
            scene.before,
            scene.after,
        )
    else:
        assert (run.status, run.failure) == (Import.Status.FAILED, "group_deleted")
        assert_deleted(scene, deletion)


def test_import_into_a_list_that_is_about_to_be_deleted_is_refused(committed_db: None) -> None:
    scene = make_small_scene(seed=56)
    ask_for_deletion(scene)
    with pytest.raises(GroupDeleted):
        confirm(scene.run, scene.editor)
    assert fresh(scene.run).status == Import.Status.DRAFT


@pytest.mark.parametrize("backup", ["complete", "pending"])
def test_import_into_a_list_deleted_meanwhile_fails_and_says_so(committed_db: None, backup: str) -> None:
    scene = make_small_scene(seed=53)
    confirm(scene.run, scene.editor)
    advance(scene.run)
    if backup == "complete":
        take_pending(scene.group)
    deletion = ask_for_deletion(scene)
    with account_scope(scene.account.pk):
        (own,) = Backup.objects.filter(change_id=deletion.pk).values_list("pk", flat=True)
    take_backup(account_id=scene.account.pk, backup_id=own)
    advance_deletion(account_id=scene.account.pk, deletion_id=deletion.pk)
    run = advance(scene.run)
    assert (run.status, run.failure) == (Import.Status.FAILED, "group_deleted")
    with account_scope(scene.account.pk):
        assert Backup.objects.count() == 2, "the import asked for one more backup of a list that is gone"
    assert_deleted(scene, deletion)


def test_deletion_asked_for_twice_at_once_is_one(committed_db: None) -> None:
    scene = make_small_scene(seed=54)
    assert at_once(*[lambda: ask_for_deletion(scene)] * 3) == [None, None, None]
    with account_scope(scene.account.pk):
        assert (Deletion.objects.count(), Backup.objects.count()) == (1, 1)


def test_edit_after_the_deletion_is_refused(committed_db: None) -> None:
    scene = make_small_scene(seed=55)
    writer = Writer(scene, 1)
    deletion = ask_for_deletion(scene)

    def is_done_with_a_step() -> bool:
        take_pending(scene.group)
        advance_deletion(account_id=scene.account.pk, deletion_id=deletion.pk)
        return reload(deletion).status != Deletion.Status.WAITING

    def delete() -> None:
        with writing(writer) as threads:
            wait_until(is_done_with_a_step, "the end of the deletion")
            threads[0].join(WAIT_SECONDS)

    with pytest.raises(GroupGone):
        delete()
    backup = releasing_backup(reload(deletion))
    assert rows_in(backup) == edited(scene.before, writer.edits, range(2, max(writer.edits, default=1) + 1))
    assert backup.revision == max(writer.edits, default=1)


def test_account_wide_values_changed_by_another_lists_import_are_in_the_backup(committed_db: None) -> None:
    account = make_account()
    editor = make_member(account)
    make_field(account, "Ort", FieldType.TEXT)
    first, second = make_group(account, "Eins"), make_group(account, "Zwei")
    for group in (first, second):
        make_recipient(group, "ada@example.org")
    make_contact(account, "ada@example.org", {"ort": "Ulm"})
    waiting = make_draft(first, "E-Mail\nneu@example.org\n")
    confirm(waiting, editor)
    advance(waiting)
    take_pending(first)
    other = run_through(make_draft(second, "E-Mail;Ort\nada@example.org;Köln\n", targets=("email", "ort")), editor)
    assert other.status == Import.Status.DONE
    assert advance(waiting).status == Import.Status.WAITING
    take_pending(first)
    done = advance(waiting)
    assert done.status == Import.Status.DONE
    assert [places_in(backup) for backup in backups_of(first)] == [["Ulm"], ["Köln"]]


def places_in(backup: Backup) -> list[Any]:
    """The values of the field `ort` in a backup."""
    return [row["ort"] for row in raw_rows_in(backup)]
