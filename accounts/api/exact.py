"""JSON without loss: every number with a fraction that comes in is a Decimal; of those that go out none is a float."""

import json
from decimal import Decimal
from typing import cast

from django.http import HttpRequest
from ninja.parser import Parser
from ninja.types import DictStrAny


class ExactParser(Parser):
    """Reads bodies as strict JSON in UTF-8. Whatever it raises is answered as a malformed body."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        text = request.body.decode()
        found = json.loads(text, parse_float=Decimal, parse_constant=_refuse)
        if "\\ud" in text.lower():  # half of a pair of surrogates is no character, and nothing can store it
            json.dumps(found, ensure_ascii=False, default=str).encode()
        return cast("DictStrAny", found)


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON.")
