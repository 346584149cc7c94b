"""Recalling: what a person chose for a file with the same header comes back as guesses."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from imports.queries import EarlierImport
from imports.readers import STATUS_TARGET, ColumnMapping, Guess, Origin, Recalled, SniffedColumn
from recipients.masterdata.file import BASE_COLUMNS, STATUS_COLUMNS, FieldScope
from recipients.masterdata.labels import folded
from recipients.models import Field


def recall(earlier: EarlierImport, *, columns: Sequence[SniffedColumn], fields: Sequence[Field]) -> Recalled:
    """What an earlier import says of a file with these columns, in a list with these fields.

    Fields of another list are found again by their labels. Fields that it could not know are left open.
    """
    places = _places(earlier.names, columns)
    targets = _targets(earlier, fields)
    guesses: list[Guess] = []
    to_create: dict[int, str] = {}
    for entry in earlier.mapping:
        column = None if entry.column is None else places.get(entry.column)
        target = targets.get(entry.target)
        if target is not None:
            guesses += _guess(replace(entry, target=target), column, in_same_list=earlier.in_same_list)
        elif column is not None and entry.target in earlier.labels:
            to_create[column.position] = earlier.labels[entry.target]
    known = {guess.mapping.target for guess in guesses}
    return Recalled(
        guesses=tuple(guesses),
        open=frozenset(field.key for field in fields if field.key not in known and _is_open(field, earlier)),
        to_create=to_create,
    )


def _places(names: Sequence[str], columns: Sequence[SniffedColumn]) -> dict[int, SniffedColumn]:
    """Earlier position → the column of the same name; of several the one in the same place among them."""
    now = dict(zip(_numbered([column.name for column in columns]), columns, strict=True))
    return {place: now[key] for place, key in enumerate(_numbered(names)) if key in now}


def _numbered(names: Sequence[str]) -> list[tuple[str, int]]:
    seen: Counter[str] = Counter()
    numbered = []
    for name in map(folded, names):
        numbered.append((name, seen[name]))
        seen[name] += 1
    return numbered


def _targets(earlier: EarlierImport, fields: Sequence[Field]) -> Mapping[str, str]:
    """The target here of each target there."""
    targets = {target: target for target in (*BASE_COLUMNS, STATUS_TARGET)}
    if earlier.in_same_list:
        return targets | {field.key: field.key for field in fields}
    targets |= {field.key: field.key for field in fields if field.scope is FieldScope.ACCOUNT}
    by_label = {folded(field.label): field.key for field in fields}
    own = {key: by_label.get(folded(label)) for key, label in earlier.labels.items()}
    others = {key: target for key, target in targets.items() if key not in own}
    return others | {key: target for key, target in own.items() if target is not None}


def _is_open(field: Field, earlier: EarlierImport) -> bool:
    """Whether the person could not choose a column for a field then, because it was not there."""
    if field.created_at > earlier.confirmed_at:
        return True
    if earlier.in_same_list or field.scope is FieldScope.ACCOUNT:
        return False
    return folded(field.label) not in map(folded, earlier.labels.values())


def _guess(entry: ColumnMapping, column: SniffedColumn | None, *, in_same_list: bool) -> list[Guess]:
    """The entry for the present columns, or nothing.

    What was said of everybody's consent at once, for all rows, is to be said anew: it was true of those people.
    """
    origin = Origin.EARLIER if in_same_list else Origin.ELSEWHERE
    if column is not None:
        return [Guess(_in_its_notation(replace(entry, column=column.position), column), origin)]
    if entry.column is not None or entry.target in (STATUS_TARGET, *STATUS_COLUMNS):
        return []
    return [Guess(entry, origin)]


def _in_its_notation(entry: ColumnMapping, column: SniffedColumn) -> ColumnMapping:
    """The entry with the notation as it was chosen, unless the present cells are clearly written otherwise."""
    date_format, decimal = entry.date_format, entry.decimal
    if date_format and column.date_formats and date_format not in column.date_formats:
        date_format = column.date_formats[0]
    if decimal and column.decimals and decimal not in column.decimals:
        decimal = column.decimals[0]
    return replace(entry, date_format=date_format, decimal=decimal)
