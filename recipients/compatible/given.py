"""One recipient as a client gives it: the members that Listkeep keeps, read leniently; what is left out stays unsaid.

`orders`, `events` and figures such as `points` are left aside: Listkeep keeps no orders, and reckons nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from recipients.compatible.bodies import moment_of, text_of, texts_of
from recipients.compatible.consent import UNSAID, GivenStatus, Said
from recipients.compatible.refusals import INVALID_RECEIVER, Refusal
from recipients.masterdata.file import FieldScope
from recipients.masterdata.labels import folded
from recipients.models import Field


@dataclass(frozen=True)
class Given:
    """What a client says of one recipient. `values` are raw, each with its field; `key` is the address or the id."""

    key: str
    status: GivenStatus = field(default_factory=GivenStatus)
    source: str | None = None
    tags: Sequence[str] | None = None
    values: Sequence[tuple[Field, Any]] = ()


class Names:
    """The fields of a list by the names that clients know them by: the key, or else the label."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self._by_scope: dict[FieldScope, dict[str, Field]] = {scope: {} for scope in FieldScope}
        for one in fields:
            self._by_scope[one.scope].setdefault(folded(one.label), one)
        for one in fields:
            self._by_scope[one.scope][one.key] = one

    def find(self, name: str, first: FieldScope) -> Field | None:
        """The field of that name, of two scopes with one the one in `first`."""
        second = FieldScope.ACCOUNT if first is FieldScope.LIST else FieldScope.LIST
        for scope in (first, second):
            known = self._by_scope[scope]
            found = known.get(name) or known.get(name.lower()) or known.get(folded(name))
            if found is not None:
                return found
        return None


def read_receiver(row: Any, names: Names, now: datetime) -> Given:
    """A row of a batch: an object with an `email`, or where there is none an `id`. Raises Refusal."""
    if not isinstance(row, dict):
        raise Refusal(400, INVALID_RECEIVER)
    return Given(
        key=text_of(row.get("email"), name="email") or text_of(row.get("id"), name="id"),
        status=GivenStatus(
            **{name: _said(row, name, now) for name in ("registered", "activated", "deactivated", "bounced")}
        ),
        source=text_of(row.get("source"), name="source") or None,
        tags=None if row.get("tags") is None else texts_of(row["tags"], name="tags"),
        values=[
            *_values(row.get("attributes"), names, FieldScope.LIST),
            *_values(row.get("global_attributes"), names, FieldScope.ACCOUNT),
        ],
    )


def _said(row: Mapping[str, Any], name: str, now: datetime) -> Said:
    return UNSAID if row.get(name) is None else moment_of(row[name], now, name=name)


def _values(given: Any, names: Names, first: FieldScope) -> list[tuple[Field, Any]]:
    """Values with their fields; names that no field has are left aside, as the reference does."""
    if isinstance(given, str):
        pairs = [part.partition(":") for part in given.split(",") if ":" in part]
        given = {name.strip(): value for name, _colon, value in pairs}
    if given is None or given == []:
        return []
    if not isinstance(given, dict):
        raise Refusal(400, "invalid attributes")
    found = [(names.find(name, first), value) for name, value in given.items()]
    return [(one, value) for one, value in found if one is not None]
