"""Comparing two master-data files, row by row and column by column, in windows of bounded size.

Both are in the order of their addresses, as `take` writes them. Knows no Django.
"""

import pyarrow.compute as pc

from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.merging import Columns, Stream, same_rows, windows


def count_differences(left: MasterDataFile, right: MasterDataFile) -> int:
    """How many recipients stand in one file alone, or with another value in any column that either file has.

    Raises DamagedMasterData.
    """
    differences = 0
    columns = Columns.of(left.schema, right.schema)
    for mine, theirs in windows(Stream.of(left), Stream.of(right)):
        at = pc.index_in(mine["email"], theirs["email"])
        known = pc.is_valid(at)
        found = pc.unique(at.filter(known))
        # Who stands in one of the two alone, or several times.
        differences += mine.num_rows - len(found) + theirs.num_rows - len(found)
        ours = mine.filter(known)
        same = same_rows(ours, theirs.take(at.filter(known)), columns)
        differences += ours.num_rows - (pc.sum(same).as_py() or 0)
    return differences
