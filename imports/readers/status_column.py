"""The column that tells everybody's status in words: in the master-data file it becomes sign-offs and bounces."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Self

import pyarrow as pa
import pyarrow.compute as pc

from imports.readers.blocks import Block
from imports.readers.cells import clean
from imports.readers.choices import STATUS_TARGET, ColumnMapping, StatusFormat
from imports.readers.convert import Check
from imports.readers.problems import InvalidMapping, MappingProblem, Reason
from imports.readers.statuses import Status, convert_statuses, parse_status
from recipients.masterdata.file import TIMESTAMP

_NEVER: Final = pa.scalar(None, TIMESTAMP)


class StatusColumn:
    """What one column of the file, or one word for all rows, says of everybody's status.

    The dates of the status columns, where the file has some, go first: they say when it happened.
    """

    fills = ("deactivated_at", "bounced_at")

    def __init__(self, mapping: ColumnMapping, now: datetime) -> None:
        """Raises InvalidMapping for a word for all rows that is none."""
        self.position = mapping.column
        self._how = mapping.status or StatusFormat.WORDS
        self._now = pa.scalar(now, TIMESTAMP)
        self._for_all = parse_status(mapping.alternative or "", StatusFormat.WORDS)
        if mapping.column is None and self._for_all is None:
            raise InvalidMapping(MappingProblem.BAD_ALTERNATIVE, target=STATUS_TARGET)

    @classmethod
    def of(cls, mapping: Sequence[ColumnMapping], *, width: int, now: datetime) -> Self | None:
        """The column that a mapping names, if it names one. Raises InvalidMapping."""
        entries = [entry for entry in mapping if entry.target == STATUS_TARGET and entry.is_mapped]
        if len(entries) > 1:
            raise InvalidMapping(MappingProblem.TARGET_TWICE, target=STATUS_TARGET)
        if not entries:
            return None
        if entries[0].column is not None and not 0 <= entries[0].column < width:
            raise InvalidMapping(MappingProblem.NO_SUCH_COLUMN, target=STATUS_TARGET)
        return cls(entries[0], now)

    def fill(self, values: dict[str, pa.Array], block: Block) -> list[Check]:
        """Put what the column says into the status columns in `values` (master-data column → array).

        Returns the rows that cannot be kept: with an unknown word, or not confirmed where nothing could say so.
        """
        said = self._said(block)
        for target, status in zip(self.fills, (Status.UNSUBSCRIBED, Status.BOUNCED), strict=True):
            told = pc.if_else(_is(said, status), self._now, _NEVER)
            values[target] = pc.coalesce(values[target], told) if target in values else told
        pending = _is(said, Status.PENDING)
        unconfirmed = pa.repeat(False, len(block.lines))
        if "activated_at" not in values:
            out = pc.or_(pc.is_valid(values["deactivated_at"]), pc.is_valid(values["bounced_at"]))
            unconfirmed = pc.and_not(pending, out)
        else:
            values["activated_at"] = pc.if_else(pending, _NEVER, self._activated(values, said))
        if self.position is None:
            return []
        return [
            Check(pc.is_null(said), Reason.UNKNOWN_STATUS, self.position),
            Check(unconfirmed, Reason.NOT_CONFIRMED, self.position),
        ]

    def _said(self, block: Block) -> pa.Array:
        if self.position is None:
            return pa.repeat(str(self._for_all), len(block.lines))
        return convert_statuses(clean(block.columns[self.position]), self._how)

    def _activated(self, values: dict[str, pa.Array], said: pa.Array) -> pa.Array:
        """Activations; who is said to be active and has none was active from the registration on.

        Products leave it empty for people whom somebody imported.
        """
        activated = values["activated_at"]
        if "registered_at" not in values:
            return activated
        registered = pc.if_else(_is(said, Status.ACTIVE), values["registered_at"], _NEVER)
        return pc.coalesce(activated, registered)


def _is(said: pa.Array, status: Status) -> pa.Array:
    return pc.fill_null(pc.equal(said, status.value), False)
