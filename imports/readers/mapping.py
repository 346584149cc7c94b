"""Guess which column of a file belongs to which base column or field, by name and, for addresses, by content."""

from collections.abc import Sequence

from imports.readers.choices import ColumnMapping, SniffedColumn
from recipients.masterdata.file import FieldDefinition


def guess_mapping(columns: Sequence[SniffedColumn], fields: Sequence[FieldDefinition]) -> list[ColumnMapping]:
    """One entry for each base column and field that a column was found for, in the order of the master-data file.

    A header that Listkeep exported, in either language, is mapped completely.
    """
    raise NotImplementedError
