"""Choosing among a backup's rows: by a search in the address and by status; the same on the page and in a restore."""

import pyarrow as pa
import pyarrow.compute as pc


def matching(batch: pa.RecordBatch, *, search: str, status: str) -> pa.BooleanArray:
    """For each row whether the search is somewhere in its address, and the status is its own.

    `search` in the canonical form of addresses, empty for all; `status`: `all`, `active`, `inactive`, `bounced` as in
    `recipients.querysets`.
    """
    found = pc.match_substring(batch["email"], search) if search else pa.array([True] * batch.num_rows, pa.bool_())
    bounced = pc.is_valid(batch["bounced_at"])
    gone = pc.or_(pc.is_null(batch["activated_at"]), pc.is_valid(batch["deactivated_at"]))
    match status:
        case "active":
            return pc.and_(found, pc.invert(pc.or_(bounced, gone)))
        case "inactive":
            return pc.and_(found, pc.and_(gone, pc.invert(bounced)))
        case "bounced":
            return pc.and_(found, bounced)
        case _:
            return found
