"""Asking for a deletion: once, twice, beside another one, of what is locked or gone."""

import pytest

from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.deletion import DeletionUnderWay, FieldGone, GroupGone, GroupLocked
from recipients.holds import Interface
from recipients.models import Deletion, Group
from tests.factories import NOW, make_field, make_recipient
from tests.recipients.deletion_scene import KINDS, Scene, changed_lists, every_kind, make_scene
from tests.recipients.deletions import (
    ask_to_clear,
    ask_to_delete,
    ask_to_delete_field,
    backups_for,
    carry_out,
    step,
)


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


# --- asking -------------------------------------------------------------------------------------------------------


@every_kind
def test_asking_twice_is_one_deletion(scene: Scene, kind: str) -> None:
    first, second = KINDS[kind](scene), KINDS[kind](scene)
    assert first.pk == second.pk
    assert len(backups_for(first)) == len(changed_lists(scene, kind))


@every_kind
def test_doing_it_twice_deletes_once(scene: Scene, kind: str) -> None:
    deletion = KINDS[kind](scene)
    carry_out(deletion, *scene.lists)
    late = "late@example.org"
    make_recipient(scene.group, late)
    after = scene.rows()
    assert (step(deletion).status, scene.rows()) == (Deletion.Status.DONE, after)


@every_kind
def test_another_deletion_of_the_list_has_to_end_first(scene: Scene, kind: str) -> None:
    if kind == "account_wide_field":
        first = ask_to_delete_field(make_field(scene.account, "Farbe"), scene.editor)
    else:
        first = ask_to_delete(scene.group, scene.editor)
    with pytest.raises(DeletionUnderWay) as refused:
        KINDS[kind](scene)
    assert refused.value.deletion.pk == first.pk


@every_kind
def test_a_locked_list_is_refused(scene: Scene, kind: str) -> None:
    with account_scope(scene.account.pk):
        Group.objects.filter(pk=scene.group.pk).update(locked=True)
    with pytest.raises(GroupLocked) as refused:
        KINDS[kind](scene)
    assert refused.value.group_name == "Kunden"
    with account_scope(scene.account.pk):
        assert (Deletion.objects.count(), Backup.objects.count()) == (0, 0)


@pytest.mark.parametrize("kind", ["recipients", "clearing", "field"])
def test_a_deleted_list_is_refused(scene: Scene, kind: str) -> None:
    with account_scope(scene.account.pk):
        Group.objects.filter(pk=scene.group.pk).update(deleted_at=NOW)
    with pytest.raises(GroupGone):
        KINDS[kind](scene)


@pytest.mark.parametrize("kind", ["field", "account_wide_field"])
def test_a_field_that_is_gone_is_refused(scene: Scene, kind: str) -> None:
    carry_out(KINDS[kind](scene), *scene.lists)
    with pytest.raises(FieldGone):
        KINDS[kind](scene)


# --- through an interface -----------------------------------------------------------------------------------------


def test_what_a_program_asks_for_is_carried_out_at_once_and_without_a_backup(scene: Scene) -> None:
    deletions = [
        ask_to_delete_field(scene.number, scene.editor, interface=Interface.API),
        ask_to_clear(scene.group, scene.editor, interface=Interface.API),
        ask_to_delete(scene.other, scene.editor, interface=Interface.API),
    ]
    assert [step(one).status for one in deletions] == [Deletion.Status.DONE] * 3
    assert scene.rows() == {scene.group.pk: {}, scene.other.pk: {}}
    with account_scope(scene.account.pk):
        assert not Backup.objects.exists()


def test_who_asks_in_the_browser_is_not_served_by_what_a_program_asked_for(scene: Scene) -> None:
    ask_to_clear(scene.group, scene.editor, interface=Interface.API)
    with pytest.raises(DeletionUnderWay):
        ask_to_clear(scene.group, scene.editor)
