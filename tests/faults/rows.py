"""The rows of a scene: made up, read back from the database and from backups' files, all in one shape."""

import json
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.exact_json import ExactJSONDecoder, json_text
from recipients.masterdata.file import FieldType, MasterDataFile, sha256_of
from recipients.masterdata.options import Mode
from recipients.models import Group
from recipients.queries import fields_of
from recipients.revision import lock_group, raise_revision
from recipients.storage import local_copy
from tests.recipients.masterdata.model import Row, is_active

Rows = dict[str, Row]

FIELDS = {"vorname": FieldType.TEXT, "punkte": FieldType.NUMBER, "geburtstag": FieldType.DATE}
NEW_FIELD = "stadt"  # the import makes it, when its mode gives anybody a value
BASE = ("email", "registered_at", "activated_at", "deactivated_at", "bounced_at", "source")
TARGETS = ("email", "registered_at", "activated_at", "deactivated_at", "tags", *FIELDS)
COLUMNS = f'account_id, group_id, {", ".join(BASE)}, tags, "values"'
FILL = f"INSERT INTO recipients_recipient ({COLUMNS}) SELECT {COLUMNS} FROM filled"  # noqa: S608  # fixed text
BROKEN = 7  # rows of the file without an address
START = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)


def shuffled(chance: random.Random, start: int, end: int) -> list[int]:
    """The whole numbers from `start` to `end`, in random order."""
    numbers = list(range(start, end))
    chance.shuffle(numbers)
    return numbers


def listed_row(chance: random.Random, number: int) -> Row:
    """A recipient of the list: most are active, some signed off, some bounced, some never signed up."""
    activated = START + timedelta(minutes=chance.randrange(100_000))
    kind = chance.randrange(10)
    return {
        "email": f"kunde{number:06d}@example.org",
        "registered_at": activated - timedelta(hours=1),
        "activated_at": None if kind == 2 else activated,
        "deactivated_at": activated + timedelta(days=30) if kind == 0 else None,
        "bounced_at": activated + timedelta(days=40) if kind == 1 else None,
        "source": "Messe Köln" if kind < 5 else None,
        "tags": ["alt", "messe"][: kind % 3] or None,
        "vorname": f"Zoë {number}",
        "punkte": Decimal(chance.randrange(100_000)) / 100,
        "geburtstag": None if kind == 3 else (date(1950, 1, 1) + timedelta(days=number % 20_000)).isoformat(),
    }


def file_row(chance: random.Random, number: int, mode: Mode) -> Row:
    """A row of the file, which knows some people better than the list, others worse, and of some only the address.

    To deactivate people it has a sign-off of everybody, because what else is taken is the time of the import.
    """
    row: Row = {"email": f"kunde{number:06d}@example.org"} | dict.fromkeys([*TARGETS[1:], NEW_FIELD])
    activated = START + timedelta(minutes=chance.randrange(200_000))
    if mode is Mode.DEACTIVATE or chance.random() < 0.05:
        row["deactivated_at"] = activated + timedelta(days=chance.randrange(-30, 30))
    if chance.random() < 0.1:
        return row
    return row | {
        "registered_at": activated - timedelta(hours=2),
        "activated_at": activated if chance.random() < 0.9 else None,
        "tags": ["neu", "messe"][: chance.randrange(3)] or None,
        "vorname": f"Jürgen {number}" if chance.random() < 0.8 else None,
        "punkte": Decimal(chance.randrange(1_000_000)) / 1000 if chance.random() < 0.8 else None,
        "geburtstag": "1999-12-31" if chance.random() < 0.5 else None,
        NEW_FIELD: "Köln" if chance.random() < 0.7 else None,
    }


def text_of(rows: list[Row], targets: Sequence[str]) -> str:
    """The file: separated by semicolons, with rows at its end that have no address."""
    lines = [";".join(targets)]
    lines += [";".join(cell_of(row[target]) for target in targets) for row in rows]
    lines += [f"keine Adresse {number}" + ";" * (len(targets) - 1) for number in range(BROKEN)]
    return "\n".join(lines) + "\n"


def cell_of(value: Any) -> str:
    """A value as the file has it."""
    match value:
        case None:
            return ""
        case datetime():
            return value.isoformat()
        case list():
            return ",".join(value)
        case _:
            return str(value)


def fill(group: Group, rows: Rows) -> None:
    """Write rows into an empty list, as one writer that keeps the rules."""
    with account_scope(group.account_id):
        lock_group(account_id=group.account_id, group_id=group.pk)
        with connection.cursor() as cursor:
            # By way of a table of its own, because COPY does not write where row-level security stands.
            cursor.execute(
                "CREATE TEMPORARY TABLE filled (LIKE recipients_recipient INCLUDING DEFAULTS) ON COMMIT DROP"
            )
            cursor.execute("ALTER TABLE filled DROP COLUMN id")
            with cursor.copy(f"COPY filled ({COLUMNS}) FROM STDIN") as copy:
                for row in rows.values():
                    values = json_text({key: row[key] for key in FIELDS if row[key] is not None})
                    base = [row[name] for name in BASE]
                    copy.write_row((group.account_id, group.pk, *base, row["tags"] or [], values))
            cursor.execute(FILL)
        raise_revision(group=group, now=START, recount=True)


def rows_of(group: Group) -> Rows:
    """All rows of a list as the database has them: a row has a value, or None, for each field that the list shows."""
    names = (*BASE, "tags")
    query = """
        SELECT recipient.email, registered_at, activated_at, deactivated_at, bounced_at, source, nullif(tags, '{}'),
               (recipient.values || coalesce(contact.values, '{}'))::text
        FROM recipients_recipient AS recipient
        LEFT JOIN recipients_contact AS contact
            ON contact.account_id = recipient.account_id AND contact.email = recipient.email
        WHERE recipient.account_id = %s AND recipient.group_id = %s
    """
    with account_scope(group.account_id), connection.cursor() as cursor:
        fields = [field.key for field in fields_of(group)]
        cursor.execute(query, [group.account_id, group.pk])
        found = cursor.fetchall()
    rows = {}
    for *base, text in found:
        values = json.loads(text, cls=ExactJSONDecoder)
        assert values.keys() <= set(fields), f"{base[0]} has values of no field: {values}"
        rows[base[0]] = dict(zip(names, base, strict=True)) | dict.fromkeys(fields) | values
    return rows


def rows_in(backup: Backup) -> Rows:
    """All rows of a complete backup's file by address, in the shape of `rows_of`."""
    rows = raw_rows_in(backup)
    for row in rows:
        row["geburtstag"] = row["geburtstag"] and row["geburtstag"].isoformat()
    return {row["email"]: row for row in rows}


def raw_rows_in(backup: Backup) -> list[Row]:
    """All rows of a complete backup's file, whose checksum must be the catalogue's."""
    with local_copy("backups", backup.file_key) as path:
        assert sha256_of(path) == backup.sha256, f"the file of {backup!r} is not the one in the catalogue"
        with MasterDataFile.open(path) as file:
            return [row for batch in file.batches() for row in batch.to_pylist()]


def numbers_in(rows: Rows) -> tuple[int, int]:
    """How many recipients and how many active ones these are."""
    return len(rows), sum(map(is_active, rows.values()))


def bare(row: Row) -> dict[str, Any]:
    """What the row has a value for."""
    return {name: value for name, value in row.items() if value is not None}


def is_lost(row: Row) -> bool:
    """Whether the recipient signed off or bounced."""
    return bool(row["deactivated_at"] or row["bounced_at"])
