"""One call of the interface, as its functions get it, and what calls name: lists, recipients, fields."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import QueryDict

from accounts.access_tokens import Admitted
from accounts.models import Account, ApiToken, User
from recipients.compatible.bodies import MOST_BIGINT, number_of
from recipients.compatible.refusals import INVALID_ATTRIBUTE, INVALID_GROUP, INVALID_RECEIVER, Refusal
from recipients.holds import Interface
from recipients.masterdata.address import normalise
from recipients.models import Deletion, Field, Group, Recipient
from recipients.querysets import GroupQuerySet


@dataclass
class Call:
    """A call that has passed the gate. `afterwards` is done when what it has changed is committed."""

    account: Account
    token: ApiToken
    admitted: Admitted | None  # None: the API token's own secret was sent
    actor: User
    query: QueryDict
    body: Any
    now: datetime
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def groups(self) -> GroupQuerySet:
        """The present lists, but for those whose deletion a client has asked for."""
        going = Deletion.objects.filter(
            account_id=self.account.pk,
            kind=Deletion.Kind.GROUP,
            status=Deletion.Status.WAITING,
            interface=Interface.API.value,
        )
        found: GroupQuerySet = Group.objects.present().filter(account_id=self.account.pk)
        return found.exclude(pk__in=going.values("group_id"))

    def group(self, key: Any) -> Group:
        """The list with this number. Raises Refusal."""
        number = _number(key)
        group: Group | None = None if number is None else self.groups().filter(pk=number).first()
        if group is None:
            raise Refusal(404, INVALID_GROUP)
        group.account = self.account
        return group

    def receiver(self, group: Group, key: str) -> Recipient:
        """The recipient of a list with this number or address. Raises Refusal."""
        found = self.receivers_everywhere(key, group)
        if not found:
            raise Refusal(404, INVALID_RECEIVER)
        return found[0]

    def receivers_everywhere(self, key: str, group: Group | None = None) -> list[Recipient]:
        """Who has this number or address, in a list or in all of them, by the lists' numbers."""
        number = _number(key)
        groups = [group.pk] if group else list(self.groups().values_list("pk", flat=True))
        # By the groups' ids, because the index of addresses has the group before the address.
        found = Recipient.objects.filter(account_id=self.account.pk, group_id__in=groups)
        which = {"email": normalise(key)} if number is None else {"id": number}
        people = list(found.filter(**which).select_related("group").order_by("group_id", "id"))
        for one in people:
            one.group.account = self.account
        return people

    def named_group(self) -> Group | None:
        """The list that `group_id` of the query or of the body names; None where it names none. Raises Refusal."""
        named = self.query.get("group_id") or (self.body.get("group_id") if isinstance(self.body, dict) else None)
        return self.group(named) if named else None

    def receivers_named(self, key: str) -> list[Recipient]:
        """As `receivers_everywhere`, in the list that `group_id` of the query or the body names if it names one.

        Raises Refusal when there are none.
        """
        found = self.receivers_everywhere(key, self.named_group())
        if not found:
            raise Refusal(404, INVALID_RECEIVER)
        return found

    def attribute(self, key: str) -> Field:
        """The field with this number, of a present list or account-wide. Raises Refusal."""
        number = _number(key)
        found = Field.objects.filter(account_id=self.account.pk, group__deleted_at__isnull=True)
        one: Field | None = found.filter(pk=number).select_related("group").first() if number is not None else None
        if one is None:
            raise Refusal(404, INVALID_ATTRIBUTE)
        return one

    def asked_number(self, name: str, usual: int, *, most: int = MOST_BIGINT) -> int:
        """A whole number of the query, `usual` where it is not given. Raises Refusal."""
        given = self.query.get(name, "").strip()
        return number_of(given, name=name, most=most) if given else usual


def _number(key: Any) -> int | None:
    text = str(key)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= MOST_BIGINT else None
