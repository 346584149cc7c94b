"""Sets of groups and recipients, as the pages and services ask for them."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

ACTIVE = Q(activated_at__isnull=False, deactivated_at__isnull=True, bounced_at__isnull=True)
BOUNCED = Q(bounced_at__isnull=False)
INACTIVE = Q(Q(activated_at__isnull=True) | Q(deactivated_at__isnull=False), bounced_at__isnull=True)


class GroupQuerySet(models.QuerySet[Any]):
    """Sets of groups."""

    def present(self) -> Self:
        """Groups that have not been deleted."""
        return self.filter(deleted_at__isnull=True)


class RecipientQuerySet(models.QuerySet[Any]):
    """Sets of recipients."""

    def of(self, *, account_id: int, group_id: int) -> Self:
        """The recipients of one group, by the columns that its index begins with."""
        return self.filter(account_id=account_id, group_id=group_id)

    def with_status(self, status: str) -> Self:
        """Those with a status: `active`, `inactive`, `bounced`; anything else filters nothing."""
        match status:
            case "active":
                return self.filter(ACTIVE)
            case "inactive":
                return self.filter(INACTIVE)
            case "bounced":
                return self.filter(BOUNCED)
            case _:
                return self
