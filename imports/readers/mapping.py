"""Guess which column of a file belongs to which target: by what was chosen before, by name, and by content.

A guess is only made where little can be said against it: a wrong one is worse than none.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from imports.readers.choices import STATUS_TARGET, ColumnMapping, DateFormat, DecimalMark, SniffedColumn, StatusFormat
from imports.readers.dates import NO_DATE
from imports.readers.rejects import without_added
from imports.readers.statuses import is_sign_off_for_certain, says_no, says_yes, told_by
from imports.readers.synonyms import BASE_NAMES, REASON_NAMES, STATUS_NAMES, field_names, plain_name
from imports.readers.words import parse_gender
from recipients.masterdata.address import is_valid
from recipients.masterdata.file import BASE_COLUMNS, STATUS_COLUMNS, FieldDefinition, FieldScope, FieldType
from recipients.masterdata.labels import Language, export_headers, exported_language, folded

Match = Callable[[str], str | None]
"""The target that a column's name stands for, or None."""

_ORDER: Final = ("email", STATUS_TARGET, *(name for name in BASE_COLUMNS if name != "email"))


class Origin(StrEnum):
    """Why a column is guessed."""

    EXPORT = "export"  # Listkeep exported the file
    EARLIER = "earlier"  # a person chose it for a file with the same header, in the same list
    ELSEWHERE = "elsewhere"  # … in another list of the account
    NAME = "name"  # the column has the target's name
    SYNONYM = "synonym"  # its name means the same
    VALUES = "values"  # its cells leave no doubt


@dataclass(frozen=True)
class Guess:
    """A guessed entry of a mapping, and why it was guessed."""

    mapping: ColumnMapping
    origin: Origin


@dataclass(frozen=True)
class Recalled:
    """What an earlier import says of a file with the same header.

    `open` are the targets that it could not know: only these may still be guessed, so that what a person left out stays
    left out. `to_create` are the columns, by position, for which it had a field that the present list lacks, with that
    field's label.
    """

    guesses: tuple[Guess, ...]
    open: frozenset[str]
    to_create: Mapping[int, str] = field(default_factory=dict)


def guess_mapping(columns: Sequence[SniffedColumn], fields: Sequence[FieldDefinition]) -> list[ColumnMapping]:
    """What `guess_columns` guesses of a file that nobody has imported before."""
    return [guess.mapping for guess in guess_columns(columns, fields)]


def guess_columns(
    columns: Sequence[SniffedColumn], fields: Sequence[FieldDefinition], recalled: Recalled | None = None
) -> list[Guess]:
    """One guess for each target that a column was found for; base columns first, then fields in their order.

    What a person chose before goes first. A header that Listkeep exported, in either language, is mapped completely:
    its dates tell everybody's status, and none of its fields does, whatever words stand in it. In a list without fields
    of its own, as one that is brought back is, what the list lacks are such fields, too.
    """
    language = exported_language([column.name for column in columns])
    search = _Search(columns, {field.key: field.type for field in fields}, is_export=language is not None)
    if recalled is not None:
        search.recall(recalled)
    if language is not None:
        search.by_name([_exported(fields, language)], Origin.EXPORT)
    search.by_name(_names(fields), Origin.NAME)
    tells_status = language is None or any(field.scope is FieldScope.LIST for field in fields)
    if tells_status:
        search.statuses()
    search.by_name([_synonyms(fields)], Origin.SYNONYM)
    if tells_status:
        search.sign_offs()
    search.by_content()
    return search.result()


def header_mark(names: Sequence[str]) -> str:
    """A short text that files with the same column names share, in whatever order; "" for a file without a header.

    A file's rejected rows have its mark.
    """
    known = sorted(map(folded, without_added(names)))
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()[:32] if any(known) else ""


def _exported(fields: Sequence[FieldDefinition], language: Language) -> Match:
    targets = {folded(header): target for target, header in export_headers(fields, language).items()}
    return lambda name: targets.get(folded(name))


def _names(fields: Sequence[FieldDefinition]) -> list[Match]:
    """Ways to find a field by its own name, the surest first."""
    by_label = {folded(one.label): one.key for one in reversed(fields)}
    by_key = {one.key: one.key for one in fields}
    return [
        lambda name: by_label.get(folded(name)),
        lambda name: by_key.get(name.removesuffix("]").rpartition(" [")[2]) if name.endswith("]") else None,
        lambda name: by_key.get(folded(name)),
    ]


def _synonyms(fields: Sequence[FieldDefinition]) -> Match:
    synonyms: dict[str, str] = {}
    for one in reversed(fields):
        synonyms.update(dict.fromkeys(field_names(one.label, one.key), one.key))
    for target, names in BASE_NAMES.items():
        synonyms.update(dict.fromkeys(names, target))
    synonyms.update({plain_name(one.label): one.key for one in reversed(fields)})
    return lambda name: synonyms.get(plain_name(name))


@dataclass
class _Search:
    """The guesses so far. Each target is found once; a column too, but for a status that its field must not hide."""

    columns: Sequence[SniffedColumn]
    types: dict[str, FieldType]
    is_export: bool
    found: dict[str, Guess] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)
    open: frozenset[str] | None = None

    @property
    def free(self) -> list[SniffedColumn]:
        """The columns that no target has yet."""
        return [column for column in self.columns if column.position not in self.taken]

    def recall(self, recalled: Recalled) -> None:
        """Begin with what a person chose before."""
        self.found = {guess.mapping.target: guess for guess in recalled.guesses}
        self.taken = {guess.mapping.column for guess in recalled.guesses if guess.mapping.column is not None}
        self.open = recalled.open

    def by_name(self, matches: Iterable[Match], origin: Origin) -> None:
        """Surer ways of matching go first for all columns."""
        for match in matches:
            for column in self.free:
                target = match(column.name) if column.name else None
                if target is not None and self._may_be(target, column, origin):
                    self.take(target, column, origin)

    def _may_be(self, target: str, column: SniffedColumn, origin: Origin) -> bool:
        """Whether a column's cells do not speak against a name that only means the same."""
        if origin is not Origin.SYNONYM or not _filled(column):
            return True
        if target == "email":
            return _has_addresses(column) or not any(map(_has_addresses, self.free))
        if target in STATUS_COLUMNS:  # also with dates that nobody can read: their rows are rejected, not activated
            return not _is_yes_or_no(column)
        return _fits(column, self.types.get(target))

    def statuses(self) -> None:
        """Words for a status, and opt-ins. A field may have the column as well, but for an export: it has the dates."""
        told = [(column, told_by(column)) for column in self.columns]
        for wanted in (StatusFormat.WORDS, StatusFormat.YES_ACTIVE):
            for column, how in told:
                is_certain = not self.is_export and any(map(is_sign_off_for_certain, column.values))
                if how is wanted and (is_certain or column.position not in self.taken):
                    self._take_status(STATUS_TARGET, column, how)

    def sign_offs(self) -> None:
        """Opt-outs and bounces of the form yes or no, where dates have not been found for them."""
        own = {StatusFormat.YES_UNSUBSCRIBED: "deactivated_at", StatusFormat.YES_BOUNCED: "bounced_at"}
        for column in self.free:
            how = told_by(column)
            if how not in own:
                continue
            if own[how] not in self.found:
                self._take_status(own[how], column, how)
            elif plain_name(column.name) not in REASON_NAMES:  # a reason says no more than the date beside it
                self._take_status(STATUS_TARGET, column, how)

    def _take_status(self, target: str, column: SniffedColumn, how: StatusFormat) -> None:
        origin = Origin.SYNONYM if plain_name(column.name) in STATUS_NAMES else Origin.VALUES
        self.take(target, column, origin, how)

    def by_content(self) -> None:
        """Addresses; and words for genders where just one field takes them."""
        for column in self.free:
            if _has_addresses(column):
                self.take("email", column, Origin.VALUES)
        genders = [key for key, kind in self.types.items() if kind is FieldType.GENDER and key not in self.found]
        fitting = [column for column in self.free if _has_genders(column)]
        if len(genders) == len(fitting) == 1:
            self.take(genders[0], fitting[0], Origin.VALUES)

    def take(self, target: str, column: SniffedColumn, origin: Origin, status: StatusFormat | None = None) -> None:
        """Give a target its column, unless it has one or must not have any."""
        if target in self.found or (self.open is not None and target not in self.open):
            return
        self.found[target] = Guess(self._entry(target, column, status), origin)
        self.taken.add(column.position)

    def _entry(self, target: str, column: SniffedColumn, status: StatusFormat | None) -> ColumnMapping:
        """The mapping of a target to a column, with the likeliest notation; an export of ours has its own."""
        date_format: DateFormat | None = None
        decimal: DecimalMark | None = None
        if target in STATUS_COLUMNS or self.types.get(target) is FieldType.DATE:
            date_format = DateFormat.ISO if self.is_export else column.likeliest_date_format
        if self.types.get(target) is FieldType.NUMBER:
            decimal = DecimalMark.POINT if self.is_export else column.likeliest_decimal or DecimalMark.POINT
        return ColumnMapping(target, column.position, None, date_format, decimal, status)

    def result(self) -> list[Guess]:
        """The guesses in the order of the targets.

        Dates of which none has been seen yet are taken to be written as the file's others: the first sign-off may stand
        in the millionth row.
        """
        seen = [guess.mapping.date_format for guess in self.found.values() if guess.mapping.date_format is not None]
        otherwise = seen[0] if seen else DateFormat.ISO
        return [self._dated(self.found[target], otherwise) for target in [*_ORDER, *self.types] if target in self.found]

    def _dated(self, guess: Guess, otherwise: DateFormat) -> Guess:
        mapping = guess.mapping
        has_dates = mapping.target in STATUS_COLUMNS or self.types.get(mapping.target) is FieldType.DATE
        if not has_dates or mapping.column is None or mapping.date_format is not None:
            return guess
        return replace(guess, mapping=replace(mapping, date_format=otherwise))


def _filled(column: SniffedColumn) -> list[str]:
    return [cell for cell in column.samples if cell]


def _has_addresses(column: SniffedColumn) -> bool:
    """Whether the samples are mostly addresses."""
    cells = _filled(column)
    return sum(map(is_valid, cells)) * 2 > len(cells)


def _fits(column: SniffedColumn, field_type: FieldType | None) -> bool:
    """Whether at least some of the cells can be read as a field's values."""
    match field_type:
        case FieldType.DATE:
            return column.likeliest_date_format is not None
        case FieldType.NUMBER:
            return column.likeliest_decimal is not None
        case FieldType.GENDER:
            return any(map(parse_gender, _filled(column)))
    return True


def _has_genders(column: SniffedColumn) -> bool:
    """Whether all cells are words for genders; single letters may mean anything."""
    cells = [cell for cell in column.values if cell]
    return bool(cells) and all(len(cell) > 1 and parse_gender(cell) is not None for cell in cells)


def _is_yes_or_no(column: SniffedColumn) -> bool:
    """Whether the cells say yes or no, in words that are no dates."""
    cells = [cell for cell in column.values if cell and cell not in NO_DATE]
    return bool(cells) and all(says_yes(cell) or says_no(cell) for cell in cells)
