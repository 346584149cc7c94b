"""Recipients as members of requests and answers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, cast

from pydantic import Field as Member
from pydantic import PlainValidator, WithJsonSchema

from accounts.api.schemas import USUAL_PAGE, Cursor, Flag, Given, GivenMoment, Limit, Moment, Text, Told
from recipients.given_rows import MOST_ROWS, GivenRow
from recipients.listing import Status
from recipients.masterdata.address import MAX_ADDRESS_LENGTH
from recipients.masterdata.file import FieldScope
from recipients.masterdata.options import AccountValues, EmptyCells, Mode, TagsMode
from recipients.masterdata.values import format_number
from recipients.models import Group, Recipient
from recipients.queries import contact_values, definitions_of

LONGEST_ADDRESS_GIVEN: Final = 1_000  # longer ones are refused as a whole, not one by one
MOST_TAGS: Final = 1_000
MOST_FIELDS: Final = 100


def _value(value: Any) -> Any:
    """A value of a field, exact."""
    if value is not None and type(value) not in (str, int, Decimal):
        raise ValueError("A text, a number or null is needed.")
    return value


Value = Annotated[Any, PlainValidator(_value), WithJsonSchema({"type": ["string", "number", "null"]})]
Values = Annotated[dict[str, Value], Member(max_length=MOST_FIELDS)]
Address = Annotated[Text, Member(max_length=LONGEST_ADDRESS_GIVEN)]
Tags = Annotated[list[Text], Member(max_length=MOST_TAGS)]


class RecipientsAsked(Given):
    """Which recipients are wanted. `search`: the beginning of the address."""

    status: Status = Status.ALL
    search: Annotated[Text, Member(max_length=MAX_ADDRESS_LENGTH)] = ""
    cursor: Cursor | None = None
    limit: Limit = USUAL_PAGE


class RefusedTold(Told):
    """A row that was left out: its place in the call from 0 on, the member that is wrong, and why.

    Reasons: `invalid_address`, `doubled`, `blocked`, `erased`, `no_text`, `no_number`, `no_date`, `no_gender`, `nul`,
    `surrogate`, `too_long`, `out_of_range`.
    """

    index: int
    member: str
    reason: str


class NewRecipient(Given):
    """One recipient. What a row has no member for is left as it is; for who is new, they are active from now on.

    `fields`: values by the keys of fields: text, a number (as a number or a string; exact), a date as `YYYY-MM-DD`, a
    gender as `female`, `male` or `diverse`.
    """

    email: Address
    registered_at: GivenMoment | None = None
    activated_at: GivenMoment | None = None
    deactivated_at: GivenMoment | None = None
    bounced_at: GivenMoment | None = None
    source: str | None = None
    tags: Tags | None = None
    fields: Values = Member(default_factory=dict)

    def row(self) -> GivenRow:
        """What was given, without what was left out."""
        return cast("GivenRow", {name: getattr(self, name) for name in self.model_fields_set})


class GivenRecipients(Given):
    """Recipients to be added and changed.

    `mode`: who is reached. `empty_values`: whether null (and an empty text) takes a stored value away. `tags`: whether
    they are added to those that somebody has. `account_values`: whether account-wide values replace those that somebody
    in the list has. `reactivate`: turn people active again who signed off or bounced and have signed up later since.
    `readmit_erased`: let people in again who were erased.
    """

    recipients: Annotated[list[NewRecipient], Member(min_length=1, max_length=MOST_ROWS)]
    mode: Literal[Mode.UPDATE_AND_ADD, Mode.ADD, Mode.UPDATE] = Mode.UPDATE_AND_ADD
    empty_values: EmptyCells = EmptyCells.KEEP
    tags: TagsMode = TagsMode.ADD
    account_values: AccountValues = AccountValues.OVERWRITE
    reactivate: Flag = False
    readmit_erased: Flag = False


class UpsertedTold(Told):
    """What became of the recipients of a call: `added + changed + unchanged + skipped + refused` are all.

    `skipped`: the mode leaves them alone. Of those who are in the list now: `signed_off` were active before;
    `reactivated` had signed off or bounced and are active, because that was asked for; `kept_inactive` had signed off
    or bounced and stay so. `readmitted`: erased before, and let in because that was asked for.
    """

    added: int
    changed: int
    unchanged: int
    skipped: int
    signed_off: int
    reactivated: int
    kept_inactive: int
    readmitted: int
    refused: list[RefusedTold]


class GivenAddresses(Given):
    """Addresses of recipients of one list."""

    emails: Annotated[list[Address], Member(min_length=1, max_length=MOST_ROWS)]


class ReachedTold(Told):
    """What became of the addresses: `changed + unchanged + missing + refused` are all that were named."""

    changed: int
    unchanged: int
    missing: int
    refused: list[RefusedTold]


class RecipientChanges(Given):
    """What is to be another of one recipient."""

    email: Address | None = None
    source: str | None = None
    tags: Tags | None = None
    fields: Values = Member(default_factory=dict)


class RecipientTold(Told):
    """A recipient. `fields` has all values by the keys of fields, numbers as strings in plain notation."""

    id: int
    email: str
    status: Literal["active", "inactive", "bounced"]
    registered_at: Moment | None
    activated_at: Moment | None
    deactivated_at: Moment | None
    bounced_at: Moment | None
    source: str | None
    tags: list[str]
    fields: dict[str, str]


class RecipientsTold(Told):
    """A page of recipients, by their addresses."""

    items: list[RecipientTold]
    next_cursor: str | None


def told(group: Group, recipients: Sequence[Recipient]) -> list[RecipientTold]:
    """Recipients of a list, with its own and the account-wide values."""
    wide = contact_values(account_id=group.account_id, emails=[one.email for one in recipients])
    fields = definitions_of(group) if recipients else ()
    found = []
    for one in recipients:
        values = {FieldScope.LIST: one.values, FieldScope.ACCOUNT: wide.get(one.email, {})}
        known = {field.key: values[field.scope][field.key] for field in fields if field.key in values[field.scope]}
        found.append(
            RecipientTold(
                id=one.id,
                email=one.email,
                status=_status(one),
                registered_at=one.registered_at,
                activated_at=one.activated_at,
                deactivated_at=one.deactivated_at,
                bounced_at=one.bounced_at,
                source=one.source,
                tags=one.tags,
                fields={
                    key: value if isinstance(value, str) else format_number(Decimal(value))
                    for key, value in known.items()
                },
            )
        )
    return found


def _status(recipient: Recipient) -> Literal["active", "inactive", "bounced"]:
    if recipient.bounced_at is not None:
        return "bounced"
    return "active" if recipient.is_active else "inactive"
