"""Details: what stands behind the figures of a plan, for the preview: per column, and on samples old → new."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from recipients.masterdata.file import BASE_COLUMNS, FieldScope
from recipients.masterdata.options import Mode, Options
from recipients.masterdata.rules import (
    CONTACT_JOIN,
    MATCH,
    WAS_LOST,
    added_columns,
    contact_values,
    is_changed,
    is_contact_changed,
    may_be_reactivated,
    parameters,
    touches_consent,
    touches_contacts,
    updated_columns,
)
from recipients.masterdata.staging import Staged
from recipients.models import Group

SAMPLES: Final = 10
NO_CHANGE: Final = "'{}'::jsonb"


@dataclass(frozen=True)
class ColumnChange:
    """How many recipients of the list get another value in a column, and of these how many have none then."""

    changed: int
    cleared: int


@dataclass(frozen=True)
class Sample:
    """One row: its line in the file, its address, and each column that changes with its old and new JSON value."""

    line: int
    email: str
    changes: list[tuple[str, Any, Any]]


@dataclass(frozen=True)
class Details:
    """`columns` by base column or field key. Samples are the first in the file of those that are added and so on.

    `lost_touched`: people in the list who have signed off or bounced and whom the import changes or removes.
    `may_be_reactivated`: those whom the file has as signed up later, if the person asks for it.
    """

    columns: dict[str, ColumnChange]
    lost_touched: int
    may_be_reactivated: int
    added: list[Sample]
    changed: list[Sample]
    removed: list[Sample]
    kept_inactive: list[Sample]

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def details(*, group: Group, staged: Staged, options: Options, now: datetime) -> Details:
    """Look closer at what `plan` counts. Changes nothing; costs about as much again per mapped column."""
    look = _Look(group, staged, options, now)
    possible = look.may_be_reactivated()
    return Details(
        columns=look.columns(),
        lost_touched=look.lost_touched(),
        may_be_reactivated=possible,
        added=look.samples("recipient.id IS NULL") if options.mode.adds else [],
        changed=look.samples(f"recipient.id IS NOT NULL AND {look.is_changed}") if options.mode.changes else [],
        removed=look.samples("recipient.id IS NOT NULL") if options.mode is Mode.DELETE else [],
        kept_inactive=look.kept_inactive() if possible else [],
    )


class _Look:
    """The statements of one look at a plan."""

    def __init__(self, group: Group, staged: Staged, options: Options, now: datetime) -> None:
        self._staged, self._options = staged, options
        self._values = parameters(group, staged, options, now)
        self._columns = updated_columns(staged, options)
        self._with_contacts = touches_contacts(staged, options)
        self._from = f"FROM staged LEFT JOIN recipients_recipient AS recipient ON {MATCH}" + (
            CONTACT_JOIN if self._with_contacts else ""
        )
        self.is_changed = f"({is_changed(self._columns)})"
        if self._with_contacts:
            self.is_changed = f"({is_changed(self._columns)} OR {is_contact_changed(options)})"

    def columns(self) -> dict[str, ColumnChange]:
        """The figures of each column that can change."""
        whole, pairs = self._old_and_new()
        if not pairs or not self._options.mode.changes:
            return {}
        counts = ", ".join(
            f"count(*) FILTER (WHERE {old} IS DISTINCT FROM {new}),"
            f" count(*) FILTER (WHERE {old} IS NOT NULL AND {new} IS NULL)"
            for old, new in pairs.values()
        )
        states = ", ".join(f"{value} AS {name}" for name, value in whole.items())
        # OFFSET keeps what merges a row's values from being worked out anew for each of its fields.
        found = self._rows(
            f"SELECT {counts} FROM (SELECT {states} {self._from} WHERE recipient.id IS NOT NULL OFFSET 0) AS states"
        )[0]
        figures = zip(found[::2], found[1::2], strict=True)
        return {
            name: ColumnChange(changed, cleared)
            for name, (changed, cleared) in zip(pairs, figures, strict=True)
            if changed
        }

    def _old_and_new(self) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
        """SQL of the states of a row, by a name, and of each column before and after by these names.

        That of a tag list is null when it is empty.
        """
        whole: dict[str, str] = {}
        for name, new in self._columns.items():
            whole |= {f"old_{name}": f"recipient.{name}", f"new_{name}": f"({new})"}
        if self._with_contacts:
            whole |= {"old_contact": "contact.values", "new_contact": f"({contact_values(self._options)})"}
        pairs = {name: (f"old_{name}", f"new_{name}") for name in self._columns if name not in ("tags", "values")}
        if "tags" in self._columns:
            pairs["tags"] = ("nullif(old_tags, '{}')", "nullif(new_tags, '{}')")
        for field in self._staged.fields:
            if field.scope is FieldScope.LIST and "values" in self._columns:
                pairs[field.key] = (f"old_values->'{field.key}'", f"new_values->'{field.key}'")
            elif field.scope is FieldScope.ACCOUNT and self._with_contacts:
                pairs[field.key] = (f"old_contact->'{field.key}'", f"new_contact->'{field.key}'")
        return whole, pairs

    def lost_touched(self) -> int:
        """People who signed off or bounced and whom the import touches."""
        mode = self._options.mode
        if mode is Mode.ADD:
            return 0
        touched = "true" if mode is Mode.DELETE else self.is_changed
        return int(self._rows(f"SELECT count(*) {self._from} WHERE {WAS_LOST} AND {touched}")[0][0])

    def may_be_reactivated(self) -> int:
        """People who would be turned active again if asked for."""
        if not self._options.mode.updates or not touches_consent(self._staged, self._options):
            return 0
        return int(self._rows(f"SELECT count(*) {self._from} WHERE {may_be_reactivated(self._staged)}")[0][0])

    def kept_inactive(self) -> list[Sample]:
        """Samples of people who would be turned active again if asked for."""
        if self._options.reactivate:
            return []
        return self.samples(may_be_reactivated(self._staged))

    def samples(self, condition: str) -> list[Sample]:
        """The first rows of the file that fulfil a condition, with what changes in them."""
        old = _json_object({name: f"recipient.{name}" for name in (*BASE_COLUMNS, "values")})
        new = _json_object({name: f"({value})" for name, value in self._columns.items()})
        fresh = _json_object(added_columns(self._staged))
        contact_old, contact_new = NO_CHANGE, NO_CHANGE
        if self._with_contacts:
            contact_old, contact_new = "coalesce(contact.values, '{}')", contact_values(self._options)
        query = f"""
            SELECT staged.line, staged.email, recipient.id IS NOT NULL,
                   {old}, {new}, {fresh}, {contact_old}, {contact_new}
            {self._from} WHERE staged.line = ANY (ARRAY(
                SELECT staged.line {self._from} WHERE {condition} ORDER BY staged.line LIMIT {SAMPLES}
            )) ORDER BY staged.line
        """
        order = [*BASE_COLUMNS, *(field.key for field in self._staged.fields)]
        return [_sample(row, self._options.mode, order) for row in self._rows(query)]

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(query, self._values)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found


def _json_object(columns: dict[str, str]) -> str:
    if not columns:
        return NO_CHANGE
    return "jsonb_build_object(" + ", ".join(f"'{name}', {value}" for name, value in columns.items()) + ")"


def _sample(row: tuple[Any, ...], mode: Mode, order: list[str]) -> Sample:
    """A row of the samples' query. Numbers with a fraction come as text, so that no digit is lost."""
    line, email, known = row[:3]
    old, new, fresh, contact_old, contact_new = (json.loads(value, parse_float=str) for value in row[3:])
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    if known:
        before = _flat(old, contact_old)
    if not known:
        after = _flat(fresh, contact_new)
    elif mode is not Mode.DELETE:
        after = _flat(old | new, contact_new)
    names = sorted(
        (name for name in before | after if name != "email" and before.get(name) != after.get(name)),
        key=lambda name: order.index(name) if name in order else len(order),
    )
    return Sample(line, email, [(name, before.get(name), after.get(name)) for name in names])


def _flat(columns: dict[str, Any], contact: dict[str, Any]) -> dict[str, Any]:
    """Base columns, field values and account-wide values side by side; no tags are no value."""
    base: dict[str, Any] = {}
    for name, value in columns.items():
        if name != "values":
            base[name] = value or None if name == "tags" else value
    values: dict[str, Any] = columns["values"]
    return base | values | contact
