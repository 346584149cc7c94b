"""E-mail addresses: their one canonical form, and which of them Listkeep takes.

Taken are dot-atom local parts of RFC 5322, with the characters of RFC 6531, of at most 64 characters, and domain names
with at least one dot, in 254 characters together. Not taken, though RFC 5321 knows them:
- quoted local parts (`"a b"@example.org`): no mailbox provider hands them out, RFC 5321 itself warns hosts against
  them, and in people's spreadsheets they are always quoting mistakes;
- address literals (`a@[192.0.2.1]`) and special-use domains (RFC 6761: `.test`, `.local`, …): nobody is reached there.

Canonical is: stripped, Unicode NFC, lower case (local part as well: no provider in use tells case apart, and people
type one address in many ways), the domain in its Unicode form (`xn--…` decoded). Two addresses are the same when their
canonical forms are equal.

Columns are decided by one regular expression, in which everything it accepts is certainly valid and canonical once in
lower case; only what it leaves open costs a call of `email-validator`.
"""

import re
import unicodedata
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
from email_validator import EmailNotValidError, validate_email

from recipients.masterdata.values import BLANKS

MAX_ADDRESS_LENGTH: Final = 254

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9]+(?:-[a-z0-9]+)*"
# Top-level domains that are no special-use one (arpa, invalid, local, localhost, onion, test), told by their length.
_CERTAIN_TOP = r"(?:[a-z]{2,3}|info|[b-su-z][a-z]{3}|[a-kmnp-z][a-z]{4}|[a-z]{6})"
# At most 64 bytes altogether, so that no limit on the length of a part can be passed.
_CERTAIN_BYTES = 64
_CERTAIN = rf"^{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_CERTAIN_TOP}$"
_CERTAIN_RE = re.compile(_CERTAIN.removesuffix("$") + r"\Z")
# What is quoted stays in one piece: nothing taken has quotes, and a person is told of the whole.
_PIECE = re.compile(rf'(?:"[^"\r\n]*"|[^,;{re.escape(BLANKS)}])+')


def normalise(text: str) -> str:
    """The canonical form. What is no address comes back stripped, composed (NFC) and in lower case."""
    return _judge(text)[0]


def is_valid(text: str) -> bool:
    """Whether the canonical form of the text is an address that Listkeep takes."""
    return _judge(text)[1]


def pieces(text: str) -> list[str]:
    """What stands between commas, semicolons and blanks, line ends among them: no valid address has one inside."""
    return _PIECE.findall(text)


def _judge(text: str) -> tuple[str, bool]:
    """The canonical form, and whether it is valid."""
    candidate = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip(BLANKS)).lower())
    if len(candidate) <= _CERTAIN_BYTES and _CERTAIN_RE.match(candidate):
        return candidate, True
    # What the validator would need long to refuse, or would read as a display name or a quoted local part.
    if len(candidate) > MAX_ADDRESS_LENGTH or candidate.count("@") != 1 or '"' in candidate or "<" in candidate:
        return candidate, False
    try:
        address = validate_email(candidate, check_deliverability=False, strict=True)
    except EmailNotValidError:
        return candidate, False
    return address.normalized, True


def judge_column(column: pa.Array) -> tuple[pa.Array, pa.Array]:
    """`normalise` and the opposite of `is_valid` for a string array: (string array, boolean array).

    Null stays null and is invalid; the boolean array holds no null.
    """
    lowered = pc.ascii_lower(pc.utf8_trim(column, characters=BLANKS))
    certain = pc.and_(
        pc.match_substring_regex(lowered, _CERTAIN), pc.less_equal(pc.binary_length(lowered), _CERTAIN_BYTES)
    )
    open_rows = pc.invert(pc.fill_null(certain, True))
    if not pc.any(open_rows, min_count=0).as_py():
        return lowered, pc.is_null(column)
    judged = [_judge(text) for text in column.filter(open_rows).to_pylist()]
    normalised = pc.replace_with_mask(lowered, open_rows, pa.array([text for text, _ in judged], pa.string()))
    invalid = pc.replace_with_mask(open_rows, open_rows, pa.array([not valid for _, valid in judged], pa.bool_()))
    return normalised, pc.or_(invalid, pc.is_null(column))


def normalise_column(column: pa.Array) -> pa.Array:
    """`normalise` of each value of a string array; null stays null."""
    return judge_column(column)[0]


def invalid_mask(column: pa.Array) -> pa.Array:
    """Boolean array without nulls: true where a string array holds no valid address, null included."""
    return judge_column(column)[1]
