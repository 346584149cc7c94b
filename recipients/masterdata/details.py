"""Details: what stands behind the figures of a plan, for the preview: per column, and on samples old → new."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from recipients.masterdata.file import BASE_COLUMNS, FieldScope
from recipients.masterdata.options import Mode, Options
from recipients.masterdata.removing import ADDED_SINCE
from recipients.masterdata.restore_rules import SIGNED_OFF_SINCE, is_kept_away, is_new, is_reached, is_spared
from recipients.masterdata.rules import (
    CONTACT_JOIN,
    MATCH,
    WAS_LOST,
    added_columns,
    contact_values,
    is_changed,
    is_contact_changed,
    is_kept_inactive,
    may_be_reactivated,
    parameters,
    touches_consent,
    touches_contacts,
    updated_columns,
)
from recipients.masterdata.staging import Staged
from recipients.models import Group

SAMPLES: Final = 10
KEPT_SHOWN: Final = 200
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
    kept: list[dict[str, str]] = field(
        default_factory=list
    )  # of an undo, the first of those who stay as they are: `email`, and why as `reason`

    def to_json(self) -> dict[str, Any]:
        """As plain JSON values."""
        return asdict(self)


def details(*, group: Group, staged: Staged, options: Options, now: datetime) -> Details:
    """Look closer at what `plan` counts. Changes nothing; costs about as much again per mapped column."""
    look = _Look(group, staged, options, now)
    possible = look.may_be_reactivated()
    removed: list[Sample] = []
    if options.mode is Mode.DELETE:
        removed = look.samples("recipient.id IS NOT NULL")
    elif options.mode is Mode.EXACT:
        removed = look.going()
    return Details(
        columns=look.columns(),
        lost_touched=look.lost_touched(),
        may_be_reactivated=possible,
        added=look.samples(is_new(options)) if options.mode.adds else [],
        changed=look.samples(f"{is_reached(options)} AND {look.is_changed}") if options.mode.changes else [],
        removed=removed,
        kept_inactive=look.kept_inactive() if possible else [],
        kept=look.kept(),
    )


def kept_query(options: Options) -> str:
    """SQL: address and reason of those whom an undo leaves as they are, by address.

    Reasons: `edited`, `signed_off` (or bounced), `added`, `deleted`, each since the import.
    """
    return f"""
        SELECT email, reason FROM (
            SELECT staged.email, CASE WHEN recipient.id IS NULL THEN 'deleted'
                                      WHEN {SIGNED_OFF_SINCE} THEN 'signed_off' ELSE 'edited' END AS reason
            FROM staged LEFT JOIN recipients_recipient AS recipient ON {MATCH}
            WHERE {is_spared(options)} OR {is_kept_away(options)}
            UNION ALL
            SELECT recipient.email, 'added' {ADDED_SINCE}
        ) AS kept ORDER BY email
    """


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
            f"SELECT {counts} FROM (SELECT {states} {self._from} WHERE {is_reached(self._options)} OFFSET 0) AS states"
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
        for key in self._values["cleared_keys"]:
            pairs[key] = (f"old_values->'{key}'", f"new_values->'{key}'")
        for definition in self._staged.fields:
            if definition.scope is FieldScope.LIST and "values" in self._columns:
                pairs[definition.key] = (f"old_values->'{definition.key}'", f"new_values->'{definition.key}'")
            elif definition.scope is FieldScope.ACCOUNT and self._with_contacts:
                pairs[definition.key] = (f"old_contact->'{definition.key}'", f"new_contact->'{definition.key}'")
        return whole, pairs

    def lost_touched(self) -> int:
        """People who signed off or bounced and whom the import touches."""
        mode = self._options.mode
        if mode is Mode.ADD:
            return 0
        touched = "true" if mode is Mode.DELETE else f"{is_reached(self._options)} AND {self.is_changed}"
        return int(self._rows(f"SELECT count(*) {self._from} WHERE {WAS_LOST} AND {touched}")[0][0])

    def may_be_reactivated(self) -> int:
        """People who would be turned active again if asked for."""
        if not self._options.mode.updates or not touches_consent(self._staged, self._options):
            return 0
        return int(self._rows(f"SELECT count(*) {self._from} WHERE {self._may_be_reactivated()}")[0][0])

    def _may_be_reactivated(self) -> str:
        """SQL: whether somebody who stays signed off would be active, if the person asked for just that."""
        restoring = self._options.restoring
        if restoring is None:
            return may_be_reactivated(self._staged)
        if restoring.exact_status:
            return "false"
        return f"{is_reached(self._options)} AND {is_kept_inactive(self._staged, self._columns)}"

    def kept_inactive(self) -> list[Sample]:
        """Samples of people who would be turned active again if asked for."""
        if self._options.reactivate:
            return []
        return self.samples(self._may_be_reactivated())

    def going(self) -> list[Sample]:
        """Samples of recipients who are not in the file, and go."""
        old = _json_object({name: f"recipient.{name}" for name in (*BASE_COLUMNS, "values")})
        query = f"""
            SELECT 0, recipient.email, true, {old}, {NO_CHANGE}, {NO_CHANGE}, {NO_CHANGE}, {NO_CHANGE}
            FROM (SELECT id FROM going ORDER BY email LIMIT {SAMPLES}) AS first
            JOIN recipients_recipient AS recipient ON recipient.account_id = %(account)s AND recipient.id = first.id
            ORDER BY recipient.email
        """
        return [_sample(row, Mode.DELETE, self._order()) for row in self._rows(query)]

    def kept(self) -> list[dict[str, str]]:
        """The first of those whom an undo leaves as they are, by address."""
        if self._options.restoring is None or not self._options.restoring.spares_changed:
            return []
        query = f"{kept_query(self._options)} LIMIT {KEPT_SHOWN}"
        return [{"email": email, "reason": reason} for email, reason in self._rows(query)]

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
        return [_sample(row, self._options.mode, self._order()) for row in self._rows(query)]

    def _order(self) -> list[str]:
        return [*BASE_COLUMNS, *(field.key for field in self._staged.fields)]

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
