"""Statuses told without dates: words such as “unsubscribed”, and yes or no.

Whoever a word takes out of the list is out from `now` on, the moment of the import: nobody knows when it happened, but
from then on it holds. A word that is not known rejects its row, because consent is never guessed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from imports.readers.choices import SniffedColumn, StatusFormat
from imports.readers.columns import Converted, convert_each
from imports.readers.dates import NO_DATE
from imports.readers.synonyms import REASON_NAMES, STATUS_NAMES, plain_name
from recipients.masterdata.file import TIMESTAMP


class Status(StrEnum):
    """What a cell says of somebody."""

    ACTIVE = "active"
    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    PENDING = "pending"  # has never confirmed
    NEITHER = "neither"  # not unsubscribed, or not bounced; that alone makes nobody active

    @property
    def may_hold_for_all(self) -> bool:
        """Whether it can be said of all rows of a file at once."""
        return self in (Status.ACTIVE, Status.UNSUBSCRIBED, Status.BOUNCED)


_WORDS: Final = {
    Status.ACTIVE: "active aktiv activated aktiviert enabled subscribed abonniert angemeldet confirmed bestaetigt "
    "optin optedin doubleoptin",
    Status.UNSUBSCRIBED: "unsubscribed unsubscribe abgemeldet abmeldung ausgetragen optout optedout inactive inaktiv "
    "deactivated deaktiviert disabled blocklisted blocklist blacklisted blacklist blocked blockiert geblockt gesperrt "
    "suppressed revoked widerrufen deleted geloescht removed entfernt archived archiviert abused spam spamcomplaint "
    "spamreport complaint complained beschwerde unerwuenscht donotcontact donotmail donotemail",
    Status.BOUNCED: "bounced bounce hardbounce hardbounced gebounct gebounced gebouncet unzustellbar undeliverable "
    "cleaned bereinigt",
    Status.PENDING: "pending unconfirmed notconfirmed unbestaetigt nichtbestaetigt awaitingconfirmation optinpending "
    "pendingoptin new neu ausstehend wartend waiting nonsubscribed notsubscribed neversubscribed nichtabonniert "
    "nichtangemeldet notoptedin transactional",
}
# Said of subscriptions alone; a customer, too, may be “inactive”, and a member “new”.
_CERTAIN_WORDS: Final = (
    "unsubscribed abgemeldet ausgetragen optout optedout blocklisted blacklisted bounced hardbounce hardbounced "
    "gebounct gebounced cleaned"
)
_YES_WORDS: Final = "yes y ja j true t wahr on 1 x ✓ ✔ ☑"
_NO_WORDS: Final = "no n nein false f falsch off none null na never nie keine keiner - – — ☐ ✗"

_STATUS_OF: Final = {word: status for status, words in _WORDS.items() for word in words.split()}
_CERTAIN: Final = frozenset(_CERTAIN_WORDS.split())
_YES: Final = frozenset(_YES_WORDS.split())
_NO: Final = frozenset({"", *_NO_WORDS.split()})

_YES_AND_NO: Final = {
    StatusFormat.YES_ACTIVE: (Status.ACTIVE, Status.UNSUBSCRIBED),
    StatusFormat.YES_UNSUBSCRIBED: (Status.UNSUBSCRIBED, Status.NEITHER),
    StatusFormat.YES_BOUNCED: (Status.BOUNCED, Status.NEITHER),
}


def word_of(text: str) -> str:
    """A cell as words are compared; signs that are no letters are kept when there is nothing else."""
    return plain_name(text) or text.strip()


def says_yes(text: str) -> bool:
    """Whether a cell says yes."""
    return word_of(text) in _YES


def says_no(text: str) -> bool:
    """Whether a cell says no, or nothing."""
    return text in NO_DATE or word_of(text) in _NO


def is_sign_off_for_certain(text: str) -> bool:
    """Whether a cell is a word for a sign-off or a bounce, whatever its column is called."""
    return word_of(text) in _CERTAIN


def told_by(column: SniffedColumn) -> StatusFormat | None:
    """How a column tells the status, if its name and its cells leave no doubt that it does, and without dates.

    Its name alone is not enough, for a customer has a “status” as well; nor are “yes” and “no” under any other name.
    """
    if column.likeliest_date_format is not None:
        return None
    how = STATUS_NAMES.get(plain_name(column.name))
    if plain_name(column.name) in REASON_NAMES:
        return how
    cells = [cell for cell in column.values if cell and cell not in NO_DATE]
    if not cells:
        return None
    if _are_status_words(cells, named=how is not None):
        return StatusFormat.WORDS
    if how is StatusFormat.WORDS or (how is StatusFormat.YES_ACTIVE and "" in column.values):
        return None
    return how if all(says_yes(cell) or says_no(cell) for cell in cells) else None


def _are_status_words(cells: Sequence[str], *, named: bool) -> bool:
    """Whether cells are words for a status, the column being `named` like one or not."""
    known = [_STATUS_OF.get(word_of(cell)) for cell in cells]
    if any(map(is_sign_off_for_certain, cells)):
        return named or all(known)
    return named and all(known) and set(known) != {Status.PENDING}


def speaks_of(column: SniffedColumn) -> Status | None:
    """UNSUBSCRIBED or BOUNCED, when a column seems to know of somebody who is, though it may not say it clearly."""
    name = plain_name(column.name)
    how = STATUS_NAMES.get(name)
    cells = [cell for cell in column.values if cell]
    certain = [_STATUS_OF[word_of(cell)] for cell in cells if is_sign_off_for_certain(cell)]
    if certain:
        return Status.UNSUBSCRIBED if Status.UNSUBSCRIBED in certain else Status.BOUNCED
    if how is StatusFormat.YES_ACTIVE:
        return Status.UNSUBSCRIBED if any(map(says_no, cells)) else None
    if cells and all(map(says_no, cells)):
        return None
    if how is StatusFormat.YES_UNSUBSCRIBED or name.startswith("optedoutofemail"):
        return Status.UNSUBSCRIBED
    return Status.BOUNCED if how is StatusFormat.YES_BOUNCED else None


def parse_status(text: str, how: StatusFormat) -> Status | None:
    """What a cell ("" for an empty one) says in a column that tells it so; None when that is not known.

    An empty cell is known only where an entry stands for the exception: there it says that nothing happened.
    """
    word = word_of(text)
    if how is StatusFormat.WORDS:
        return _STATUS_OF.get(word)
    yes, no = _YES_AND_NO[how]
    if how is not StatusFormat.YES_ACTIVE:
        return no if says_no(text) else yes
    if word in _YES:
        return yes
    return no if word and says_no(text) else _STATUS_OF.get(word)


def convert_statuses(column: pa.Array, how: StatusFormat) -> pa.Array:
    """`parse_status` for a string array, null where it is None."""
    return convert_each(
        pc.fill_null(column, ""), arrow_type=pa.string(), one=lambda text: parse_status(text, how)
    ).values


def convert_sign_offs(column: pa.Array, *, dates: Callable[[pa.Array], Converted], now: datetime) -> Converted:
    """A column of sign-offs or bounces: read with `dates`; where that fails, yes means `now`, and no means never.

    A column of “true” and “false” cannot mean anything else, and its first rows may have shown no “true” at all.
    """
    one = pc.fill_null(pc.equal(column, "1"), False)  # else the first day of 1970, or of Excel's calendar
    read = dates(pc.if_else(one, pa.scalar(None, pa.string()), column))
    unread = pc.or_(read.unreadable, one)
    if not pc.any(unread, min_count=0).as_py():
        return read
    said = convert_each(column.filter(unread), arrow_type=pa.string(), one=_yes_or_no).values
    is_yes = pc.fill_null(pc.equal(said, "yes"), False)
    moments = pc.if_else(is_yes, pa.scalar(now, TIMESTAMP), pa.scalar(None, TIMESTAMP))
    return Converted(
        pc.replace_with_mask(read.values, unread, moments),
        pc.replace_with_mask(read.unreadable, unread, pc.is_null(said)),
    )


def _yes_or_no(text: str) -> str | None:
    if says_yes(text):
        return "yes"
    return "no" if says_no(text) else None


def convert_entries(column: pa.Array, *, dates: Callable[[pa.Array], Converted], now: datetime) -> Converted:
    """As `convert_sign_offs`, but every entry that is neither a date nor “no” means `now`, as a reason does."""
    read = convert_sign_offs(column, dates=dates, now=now)
    return Converted(pc.if_else(read.unreadable, pa.scalar(now, TIMESTAMP), read.values), pa.repeat(False, len(column)))
