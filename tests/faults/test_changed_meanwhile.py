"""A list and its block list that change before an import is applied (mission P1, P3; F5).

The import is of what the person confirmed, as far as the block list allows it now, and its report says what it did.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connections
from django.utils import timezone

from accounts.tenancy import account_scope
from imports.confirming import ImportAlreadyRunning, preview_again
from imports.models import Import
from recipients.masterdata.file import FieldScope
from recipients.masterdata.options import Mode
from recipients.models import Recipient
from recipients.services.blocking import block_addresses
from recipients.services.recipients import edit_recipient
from tests.faults.beside import InThread, at_once, have_preview_made, steps_done
from tests.faults.holding import held_import, is_waiting
from tests.faults.scenario import Scene, imported, make_run, make_small_scene
from tests.faults.storages import LastDeedStorage, storage_of
from tests.faults.verdicts import assert_imported, assert_no_file_is_left_over, assert_previewed, numbers_of
from tests.faults.watching import sweep, wait_for_end, wait_for_preview, wait_until
from tests.runs import advance, confirm, fresh, take_pending

LOCK = 'SELECT "recipients_group"'


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_small_scene(seed=91)


def end(scene: Scene) -> Import:
    """Have the import done to its end."""
    with steps_done(scene):
        return wait_for_end(scene.run)


def block(scene: Scene, scope: FieldScope) -> None:
    """Put one address of the file that is new, and one that is in the list, on a block list."""
    with account_scope(scene.account.pk):
        block_addresses(
            account=scene.account,
            group=scene.group if scope is FieldScope.LIST else None,
            patterns=blocked_in(scene),
            actor=scene.editor,
            now=timezone.now(),
        )


def blocked_in(scene: Scene) -> set[str]:
    """The addresses that `block` blocks."""
    read = {row["email"] for row in scene.file_rows}
    return {max(read - scene.before.keys()), max(read & scene.before.keys())}


def blocked(scene: Scene, scope: FieldScope, *, previewed: bool = False) -> Scene:
    """The scene as it must come out when the addresses are blocked before it is applied."""
    rows = [row for row in scene.file_rows if row["email"] not in blocked_in(scene)]
    left_out = len(scene.file_rows) - len(rows)
    after, report = imported(scene.before, rows)
    reasons = report["rejected_by_reason"] | {"blocked": left_out}
    changed = {
        "rows": report["rows"] + left_out,
        "rejected": report["rejected"] + left_out,
        "rejected_by_reason": reasons,
        "as_previewed": not previewed,
    }
    # A list's own block list is part of its backups, so that the import needs one of the state with the patterns.
    return replace(scene, after=after, report=report | changed, revision=scene.revision + (scope is FieldScope.LIST))


@pytest.mark.parametrize("scope", list(FieldScope))
@pytest.mark.parametrize("previewed", [False, True])
def test_file_is_read_again_when_the_block_list_changed_after_the_reading(
    scene: Scene, scope: FieldScope, *, previewed: bool
) -> None:
    if previewed:
        have_preview_made(scene)
        block(scene, scope)
    confirm(scene.run, scene.editor)
    advance(scene.run)
    take_pending(scene.group)
    if not previewed:
        block(scene, scope)
    end(scene)
    assert_imported(blocked(scene, scope, previewed=previewed))


@pytest.mark.parametrize("scope", list(FieldScope))
def test_preview_made_again_heeds_a_block_list_that_changed(scene: Scene, scope: FieldScope) -> None:
    have_preview_made(scene)
    block(scene, scope)
    with account_scope(scene.account.pk):
        preview_again(run=scene.run, reactivate=False)
    with steps_done(scene):
        wait_for_preview(scene)
    expected = blocked(scene, scope)
    assert_previewed(expected)
    confirm(scene.run, scene.editor)
    end(scene)
    assert_imported(expected)


@pytest.mark.parametrize("scope", list(FieldScope))
def test_file_is_read_again_when_the_block_list_changes_in_the_last_moment(scene: Scene, scope: FieldScope) -> None:
    confirm(scene.run, scene.editor)
    advance(scene.run)
    take_pending(scene.group)
    with being_blocked(scene, scope):
        worker = InThread(lambda: advance(scene.run))
        worker.start()
        wait_until(lambda: is_waiting(LOCK), "the change held by the list's lock")
        assert fresh(scene.run).status == Import.Status.APPLYING
    worker.join()
    run = fresh(scene.run)
    assert (worker.error, run.status, run.rows_key) == (None, Import.Status.READING, "")
    assert_no_file_is_left_over(scene.group)
    end(scene)
    assert_imported(blocked(scene, scope))


@contextmanager
def being_blocked(scene: Scene, scope: FieldScope) -> Iterator[None]:
    """Have the addresses blocked in a transaction that ends with the block."""
    done, over = threading.Event(), threading.Event()

    def block_slowly() -> None:
        with account_scope(scene.account.pk):
            block(scene, scope)
            done.set()
            over.wait()

    person = InThread(block_slowly)
    person.start()
    try:
        done.wait()
        yield
    finally:
        over.set()
        person.join()
    if person.error is not None:
        raise person.error


@pytest.mark.parametrize("scope", list(FieldScope))
def test_block_list_changes_after_an_import_that_is_being_applied(scene: Scene, scope: FieldScope) -> None:
    person = InThread(lambda: block(scene, scope))
    with steps_done(scene):
        with held_import(scene, "updating"):
            person.start()
            wait_until(lambda: is_waiting(LOCK), "the person held by the list's lock")
        wait_for_end(scene.run)
    person.join()
    assert person.error is None
    assert_imported(scene)


def test_what_was_read_is_kept_when_the_database_stops_before_it_is_read_again(scene: Scene) -> None:
    confirm(scene.run, scene.editor)
    advance(scene.run)
    take_pending(scene.group)
    block(scene, FieldScope.ACCOUNT)
    with storage_of("imports", LastDeedStorage):
        worker = InThread(lambda: advance(scene.run))
        worker.start()
        worker.join()
    connections.close_all()
    end(scene)
    assert_imported(blocked(scene, FieldScope.ACCOUNT))


def test_report_says_when_the_list_changed_after_the_preview(scene: Scene) -> None:
    have_preview_made(scene)
    known = max({row["email"] for row in scene.file_rows} & scene.before.keys())
    with account_scope(scene.account.pk):
        edit_recipient(
            account_id=scene.account.pk,
            group_id=scene.group.pk,
            recipient_id=Recipient.objects.get(email=known).id,
            changes={"email": "umgezogen@example.org"},
            actor=scene.editor,
            now=timezone.now(),
        )
    moved = scene.before.pop(known) | {"email": "umgezogen@example.org"}
    before = scene.before | {"umgezogen@example.org": moved}
    after, report = imported(before, scene.file_rows)
    confirm(scene.run, scene.editor)
    end(scene)
    assert_imported(
        replace(
            scene,
            before=before,
            after=after,
            report=report | {"as_previewed": False},
            revision=scene.revision + 1,
        )
    )


@pytest.mark.parametrize("seed", range(3))
def test_two_previewed_imports_confirmed_at_once_follow_each_other(committed_db: None, seed: int) -> None:
    scene = make_small_scene(seed=seed)
    other = replace(scene, mode=Mode.DELETE, run=make_run(scene.group, scene.file_rows, Mode.DELETE, scene.scope))
    for one in (scene, other):
        have_preview_made(one)
    errors = at_once(lambda: confirm(scene.run, scene.editor), lambda: confirm(other.run, other.editor))
    first, second = (scene, other) if errors[0] is None else (other, scene)
    assert {type(error) for error in errors} == {ImportAlreadyRunning, type(None)}
    assert fresh(second.run).status == Import.Status.PREVIEWED
    rows = assert_follows(first, scene.before, as_previewed=True)
    confirm(second.run, second.editor)
    assert_follows(second, rows, as_previewed=False)


def assert_follows(
    scene: Scene, before: dict[str, dict[str, object]], *, as_previewed: bool
) -> dict[str, dict[str, object]]:
    """The confirmed import is made of a list that holds `before`; gives what it holds then."""
    numbers_of(scene.group)
    revision = scene.group.revision
    after, report = imported(before, scene.file_rows, scene.mode)
    end(scene)
    assert_imported(
        replace(scene, before=before, after=after, revision=revision, report=report | {"as_previewed": as_previewed})
    )
    return after


def test_second_import_fills_the_field_that_the_first_one_made(scene: Scene) -> None:
    other = replace(scene, run=make_run(scene.group, scene.file_rows, scene.mode, scene.scope))
    have_preview_made(other)
    confirm(scene.run, scene.editor)
    end(scene)
    confirm(other.run, other.editor)
    run = end(other)
    assert (run.status, run.new_fields) == (Import.Status.DONE, [])
    sweep()
    assert_imported(scene)
