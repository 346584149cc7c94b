"""What becomes of somebody's status when a client writes them: the reference's rules, within those of consent (P4).

Somebody who signed off, bounced, is blocked or was erased is not turned active by being written. The exceptions are
those that the reference knows, and they are asked for by name:
- `deactivated: 0` takes a sign-off back (not a bounce);
- `activated` alone takes back a sign-off that a client made by `activated: 0`, when it is later than that sign-off. The
  mark of such a one: signed off, with no activation. It is a sign-off for imports and restores as well.
The call `/activate` is `recipients.services.activate_recipient`. Whom a block list holds, and who was erased, is
refused before any of this is asked.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from recipients.models import Recipient


class Unsaid(Enum):
    """A member that a client left out."""

    UNSAID = "unsaid"


UNSAID = Unsaid.UNSAID
Said = datetime | None | Unsaid  # a moment, 0, or nothing


@dataclass(frozen=True)
class GivenStatus:
    """What a client says of somebody's status."""

    registered: Said = UNSAID
    activated: Said = UNSAID
    deactivated: Said = UNSAID
    bounced: Said = UNSAID


@dataclass(frozen=True)
class Status:
    """The moments of a status, as recipients have them."""

    registered_at: datetime | None
    activated_at: datetime | None
    deactivated_at: datetime | None
    bounced_at: datetime | None

    @classmethod
    def of(cls, recipient: Recipient) -> "Status":
        """The status of somebody in a list."""
        return cls(recipient.registered_at, recipient.activated_at, recipient.deactivated_at, recipient.bounced_at)


def status_of_new(given: GivenStatus, now: datetime) -> Status:
    """The status of somebody who comes into the list.

    With nothing said, or only `deactivated: 0`, they are active from now on; `activated: 0`, or `registered` alone,
    leaves them pending; a moment in `deactivated` makes them inactive.
    """
    registered, activated = _moment(given.registered), _moment(given.activated)
    deactivated = _past(_moment(given.deactivated), now)
    bounced = _past(_moment(given.bounced), now)
    if activated is not None:
        activated = _past(activated, now)
        registered = registered or activated
    elif given.activated is None or (registered is not None and deactivated is None):
        registered = registered or now
    else:
        registered = activated = registered or _earlier(now, deactivated)
    return Status(registered, activated, deactivated, bounced)


def status_of_known(before: Status, given: GivenStatus, now: datetime) -> Status:
    """The status of somebody in the list after a client has written them; of two moments the later stays."""
    registered = _moment(given.registered) or before.registered_at
    bounced = _later(before.bounced_at, _past(_moment(given.bounced), now))
    activated, deactivated = before.activated_at, before.deactivated_at
    if isinstance(given.deactivated, datetime):
        deactivated = _later(deactivated, _past(given.deactivated, now))
    elif given.deactivated is None:
        deactivated = None
    if isinstance(given.activated, datetime):
        said = _past(given.activated, now)
        if deactivated is None:
            activated = _later(activated, said)
        elif given.deactivated is UNSAID and activated is None and said is not None and said > deactivated:
            activated, deactivated = said, None
    elif given.activated is None and deactivated is None and activated is not None:
        activated, deactivated = None, before.deactivated_at or now
    return Status(registered, activated, deactivated, bounced)


def _moment(said: Said) -> datetime | None:
    return said if isinstance(said, datetime) else None


def _past(moment: datetime | None, now: datetime) -> datetime | None:
    """A moment that has not come yet counts as now: clocks differ, and the future is no consent."""
    return moment and min(moment, now)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def _earlier(one: datetime, other: datetime | None) -> datetime:
    return min(one, other) if other else one
