"""Every task that works for one account, sent with the number of another one: it finds no job (mission P7).

The tasks are found in the Celery application; one that no job is known for makes the tests fail.
"""

import inspect
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts.models import Role
from accounts.tenancy import account_scope
from backups.exports.options import Options
from backups.models import Backup, Closure, Erasure, Export
from config.celery import app
from imports.models import Import
from recipients.erasing import erase_person
from recipients.models import Deletion
from tests.customer import Customer, make_customer
from tests.tenant_tables import everything_of

app.loader.import_default_modules()  # whichever tests this process runs before
APPS = ("accounts.", "recipients.", "imports.", "backups.")


def reading_import(customer: Customer) -> uuid.UUID:
    """An import whose file is to be read."""
    return customer.imports[Import.Status.READING].pk


def waiting_deletion(customer: Customer) -> uuid.UUID:
    """A deletion that may be carried out: the list has switched its backups off."""
    group = customer.other_group
    with account_scope(customer.account.pk):
        group.automatic_backups = False
        group.save(update_fields=["automatic_backups"])
        return Deletion.objects.create(account=customer.account, group=group, requested_at=timezone.now()).pk


def pending_backup(customer: Customer) -> uuid.UUID:
    """A backup that is to be made."""
    with account_scope(customer.account.pk):
        return Backup.objects.create(
            account=customer.account,
            group=customer.other_group,
            group_name=customer.other_group.name,
            trigger=Backup.Trigger.IMPORT,
            requested_at=timezone.now(),
            requested_by=customer.members[Role.OWNER],
        ).pk


def requested_verification(customer: Customer) -> uuid.UUID:
    """A backup whose file is to be read again."""
    with account_scope(customer.account.pk):
        Backup.objects.filter(pk=customer.backup.pk).update(verification_requested_at=timezone.now())
    return customer.backup.pk


def pending_export(customer: Customer) -> uuid.UUID:
    """An export whose file is to be made."""
    with account_scope(customer.account.pk):
        return Export.objects.create(
            account=customer.account,
            group=customer.group,
            backup=customer.backup,
            format="csv",
            options=Options(language="de").to_json(),
            requested_at=timezone.now(),
        ).pk


def waiting_erasure(customer: Customer) -> uuid.UUID:
    """Somebody who is to be taken out of files."""
    with account_scope(customer.account.pk):
        erase_person(
            account=customer.account,
            email=customer.recipient.email,
            actor=customer.members[Role.OWNER],
            now=timezone.now(),
        )
        return Erasure.objects.get(status=Erasure.Status.WAITING).pk


def due_backup(customer: Customer) -> uuid.UUID:
    """A backup whose time is over."""
    ago = timezone.now() - timedelta(days=60)
    with account_scope(customer.account.pk):
        Backup.objects.filter(pk=customer.backup.pk).update(requested_at=ago, completed_at=ago, expires_at=ago)
    return customer.backup.pk


def pending_closure(customer: Customer) -> uuid.UUID:
    """An account whose export is to be made."""
    with account_scope(customer.account.pk):
        Closure.objects.update(status=Closure.Status.EXPORTING)
    return customer.closure.pk


JOBS: dict[str, Callable[[Customer], uuid.UUID]] = {
    "imports.advance_import": reading_import,
    "recipients.advance_deletion": waiting_deletion,
    "backups.take_backup": pending_backup,
    "backups.make_export": pending_export,
    "backups.advance_erasure": waiting_erasure,
    "backups.verify_backup": requested_verification,
    "backups.purge_backup": due_backup,
    "backups.advance_closure": pending_closure,
}


def parameters_of_tasks() -> dict[str, list[str]]:
    """What each task of the apps is told; those that are told nothing look for work in all accounts themselves."""
    app.loader.import_default_modules()
    found = {name: list(inspect.signature(task.run).parameters) for name, task in app.tasks.items()}
    return {name: parameters for name, parameters in found.items() if name.startswith(APPS) and parameters}


def files_in(storage: Path) -> dict[str, bytes]:
    """Every file in the storage and what it holds."""
    return {str(path.relative_to(storage)): path.read_bytes() for path in storage.rglob("*") if path.is_file()}


def test_every_task_that_is_told_something_is_told_the_account_and_is_known_here() -> None:
    assert parameters_of_tasks() == {name: ["account_id", "job_id"] for name in JOBS}


@pytest.mark.parametrize("task", JOBS)
def test_a_task_does_nothing_to_the_job_of_another_account(task: str, committed_db: None, storage: Path) -> None:
    ours, theirs = make_customer("unserwort"), make_customer("fremdwort")
    job_id = JOBS[task](theirs)
    before = [everything_of(theirs.account.pk), everything_of(ours.account.pk), files_in(storage)]
    app.tasks[task](account_id=ours.account.pk, job_id=str(job_id))
    assert [everything_of(theirs.account.pk), everything_of(ours.account.pk), files_in(storage)] == before


@pytest.mark.parametrize("task", JOBS)
def test_a_task_does_the_job_of_its_account(task: str, committed_db: None, storage: Path) -> None:
    """Without this the test above could pass because there is nothing to be done."""
    ours, theirs = make_customer("unserwort"), make_customer("fremdwort")
    job_id = JOBS[task](theirs)
    before = everything_of(ours.account.pk), everything_of(theirs.account.pk)
    app.tasks[task](account_id=theirs.account.pk, job_id=str(job_id))
    assert everything_of(ours.account.pk) == before[0]
    assert everything_of(theirs.account.pk) != before[1]
