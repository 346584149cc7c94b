"""An import and a deletion in one list: one after the other, and an import never fills a field that is gone."""

import pytest

from imports.confirming import DeletionRunning
from imports.models import Import
from recipients.models import Deletion
from tests.faults.rows import rows_of
from tests.recipients.deletion_scene import KINDS, Scene, make_scene, remaining
from tests.recipients.deletions import carry_out, step
from tests.runs import advance, confirm, make_draft, take_pending


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


@pytest.mark.parametrize("kind", ["recipients", "clearing", "field"])
def test_an_import_is_refused_while_a_deletion_waits(scene: Scene, kind: str) -> None:
    deletion = KINDS[kind](scene)
    run = make_draft(scene.group, "E-Mail\nneu@example.org\n")
    with pytest.raises(DeletionRunning):
        confirm(run, scene.editor)
    carry_out(deletion, scene.group)
    confirm(run, scene.editor)
    advance(run)
    take_pending(scene.group)
    assert advance(run).status == Import.Status.DONE


@pytest.mark.parametrize(("kind", "target"), [("field", "ort"), ("account_wide_field", "nummer")])
def test_an_import_that_fills_a_field_deleted_meanwhile_fails_and_changes_nothing(
    scene: Scene, kind: str, target: str
) -> None:
    run = make_draft(scene.group, "E-Mail;Wert\nanna@example.org;7\n", targets=("email", target))
    confirm(run, scene.editor)
    advance(run)
    take_pending(scene.group)

    done = carry_out(KINDS[kind](scene), *scene.lists)
    advance(run)  # its backup is of another state now
    take_pending(scene.group)
    ended = advance(run)

    assert (done.status, ended.status, ended.failure) == (
        *(Deletion.Status.DONE, Import.Status.FAILED),
        "fields_changed",
    )
    assert scene.rows() == remaining(scene, kind)


def test_a_deletion_waits_for_a_backup_of_what_an_import_made(scene: Scene) -> None:
    run = make_draft(scene.group, "E-Mail\nneu@example.org\n")
    confirm(run, scene.editor)
    advance(run)
    take_pending(scene.group)
    deletion = KINDS["clearing"](scene)
    take_pending(scene.group)
    assert advance(run).status == Import.Status.DONE
    assert step(deletion).status == Deletion.Status.WAITING
    assert "neu@example.org" in rows_of(scene.group)
    assert carry_out(deletion, scene.group).recipient_count == 6
