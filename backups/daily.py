"""Daily backups: of the lists that changed, through interfaces too, in accounts that have them switched on."""

from collections import defaultdict
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from accounts.tenancy import account_scope, across_accounts
from backups.models import Backup
from backups.taking import request_for_itself
from recipients.models import Group

DAY = timedelta(hours=23, minutes=30)  # not the whole day, or the hour at which beat asks would wander
AFTER_FAILURE = timedelta(hours=6)


def take_daily_backups(*, now: datetime) -> int:
    """Begin the daily backups that are due; gives how many. Doing it again at once begins none.

    Due is a list that is not empty, has its own switch on, holds a state that no complete backup has, and had no daily
    backup within a day. One that failed is asked for anew some hours later.
    """
    begun = 0
    for account_id, group_ids in _due(now).items():
        with account_scope(account_id):
            for group in Group.objects.present().filter(account_id=account_id, pk__in=group_ids):
                request_for_itself(group=group, trigger=Backup.Trigger.DAILY, actor_id=None, now=now)
                begun += 1
    return begun


def _due(now: datetime) -> dict[int, list[int]]:
    """The lists whose daily backup is due, by account."""
    backups = Backup.objects.filter(account_id=OuterRef("account_id"), group_id=OuterRef("pk"))
    of_present_state = backups.filter(status=Backup.Status.COMPLETE, revision=OuterRef("revision"))
    failed = Q(status=Backup.Status.FAILED)
    of_today = backups.filter(
        (~failed & Q(requested_at__gt=now - DAY)) | (failed & Q(requested_at__gt=now - AFTER_FAILURE)),
        trigger=Backup.Trigger.DAILY,
    )
    with across_accounts("lists whose daily backup is due are looked for"):
        due = (
            Group.objects.present()
            .filter(~Exists(of_present_state), ~Exists(of_today), account__daily_backups=True)
            .filter(automatic_backups=True, recipient_count__gt=0, account__held_at__isnull=True)
            .order_by("account_id", "pk")
        )
        found: dict[int, list[int]] = defaultdict(list)
        for account_id, group_id in due.values_list("account_id", "pk"):
            found[account_id].append(group_id)
    return found
