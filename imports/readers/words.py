"""Cells that hold words with a meaning: gender and tags."""

from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from imports.readers.columns import Converted, convert_each
from recipients.masterdata.file import TAGS
from recipients.masterdata.labels import folded
from recipients.masterdata.values import UnstorableText, normalise_tags

_GENDER_WORDS: Final = {
    "female": "female f w woman weiblich frau fr fr. mrs mrs. ms ms. miss madam mme fräulein",
    "male": "male m man männlich maennlich mann herr hr hr. herrn mr mr. sir",
    "diverse": "diverse d x divers div div. nonbinary non-binary nichtbinär nicht-binär other mx mx.",
}
_GENDER_OF: Final = {word: gender for gender, words in _GENDER_WORDS.items() for word in words.split()}


def parse_gender(text: str) -> str | None:
    """The code of a gender, from German or English words, forms of address and letters; None for anything else."""
    return _GENDER_OF.get(folded(text))


def convert_genders(column: pa.Array) -> Converted:
    """`parse_gender` for a string array."""
    return convert_each(column, arrow_type=pa.string(), one=parse_gender)


def parse_tags(text: str) -> list[str] | None:
    """The tags of a cell, where commas part them; None when one cannot be stored.

    Quotation marks around a tag are not part of it: Mailchimp writes "VIP","Berlin".
    """
    try:
        return normalise_tags(_without_quotes(tag) for tag in normalise_tags([text]))
    except UnstorableText:
        return None


def _without_quotes(tag: str) -> str:
    return tag[1:-1] if len(tag) > 1 and tag[0] == tag[-1] == '"' else tag


def convert_tags(column: pa.Array) -> Converted:
    """`parse_tags` for a string array; a cell without tags is null."""
    converted = convert_each(column, arrow_type=TAGS, one=parse_tags)
    return Converted(_empty_as_null(converted.values), converted.unreadable)


def _empty_as_null(lists: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(pc.list_value_length(lists), 0), pa.scalar(None, TAGS), lists)
