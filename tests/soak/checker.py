"""The checker: holds what stands in the database and in storage against the book of all states (P1, P2, P3, P6).

It knows nothing of the engine: it reads the journal, the catalogue's rows and the files' bytes, and computes what each
change must come to with the model of `tests.recipients.masterdata.model`.
"""

import hashlib
import json
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from tests.recipients.masterdata import model, restore_model
from tests.soak import journal
from tests.soak.book import Book, Given, GivenBackup, Removal, bare, deleted, imported, named, restored
from tests.soak.journal import JobChange, Row, Rows, State
from tests.soak.stored import Stored

ENDS = ("done", "failed", "cancelled", "complete")
CLOCK_GRAIN = timedelta(seconds=2)  # an S3 server tells times in whole seconds
UNENDED = """
    SELECT 'import', id, status, claim IS NOT NULL FROM imports_import
    WHERE status IN ('previewing', 'reading', 'waiting', 'applying')
       OR claim IS NOT NULL AND status NOT IN ('draft', 'previewed')
    UNION ALL SELECT 'deletion', id, status, claim IS NOT NULL FROM recipients_deletion
    WHERE status = 'waiting' OR claim IS NOT NULL
    UNION ALL SELECT 'backup', id, status, claim IS NOT NULL FROM backups_backup
    WHERE status IN ('pending', 'purging') OR claim IS NOT NULL
"""
NAMED = {
    "imports": """SELECT unnest(
        ARRAY[file_key, rows_key, rejected_key, kept_key, compared ->> 'rows', compared ->> 'absent']
    ) FROM imports_import""",
    "backups": "SELECT file_key FROM backups_backup",
}


@dataclass(frozen=True)
class Violation:
    """A promise that did not hold, and what shows it."""

    promise: str
    text: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.text}"


@dataclass
class Checker:
    """Reads on in the journal at each check. Whoever breaks things tells it what it need not wonder at."""

    admin_url: str
    stored: Stored
    book: Book = field(default_factory=Book)
    given: dict[uuid.UUID, Given] = field(default_factory=dict)  # what each import was given
    given_backups: dict[uuid.UUID, GivenBackup] = field(default_factory=dict)  # what each restore or undo was given
    removals: dict[uuid.UUID, Removal] = field(default_factory=dict)  # what each deletion is to take away
    aged: set[uuid.UUID] = field(default_factory=set)  # backups whose time was made to be over
    pinned: set[uuid.UUID] = field(default_factory=set)
    ended: Counter[str] = field(default_factory=Counter)  # jobs by kind and end
    looked_at: Counter[str] = field(default_factory=Counter)
    read_until: int = 0

    def begin(self) -> None:
        """Take what stands now as the beginning; nobody may be writing."""
        self.read_until = journal.last_entry(self.admin_url)
        for state in journal.read_present(self.admin_url):
            self.book.write(state)

    def check_history(self) -> list[Violation]:
        """Whether each change since the last time had its backup (P1), exact (P2), and was made whole (P3)."""
        states = journal.read_states(self.admin_url, after=self.read_until)
        jobs = journal.read_jobs(self.admin_url, after=self.read_until)
        ending: dict[int, list[JobChange]] = defaultdict(list)
        for job in jobs:
            if job.new_status == "done":
                ending[job.txid].append(job)
        together: dict[int, list[State]] = defaultdict(list)
        for state in states:
            together[state.txid].append(state)
        found: list[Violation] = []
        entries: list[State | JobChange] = [*states, *jobs]
        for entry in sorted(entries, key=lambda one: one.seq):
            if isinstance(entry, State):
                found += self._check_change(entry, ending.get(entry.txid, []), together[entry.txid])
                self.book.write(entry)
            else:
                found += self._check_job(entry, changed={(one.txid, one.group_id) for one in states})
            self.read_until = entry.seq
        return found

    def _check_change(self, state: State, ended: list[JobChange], together: list[State]) -> Iterator[Violation]:
        """A list that is another one than before; `together` are all states of its transaction."""
        about = f"list {state.group_id} from revision {state.before_revision} to {state.revision}"
        before = self.book.rows(state.group_id, state.before_revision)
        if before is None or self.book.latest.get(state.group_id, 0) != state.before_revision:
            yield Violation("P2", f"{about}: nobody has seen the state before")
            return
        self.looked_at["changes by hand" if state.doer else "changes by jobs"] += 1
        if state.doer:
            yield from self._check_hand(about, state, before, together)
            return
        if len(ended) != 1:
            yield Violation("P3", f"{about}: changed by {len(ended)} jobs that were done with it")
            return
        (job,) = ended
        about = f"{about} by {named(job.id, job.kind)}"
        if job.job["group_id"] not in (state.group_id, None):  # only account-wide values, which this list shows too
            yield from _differences("P3", about, *self._without_account_wide(state, before))
            return
        yield from self._check_backup(about, state, job, before)
        self.book.scopes[state.group_id] = state.fields  # those that the change itself made, too
        expected = self._expected(job, state.group_id, before, state.at)
        self.book.removed[job.id] = before.keys() - state.rows.keys()
        if expected is None:
            yield Violation("P3", f"{about}: nobody asked for it")
        else:
            if job.id in self.given_backups:
                yield from self._check_consent(about, state, job, before)
                expected = _status_as_found(expected, state.rows, before)
            yield from _differences("P3", f"{about}, neither before nor after", expected, state.rows)

    def _check_hand(self, about: str, state: State, before: Rows, together: list[State]) -> Iterator[Violation]:
        """A list that was changed by hand: only those whom that was about are others, whatever their addresses."""
        whom = json.loads(state.doer)
        if whom is None:
            return
        known = [*self.book.ids.values(), *(one.ids for one in together)] if whom else []
        addresses = [email for ids in known for email, number in ids.items() if number in whom]
        yield from _differences("P3", about, before, state.rows, allowed=addresses)

    def _without_account_wide(self, state: State, before: Rows) -> tuple[Rows, Rows]:
        own = {key for key, scope in state.fields.items() if scope == "list"} | set(journal.BASE)
        cut: Callable[[Rows], Rows] = lambda rows: {  # noqa: E731  # said twice right below
            email: {name: value for name, value in row.items() if name in own} for email, row in rows.items()
        }
        return cut(before), cut(state.rows)

    def _expected(self, job: JobChange, group_id: int, before: Rows, at: datetime) -> Rows | None:
        """What the list becomes by the job at that time; None when nobody asked for such a change."""
        if job.id in self.given:
            contacts = self.book.contacts.get(job.job["account_id"], {})
            return imported(before, contacts, self.given[job.id], scopes=self.book.scopes.get(group_id, {}), now=at)
        if job.id in self.given_backups:
            return self._restored(job, group_id, before, at)
        if job.id in self.removals:
            return deleted(before, self.removals[job.id], ids=self.book.ids.get(group_id, {}))
        return None

    def _restored(self, job: JobChange, group_id: int, before: Rows, at: datetime) -> Rows:
        """What the list becomes by a restore or an undo."""
        account_id = job.job["account_id"]
        state = model.State(contacts={email: dict(one) for email, one in self.book.contacts[account_id].items()})
        world = restore_model.World(
            state,
            dict(self.book.changed_in.get(group_id, {})),
            dict(self.book.contacts_changed_in.get(account_id, {})),
            self.book.removed.get(uuid.UUID(job.job["undoes_id"]), set()) if job.job["undoes_id"] else set(),
        )
        scopes = self.book.scopes.get(group_id, {})
        return restored(before, world, self.given_backups[job.id], scopes=scopes, now=at)

    def _check_consent(self, about: str, state: State, job: JobChange, before: Rows) -> Iterator[Violation]:
        """P4 of a restore: nobody who comes back is active though a later backup knows that they left."""
        given = self.given_backups[job.id]
        options = given.options.restoring
        if options is None or options.exact_status or options.spares_changed:
            return
        of = {one.id: one.revision for one in state.backups}
        if given.restored not in of:
            return  # purged meanwhile; its rows were read before
        lost: dict[str, datetime] = {}
        for later in state.backups:
            if later.revision <= of[given.restored] or later.change_id == job.id:
                continue
            for email, row in (self.book.rows(state.group_id, later.revision) or {}).items():
                events = [row[name] for name in ("deactivated_at", "bounced_at") if name in row]
                if events:
                    lost[email] = max([*events, *([lost[email]] if email in lost else [])])
        for email in state.rows.keys() - before.keys():
            row = state.rows[email]
            signed_up = row.get("activated_at")
            active = signed_up and "deactivated_at" not in row and "bounced_at" not in row
            if active and email in lost and signed_up is not None and lost[email] > signed_up:
                yield Violation("P4", f"{about}: {email} is active, and had left at {lost[email]}")

    def _check_backup(self, about: str, state: State, job: JobChange, before: Rows) -> Iterator[Violation]:
        """P1 and P2 of one change."""
        if not before or job.job.get("interface", "browser") != "browser":
            return
        made = [one for one in state.backups if one.change_id == job.id]
        exact = [one for one in made if one.revision == state.before_revision]
        if not exact:
            what = f"its backups hold the revisions {[one.revision for one in made]}" if made else "no backup of it"
            yield Violation("P1", f"{about}: {what} when it was made")
            return
        backup = exact[0]
        data = self.stored.read("backups", backup.file_key)
        if data is None and backup.id in self.aged:
            return  # its time is over, and it went
        if data is None or hashlib.sha256(data).hexdigest() != backup.sha256:
            what = "is gone" if data is None else "holds other bytes"
            yield Violation("P1", f"{about}: the file of {named(backup.id, 'backup')} {what}")
            return
        written = self.stored.written_at("backups", backup.file_key)
        if written is not None and written > state.at + CLOCK_GRAIN:
            yield Violation("P1", f"{about}: the file of {named(backup.id, 'backup')} is younger than the change")
        yield from _differences("P2", f"{about}: {named(backup.id, 'backup')}", before, rows_in(data))

    def _check_job(self, job: JobChange, *, changed: set[tuple[int, int]]) -> Iterator[Violation]:
        """A job that became something else."""
        about = named(job.id, job.kind)
        if job.new_status in ENDS and job.old_status not in ("draft", "previewed"):  # those nobody had started
            kind = job.job["kind"] if job.kind == "import" and job.job["kind"] != "file" else job.kind
            self.ended[f"{kind} {job.new_status}"] += 1
        if job.kind == "backup":
            yield from self._check_fate(job)
            return
        if job.old_status in ENDS and job.new_status:
            yield Violation("P3", f"{about} was {job.old_status} and became {job.new_status}")
        group_id, revision = job.job["group_id"], job.group_revision
        if job.new_status == "done" and group_id is not None and (job.txid, group_id) not in changed:
            before = self.book.rows(group_id, revision or 0) or {}
            expected = self._expected(job, group_id, before, job.at)
            yield from _differences("P3", f"{about} is done and changed nothing", expected or {}, before)

    def _check_fate(self, job: JobChange) -> Iterator[Violation]:
        """A backup that was completed, or is to go, or went."""
        about = named(job.id, "backup")
        if job.new_status in ("purging", "") and job.old_status != "failed":
            if job.id not in self.aged:
                yield Violation("P1", f"{about} was purged before its time")
            if job.id in self.pinned:
                yield Violation("P1", f"{about} was purged though it is pinned")
        if job.new_status != "complete":
            return
        before = self.book.rows(job.job["group_id"], job.job["revision"])
        data = self.stored.read("backups", job.job["file_key"])
        self.looked_at["backups, row by row"] += 1
        if before is None:
            yield Violation("P2", f"{about} holds revision {job.job['revision']}, which was never seen")
        elif data is not None and hashlib.sha256(data).hexdigest() == job.job["sha256"]:
            yield from _differences("P2", about, before, rows_in(data))

    def check_present(self) -> list[Violation]:
        """Whether the lists are what the journal says (P2), and the files what the catalogue says (P6)."""
        return [*self._check_lists(), *self.check_catalogue(), *self._check_findings()]

    def _check_lists(self) -> Iterator[Violation]:
        for state in journal.read_present(self.admin_url):
            known = self.book.rows(state.group_id, state.revision)
            about = f"list {state.group_id} at revision {state.revision}"
            if known is None:
                yield Violation("P2", f"{about}: nobody has seen how it came to that")
            else:
                yield from _differences("P2", f"{about}, written to without a new revision", known, state.rows)

    def check_catalogue(self) -> Iterator[Violation]:
        """Whether the file of each complete backup is there, whole, with the rows that the catalogue counts (P6)."""
        query = "SELECT id, file_key, sha256, size, recipient_count FROM backups_backup WHERE status = 'complete'"
        with psycopg.connect(self.admin_url) as admin:
            for backup_id, key, sha256, size, count in admin.execute(query).fetchall():
                data = self.stored.read("backups", key)
                if data is None:
                    what = "has no file"
                elif (hashlib.sha256(data).hexdigest(), len(data)) != (sha256, size):
                    what = "holds other bytes than the catalogue says"
                elif pq.ParquetFile(pa.BufferReader(data)).metadata.num_rows != count:
                    what = "holds another number of rows than the catalogue says"
                else:
                    continue
                still = admin.execute("SELECT status FROM backups_backup WHERE id = %s", [backup_id]).fetchone()
                if still == ("complete",):  # else it has just been purged
                    yield Violation("P6", f"{named(backup_id, 'backup')} is listed and {what}")

    def _check_findings(self) -> Iterator[Violation]:
        """Whether Listkeep itself says that something is wrong, where nothing is."""
        with psycopg.connect(self.admin_url) as admin:
            for backup_id, damage in admin.execute("SELECT id, damage FROM backups_backup WHERE damage <> ''"):
                yield Violation("P6", f"{named(backup_id, 'backup')} is called {damage}")
            for backup_id, count in admin.execute(
                "SELECT backup_id, difference_count FROM backups_restoredrill WHERE result = 'different'"
            ):
                yield Violation("P5", f"{named(backup_id, 'backup')} came back with {count} differences")

    def check_leftovers(self) -> list[Violation]:
        """Whether every job has ended, and no file lies in storage that no row names."""
        found = []
        with psycopg.connect(self.admin_url) as admin:
            for kind, job_id, status, claimed in admin.execute(UNENDED):
                found.append(Violation("stuck", f"{named(job_id, kind)} is {status}{' and claimed' * claimed}"))
            for place, query in NAMED.items():
                names = {key for (key,) in admin.execute(query)}
                orphans = sorted(self.stored.keys(place) - names)
                found += [Violation("orphan", f"{key} in {place} is named by no row") for key in orphans]
        return found

    def turn_page(self) -> None:
        """Forget the states that no backup holds any more."""
        with psycopg.connect(self.admin_url) as admin:
            held = admin.execute("SELECT group_id, revision FROM backups_backup WHERE status = 'complete'").fetchall()
        self.book.keep_only(held)
        journal.forget(self.admin_url, until=self.read_until)


def _differences(
    promise: str, about: str, expected: Rows, found: Rows, *, allowed: list[str] | None = None
) -> Iterator[Violation]:
    """A violation when the rows are not the expected ones; those of `allowed` addresses may be others."""
    if expected == found:
        return
    differing = [
        email for email in sorted({*expected, *found} - set(allowed or [])) if expected.get(email) != found.get(email)
    ]
    if differing:
        first = differing[0]
        yield Violation(
            promise,
            f"{about}: {len(differing)} of {len(expected)} rows are others, the first {first}:"
            f" {_brief(expected.get(first), found.get(first))}",
        )


def _status_as_found(expected: Rows, found: Rows, before: Rows) -> Rows:
    """But for those who come back unsubscribed, as later backups know: see `_check_consent`."""
    names = ("deactivated_at", "bounced_at")
    return expected | {
        email: row | {name: found[email][name] for name in names if name in found[email]}
        for email, row in expected.items()
        if email not in before and email in found
    }


def _brief(expected: Row | None, found: Row | None) -> str:
    if expected is None or found is None:
        return "it is missing" if found is None else "it should not be there"
    names = [name for name in {*expected, *found} if expected.get(name) != found.get(name)]
    return ", ".join(f"{name} is {found.get(name)!r} and not {expected.get(name)!r}" for name in sorted(names))


def rows_in(data: bytes) -> Rows:
    """All rows of a backup's file, read as any Parquet file is."""
    rows: list[Row] = pq.read_table(pa.BufferReader(data)).to_pylist()
    return {row["email"]: bare({name: plain(value) for name, value in row.items()}) for row in rows}


def plain(value: object) -> object:
    """A value as the database has it: dates are texts there."""
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else value
