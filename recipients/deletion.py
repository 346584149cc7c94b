"""Deletions of lists, recipients and fields: asked for by a person, carried out once their backups are complete.

`request_…` starts one, `advance_deletion` does the next step, `sweep_deletions` finds what was forgotten. What is
deleted and the state `done` are one transaction, in which every list that shows the change is locked and its backup
holds the very state that goes (mission P1, P2). A deleted list stays as an empty row that its backups and imports
refer to.
"""

import logging
import uuid
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import DatabaseError
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import Account, AuditAction, User, Via
from accounts.origin import through
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from recipients.deleting import Chosen, delete_field, delete_recipients, with_value
from recipients.holds import Change, ChangeKind, Hold, HoldState, Interface, ask_for_holds, summed_up
from recipients.jobs import MAX_INTERRUPTIONS, ClaimLost, heartbeat
from recipients.models import Deletion, Field, Group
from recipients.nudge import nudge
from recipients.revision import (
    lock_all_groups,
    lock_fields,
    lock_group,
    lock_with_account_wide_values,
    raise_all_revisions,
    raise_revision,
)
from recipients.signals import (
    field_about_to_be_deleted,
    group_about_to_be_deleted,
    recipients_about_to_be_deleted,
)

logger = logging.getLogger(__name__)

TASK = Deletion.task
REST_AFTER_ERROR = timedelta(seconds=5)  # times the number of interruptions so far
Kind = Deletion.Kind
ANNOUNCEMENTS: Final[dict[str, tuple[Signal, ChangeKind]]] = {
    Kind.GROUP: (group_about_to_be_deleted, ChangeKind.GROUP_DELETION),
    Kind.CLEARING: (recipients_about_to_be_deleted, ChangeKind.CLEARING),
    Kind.RECIPIENTS: (recipients_about_to_be_deleted, ChangeKind.RECIPIENTS_DELETION),
    Kind.FIELD: (field_about_to_be_deleted, ChangeKind.FIELD_DELETION),
}


class GroupLocked(Exception):
    """The list is locked against changes. `group_name` names it where it need not be the one that was asked about."""

    def __init__(self, group_name: str = "") -> None:
        super().__init__(group_name)
        self.group_name = group_name


class GroupGone(Exception):
    """The list has been deleted already."""


class FieldGone(Exception):
    """The field has been deleted already."""


class DeletionUnderWay(Exception):
    """Another deletion has to end first: `deletion`."""

    def __init__(self, deletion: Deletion) -> None:
        super().__init__(deletion.pk)
        self.deletion = deletion


class DeletionFailed(Exception):
    """The deletion ends as failed. `code` names the reason that the person is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def request_deletion(*, group: Group, actor: User, now: datetime, interface: Interface = Interface.BROWSER) -> Deletion:
    """Ask for the deletion of a list; its backup is begun at once. Asking again gives the deletion under way.

    What comes through an external interface makes no backup (mission A8). In the caller's transaction. Raises
    GroupLocked, GroupGone or DeletionUnderWay; then nothing has changed.
    """
    return _request_of_group(Kind.GROUP, {}, group=group, actor=actor, now=now, interface=interface)


def request_clearing(*, group: Group, actor: User, now: datetime, interface: Interface = Interface.BROWSER) -> Deletion:
    """Ask for the deletion of all recipients of a list, which stays; as `request_deletion`."""
    return _request_of_group(Kind.CLEARING, {}, group=group, actor=actor, now=now, interface=interface)


def request_recipients_deletion(*, group: Group, chosen: Chosen, actor: User, now: datetime) -> Deletion:
    """Ask for the deletion of the chosen recipients of a list; as `request_deletion`.

    Of a search or a status those are deleted who match it when the deletion is carried out.
    """
    return _request_of_group(
        Kind.RECIPIENTS, chosen.to_json(), group=group, actor=actor, now=now, interface=Interface.BROWSER
    )


def request_field_deletion(
    *, field: Field, actor: User, now: datetime, interface: Interface = Interface.BROWSER
) -> Deletion:
    """Ask for the deletion of a field with all its values; as `request_deletion`.

    An account-wide one is seen in every list: each is backed up, and GroupLocked names one that is locked. Raises
    FieldGone, too.
    """
    account = lock_fields(account_id=field.account_id)
    if field.group_id is None:
        groups = [group for group in lock_all_groups(account_id=account.pk) if group.deleted_at is None]
    else:
        groups = [_lock_present(account_id=account.pk, group_id=field.group_id)]
    present = Field.objects.filter(account_id=account.pk, pk=field.pk).first()
    if present is None:
        raise FieldGone
    selection = {"field": present.pk, "label": present.label, "account_wide": present.group_id is None}
    new = Deletion(
        account=account,
        group=None if present.group_id is None else groups[0],
        kind=Kind.FIELD,
        interface=interface.value,
        selection=selection,
        requested_by=actor,
        requested_at=now,
    )
    return _request(new, groups, count=with_value(present).count)


def _request_of_group(
    kind: Deletion.Kind,
    selection: dict[str, Any],
    *,
    group: Group,
    actor: User,
    now: datetime,
    interface: Interface,
) -> Deletion:
    locked = _lock_present(account_id=group.account_id, group_id=group.pk)
    new = Deletion(
        account_id=locked.account_id,
        group=locked,
        kind=kind,
        interface=interface.value,
        selection=selection,
        requested_by=actor,
        requested_at=now,
    )
    if kind == Kind.RECIPIENTS:
        return _request(new, [locked], count=Chosen.from_json(selection).of(locked).count)
    return _request(new, [locked], count=lambda: locked.recipient_count)


def _lock_present(*, account_id: int, group_id: int) -> Group:
    locked = lock_group(account_id=account_id, group_id=group_id)
    if locked.deleted_at is not None:
        raise GroupGone
    return locked


def _request(new: Deletion, groups: Sequence[Group], *, count: Callable[[], int]) -> Deletion:
    """Keep a new deletion and begin the backups of the locked groups that it changes, unless one is under way."""
    waiting: Deletion | None = Deletion.objects.filter(
        account_id=new.account_id, group=new.group, status=Deletion.Status.WAITING
    ).first()
    if waiting is not None:
        # The same asked for by a program makes no backup: who asks in the browser is not served by it.
        if (waiting.kind, waiting.selection, waiting.interface) != (new.kind, new.selection, new.interface):
            raise DeletionUnderWay(waiting)
        return waiting
    for group in groups:
        if group.locked:
            raise GroupLocked(group.name)
    new.recipient_count = count()
    new.save(force_insert=True)
    ask(new, groups, new.requested_at)
    nudge(TASK, account_id=new.account_id, job_id=new.pk)
    return new


def advance_deletion(*, account_id: int, deletion_id: uuid.UUID) -> None:
    """Carry the deletion out if its backups are complete and nobody else does it; otherwise leave it waiting."""
    with account_scope(account_id):
        token = Deletion.objects.claim(deletion_id, now=timezone.now())
        if token is None:
            return
        deletion = Deletion.objects.select_related("account").get(pk=deletion_id)
    try:
        with heartbeat(deletion, token):
            if deletion.interruptions > MAX_INTERRUPTIONS:
                raise DeletionFailed(deletion.failure or "interrupted")
            _delete(deletion, token)
    except ClaimLost:
        logger.info("deletion %s went on elsewhere; this attempt changed nothing", deletion_id)
    except DeletionFailed as reason:
        with account_scope(account_id):
            deletion.release(
                token,
                status=Deletion.Status.FAILED,
                failure=reason.code,
                finished_at=timezone.now(),
                selection=_kept(deletion),
            )
    except Exception:
        logger.exception("deletion %s was interrupted", deletion_id)
        _rest(deletion, token)


def ask(deletion: Deletion, groups: Sequence[Group], now: datetime, *, locked: bool = False) -> Hold:
    """Announce the deletion for each group that it changes, and hear whether it must wait for any of them."""
    signal, kind = ANNOUNCEMENTS[deletion.kind]
    account: Account = deletion.account
    holds = []
    for group in groups:
        group.account = account
        change = Change(
            kind=kind,
            id=deletion.pk,
            group=group,
            interface=Interface(deletion.interface),
            requested_by_id=deletion.requested_by_id,
            label=deletion.selection.get("label", ""),
        )
        holds.append(
            ask_for_holds(
                signal, change=change, revision=group.revision, now=now, locked=locked, misses=deletion.misses
            )
        )
    return summed_up(holds)


def _delete(deletion: Deletion, token: uuid.UUID) -> None:
    """Carry the deletion out, or let it wait on."""
    if deletion.group_id is None:
        # Many lists, many backups, and each sends a worker here: all lists are locked only when it may be worth it.
        with account_scope(deletion.account_id):
            groups = list(Group.objects.present().filter(account_id=deletion.account_id).order_by("pk"))
            if not _is_released(deletion, token, ask(deletion, groups, timezone.now())):
                return
    with account_scope(deletion.account_id):
        groups = [group for group in _lock(deletion) if group.deleted_at is None]
        if any(group.locked for group in groups):
            raise DeletionFailed("group_locked")
        now = timezone.now()
        if not _is_released(deletion, token, ask(deletion, groups, now, locked=True)):
            return
        with through(Via.INTERFACE) if deletion.interface == Interface.API else nullcontext():
            count = _carry_out(deletion, groups, now)
        deletion.release(
            token,
            status=Deletion.Status.DONE,
            failure="",
            finished_at=now,
            recipient_count=deletion.recipient_count if count is None else count,
            selection=_kept(deletion),
        )


def _is_released(deletion: Deletion, token: uuid.UUID, hold: Hold) -> bool:
    """Whether the deletion may go on; otherwise its claim is given back."""
    if hold.state is HoldState.FAILED:
        raise DeletionFailed(hold.reason)
    if hold.state is HoldState.OPEN:
        deletion.release(token, misses=deletion.misses + hold.overtaken)
        return False
    return True


def _lock(deletion: Deletion) -> list[Group]:
    """The groups that show the change, locked with all that it touches; fields before groups, as everywhere."""
    account_id = deletion.account_id
    if deletion.kind == Kind.FIELD:
        lock_fields(account_id=account_id)
    if deletion.group_id is None:
        return lock_all_groups(account_id=account_id)
    # With recipients their account-wide values may go.
    account_wide = (
        deletion.kind != Kind.FIELD and Field.objects.filter(account_id=account_id, group__isnull=True).exists()
    )
    lock = lock_with_account_wide_values if account_wide else lock_group
    return [lock(account_id=account_id, group_id=deletion.group_id)]


def _carry_out(deletion: Deletion, groups: Sequence[Group], now: datetime) -> int | None:
    """Delete in the locked groups; gives how many recipients that concerned, None when it is gone already."""
    if deletion.group_id is not None and not groups:
        return None
    if deletion.kind == Kind.FIELD:
        return _delete_field(deletion, groups, now)
    (group,) = groups
    if deletion.kind == Kind.RECIPIENTS:
        action = AuditAction.RECIPIENTS_DELETED
        count = delete_recipients(group=group, chosen=Chosen.from_json(deletion.selection).of(group))
    else:
        action = AuditAction.GROUP_DELETED if deletion.kind == Kind.GROUP else AuditAction.GROUP_CLEARED
        count = delete_recipients(group=group)
    raise_revision(group=group, now=now, recount=True)
    if deletion.kind == Kind.GROUP:
        Group.objects.filter(account_id=group.account_id, pk=group.pk).update(deleted_at=now)
    record(
        account_id=group.account_id,
        actor_id=deletion.requested_by_id,
        action=action,
        subject=group.name,
        now=now,
        recipients=count,
    )
    return count


def _delete_field(deletion: Deletion, groups: Sequence[Group], now: datetime) -> int | None:
    field = Field.objects.filter(account_id=deletion.account_id, pk=deletion.selection["field"]).first()
    if field is None:
        return None
    count = delete_field(field=field)
    if field.group_id is None:
        raise_all_revisions(account_id=field.account_id, now=now)
    else:
        raise_revision(group=groups[0], now=now)
    record(
        account_id=field.account_id,
        actor_id=deletion.requested_by_id,
        action=AuditAction.FIELD_DELETED,
        subject=field.label,
        now=now,
        list=groups[0].name if field.group_id else None,
        type=field.type,
        recipients=count,
    )
    return count


def _kept(deletion: Deletion) -> dict[str, Any]:
    """What an ended deletion still says of what was chosen: not the search, which may be somebody's address."""
    return {} if deletion.kind == Kind.RECIPIENTS else deletion.selection


def _rest(deletion: Deletion, token: uuid.UUID) -> None:
    rest = REST_AFTER_ERROR * (deletion.interruptions + 1)
    try:
        with account_scope(deletion.account_id):
            deletion.give_back(token, until=timezone.now() + rest, failure="internal")
            nudge(TASK, account_id=deletion.account_id, job_id=deletion.pk, after=rest + timedelta(seconds=1))
    except (ClaimLost, DatabaseError):
        logger.exception("deletion %s could not be given back; the sweep finds it", deletion.pk)


def sweep_deletions(*, now: datetime) -> int:
    """Send workers to deletions that were forgotten; gives how many."""
    with across_accounts("forgotten deletions are looked for"):
        forgotten = Deletion.objects.take_forgotten(now=now)
        for account_id, deletion_id in forgotten:
            nudge(TASK, account_id=account_id, job_id=deletion_id)
    return len(forgotten)
