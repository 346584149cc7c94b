"""What members of requests and answers may be. Stricter than pydantic's usual: nothing is converted silently."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from ninja import Schema
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    WithJsonSchema,
)

MOST_A_PAGE: Final = 1_000
USUAL_PAGE: Final = 100
MOST_BIGINT: Final = 2**63 - 1
_MOMENT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)


class Given(BaseModel):
    """A body, or a part of one: members that it does not know are refused.

    No Schema of Ninja, which takes attributes of models for members: that costs a third of a call of many rows.
    """

    model_config = ConfigDict(extra="forbid")


class Told(Schema):
    """An answer, or a part of one."""


def _moment_text(value: Any) -> Any:
    """An RFC 3339 date and time; pydantic would take numbers and shorter forms, too."""
    if isinstance(value, str) and _MOMENT.fullmatch(value) is None:
        raise ValueError("A date and time with a time zone is needed, such as 2026-03-02T09:30:00Z.")
    if not isinstance(value, (str, datetime)):
        raise ValueError("A date and time is needed.")  # noqa: TRY004  # pydantic hears ValueError
    return value


def _without_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("The character NUL cannot be stored.")
    return text


def in_utc(moment: datetime) -> str:
    """ISO 8601 in UTC, to the microsecond where there are some."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


GivenMoment = Annotated[AwareDatetime, BeforeValidator(_moment_text)]
_MomentText = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Moment = Annotated[datetime, PlainSerializer(in_utc, return_type=_MomentText)]
Text = Annotated[str, AfterValidator(_without_nul)]
Flag = StrictBool
Limit = Annotated[int, Field(ge=1, le=MOST_A_PAGE, description="how many to give at most")]
Cursor = Annotated[
    str, AfterValidator(_without_nul), Field(max_length=2_000, description="`next_cursor` of the page before")
]
