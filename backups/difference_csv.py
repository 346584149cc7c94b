"""A difference file as CSV, for people and their spreadsheet programs. Knows no Django."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from accounts.csv_tables import lines, table_head
from accounts.formula_guard import guard
from backups.difference_file import SCHEMA, Kind, read_figures
from backups.row_store import RowStore
from recipients.masterdata.file import FieldType
from recipients.masterdata.labels import GENDER_LABELS, Language

BATCH_ROWS: Final = 16_384


def difference_chunks(
    store: RowStore,
    *,
    headers: Sequence[str],
    kinds: Mapping[Kind, str],
    labels: Mapping[str, str],
    language: Language,
) -> Iterator[bytes]:
    """All rows of a difference file in chunks, its head first; kinds and fields in these words.

    What a spreadsheet program would run has an apostrophe in front.
    """
    fields = read_figures(store.parquet).fields
    genders = [
        pa.array([field.key for field in fields if field.type_before == FieldType.GENDER], pa.string()),
        pa.array([field.key for field in fields if field.type_after == FieldType.GENDER], pa.string()),
    ]
    kind_words = {kind.value: word for kind, word in kinds.items()}
    yield table_head(headers)
    for batch in store.batches(SCHEMA.names, BATCH_ROWS):
        of_gender = [pc.is_in(batch["field"], value_set=keys) for keys in genders]
        columns = [
            batch["email"],
            _in_words(batch["kind"], kind_words),
            _in_words(batch["field"], labels),
            pc.if_else(of_gender[0], _in_words(batch["before"], GENDER_LABELS[language]), batch["before"]),
            pc.if_else(of_gender[1], _in_words(batch["after"], GENDER_LABELS[language]), batch["after"]),
        ]
        yield lines([guard(column) for column in columns])


def _in_words(column: pa.Array, words: Mapping[str, str]) -> pa.Array:
    """Each text as the word that stands for it; one that has none becomes nothing."""
    return pa.array(words.values(), pa.string()).take(pc.index_in(column, pa.array(words, pa.string())))
