"""How much accounts keep: their lists, recipients, backups and the room that these take."""

from typing import Any

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import Account
from backups.models import Backup
from recipients.models import Group


def with_usage(accounts: QuerySet[Account]) -> QuerySet[Any]:
    """Each account with `list_count`, `recipient_count`, `backup_count` and `backup_bytes`, in the same query.

    Of deleted lists only the backups count; a file that several backups share counts once.
    """
    groups = Group.objects.filter(account_id=OuterRef("pk"), deleted_at__isnull=True).order_by()
    backups = Backup.objects.filter(account_id=OuterRef("pk"), status=Backup.Status.COMPLETE).order_by()
    same_file = Backup.objects.filter(
        account_id=OuterRef("account_id"), file_key=OuterRef("file_key"), status=Backup.Status.COMPLETE
    )
    first_of_file = ~Exists(same_file.filter(Q(pk__lt=OuterRef("pk"))))
    return accounts.annotate(
        list_count=_one(groups, Count("pk")),
        recipient_count=_one(groups, Sum("recipient_count")),
        backup_count=_one(backups, Count("pk")),
        backup_bytes=_one(backups.filter(first_of_file), Sum(F("size"))),
    )


def _one(rows: QuerySet[Any], number: Any) -> Coalesce:
    """The number over the rows of one account; 0 of none."""
    found = rows.values("account_id").annotate(number=number).values("number")
    return Coalesce(Subquery(found), 0, output_field=BigIntegerField())
