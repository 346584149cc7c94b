"""One scene for every fault: a list, a file that is imported into it, and what both must come to.

What the list holds before and after stands in plain Python (`tests.recipients.masterdata.model`); a fault may leave
exactly one of the two. Rows, tags, values and dates are all compared, from the database and from backups' files.
"""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

from django.db import connection
from django.utils import timezone

from accounts.models import Account, AuditAction, AuditEntry, User
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from recipients.deletion import request_deletion
from recipients.exact_json import json_text
from recipients.jobs import Job
from recipients.masterdata.file import FieldType, MasterDataFile, sha256_of
from recipients.masterdata.options import Mode, Options
from recipients.models import Activity, Deletion, Group, Recipient
from recipients.revision import lock_group, raise_revision
from recipients.storage import local_copy
from tests import environment
from tests.factories import make_account, make_activity, make_field, make_group, make_member
from tests.recipients.masterdata.model import Row, State, apply_file, is_active
from tests.runs import fresh, make_draft

J = TypeVar("J", bound=Job)
Rows = dict[str, Row]

FIELDS = {"vorname": FieldType.TEXT, "punkte": FieldType.NUMBER, "geburtstag": FieldType.DATE}
TARGETS = ("email", "registered_at", "activated_at", "tags", *FIELDS)
BASE = ("email", "registered_at", "activated_at", "deactivated_at", "bounced_at", "source")
COLUMNS = f'account_id, group_id, {", ".join(BASE)}, tags, "values"'
FILL = f"INSERT INTO recipients_recipient ({COLUMNS}) SELECT {COLUMNS} FROM filled"  # noqa: S608  # fixed text
BROKEN = 7  # rows of the file without an address
START = datetime(2024, 5, 1, 8, 0, tzinfo=UTC)


@dataclass
class Scene:
    """A list and an import into it. `before` and `after` are all its rows by address, without and with the import.

    `file_rows` are the file's rows with an address, in its order.
    """

    account: Account
    editor: User
    group: Group
    file_rows: list[Row]
    before: Rows
    after: Rows
    run: Import
    report: dict[str, Any]


def make_scene(*, known: int, read: int, seed: int) -> Scene:
    """A list of `known` recipients and a draft of a file with `read` rows, of which about half are in the list."""
    chance = random.Random(seed)
    account = make_account()
    group = make_group(account)
    for key, kind in FIELDS.items():
        make_field(account, key.title(), kind, group=group)
    before = {row["email"]: row for row in (listed_row(chance, number) for number in shuffled(chance, 0, known))}
    fill(group, before)
    numbers = shuffled(chance, known - read // 2, known + read - read // 2)
    doubled = numbers[: read // 500]
    file_rows = [file_row(chance, number) for number in [*numbers, *doubled]]
    after, report = imported(before, file_rows)
    run = make_draft(group, text_of(file_rows), targets=TARGETS)
    return Scene(account, make_member(account), group, file_rows, before, after, run, report)


def imported(rows: Rows, file_rows: list[Row]) -> tuple[Rows, dict[str, Any]]:
    """What a list with these rows becomes by the import of the file, and the report of it."""
    state = State(rows=dict(rows))
    outcome = apply_file(
        state,
        file_rows,
        mapped=set(TARGETS),
        list_keys=list(FIELDS),
        account_keys=[],
        options=Options(mode=Mode.UPDATE_AND_ADD),
        now=START,
    )
    figures = {"rows": len(file_rows) + BROKEN, "rejected": BROKEN, "rejected_by_reason": {"invalid_email": BROKEN}}
    return state.rows, outcome.to_json() | figures


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


def file_row(chance: random.Random, number: int) -> Row:
    """A row of the file, which knows some people better than the list, others worse, and of some only the address."""
    if chance.random() < 0.1:
        return {"email": f"kunde{number:06d}@example.org"} | dict.fromkeys(TARGETS[1:])
    activated = START + timedelta(minutes=chance.randrange(200_000))
    return {
        "email": f"kunde{number:06d}@example.org",
        "registered_at": activated - timedelta(hours=2),
        "activated_at": activated if chance.random() < 0.9 else None,
        "tags": ["neu", "messe"][: chance.randrange(3)] or None,
        "vorname": f"Jürgen {number}" if chance.random() < 0.8 else None,
        "punkte": Decimal(chance.randrange(1_000_000)) / 1000 if chance.random() < 0.8 else None,
        "geburtstag": "1999-12-31" if chance.random() < 0.5 else None,
    }


def text_of(rows: list[Row]) -> str:
    """The file: separated by semicolons, with rows at its end that have no address."""
    lines = [";".join(TARGETS)]
    lines += [
        ";".join(
            (
                row["email"],
                row["registered_at"].isoformat() if row["registered_at"] else "",
                row["activated_at"].isoformat() if row["activated_at"] else "",
                ",".join(row["tags"] or []),
                row["vorname"] or "",
                "" if row["punkte"] is None else str(row["punkte"]),
                row["geburtstag"] or "",
            )
        )
        for row in rows
    ]
    lines += [f"keine Adresse {number};;;;Niemand;;" for number in range(BROKEN)]
    return "\n".join(lines) + "\n"


def fill(group: Group, rows: Rows) -> None:
    """Write rows into an empty list, as one writer that keeps the rules."""
    with account_scope(group.account_id):
        lock_group(account_id=group.account_id, group_id=group.pk)
        with connection.cursor() as cursor:
            # By way of a table of its own, because COPY does not write where row-level security stands.
            cursor.execute("CREATE TEMPORARY TABLE filled (LIKE recipients_recipient) ON COMMIT DROP")
            cursor.execute("ALTER TABLE filled DROP COLUMN id")
            with cursor.copy(f"COPY filled ({COLUMNS}) FROM STDIN") as copy:
                for row in rows.values():
                    values = json_text({key: row[key] for key in FIELDS if row[key] is not None})
                    base = [row[name] for name in BASE]
                    copy.write_row((group.account_id, group.pk, *base, row["tags"] or [], values))
            cursor.execute(FILL)
        raise_revision(group=group, now=START, recount=True)


def rows_of(group: Group) -> Rows:
    """All rows of a list as the database has them."""
    query = """
        SELECT email, registered_at, activated_at, deactivated_at, bounced_at, source, nullif(tags, '{}'),
               values->>'vorname', (values->>'punkte')::numeric, values->>'geburtstag', values - %s::text[] = '{}'
        FROM recipients_recipient WHERE account_id = %s AND group_id = %s
    """
    names = (*BASE, "tags", *FIELDS)
    with account_scope(group.account_id), connection.cursor() as cursor:
        cursor.execute(query, [list(FIELDS), group.account_id, group.pk])
        found = cursor.fetchall()
    assert all(row[-1] for row in found), "a recipient has values of no field"
    return {row[0]: dict(zip(names, row, strict=False)) for row in found}


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


def reload(job: J) -> J:
    """The job as it is now."""
    with account_scope(job.account_id):
        found: J = type(job).objects.get(pk=job.pk)
    return found


def numbers_of(group: Group) -> tuple[int, int]:
    """How many recipients and how many active ones the list says it has."""
    with account_scope(group.account_id):
        group.refresh_from_db()
    return group.recipient_count, group.active_count


def assert_untouched(scene: Scene) -> None:
    """The list is exactly as it was before the import."""
    assert rows_of(scene.group) == scene.before
    assert numbers_of(scene.group) == numbers_in(scene.before)


def assert_imported(scene: Scene) -> None:
    """The import was applied whole and once, after a complete backup of exactly what it replaced; nothing else is left.

    Its figures are the model's.
    """
    run = fresh(scene.run)
    assert (run.status, run.failure, run.report) == (Import.Status.DONE, "", scene.report)
    assert rows_of(scene.group) == scene.after
    assert numbers_of(scene.group) == numbers_in(scene.after)
    backup = releasing_backup(run)
    assert (rows_in(backup), backup.revision) == (scene.before, scene.group.revision - 1)
    assert (backup.recipient_count, backup.active_count) == numbers_in(scene.before)
    with account_scope(run.account_id):
        assert AuditEntry.objects.filter(action=AuditAction.IMPORT_DONE).count() == 1
    assert_no_file_is_left_over(scene.group)


def releasing_backup(change: Import | Deletion) -> Backup:
    """The backup that a change was made after."""
    with account_scope(change.account_id):
        backup: Backup = Backup.objects.filter(change_id=change.pk).latest("requested_at")
    assert backup.status == Backup.Status.COMPLETE
    assert backup.completed_at is not None
    assert change.finished_at is not None
    assert backup.completed_at <= change.finished_at
    return backup


def numbers_in(rows: Rows) -> tuple[int, int]:
    """How many recipients and how many active ones these are."""
    return len(rows), sum(map(is_active, rows.values()))


def ask_for_deletion(scene: Scene) -> Deletion:
    """Ask for the deletion of the scene's list as its page does."""
    with account_scope(scene.account.pk):
        return request_deletion(group=scene.group, actor=scene.editor, now=timezone.now())


def open_mailing(scene: Scene) -> int:
    """Have three recipients of the list open a mailing; gives how many did."""
    with account_scope(scene.account.pk):
        readers = list(Recipient.objects.of(account_id=scene.account.pk, group_id=scene.group.pk)[:3])
    for reader in readers:
        make_activity(reader)
    return len(readers)


def activities_of(scene: Scene) -> int:
    """How many activities the account's recipients have."""
    with account_scope(scene.account.pk):
        return Activity.objects.count()


def assert_deleted(scene: Scene, deletion: Deletion) -> None:
    """The list was deleted whole and once, after a complete backup of exactly what it held."""
    assert (rows_of(scene.group), activities_of(scene), numbers_of(scene.group)) == ({}, 0, (0, 0))
    done = reload(deletion)
    assert (done.status, done.failure, done.recipient_count) == (Deletion.Status.DONE, "", len(scene.before))
    assert scene.group.deleted_at is not None
    backup = releasing_backup(done)
    assert (rows_in(backup), backup.revision) == (scene.before, scene.group.revision - 1)
    with account_scope(scene.account.pk):
        assert AuditEntry.objects.filter(action=AuditAction.GROUP_DELETED).count() == 1
    assert_no_file_is_left_over(scene.group)


def assert_no_file_is_left_over(group: Group) -> None:
    """Storage holds what the rows of imports and backups refer to, and nothing else."""
    with account_scope(group.account_id):
        backups = set(Backup.objects.exclude(file_key="").values_list("file_key", flat=True))
        runs = Import.objects.values_list("file_key", "rows_key", "rejected_key")
        imports = {key for keys in runs for key in keys if key}
    assert stored("backups", group.account_id) == backups
    assert stored("imports", group.account_id) == imports


def stored(place: str, account_id: int) -> set[str]:
    """The keys of all files of an account in a place, unfinished ones too."""
    folder = environment.STORAGE / place
    return {str(path.relative_to(folder)) for path in (folder / str(account_id)).rglob("*") if path.is_file()}
