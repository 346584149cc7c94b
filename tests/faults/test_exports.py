"""Exports whose worker dies, is overtaken or stands still (F1): one whole file in the end, nothing left beside it."""

import hashlib
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import openpyxl
import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from backups.exporting import cancel_export, request_export
from backups.exports.options import Options
from backups.models import Backup, Export
from recipients.models import Group
from recipients.storage import place
from tests.backups.catalogue import take_backup_of
from tests.factories import NOW, make_account, make_group, make_member
from tests.faults.scenario import reload
from tests.faults.watching import is_caught, sweep_files_a_day_later, wait_for_end, writes
from tests.processes import Process

StartWorker = Callable[..., Process]
ROWS = 60_000  # big enough that writing lasts
TRIES = 5
DROPPED = "this attempt is dropped"


@pytest.fixture
def group(committed_db: None, storage: Path) -> Group:
    made = make_group(make_account(), "Kunden", recipient_count=ROWS, active_count=ROWS)
    with account_scope(made.account_id), connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO recipients_recipient (account_id, group_id, email, activated_at, tags, values)
            SELECT %s, %s, lpad(n::text, 7, '0') || '@example.org', %s, '{}', '{}' FROM generate_series(1, %s) AS n
            """,
            [made.account_id, made.pk, NOW, ROWS],
        )
    return made


@pytest.fixture
def person(group: Group) -> User:
    return make_member(group.account)


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


def ask(group: Group, person: User, backup: Backup | None, form: str = "xlsx") -> Export:
    with account_scope(group.account_id):
        return request_export(
            group=group,
            backup=backup,
            form=form,
            options=Options(language="de").to_json(),
            recipients=ROWS,
            actor=person,
            now=timezone.now(),
        )


def frozen_writer(start_worker: StartWorker, group: Group, person: User, backup: Backup) -> tuple[Process, Export]:
    """An export, and the worker that was stopped while it wrote the file; when that was missed, another one."""
    for _try in range(TRIES):
        worker = start_worker("maintenance")
        export = ask(group, person, backup)
        if is_caught(worker, partial(writes, worker, "export.xlsx"), partial(is_complete, export)):
            return worker, export
        worker.kill()
    pytest.fail(f"the writing was missed {TRIES} times")


def is_complete(export: Export) -> bool:
    return reload(export).status == Export.Status.COMPLETE


def files() -> list[str]:
    """The files of exports that are in storage."""
    return sorted(path.name for path in Path(place("backups").path("")).glob("*/exports/*"))


def assert_whole(export: Export) -> None:
    """The export is complete, its file holds everybody, and it is the only one."""
    now = reload(export)
    path = Path(place("backups").path(now.file_key))
    assert (now.status, files()) == (Export.Status.COMPLETE, [path.name])
    assert hashlib.sha256(path.read_bytes()).hexdigest() == now.sha256
    with closing(openpyxl.load_workbook(path, read_only=True)) as workbook:
        assert sum(1 for row in workbook.worksheets[0].iter_rows(max_col=1) if row[0].value) == ROWS + 1


@pytest.mark.parametrize("form", ["csv", "xlsx", "parquet"])
def test_large_list_is_exported_by_a_worker(form: str, start_worker: StartWorker, group: Group, person: User) -> None:
    start_worker("maintenance")
    export = wait_for_end(ask(group, person, None, form))
    assert (export.status, export.file_name.rpartition(".")[2], len(files())) == (Export.Status.COMPLETE, form, 1)


def test_worker_killed_while_it_writes(start_worker: StartWorker, group: Group, person: User, backup: Backup) -> None:
    worker, export = frozen_writer(start_worker, group, person, backup)
    worker.kill()
    assert reload(export).status == Export.Status.PENDING
    start_worker("maintenance")
    wait_for_end(export)
    sweep_files_a_day_later()
    assert_whole(export)


def test_worker_that_stood_still_and_was_overtaken_leaves_nothing(
    start_worker: StartWorker, group: Group, person: User, backup: Backup
) -> None:
    stopped, export = frozen_writer(start_worker, group, person, backup)
    start_worker("maintenance")
    wait_for_end(export)
    stopped.thaw()
    stopped.wait_for(DROPPED)
    assert_whole(export)


def test_export_cancelled_while_it_is_written_leaves_nothing(
    start_worker: StartWorker, group: Group, person: User, backup: Backup
) -> None:
    stopped, export = frozen_writer(start_worker, group, person, backup)
    with account_scope(group.account_id):
        assert cancel_export(export=export)
    stopped.thaw()
    stopped.wait_for(DROPPED)
    assert (reload(export).status, files()) == (Export.Status.CANCELLED, [])


def test_backup_purged_while_it_is_exported_takes_the_export_with_it(
    start_worker: StartWorker, group: Group, person: User, backup: Backup
) -> None:
    stopped, export = frozen_writer(start_worker, group, person, backup)
    with account_scope(group.account_id):
        Backup.objects.filter(pk=backup.pk).delete()
    stopped.thaw()
    stopped.wait_for(DROPPED)
    with account_scope(group.account_id):
        assert (Export.objects.filter(pk=export.pk).exists(), files()) == (False, [])
