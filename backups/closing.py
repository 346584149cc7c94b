"""Closing an account: asked for by an operator, taken back until its deletion begins, and what is known of it.

The account is put on hold at once: its people look and export, nobody changes anything, and no job begins but exports.
A job makes one file of all that it has (`account_export`). DELETED_AFTER that is complete, and only then, the account
is deleted (`account_deletion`), when the file is still the one that was made and the lists are still as they are in it.
Who does the steps: `closing_job`.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.holding import hold_account, release_account
from accounts.models import Account, AuditAction, Membership, Role, User
from accounts.services import record
from backups.models import Closure
from recipients.models import Group
from recipients.nudge import nudge

DELETED_AFTER: Final = timedelta(days=30)  # from the moment on when the owners can download everything
LATE_EXPORT: Final = timedelta(days=1)
LATE_DELETION: Final = timedelta(hours=26)  # a storage that did not answer for a day is made up for

Status = Closure.Status
CAN_BE_TAKEN_BACK: Final = (Status.EXPORTING, Status.WAITING, Status.VERIFYING, Status.FAILED)


@transaction.atomic
def close_account(
    *, account: Account, actor_id: int, language: str, link: str, leave_out_unreadable: bool, now: datetime
) -> bool:
    """Put an account on hold and begin its export; whether it was not being closed already.

    `language` is the one of the file's words, unless an owner has chosen one; `link` leads to the page of the closing.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if closure_of(account.pk) is not None:
        return False
    record(account_id=account.pk, actor_id=actor_id, action=AuditAction.ACCOUNT_CLOSED, subject="", now=now)
    closure: Closure = Closure.objects.create(
        account_id=account.pk,
        requested_at=now,
        requested_by_id=actor_id,
        language=_language_of_owners(account.pk) or language,
        link=link,
        leave_out_unreadable=leave_out_unreadable,
        held_before=not hold_account(account=account, actor_id=actor_id, now=now),
    )
    nudge(Closure.task, account_id=account.pk, job_id=closure.pk)
    return True


def _language_of_owners(account_id: int) -> str:
    """What the owner who has been there longest reads; empty when they have not said."""
    owners = Membership.objects.filter(account_id=account_id, role=Role.OWNER).order_by("created_at", "pk")
    languages = owners.values_list("user__language", flat=True)
    return next(filter(None, languages), "")


@transaction.atomic
def reopen_account(*, account: Account, actor_id: int, now: datetime) -> bool:
    """Take a closing back, and its hold; whether there was one, and its deletion had not begun.

    An account that was on hold before it was closed stays so. The file goes with the next sweep.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    closure = closure_of(account.pk)
    if closure is None:
        return False
    mine = Closure.objects.filter(account_id=account.pk, pk=closure.pk, status__in=CAN_BE_TAKEN_BACK)
    if not mine.update(status=Status.REOPENED, claim=None, claimed_until=None):
        return False
    record(account_id=account.pk, actor_id=actor_id, action=AuditAction.ACCOUNT_REOPENED, subject="", now=now)
    if not closure.held_before:
        release_account(account=account, actor_id=actor_id, now=now)
    return True


def needs_hold(*, account_id: int, **_signal: Any) -> bool:
    """Whether the account is being closed, so that it stays on hold (`accounts.signals.account_release_asked`)."""
    return closure_of(account_id) is not None


def closure_of(account_id: int) -> Closure | None:
    """The closing of an account that is under way, in the account's scope."""
    found: Closure | None = Closure.objects.filter(account_id=account_id).exclude(status=Status.REOPENED).first()
    return found


def owners_of(account_id: int) -> list[User]:
    """Who is told, by e-mail address."""
    owners = Membership.objects.filter(account_id=account_id, role=Role.OWNER).select_related("user")
    return [one.user for one in owners.order_by("user__email")]


def revisions_of(account_id: int) -> dict[str, int]:
    """The state of each present list, as JSON has it: a write to one raises its number."""
    lists = Group.objects.present().filter(account_id=account_id).values_list("pk", "revision")
    return {str(pk): revision for pk, revision in lists}


def export_anew(*, closure: Closure, code: str, **which: Any) -> bool:
    """Have the file made once more, and the 30 days begin again then; whether it was there to be replaced.

    `which` are conditions that must hold still. The old file is the caller's to delete, after the commit.
    """
    mine = Closure.objects.filter(account_id=closure.account_id, pk=closure.pk, **which).exclude(file_key="")
    replaced = mine.update(
        status=Status.EXPORTING,
        completed_at=None,
        delete_at=None,
        told_at=None,
        file_key="",
        sha256="",
        size=None,
        failure=code,
        retry_at=None,
        claim=None,
        claimed_until=None,
        interruptions=0,
    )
    if replaced:
        nudge(Closure.task, account_id=closure.account_id, job_id=closure.pk)
    return bool(replaced)


def due_closures(now: datetime) -> QuerySet[Any]:
    """Closings whose day has come, in the scope's accounts.

    30 days have passed since the export was complete and since it was asked for: the two times come from different
    processes, and one wrong clock must not shorten them.
    """
    long_ago = now - DELETED_AFTER
    return Closure.objects.filter(
        status=Status.WAITING, delete_at__lte=now, completed_at__lte=long_ago, requested_at__lte=long_ago
    )


def failed_closures() -> QuerySet[Any]:
    """Closings whose export could not be made, in the scope's accounts."""
    return Closure.objects.filter(status=Status.FAILED)


def late_closures(now: datetime) -> QuerySet[Any]:
    """Closings whose export is not there a day after it was asked for, or whose account is there after its day."""
    exporting = Q(status=Status.EXPORTING, requested_at__lt=now - LATE_EXPORT)
    return Closure.objects.filter(exporting | Q(status__in=Closure.WITH_FILE, delete_at__lt=now - LATE_DELETION))
