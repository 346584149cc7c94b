"""What must hold before a backup counts, and before a change goes on because of it (docs/backup-invariants.md)."""

import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.on_demand import request_on_demand
from backups.taking import StoredFileDiffers, store
from backups.verification import Outcome, verify_backup
from imports.models import Import
from recipients.masterdata.take import Taken, take
from recipients.models import Group
from tests.backups.catalogue import take_backup_of
from tests.backups.damage import DAMAGES, flip_one_bit
from tests.factories import make_account, make_group, make_member, make_recipient
from tests.faults.scenario import make_small_scene
from tests.faults.verdicts import assert_imported, assert_untouched, stored
from tests.runs import advance, backups_of, confirm, take_pending


@pytest.mark.django_db
@pytest.mark.parametrize("told", [{"recipient_count": 2}, {"revision": 4711}])
def test_file_with_other_counts_than_were_taken_is_not_kept(
    told: dict[str, int], storage: Path, tmp_path: Path
) -> None:
    group = make_group(make_account())
    make_recipient(group)
    path = tmp_path / "backup.parquet"
    with account_scope(group.account_id):
        taken: Taken = take(
            group=Group.objects.get(pk=group.pk),
            path=path,
            trigger="import",
            now=timezone.now(),
            progress=lambda _done, _known: None,
        )
    backup = Backup(account_id=group.account_id, group_id=group.pk)
    with pytest.raises(StoredFileDiffers):
        store(backup, path, replace(taken, **told), attempt=uuid.uuid4())
    assert stored("backups", group.account_id) == set()
    assert store(backup, path, taken, attempt=uuid.uuid4())["recipient_count"] == 1


def test_change_does_not_go_on_by_a_backup_that_was_found_damaged(committed_db: None, storage: Path) -> None:
    scene = make_small_scene(seed=64)
    confirm(scene.run, scene.editor)
    advance(scene.run)
    take_pending(scene.group)
    (damaged,) = backups_of(scene.group)
    flip_one_bit(damaged, damaged)
    verify_backup(backup=damaged, now=timezone.now())
    assert advance(scene.run).status == Import.Status.WAITING
    assert_untouched(scene)
    take_pending(scene.group)
    advance(scene.run)
    assert_imported(scene)
    sound = {backup.file_key for backup in backups_of(scene.group) if not backup.damage}
    assert (len(sound), damaged.file_key in sound) == (1, False)


def complete(group: Group, editor_id: int) -> Backup:
    """A backup of the list on demand, taken as a worker would."""
    with account_scope(group.account_id):
        request_on_demand(
            group=Group.objects.get(pk=group.pk), actor=User.objects.get(pk=editor_id), now=timezone.now()
        )
    take_pending(group)
    return max(backups_of(group), key=lambda backup: backup.requested_at)


@pytest.mark.parametrize("damage", DAMAGES)
def test_new_backup_of_an_unchanged_list_does_not_point_at_a_damaged_file(
    damage: str, committed_db: None, storage: Path, tmp_path: Path
) -> None:
    """Though nobody knows of the damage yet: the file is read before another backup points at it."""
    group = make_group(make_account())
    make_recipient(group)
    editor = make_member(group.account)
    other = take_backup_of(make_group(group.account, "Presse"), tmp_path)
    first = complete(group, editor.pk)
    assert complete(group, editor.pk).file_key == first.file_key
    DAMAGES[damage][0](first, other)
    second = complete(group, editor.pk)
    assert second.file_key != first.file_key
    assert verify_backup(backup=second, now=timezone.now()) is Outcome.INTACT
