"""The rows of a master-data file that may leave the house: who was erased from the account is left out."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from recipients.masterdata.file import LINE, Description, MasterDataFile


class People(Protocol):
    """Some people, known by their addresses (`recipients.erased.Erased`). False when there are none."""

    def __bool__(self) -> bool: ...

    def found_in(self, emails: pa.Array) -> pa.BooleanArray:
        """For each canonical address, whether it is one of theirs."""


def described_without(description: Description, left_out: People | None) -> Description:
    """What a file says of its list, without entries of the block list that are an address of people `left_out`."""
    if not left_out or not description.block_list:
        return description
    found = left_out.found_in(pa.array(description.block_list, pa.string())).to_pylist()
    kept = zip(description.block_list, found, strict=True)
    return replace(description, block_list=tuple(one for one, is_left_out in kept if not is_left_out))


def names_of(file: MasterDataFile) -> list[str]:
    """The columns that an export has, in file order."""
    return [name for name in file.schema.names if name != LINE]


def rows_of(
    file: MasterDataFile, names: Sequence[str], *, left_out: People | None, batch_size: int
) -> Iterator[pa.RecordBatch]:
    """All rows but those of the people `left_out`, with these columns. Raises DamagedMasterData while iterating."""
    for batch in file.batches(names, batch_size=batch_size):
        yield batch.filter(pc.invert(left_out.found_in(batch.column("email")))) if left_out else batch
