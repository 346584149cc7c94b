"""What the backups' pages list. Each needs an account's scope; what is being deleted is hidden from all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Lower, RowNumber, TruncDate
from django.utils.translation import gettext

from backups.models import Backup, RestoreDrill
from recipients.models import Group


@dataclass(frozen=True)
class BackupFilter:
    """Which backups a page asks for. None and the empty text filter nothing."""

    group_id: int | None = None
    trigger: str = ""

    @property
    def is_set(self) -> bool:
        """Whether it filters at all."""
        return self.group_id is not None or self.trigger != ""

    @property
    def conditions(self) -> Q:
        """The filter on rows of Backup."""
        found = Q()
        if self.group_id is not None:
            found &= Q(group_id=self.group_id)
        if self.trigger:
            found &= Q(trigger=self.trigger)
        return found


@dataclass(frozen=True)
class GroupWithBackups:
    """A group, how many backups it has of each trigger, and what is known of all of them."""

    pk: int
    name: str
    deleted: bool
    automatic_backups: bool
    counts: dict[str, int]
    damaged: int = 0  # whose file was found damaged or missing
    pinned: int = 0
    first_ends_at: datetime | None = None  # when the time of the first complete one that is not pinned is over
    last_ends_at: datetime | None = None  # and that of the last one
    newest_complete_at: datetime | None = None

    @property
    def label(self) -> str:
        """The name, with the word "deleted" where that is so."""
        return gettext("%(name)s (deleted)") % {"name": self.name} if self.deleted else self.name

    def matching(self, chosen: BackupFilter) -> int:
        """How many of its backups the filter lets through."""
        if chosen.group_id not in (None, self.pk):
            return 0
        return self.counts.get(chosen.trigger, 0) if chosen.trigger else sum(self.counts.values())


def backups_of(account_id: int) -> QuerySet[Any]:
    """The backups of an account that pages may show."""
    shown: QuerySet[Any] = Backup.objects.filter(account_id=account_id).exclude(status=Backup.Status.PURGING)
    return shown


def groups_with_backups(account_id: int) -> list[GroupWithBackups]:
    """Every group of the account that has a backup, by name; of two with one name a deleted one comes second."""
    complete = Q(status=Backup.Status.COMPLETE)
    ends = complete & Q(pinned_at__isnull=True, completed_at__lte=F("expires_at"))
    by_trigger: dict[str, Any] = {
        f"of_{trigger.value}": Count("pk", filter=Q(trigger=trigger.value)) for trigger in Backup.Trigger
    }
    numbers = {
        row["group_id"]: row
        for row in backups_of(account_id)
        .order_by()
        .values("group_id")
        .annotate(
            **by_trigger,
            damaged=Count("pk", filter=complete & ~Q(damage="")),
            pinned=Count("pk", filter=complete & Q(pinned_at__isnull=False)),
            first=Min("expires_at", filter=ends),
            last=Max("expires_at", filter=ends),
            newest=Max("requested_at", filter=complete),
        )
    }
    groups = (
        Group.objects.filter(account_id=account_id, pk__in=numbers)
        .order_by(Lower("name"), F("deleted_at").asc(nulls_first=True), "pk")
        .values_list("pk", "name", "deleted_at", "automatic_backups")
    )
    return [
        GroupWithBackups(
            pk=pk,
            name=name,
            deleted=deleted_at is not None,
            automatic_backups=automatic_backups,
            counts={
                trigger.value: count for trigger in Backup.Trigger if (count := numbers[pk][f"of_{trigger.value}"])
            },
            damaged=numbers[pk]["damaged"],
            pinned=numbers[pk]["pinned"],
            first_ends_at=numbers[pk]["first"],
            last_ends_at=numbers[pk]["last"],
            newest_complete_at=numbers[pk]["newest"],
        )
        for pk, name, deleted_at, automatic_backups in groups
    ]


def listed(backups: QuerySet[Any]) -> QuerySet[Any]:
    """`backups` as the rows of a page, newest first: with who asked, and `previous_count`.

    `previous_count` is the number of recipients in the group's complete backup before; None when there is none.
    """
    previous = (
        Backup.objects.filter(
            account_id=OuterRef("account_id"),
            group_id=OuterRef("group_id"),
            requested_at__lt=OuterRef("requested_at"),
            status=Backup.Status.COMPLETE,
        )
        .order_by("-requested_at")
        .values("recipient_count")[:1]
    )
    rows: QuerySet[Any] = (
        backups.select_related("requested_by", "pinned_by", "group")
        .annotate(previous_count=Subquery(previous))
        .order_by("-requested_at", "-pk")
    )
    return rows


def newest_of_groups(account_id: int, group_ids: Sequence[int], chosen: BackupFilter, *, each: int) -> QuerySet[Any]:
    """The newest `each` backups of every group in `group_ids`, as `listed`."""
    newest_first = [F("requested_at").desc(), F("pk").desc()]
    numbered = (
        backups_of(account_id)
        .filter(chosen.conditions, group_id__in=group_ids)
        .annotate(place=Window(RowNumber(), partition_by="group_id", order_by=newest_first))
        .filter(place__lte=each)
    )
    return listed(Backup.objects.filter(account_id=account_id, pk__in=numbered.values("pk")))


def row_of(account_id: int, backup_id: UUID) -> Any:
    """One backup as `listed`. Raises Backup.DoesNotExist."""
    return listed(backups_of(account_id).filter(pk=backup_id)).get()


def complete_since(account_id: int, chosen: BackupFilter, *, since: datetime) -> QuerySet[Any]:
    """The complete backups that were asked for at `since` or later."""
    return backups_of(account_id).filter(chosen.conditions, status=Backup.Status.COMPLETE, requested_at__gte=since)


def newest_of_days(backups: QuerySet[Any], *, each: int, leaving_before: datetime) -> QuerySet[Any]:
    """The newest `each` of `backups` of every local day, oldest first, each with its `day` and with numbers.

    `of_day` is how many of `backups` its day has, `total` how many there are, `leaving` how many of them leave before
    that moment; what is pinned does not leave.
    """
    newest_first = [F("requested_at").desc(), F("pk").desc()]
    rows: QuerySet[Any] = (
        backups.annotate(day=TruncDate("requested_at"))
        .annotate(
            place=Window(RowNumber(), partition_by="day", order_by=newest_first),
            of_day=Window(Count("pk"), partition_by="day"),
            total=Window(Count("pk")),
            leaving=Window(Count("pk", filter=Q(expires_at__lt=leaving_before, pinned_at__isnull=True))),
        )
        .filter(place__lte=each)
        .only("trigger", "requested_at", "expires_at", "recipient_count", "group_name", "pinned_at")
        .order_by("requested_at", "pk")
    )
    return rows


def last_drill_of(account_id: int) -> RestoreDrill | None:
    """The last rehearsal of a restore in an account."""
    return RestoreDrill.objects.filter(account_id=account_id).order_by("-started_at").first()
