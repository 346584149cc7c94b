"""Backups on demand: a person asks for one, whatever the switches say."""

from datetime import datetime

from accounts.models import User
from backups.models import Backup
from backups.taking import GroupGone, request_for_itself
from recipients.models import Group


def request_on_demand(*, group: Group, actor: User, now: datetime) -> Backup:
    """A pending backup of a list, empty or not; one that somebody has asked for and that is not made yet is given.

    The switches of the automatic backups do not count. Raises GroupGone for a deleted list.
    """
    if group.deleted_at is not None:
        raise GroupGone
    return request_for_itself(group=group, trigger=Backup.Trigger.ON_DEMAND, actor_id=actor.pk, now=now)
