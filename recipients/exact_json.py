"""JSON whose numbers are exact: a field's number has up to 38 digits, more than a float can hold.

Reading: `ExactJSONDecoder` gives integers and Decimals, never floats. Writing: `json_text`, because Python's own
encoder has no way to write a Decimal as a number.
"""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from recipients.masterdata.values import format_number


class ExactJSONDecoder(json.JSONDecoder):
    """Reads numbers with a fraction as Decimals."""

    def __init__(self, **options: Any) -> None:
        super().__init__(parse_float=Decimal, **options)


def json_text(values: Mapping[str, str | int | Decimal]) -> str:
    """One JSON object; a number stands as itself, without zeros at its end."""
    return "{" + ", ".join(f"{json.dumps(key)}: {_json_value(value)}" for key, value in values.items()) + "}"


def _json_value(value: str | int | Decimal) -> str:
    return json.dumps(value) if isinstance(value, str) else format_number(Decimal(value))
