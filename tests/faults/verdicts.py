"""What a fault may leave: the list as it was, or changed whole by a change whose backup holds what it replaced."""

from accounts.models import AuditAction, AuditEntry
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.models import Deletion, Group
from tests import environment
from tests.faults.rows import Rows, bare, is_lost, numbers_in, rows_in, rows_of
from tests.faults.scenario import Scene, activities_of, reload
from tests.recipients.masterdata.model import is_active
from tests.runs import backups_of, fresh


def assert_untouched(scene: Scene) -> None:
    """The list is exactly as it was before the import: its rows, its fields, its numbers."""
    assert rows_of(scene.group) == scene.before
    assert numbers_of(scene.group) == numbers_in(scene.before)
    assert scene.group.revision == scene.revision


def assert_previewed(scene: Scene) -> None:
    """The preview is made, says what the import would do, and has changed nothing; no file but its own is left."""
    run = fresh(scene.run)
    outcome = {name: scene.report[name] for name in run.preview["outcome"]}
    report = {name: scene.report[name] for name in ("rows", "rejected", "rejected_by_reason", "notes")}
    assert (run.status, run.failure, run.preview["outcome"], run.report) == (
        Import.Status.PREVIEWED,
        "",
        outcome,
        report,
    )
    assert_untouched(scene)
    assert backups_of(scene.group) == []
    assert_no_file_is_left_over(scene.group)


def assert_unread(scene: Scene) -> None:
    """The import is a draft again, nothing of which has been read; nothing has changed and no file is left of it."""
    run = fresh(scene.run)
    assert (run.status, run.preview, run.report, run.rows_key, run.rejected_key) == (
        Import.Status.DRAFT,
        {},
        {},
        "",
        "",
    )
    assert_untouched(scene)
    assert stored("imports", scene.account.pk) == {run.file_key}


def assert_cancelled(scene: Scene) -> None:
    """The import ended as cancelled, changed nothing, and left no file but what its row names."""
    run = fresh(scene.run)
    assert (run.status, run.claim, run.report.get("added"), run.preview) == (Import.Status.CANCELLED, None, None, {})
    assert (run.file_key, run.rows_key) == ("", "")
    assert_untouched(scene)
    assert_no_file_is_left_over(scene.group)


def assert_imported(scene: Scene) -> None:
    """The import was applied whole and once, after a complete backup of exactly what it replaced; nothing else is left.

    Its report is the model's, names that backup, and is what a comparison of the backup with the list says.
    """
    run = fresh(scene.run)
    backup = releasing_backup(run)
    assert (run.status, run.failure, run.report) == (
        Import.Status.DONE,
        "",
        scene.report | {"backup": str(backup.pk)},
    )
    replaced, rows = rows_in(backup), rows_of(scene.group)
    assert rows == scene.after
    assert numbers_of(scene.group) == numbers_in(scene.after)
    assert (replaced, backup.revision) == (scene.before, scene.revision)
    assert (backup.recipient_count, backup.active_count) == numbers_in(scene.before)
    compared = compare(replaced, rows)
    assert {name: run.report[name] for name in compared} == compared
    with account_scope(run.account_id):
        done = Import.objects.filter(status=Import.Status.DONE).count()
        assert AuditEntry.objects.filter(action=AuditAction.IMPORT_DONE).count() == done
    assert_no_file_is_left_over(scene.group)


def compare(before: Rows, after: Rows) -> dict[str, int]:
    """The figures of a report that can be told from a list before and after."""
    both = before.keys() & after.keys()
    return {
        "added": len(after.keys() - before.keys()),
        "removed": len(before.keys() - after.keys()),
        "changed": sum(bare(before[email]) != bare(after[email]) for email in both),
        "signed_off": sum(is_active(before[email]) and not is_active(after[email]) for email in both),
        "reactivated": sum(is_active(after[email]) and is_lost(before[email]) for email in both),
    }


def releasing_backup(change: Import | Deletion) -> Backup:
    """The backup that a change was made after."""
    with account_scope(change.account_id):
        backup: Backup = Backup.objects.filter(change_id=change.pk).latest("requested_at")
    assert backup.status == Backup.Status.COMPLETE
    assert backup.completed_at is not None
    assert change.finished_at is not None
    assert backup.completed_at <= change.finished_at
    return backup


def assert_deleted(scene: Scene, deletion: Deletion) -> None:
    """The list was deleted whole and once, after a complete backup of exactly what it held."""
    assert (rows_of(scene.group), activities_of(scene), numbers_of(scene.group)) == ({}, 0, (0, 0))
    done = reload(deletion)
    assert (done.status, done.failure, done.recipient_count) == (Deletion.Status.DONE, "", len(scene.before))
    assert scene.group.deleted_at is not None
    backup = releasing_backup(done)
    assert (rows_in(backup), backup.revision) == (scene.before, scene.group.revision - 1)
    with account_scope(scene.account.pk):
        assert AuditEntry.objects.filter(action=AuditAction.GROUP_DELETED).count() == 1
    assert_no_file_is_left_over(scene.group)


def numbers_of(group: Group) -> tuple[int, int]:
    """How many recipients and how many active ones the list says it has; the list is read anew."""
    with account_scope(group.account_id):
        group.refresh_from_db()
    return group.recipient_count, group.active_count


def assert_no_file_is_left_over(group: Group) -> None:
    """Storage holds what the rows of imports and backups refer to, and nothing else."""
    with account_scope(group.account_id):
        backups = set(Backup.objects.exclude(file_key="").values_list("file_key", flat=True))
        runs = Import.objects.values_list("file_key", "rows_key", "rejected_key")
        imports = {key for keys in runs for key in keys if key}
    assert stored("backups", group.account_id) == backups
    assert stored("imports", group.account_id) == imports


def stored(place: str, account_id: int) -> set[str]:
    """The keys of all files of an account in a place, unfinished ones too."""
    folder = environment.STORAGE / place
    return {str(path.relative_to(folder)) for path in (folder / str(account_id)).rglob("*") if path.is_file()}
