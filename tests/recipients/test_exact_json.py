"""Numbers through JSON and back, digit for digit."""

import json
from decimal import Decimal

from recipients.exact_json import ExactJSONDecoder, json_text


def test_json_text_keeps_every_digit() -> None:
    number = Decimal("1234567890123456789012345678.0123456789")

    assert json_text({"amount": number}) == '{"amount": 1234567890123456789012345678.0123456789}'


def test_json_text_writes_the_shortest_plain_notation() -> None:
    assert json_text({"a": Decimal("1.500"), "b": Decimal("1E+3"), "c": 7}) == '{"a": 1.5, "b": 1000, "c": 7}'


def test_json_text_quotes_text() -> None:
    assert json.loads(json_text({"note": 'a "b"\n\\ ü'})) == {"note": 'a "b"\n\\ ü'}


def test_exact_decoder_reads_what_json_text_wrote() -> None:
    values: dict[str, str | int | Decimal] = {"amount": Decimal("0.1234567890123456789"), "name": "ü", "count": 12}

    assert json.loads(json_text(values), cls=ExactJSONDecoder) == values
