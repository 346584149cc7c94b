"""No call of the interface makes a backup, whatever the switches say (mission A8); in the browser the same does.

The calls are taken from the description: a new one that nobody knows here makes these tests fail.
"""

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.confirming import confirm_import
from imports.models import Import
from recipients.deleting import Chosen
from recipients.deletion import (
    advance_deletion,
    request_clearing,
    request_deletion,
    request_field_deletion,
    request_recipients_deletion,
)
from recipients.models import Deletion, Group
from tests.caller import PREFIX, Answer, Caller
from tests.config.api.calls import WRITES, Scene, below, body_for
from tests.customer import rolled_back
from tests.customer_imports import make_import

# What is asked for by name, and the safety backup before a restore.
ASKED_FOR = {
    f"{PREFIX}/groups/{{group_id}}/backups": ["on_demand"],
    f"{PREFIX}/restores/{{restore_id}}/confirm": ["restore"],
}


def new_backups(scene: Scene, act: Callable[[], None]) -> list[str]:
    """Why backups were asked for by what `act` does and by the deletions that follow from it."""
    account_id = scene.customer.account.pk
    with account_scope(account_id):
        before = set(Backup.objects.values_list("pk", flat=True))
    act()
    with account_scope(account_id):
        waiting = list(Deletion.objects.filter(status=Deletion.Status.WAITING).values_list("pk", flat=True))
    for one in waiting:
        advance_deletion(account_id=account_id, deletion_id=one)
    with account_scope(account_id):
        return sorted(Backup.objects.exclude(pk__in=before).values_list("trigger", flat=True))


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_call_makes_no_backup_whatever_the_switches_say(method: str, path: str, victim: Scene) -> None:
    body = body_for(method, path, victim)
    for switched in (True, False):
        with rolled_back():
            with account_scope(victim.customer.account.pk):
                Account.objects.update(automatic_backups=switched)
                Group.objects.update(automatic_backups=switched)
            answers: list[Answer] = []

            def call(answers: list[Answer] = answers) -> None:
                answers.append(Caller(victim.secret).ask(method.upper(), below(path, victim), body))

            assert new_backups(victim, call) == ASKED_FOR.get(path, [])
            assert [answer.status for answer in answers] in ([200], [201], [202]), answers


def delete_list(scene: Scene) -> None:
    request_deletion(group=scene.customer.group, actor=scene.customer.members[Role.OWNER], now=timezone.now())


def clear_list(scene: Scene) -> None:
    request_clearing(group=scene.customer.group, actor=scene.customer.members[Role.OWNER], now=timezone.now())


def delete_field(scene: Scene) -> None:
    request_field_deletion(field=scene.customer.field, actor=scene.customer.members[Role.OWNER], now=timezone.now())


def delete_recipient(scene: Scene) -> None:
    request_recipients_deletion(
        group=scene.customer.group,
        chosen=Chosen(ids=(scene.customer.recipient.id,)),
        actor=scene.customer.members[Role.OWNER],
        now=timezone.now(),
    )


def import_file(scene: Scene) -> None:
    owner = scene.customer.members[Role.OWNER]
    run = make_import(scene.customer.group, owner, Import.Status.DRAFT, scene.customer.secret)
    confirm_import(run=run, actor=owner, now=timezone.now())


@pytest.mark.parametrize(
    ("act", "trigger"),
    [
        (delete_list, "group_deletion"),
        (clear_list, "clearing"),
        (delete_field, "field_deletion"),
        (delete_recipient, "recipients_deletion"),
        (import_file, "import"),
    ],
)
def test_the_same_in_the_browser_does(victim: Scene, act: Callable[[Scene], None], trigger: str) -> None:
    def asked() -> None:
        with account_scope(victim.customer.account.pk):
            act(victim)

    assert new_backups(victim, asked) == [trigger]
