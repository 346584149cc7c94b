"""Guess which column of a file belongs to which base column or field, by name and, for addresses, by content."""

from collections.abc import Callable, Sequence

from imports.readers.choices import ColumnMapping, DateFormat, DecimalMark, SniffedColumn
from imports.readers.synonyms import BASE_NAMES, field_names, plain_name
from recipients.masterdata.address import is_valid
from recipients.masterdata.file import BASE_COLUMNS, STATUS_COLUMNS, FieldDefinition, FieldType
from recipients.masterdata.labels import Language, export_headers, exported_language, folded

Match = Callable[[str], str | None]
"""The target that a column's name stands for, or None."""


def guess_mapping(columns: Sequence[SniffedColumn], fields: Sequence[FieldDefinition]) -> list[ColumnMapping]:
    """One entry for each base column and field that a column was found for, in the order of the master-data file.

    A header that Listkeep exported, in either language, is mapped completely.
    """
    language = exported_language([column.name for column in columns])
    matches = _matches(fields) if language is None else [_exported(fields, language), *_matches(fields)]
    found = _assign(columns, matches)
    if "email" not in found:
        column = _address_column(columns, taken=set(found.values()))
        if column is not None:
            found["email"] = column
    by_position = {column.position: column for column in columns}
    types = {field.key: field.type for field in fields}
    return [
        _entry(target, by_position[found[target]], types.get(target), is_export=language is not None)
        for target in [*BASE_COLUMNS, *types]
        if target in found
    ]


def _exported(fields: Sequence[FieldDefinition], language: Language) -> Match:
    targets = {folded(header): target for target, header in export_headers(fields, language).items()}
    return lambda name: targets.get(folded(name))


def _matches(fields: Sequence[FieldDefinition]) -> list[Match]:
    """Ways to find a column's target by its name, the surest first."""
    by_label = {folded(field.label): field.key for field in reversed(fields)}
    by_key = {field.key: field.key for field in fields}
    synonyms: dict[str, str] = {}
    for field in reversed(fields):
        synonyms.update(dict.fromkeys(field_names(field.label, field.key), field.key))
    for target, names in BASE_NAMES.items():
        synonyms.update(dict.fromkeys(names, target))
    synonyms.update({plain_name(field.label): field.key for field in reversed(fields)})
    return [
        lambda name: by_label.get(folded(name)),
        lambda name: by_key.get(name.removesuffix("]").rpartition(" [")[2]) if name.endswith("]") else None,
        lambda name: by_key.get(folded(name)),
        lambda name: synonyms.get(plain_name(name)),
    ]


def _assign(columns: Sequence[SniffedColumn], matches: Sequence[Match]) -> dict[str, int]:
    """The column of each target, each column and each target once; surer ways of matching go first for all columns."""
    found: dict[str, int] = {}
    free = [column for column in columns if column.name]
    for match in matches:
        for column in list(free):
            target = match(column.name)
            if target is not None and target not in found:
                found[target] = column.position
                free.remove(column)
    return found


def _address_column(columns: Sequence[SniffedColumn], *, taken: set[int]) -> int | None:
    """The first column whose samples are mostly addresses."""
    for column in columns:
        cells = [cell for cell in column.samples if cell]
        addresses = sum(1 for cell in cells if is_valid(cell))
        if column.position not in taken and addresses * 2 > len(cells):
            return column.position
    return None


def _entry(target: str, column: SniffedColumn, field_type: FieldType | None, *, is_export: bool) -> ColumnMapping:
    """The mapping of a target to a column, with the likeliest notation; an export of ours has its own."""
    date_format: DateFormat | None = None
    decimal: DecimalMark | None = None
    if target in STATUS_COLUMNS or field_type is FieldType.DATE:
        date_format = DateFormat.ISO if is_export else column.likeliest_date_format or DateFormat.ISO
    if field_type is FieldType.NUMBER:
        decimal = DecimalMark.POINT if is_export else column.likeliest_decimal or DecimalMark.POINT
    return ColumnMapping(target, column.position, None, date_format, decimal)
