"""What an account has beside its lists' master data, as CSV tables for the archive of its closing.

Each is written as a stream; memory does not grow with the rows. Moments are ISO 8601. Texts that a spreadsheet program
would run as formulas have an apostrophe in front, as in every other export.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any

import pyarrow as pa
import pyarrow.compute as pc
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from accounts.csv_tables import BATCH_ROWS, lines, table_head
from accounts.formula_guard import guard
from accounts.models import Membership
from imports.models import Import
from recipients.masterdata.file import FieldDefinition, arrow_type
from recipients.masterdata.labels import Language, export_headers
from recipients.masterdata.take import blocks, parsed
from recipients.masterdata.texts import as_texts, is_written_by_people
from recipients.models import Activity, BlockedAddress, Field


def moment(at: datetime | None) -> str:
    """A time as a cell has it: local, with its offset."""
    return timezone.localtime(at).isoformat(timespec="seconds") if at else ""


# --- tables of a few thousand rows ----------------------------------------------------------------------------------


def members_head() -> list[str]:
    """The head of `members`."""
    return [_("E-mail address"), _("Name"), _("Role"), _("Since")]


def members(account_id: int) -> Iterator[Sequence[str]]:
    """Who belongs to the account."""
    for one in Membership.objects.filter(account_id=account_id).select_related("user").order_by("user__email"):
        yield one.user.email, one.user.get_full_name(), one.get_role_display(), moment(one.created_at)


def fields_head() -> list[str]:
    """The head of `fields`."""
    return [_("List"), _("Name"), _("Key"), _("Type"), _("Made")]


def fields(account_id: int) -> Iterator[Sequence[str]]:
    """The data fields; the account-wide ones belong to no list."""
    found = Field.objects.filter(account_id=account_id).select_related("group").order_by("group", "position", "pk")
    for one in found:
        name = one.group.name if one.group else ""
        yield name, one.label, one.key, one.get_type_display(), moment(one.created_at)


def blocked_head() -> list[str]:
    """The head of `blocked`."""
    return [_("Blocked"), _("Since"), _("Who")]


def blocked(account_id: int, group_id: int | None) -> Iterator[Sequence[str]]:
    """The block list of a list, or without `group_id` the account-wide one."""
    found = BlockedAddress.objects.filter(account_id=account_id, group=group_id)
    for one in found.select_related("blocked_by").order_by("pattern").iterator(chunk_size=BATCH_ROWS):
        yield one.pattern, moment(one.blocked_at), one.blocked_by.email if one.blocked_by else ""


def imports_head() -> list[str]:
    """The head of `imports`."""
    figures = [_("Rows in the file"), _("Added"), _("Changed"), _("Unchanged"), _("Deleted"), _("Rejected")]
    return [_("When"), _("List"), _("File"), _("Kind"), _("Mode"), _("State"), _("Who"), *figures]


def imports(account_id: int) -> Iterator[Sequence[str]]:
    """The history of imports, restores and undos."""
    about = ("kind", "mode", "status", "created_at", "file_name", "report", "group__name", "requested_by__email")
    found = Import.objects.filter(account_id=account_id).select_related("group", "requested_by").only(*about)
    for one in found.order_by("created_at", "pk").iterator(chunk_size=BATCH_ROWS):
        numbers = [one.report.get(name) for name in ("rows", "added", "changed", "unchanged", "removed", "rejected")]
        yield (
            moment(one.created_at),
            one.group.name,
            one.file_name,
            one.get_kind_display(),
            one.get_mode_display(),
            one.get_status_display(),
            one.requested_by.email if one.requested_by else "",
            *("" if number is None else str(number) for number in numbers),
        )


# --- tables of millions of rows, as COPY gives them -------------------------------------------------------------------


def write_contacts(file: IO[bytes], *, account_id: int, language: Language) -> None:
    """The account-wide values, one row an address."""
    own = [one.definition() for one in Field.objects.filter(account_id=account_id, group=None).order_by("position")]
    headers = export_headers(own, language)
    file.write(table_head([headers[name] for name in ("email", *(field.key for field in own))]))
    values = [sql.SQL(", values->>{}").format(sql.Literal(field.key)) for field in own]
    query = sql.SQL(
        "COPY (SELECT email {values} FROM recipients_contact WHERE account_id = {account} ORDER BY email)"
        " TO STDOUT (FORMAT csv)"
    ).format(values=sql.SQL("").join(values), account=sql.Literal(account_id))
    schema = pa.schema([("email", pa.string()), *((field.key, arrow_type(field.type)) for field in own)])
    for batch in _copied(query, schema):
        file.write(lines([_cells(column, field, language) for column, field in zip(batch, (None, *own), strict=True)]))


def write_activities(file: IO[bytes], *, account_id: int) -> None:
    """What recipients did, oldest first."""
    file.write(table_head([_("E-mail"), _("List"), _("When"), _("What"), _("Subject")]))
    query = sql.SQL(
        """
        COPY (
            SELECT recipient.email, list.name, to_char(activity.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS+00:00'),
                   activity.kind, activity.subject
            FROM recipients_activity AS activity
            JOIN recipients_recipient AS recipient
              ON recipient.account_id = activity.account_id AND recipient.id = activity.recipient_id
            JOIN recipients_group AS list ON list.account_id = recipient.account_id AND list.id = recipient.group_id
            WHERE activity.account_id = {account}
            ORDER BY activity.at, activity.id
        ) TO STDOUT (FORMAT csv)
        """
    ).format(account=sql.Literal(account_id))
    schema = pa.schema([(name, pa.string()) for name in ("email", "list", "at", "kind", "subject")])
    kinds = pa.array([kind.value for kind in Activity.Kind])
    words = pa.array([str(kind.label) for kind in Activity.Kind])
    for batch in _copied(query, schema):
        email, name, at, kind, subject = batch.columns
        file.write(lines([guard(email), guard(name), at, words.take(pc.index_in(kind, kinds)), guard(subject)]))


def _copied(query: sql.Composed, schema: pa.Schema) -> Iterator[Any]:
    with connection.cursor() as cursor, cursor.cursor.copy(query) as copy:
        for block in blocks(copy):
            yield parsed(block, schema)


def _cells(column: pa.Array, field: FieldDefinition | None, language: Language) -> pa.Array:
    texts = as_texts(column, field, language)
    return guard(texts) if is_written_by_people(column.type, field) else texts
