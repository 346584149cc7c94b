"""Which changes wait for a backup: every kind in the browser, none through external interfaces (mission A8)."""

import uuid

import pytest

from accounts.tenancy import account_scope
from backups.models import Backup
from backups.receivers import ANNOUNCED
from backups.taking import NUDGED_BY_TRIGGER
from recipients.deletion import ANNOUNCEMENTS
from recipients.holds import Change, ChangeKind, HoldState, Interface, ask_for_holds
from recipients.models import Group
from tests.factories import NOW, make_account, make_group, make_recipient
from tests.runs import backups_of

every_kind = pytest.mark.parametrize("kind", ChangeKind)


@pytest.fixture
def group(db: None) -> Group:
    group = make_group(make_account())
    make_recipient(group)
    return group


def announce(group: Group, kind: ChangeKind, interface: Interface, change_id: uuid.UUID | None = None) -> HoldState:
    """What all receivers of a change's signal answer."""
    signals = {changes: signal for signal, changes in ANNOUNCEMENTS.values()}
    with account_scope(group.account_id):
        found = Group.objects.select_related("account").get(pk=group.pk)
        change = Change(kind=kind, id=change_id or uuid.uuid4(), group=found, interface=interface, requested_by_id=None)
        return ask_for_holds(signals.get(kind, ANNOUNCED[0]), change=change, revision=found.revision, now=NOW).state


@every_kind
def test_a_change_in_the_browser_waits_for_its_backup(group: Group, kind: ChangeKind) -> None:
    assert announce(group, kind, Interface.BROWSER) is HoldState.OPEN
    assert [(one.trigger, one.status) for one in backups_of(group)] == [(kind.value, Backup.Status.PENDING)]


@pytest.mark.parametrize("kind", [kind for kind in ChangeKind if kind is not ChangeKind.RESTORE])
def test_a_change_through_an_external_interface_makes_no_backup(group: Group, kind: ChangeKind) -> None:
    assert announce(group, kind, Interface.API) is HoldState.RELEASED
    assert backups_of(group) == []


@every_kind
def test_of_two_lists_in_one_change_each_has_its_own_backup(group: Group, kind: ChangeKind) -> None:
    other, change_id = make_group(group.account, "Presse"), uuid.uuid4()
    make_recipient(other)
    for one in (group, other, group):
        assert announce(one, kind, Interface.BROWSER, change_id) is HoldState.OPEN
    assert [len(backups_of(one)) for one in (group, other)] == [1, 1]


def test_every_kind_of_change_has_a_job_that_is_told_when_its_backup_is_made() -> None:
    assert {trigger.value for trigger in NUDGED_BY_TRIGGER} == {kind.value for kind in ChangeKind}
