"""The model: what must stand in the list after a file has been imported, in plain Python.

It knows the rows that `rows` reads and what the case says of them. Of Listkeep it knows only the words for rules: modes
of failure, field types, codes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from recipients.masterdata.file import FieldType
from tests.imports.real_files.case import Readable
from tests.imports.real_files.rows import Table, table_of

NOW: Final = "the moment of the import"
STATUS: Final = ("registered_at", "activated_at", "deactivated_at", "bounced_at")
ZONE: Final = ZoneInfo("Europe/Berlin")
BLANKS: Final = " \t\r\n\u00a0\u200b\ufeff"
NEVER: Final = ("", "0", "0000-00-00", "0000-00-00 00:00:00", "00.00.0000")
GENDERS: Final = {
    "frau": "female", "weiblich": "female", "female": "female", "w": "female", "f": "female", "ms.": "female",
    "herr": "male", "männlich": "male", "male": "male", "m": "male", "mr.": "male",
    "divers": "diverse", "diverse": "diverse", "d": "diverse",
}  # fmt: skip

Moment = datetime | str | None
Value = str | Decimal | date


@dataclass(frozen=True)
class Person:
    """A recipient. A moment may be NOW."""

    registered_at: Moment
    activated_at: Moment
    deactivated_at: Moment
    bounced_at: Moment
    source: str | None
    tags: tuple[str, ...]
    values: Mapping[str, Value]

    @property
    def is_active(self) -> bool:
        """Whether mail may go to them."""
        return self.activated_at is not None and self.deactivated_at is None and self.bounced_at is None


@dataclass(frozen=True)
class Outcome:
    """The people by their addresses, the rejected lines with their reasons, and the report's figures that are not 0."""

    people: dict[str, Person]
    rejected: dict[int, str]
    figures: dict[str, Any]


def outcome_of(case: Readable, content: bytes) -> Outcome:
    """What must become of a case's file in a new list."""
    table = table_of(case, content)
    places = {target: _place(column, table) for target, column in case.mapping.items()}
    people: dict[str, Person] = {}
    for _, row in table.rows:
        cells = {target: _cell(row[place]) for target, place in places.items()}
        address = case.canonical.get(cells["email"], cells["email"].lower())
        people.setdefault(address, _person(case, cells))
    rejected = dict(case.rejected)
    return Outcome(people, rejected, _figures(table, people, rejected))


def _figures(table: Table, people: Mapping[str, Person], rejected: Mapping[int, str]) -> dict[str, Any]:
    reasons = list(rejected.values())
    figures = {
        "rows": len(table.rows) + len(rejected),
        "added": len(people),
        "doubled": len(table.rows) - len(people),
        "rejected": len(rejected),
        "rejected_by_reason": {reason: reasons.count(reason) for reason in reasons},
        "notes": {"short_rows": table.short} if table.short else {},
    }
    return {name: figure for name, figure in figures.items() if figure}


def _place(column: str | int, table: Table) -> int:
    return column if isinstance(column, int) else [_cell(name) for name in table.header].index(column)


def _cell(text: str) -> str:
    """A cell without blanks around it, and without the apostrophe that keeps a formula from being one."""
    bare = text.strip(BLANKS)
    quoted = bare.startswith("'") and bare.lstrip("'")[:1] in tuple("=+-@\t\r")
    return bare[1:].strip(BLANKS) if quoted else bare


def _person(case: Readable, cells: Mapping[str, str]) -> Person:
    """A new recipient: who is only named is registered and active now; else the file's dates count, empty too."""
    dates = {target: _moment(case, target, cells[target]) for target in STATUS if target in cells}
    if "subscription-status" in cells:
        _add_status(dates, case.says[cells["subscription-status"]])
    registered = dates["registered_at"] if "registered_at" in dates else dates.get("activated_at") or NOW
    if "activated_at" in dates:
        activated = dates["activated_at"]
    else:
        left = dates.get("deactivated_at") is not None
        activated = dates.get("registered_at") or (None if left else NOW)
    return Person(
        registered_at=registered,
        activated_at=activated,
        deactivated_at=dates.get("deactivated_at"),
        bounced_at=dates.get("bounced_at"),
        source=cells.get("source") or None,
        tags=_tags(cells.get("tags", "")),
        values=_values(case, cells),
    )


def _add_status(dates: dict[str, Moment], said: str) -> None:
    """What a word says: dates that the file has go before it, and nobody who is pending was activated."""
    for target, word in (("deactivated_at", "off"), ("bounced_at", "bounced")):
        dates[target] = dates.get(target) or (NOW if said == word else None)
    if said == "pending":
        dates["activated_at"] = None
    elif said == "active" and "activated_at" in dates:
        dates["activated_at"] = dates["activated_at"] or dates.get("registered_at")


def _moment(case: Readable, target: str, text: str) -> Moment:
    if text in NEVER or case.says.get(text) == "no":
        return None
    if text in case.says:
        return NOW
    moment = _time(text, case.notations.get(target, ""))
    return (moment if moment.tzinfo else moment.replace(tzinfo=ZONE)).astimezone(UTC)


def _time(text: str, notation: str) -> datetime:
    """A date or time in a notation; ISO notation is read beside any other."""
    if notation == "go":
        day, clock, offset, _ = text.split(" ")
        return datetime.fromisoformat(f"{day} {clock}{offset}")
    if text[4:5] == "-":
        return datetime.fromisoformat(text)
    if notation == "unix":
        return datetime.fromtimestamp(int(text), UTC)
    if notation == "excel":
        return datetime(1899, 12, 30) + timedelta(days=float(text.replace(",", ".")))  # noqa: DTZ001  # a local time
    return datetime.strptime(text, notation)  # noqa: DTZ007  # a local time


def _tags(text: str) -> tuple[str, ...]:
    tags = [tag.strip(BLANKS).strip('"').strip(BLANKS) for tag in text.split(",")]
    return tuple(dict.fromkeys(filter(None, tags)))


def _values(case: Readable, cells: Mapping[str, str]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for label, kind in case.fields.items():
        key = label.lower()
        text = cells.get(key, "")
        if text and (kind is not FieldType.DATE or text not in NEVER):
            found[key] = _READ[kind](text, case.notations.get(key, ""))
    return found


def _number(text: str, notation: str) -> Decimal:
    mark = notation or "."
    if notation == "sheet":
        mark = "," if "," in text else "."
    group = {",": ".", ".": ","}[mark]
    plain = text.replace(group, "").replace("'", "").replace("\u00a0", "").replace(" ", "")
    return Decimal(plain.replace(mark, "."))


_READ: Final[dict[FieldType, Callable[[str, str], Value]]] = {
    FieldType.TEXT: lambda text, _: text,
    FieldType.NUMBER: _number,
    FieldType.DATE: lambda text, notation: _time(text.split(" ")[0], notation).date(),
    FieldType.GENDER: lambda text, _: GENDERS[text.lower()],
}


def told_apart(people: Mapping[str, Person]) -> frozenset[str]:
    """The addresses of those who may be written to."""
    return frozenset(address for address, person in people.items() if person.is_active)
