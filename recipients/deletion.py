"""The deletion of a group: asked for by a person, carried out once its backup is complete (mission P1).

`request_deletion` starts it, `advance_deletion` does the next step, `sweep_deletions` finds what was forgotten. What is
deleted and the state `done` are one transaction. The group stays as an empty row that its backups and imports refer to.
"""

import logging
import uuid
from datetime import datetime, timedelta

from django.db import DatabaseError, connection
from django.utils import timezone

from accounts.models import AuditAction, User
from accounts.services import record
from accounts.tenancy import account_scope, across_accounts
from recipients.holds import Change, ChangeKind, Hold, HoldState, Interface, ask_for_holds
from recipients.jobs import MAX_INTERRUPTIONS, ClaimLost, heartbeat
from recipients.models import Contact, Deletion, Field, Group
from recipients.nudge import nudge
from recipients.revision import lock_group, lock_with_account_wide_values, raise_revision
from recipients.signals import group_about_to_be_deleted

logger = logging.getLogger(__name__)

TASK = Deletion.task
REST_AFTER_ERROR = timedelta(seconds=5)  # times the number of interruptions so far


class GroupLocked(Exception):
    """The list is locked against changes."""


class GroupGone(Exception):
    """The list has been deleted already."""


class DeletionFailed(Exception):
    """The deletion ends as failed. `code` names the reason that the person is told."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def request_deletion(*, group: Group, actor: User, now: datetime) -> Deletion:
    """Ask for the deletion of a list; its backup is begun at once. Asking again gives the deletion under way.

    In the caller's transaction. Raises GroupLocked or GroupGone; then nothing has changed.
    """
    locked = lock_group(account_id=group.account_id, group_id=group.pk)
    if locked.deleted_at is not None:
        raise GroupGone
    waiting: Deletion | None = locked.deletions.filter(status=Deletion.Status.WAITING).first()
    if waiting is not None:
        return waiting
    if locked.locked:
        raise GroupLocked
    deletion = Deletion.objects.create(
        account_id=locked.account_id,
        group=locked,
        requested_by=actor,
        requested_at=now,
        recipient_count=locked.recipient_count,
    )
    ask(deletion, locked, now)
    nudge(TASK, account_id=deletion.account_id, job_id=deletion.pk)
    return deletion


def advance_deletion(*, account_id: int, deletion_id: uuid.UUID) -> None:
    """Carry the deletion out if its backup is complete and nobody else does it; otherwise leave it waiting."""
    with account_scope(account_id):
        token = Deletion.objects.claim(deletion_id, now=timezone.now())
        if token is None:
            return
        deletion = Deletion.objects.select_related("group").get(pk=deletion_id)
    try:
        with heartbeat(deletion, token):
            if deletion.interruptions > MAX_INTERRUPTIONS:
                raise DeletionFailed(deletion.failure or "interrupted")
            _delete(deletion, token)
    except ClaimLost:
        logger.info("deletion %s went on elsewhere; this attempt changed nothing", deletion_id)
    except DeletionFailed as reason:
        with account_scope(account_id):
            deletion.release(token, status=Deletion.Status.FAILED, failure=reason.code, finished_at=timezone.now())
    except Exception:
        logger.exception("deletion %s was interrupted", deletion_id)
        _rest(deletion, token)


def ask(deletion: Deletion, group: Group, now: datetime, *, locked: bool = False, misses: int = 0) -> Hold:
    """Announce the deletion, and hear whether it must wait."""
    change = Change(
        kind=ChangeKind.GROUP_DELETION,
        id=deletion.pk,
        group=group,
        interface=Interface.BROWSER,
        requested_by_id=deletion.requested_by_id,
    )
    return ask_for_holds(
        group_about_to_be_deleted, change=change, revision=group.revision, now=now, locked=locked, misses=misses
    )


def _delete(deletion: Deletion, token: uuid.UUID) -> None:
    assert deletion.group_id is not None
    with account_scope(deletion.account_id):
        account_wide = Field.objects.filter(account_id=deletion.account_id, group__isnull=True).exists()
        lock = lock_with_account_wide_values if account_wide else lock_group
        group = lock(account_id=deletion.account_id, group_id=deletion.group_id)
        now = timezone.now()
        if group.deleted_at is None:
            hold = ask(deletion, group, now, locked=True, misses=deletion.misses)
            if hold.state is HoldState.FAILED:
                raise DeletionFailed(hold.reason)
            if hold.state is HoldState.OPEN:
                deletion.release(token, misses=deletion.misses + hold.overtaken)
                return
            count = group.recipient_count
            delete_recipients(group=group)
            raise_revision(group=group, now=now, recount=True)
            Group.objects.filter(account_id=group.account_id, pk=group.pk).update(deleted_at=now)
            record(
                account_id=group.account_id,
                actor_id=deletion.requested_by_id,
                action=AuditAction.GROUP_DELETED,
                subject=group.name,
                now=now,
                recipients=count,
            )
            deletion.recipient_count = count
        deletion.release(
            token,
            status=Deletion.Status.DONE,
            failure="",
            finished_at=now,
            recipient_count=deletion.recipient_count,
        )


def delete_recipients(*, group: Group) -> None:
    """Delete all recipients of a locked group, their activities, and account-wide values that no list shows then."""
    key = {"account": group.account_id, "group": group.pk}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            DELETE FROM recipients_activity AS activity USING recipients_recipient AS recipient
            WHERE activity.account_id = %(account)s AND recipient.account_id = %(account)s
              AND recipient.group_id = %(group)s AND recipient.id = activity.recipient_id
            """,
            key,
        )
        if Contact.objects.filter(account_id=group.account_id).exists():
            cursor.execute(
                """
                DELETE FROM recipients_contact AS contact USING recipients_recipient AS recipient
                WHERE contact.account_id = %(account)s AND recipient.account_id = %(account)s
                  AND recipient.group_id = %(group)s AND recipient.email = contact.email
                  AND NOT EXISTS (
                      SELECT FROM recipients_recipient AS other
                      WHERE other.account_id = %(account)s AND other.email = contact.email
                        AND other.group_id <> %(group)s
                  )
                """,
                key,
            )
        cursor.execute("DELETE FROM recipients_recipient WHERE account_id = %(account)s AND group_id = %(group)s", key)


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
