"""Cells as a person means them: without blanks around them, without our own formula guard, empty as no value."""

import pyarrow as pa
import pyarrow.compute as pc

from accounts.formula_guard import unguard
from recipients.masterdata.values import BLANKS


def clean(column: pa.Array) -> pa.Array:
    """A string array with each cell stripped and its formula guard taken off; what is empty then becomes null."""
    trimmed = pc.utf8_trim(column, characters=BLANKS)
    bare = unguard(trimmed)
    if bare is not trimmed:
        bare = pc.utf8_trim(bare, characters=BLANKS)
    empty = pc.equal(bare, "")
    return pc.if_else(empty, pa.scalar(None, pa.string()), bare) if pc.any(empty).as_py() else bare


def clean_cells(cells: list[str]) -> list[str]:
    """`clean` for the cells of one row, with "" for no value."""
    return [cell or "" for cell in clean(pa.array(cells, pa.string())).to_pylist()]
