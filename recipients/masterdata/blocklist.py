"""Block lists: patterns of addresses that must not come in, such as `spam@example.org` and `*@example.org`.

`*` stands for any characters, none included; no other character means anything but itself. Patterns are compared with
canonical addresses (see `address`), so that each has one canonical form as well: stripped, Unicode NFC, lower case, the
domain in its Unicode form, no `*` twice in a row, and an `@` wherever it is known to be.

Four kinds, because the first three are looked up, however many there are, and only the last is tried one by one:
- an address: `spam@example.org`;
- a domain: `*@example.org`;
- the end of a domain: `*@*.example.org`;
- any other: `info@*`, `*spam*`.
"""

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import reduce
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from recipients.masterdata.address import MAX_ADDRESS_LENGTH, is_valid, normalise
from recipients.masterdata.values import BLANKS

MAX_PATTERN_LENGTH: Final = MAX_ADDRESS_LENGTH

_BLANK = re.compile(f"[{re.escape(BLANKS)}]")
_UNSTORABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_LITERALS_AT_ONCE = 500  # what RE2 tells apart in one pass, far from the most memory that it may take
_DOMAIN = "*@"
_ENDING = "*@*"


class Refusal(StrEnum):
    """Why a text is no pattern."""

    EMPTY = "empty"
    BLANK_INSIDE = "blank_inside"
    UNREADABLE_CHARACTER = "unreadable_character"
    TOO_LONG = "too_long"
    BLOCKS_EVERYBODY = "blocks_everybody"
    BLOCKS_NOBODY = "blocks_nobody"  # no valid address can match


class InvalidPattern(ValueError):
    """A text that is no pattern."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Kind(StrEnum):
    """How a pattern is looked up."""

    ADDRESS = "address"
    DOMAIN = "domain"
    ENDING = "ending"
    OTHER = "other"


def canonical_pattern(text: str) -> str:
    """The pattern that a text means; `example.org` and `@example.org` mean `*@example.org`. Raises InvalidPattern."""
    pattern = normalise(text)
    if not pattern:
        raise InvalidPattern(Refusal.EMPTY)
    if _BLANK.search(pattern):
        raise InvalidPattern(Refusal.BLANK_INSIDE)
    if _UNSTORABLE.search(pattern):
        raise InvalidPattern(Refusal.UNREADABLE_CHARACTER)
    if len(pattern) > MAX_PATTERN_LENGTH:
        raise InvalidPattern(Refusal.TOO_LONG)
    if not set(pattern) - set("*@."):
        raise InvalidPattern(Refusal.BLOCKS_EVERYBODY if "*" in pattern else Refusal.BLOCKS_NOBODY)
    pattern = _complete(re.sub(r"\*+", "*", pattern))
    if len(pattern) > MAX_PATTERN_LENGTH:  # what was added counts as well
        raise InvalidPattern(Refusal.TOO_LONG)
    return pattern


def _complete(pattern: str) -> str:
    """The pattern with its `@`, where it is known to be, and the domain in its Unicode form."""
    if "@" not in pattern:
        if pattern.rfind("*") > 0:
            return pattern
        pattern = _DOMAIN + pattern  # the end of an address, if it has no @, is one of the domain
    local, domain = pattern.split("@", 1)
    if local and "*" not in pattern:
        if not is_valid(pattern):
            raise InvalidPattern(Refusal.BLOCKS_NOBODY)
        return pattern
    if "@" in domain or not domain:
        raise InvalidPattern(Refusal.BLOCKS_NOBODY)
    return f"{local or '*'}@{_canonical_domain(domain)}"


def _canonical_domain(domain: str) -> str:
    if "*" not in domain:
        address = f"a@{domain}"
        if not is_valid(address):
            raise InvalidPattern(Refusal.BLOCKS_NOBODY)
        return normalise(address)[2:]
    return ".".join(_canonical_label(label) for label in domain.split("."))


def _canonical_label(label: str) -> str:
    address = f"a@{label}.de"
    return normalise(address)[2:-3] if "*" not in label and is_valid(address) else label


def kind_of(pattern: str) -> Kind:
    """How a canonical pattern is looked up."""
    stars = pattern.count("*")
    if stars == 0:
        return Kind.ADDRESS
    # Behind the *@ there is no second @, so what follows the last star is compared with the domain alone.
    if pattern.startswith(_ENDING) and stars == 2 and len(pattern) > len(_ENDING):
        return Kind.ENDING
    if pattern.startswith(_DOMAIN) and stars == 1:
        return Kind.DOMAIN
    return Kind.OTHER


def matches_pattern(email: str, pattern: str) -> bool:
    """Whether a canonical address matches a canonical pattern. Takes no longer for many `*`."""
    first, *between = pattern.split("*")
    if not between:
        return email == pattern
    last = between.pop()
    if len(email) < len(first) + len(last) or not email.startswith(first) or not email.endswith(last):
        return False
    place, end = len(first), len(email) - len(last)
    for piece in between:
        found = email.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def patterns_to_look_up(email: str) -> list[str]:
    """Every pattern that matches a canonical address and is of a kind that is looked up, the most exact first."""
    domain = email.rpartition("@")[2]
    return [email, _DOMAIN + domain, *(_ENDING + domain[start:] for start in range(len(domain)))]


class BlockList:
    """Canonical patterns, asked about columns of canonical addresses.

    `mark` is equal for equal sets of patterns, and "" for none.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        distinct = sorted(set(patterns))
        self.mark = hashlib.sha256("\n".join(distinct).encode()).hexdigest()[:32] if distinct else ""
        kinds: dict[Kind, list[str]] = defaultdict(list)
        for pattern in distinct:
            kinds[kind_of(pattern)].append(pattern)
        self._addresses = _strings(kinds[Kind.ADDRESS])
        self._domains = _strings([pattern.removeprefix(_DOMAIN) for pattern in kinds[Kind.DOMAIN]])
        self._endings = _by_length([pattern.removeprefix(_ENDING) for pattern in kinds[Kind.ENDING]])
        self._others = kinds[Kind.OTHER]

    def matches(self, emails: pa.Array) -> pa.Array:
        """Which of the addresses match a pattern: a boolean array without nulls. `emails`: a string array."""
        found = pc.is_in(emails, self._addresses)
        if self._domains or self._endings:
            found = pc.or_(found, self._match_domains(emails))
        if self._others:
            found = pc.or_(found, _match_each(emails, self._others))
        return found

    def _match_domains(self, emails: pa.Array) -> pa.Array:
        """Asked of each distinct domain once."""
        parts = pc.split_pattern(emails, "@", max_splits=1, reverse=True)
        has_domain = pc.fill_null(pc.equal(pc.list_value_length(parts), 2), False)
        domains = pc.list_element(parts.filter(has_domain), 1).dictionary_encode()
        known = pc.is_in(domains.dictionary, self._domains)
        for length, endings in self._endings.items():
            known = pc.or_(known, pc.is_in(pc.utf8_slice_codeunits(domains.dictionary, -length), endings))
        return pc.replace_with_mask(has_domain, has_domain, known.take(domains.indices))


def _match_each(emails: pa.Array, patterns: Sequence[str]) -> pa.Array:
    """Tries the patterns one by one, on the few addresses that have the longest piece of any of them.

    All in one expression would be one pass, but `.*` in many alternatives makes RE2 a thousand times slower.
    """
    literals = [re.escape(max(pattern.split("*"), key=len)) for pattern in patterns]
    groups = [literals[start : start + _LITERALS_AT_ONCE] for start in range(0, len(literals), _LITERALS_AT_ONCE)]
    likely = reduce(pc.or_, [pc.match_substring_regex(emails, "|".join(group)) for group in groups])
    likely = pc.fill_null(likely, False)
    candidates = emails.filter(likely)
    expressions = [".*".join(re.escape(piece) for piece in pattern.split("*")) for pattern in patterns]
    found = reduce(pc.or_, [pc.match_substring_regex(candidates, f"(?s)^{each}$") for each in expressions])
    return pc.replace_with_mask(likely, likely, found)


def _by_length(endings: Iterable[str]) -> dict[int, pa.Array]:
    lengths: dict[int, list[str]] = defaultdict(list)
    for ending in endings:
        lengths[len(ending)].append(ending)
    return {length: _strings(same) for length, same in lengths.items()}


def _strings(texts: Sequence[str]) -> pa.Array:
    return pa.array(texts, pa.string())
