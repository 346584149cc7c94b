"""A worker that is killed in the one transaction of a deletion: nothing is deleted, and another one ends it."""

from collections.abc import Callable

import pytest

from recipients.models import Deletion
from tests.faults.holding import ENDING, is_blocked, is_waiting, other_connection
from tests.faults.rows import raw_rows_in
from tests.faults.watching import wait_for_end, wait_until
from tests.processes import Process
from tests.recipients.deletion_scene import KINDS, Scene, changed_lists, every_kind, make_scene, remaining
from tests.recipients.deletions import as_it_is, backups_for

StartWorker = Callable[..., Process]

# A row that the deletion must have, and the statement that waits for it.
HELD = {
    "recipients": ("recipients_recipient", "anna@example.org", 'DELETE FROM "recipients_recipient"'),
    "clearing": ("recipients_recipient", "joanna@example.org", "DELETE FROM recipients_recipient"),
    "field": ("recipients_recipient", "joanna@example.org", "UPDATE recipients_recipient"),
    "account_wide_field": ("recipients_contact", "zoe@example.org", "DELETE FROM recipients_contact"),
}


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


@every_kind
@pytest.mark.parametrize("stage", ["deleting", "finishing"])
def test_a_killed_worker_deletes_nothing_and_another_all(
    scene: Scene, start_worker: StartWorker, kind: str, stage: str
) -> None:
    worker = start_worker()
    table, email, statement = HELD[kind]
    with other_connection() as blocker, other_connection() as second:
        blocker.execute(f"SELECT FROM {table} WHERE email = %s FOR UPDATE", [email])
        deletion = KINDS[kind](scene)
        wait_until(lambda: is_blocked(blocker, statement), "the deletion held by a lock")
        if stage == "finishing":
            second.execute("SELECT FROM recipients_deletion WHERE id = %s FOR UPDATE", [deletion.pk])
            blocker.rollback()
            wait_until(lambda: is_waiting(ENDING["deletion"]), "the deletion's row held by a lock")
        worker.kill()
    assert (as_it_is(deletion).status, scene.rows()) == (Deletion.Status.WAITING, scene.before)

    start_worker()
    done = wait_for_end(deletion)

    assert (done.status, done.failure) == (Deletion.Status.DONE, "")
    assert scene.rows() == remaining(scene, kind)
    assert {backup.group_id: {row["email"]: row for row in raw_rows_in(backup)} for backup in backups_for(done)} == {
        one.pk: scene.before[one.pk] for one in changed_lists(scene, kind)
    }
