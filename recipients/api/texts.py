"""Texts as members of requests: stored as everywhere in Listkeep, without blanks around them.

How long a text may be is said of what was sent, blanks included, as the description has it: these go behind limits.
"""

from typing import Final

from pydantic import AfterValidator

from recipients.masterdata.values import UnstorableText, normalise_text


def _stored(text: str) -> str:
    """The text to store, which may be empty."""
    try:
        return normalise_text(text) or ""
    except UnstorableText as error:
        raise ValueError(f"The text cannot be stored: {error.code}.") from error


def _said(text: str) -> str:
    """The text to store, which says something."""
    stored = _stored(text)
    if not stored:
        raise ValueError("The text is blank.")
    return stored


STORED: Final = AfterValidator(_stored)
SAID: Final = AfterValidator(_said)
