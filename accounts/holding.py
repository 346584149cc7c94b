"""Accounts on hold: an operator stops whatever changes them until it is clear what has happened, or who they belong to.

While an account is held its people look at everything and take their data out, and change nothing: the gates refuse
what is not reading. No job of it begins but exports; one that runs ends. No backup of it is purged.
"""

from datetime import datetime

from django.db import transaction

from accounts.models import Account, AuditAction
from accounts.services import record
from accounts.signals import account_release_asked


@transaction.atomic
def hold_account(*, account: Account, actor_id: int, now: datetime) -> bool:
    """Put an account on hold; whether it was not yet."""
    changed = Account.objects.filter(pk=account.pk, held_at__isnull=True).update(held_at=now)
    if changed:
        record(account_id=account.pk, actor_id=actor_id, action=AuditAction.ACCOUNT_HELD, subject="", now=now)
    return bool(changed)


@transaction.atomic
def release_account(*, account: Account, actor_id: int, now: datetime) -> bool:
    """Take an account off hold; whether it was on hold, and nobody needs the hold: it may be about to be closed.

    Its jobs are found by the sweeps, its purge comes hourly.
    """
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    if any(needed for _receiver, needed in account_release_asked.send(sender=Account, account_id=account.pk)):
        return False
    changed = Account.objects.filter(pk=account.pk, held_at__isnull=False).update(held_at=None)
    if changed:
        record(account_id=account.pk, actor_id=actor_id, action=AuditAction.ACCOUNT_RELEASED, subject="", now=now)
    return bool(changed)
