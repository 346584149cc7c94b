"""Block lists: addresses that nobody may bring in or turn active, exact or with `*` for any characters.

Knows no Django. A pattern is canonical: as `canonical_pattern` gives it. Exact addresses and whole domains (`*@…`) are
looked up, however many there are; only other patterns cost a regular expression.
"""

import hashlib
import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

ANY = "*"


class BlockList:
    """A set of canonical patterns. `mark` is a short text that equal sets share, "" for no pattern at all."""

    def __init__(self, patterns: Iterable[str]) -> None:
        distinct = sorted(set(patterns))
        self.mark = hashlib.sha256("\n".join(distinct).encode()).hexdigest()[:32] if distinct else ""
        domains = [pattern[2:] for pattern in distinct if pattern.startswith("*@") and ANY not in pattern[2:]]
        self._domains = pa.array(domains, pa.string())
        self._exact = pa.array([pattern for pattern in distinct if ANY not in pattern], pa.string())
        others = [
            pattern
            for pattern in distinct
            if ANY in pattern and not (pattern.startswith("*@") and ANY not in pattern[2:])
        ]
        self._shape = "^(?:" + "|".join(_expression(pattern) for pattern in others) + ")$" if others else ""

    def matches(self, emails: pa.Array) -> pa.Array:
        """Which of the canonical addresses are blocked: a boolean array without nulls; null is not blocked."""
        blocked = pc.is_in(emails, self._exact) if len(self._exact) else pa.repeat(False, len(emails))
        if len(self._domains):
            domain = pc.replace_substring_regex(emails, r"^.*@", "")
            blocked = pc.or_(blocked, pc.is_in(domain, self._domains))
        if self._shape:
            blocked = pc.or_(blocked, pc.match_substring_regex(emails, self._shape))
        return pc.and_(pc.fill_null(blocked, False), pc.is_valid(emails))


def _expression(pattern: str) -> str:
    """The pattern as a regular expression (RE2)."""
    return ".*".join(re.escape(part) for part in pattern.split(ANY))
