"""Texts as members of requests: stored as everywhere in Listkeep, without blanks around them."""

from typing import Annotated

from pydantic import BeforeValidator

from recipients.masterdata.values import UnstorableText, normalise_text


def _stored(text: object) -> object:
    """The text to store; what is no text is left to the validation after this."""
    if not isinstance(text, str):
        return text
    try:
        return normalise_text(text) or ""
    except UnstorableText as error:
        raise ValueError(f"The text cannot be stored: {error.code}.") from error


StoredText = Annotated[str, BeforeValidator(_stored)]
