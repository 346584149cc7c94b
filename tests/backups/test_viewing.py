"""A page of a backup's rows against a model in plain Python: choice, order, place; and the files kept for it."""

import os
import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Account
from accounts.tenancy import account_scope
from backups import kept_files, viewing
from backups.choosing import COLUMNS, matching, rows_matching
from backups.downloads import FileDamaged, FileMissing
from backups.models import Backup
from backups.viewing import PAGE, Asked, read_recipient, read_rows
from recipients.erased import Erased, digest_of
from recipients.listing import Status
from recipients.masterdata.file import FieldType
from recipients.models import Group
from recipients.scratch import SCRATCH
from recipients.storage import place
from tests.backups.catalogue import take_backup_of
from tests.factories import NOW, make_account, make_field, make_group, make_recipient

KEY = uuid.UUID(int=7)
NOBODY = Erased(KEY, frozenset())
KINDS = ("active", "new", "inactive", "bounced")


def erased(*emails: str) -> Erased:
    return Erased(KEY, frozenset(digest_of(key=KEY, email=email) for email in emails))


def dates_of(kind: str) -> dict[str, datetime | None]:
    """The dates of a recipient with that status."""
    return {
        "activated_at": None if kind == "new" else NOW,
        "deactivated_at": NOW if kind == "inactive" else None,
        "bounced_at": NOW if kind == "bounced" else None,
    }


@pytest.fixture(autouse=True)
def no_kept_files(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test begins with a machine that has shown nothing yet, and that no other process of the tests uses."""
    monkeypatch.setattr(kept_files, "SCRATCH", f"{SCRATCH}{uuid.uuid4().hex}-")
    yield
    shutil.rmtree(kept_files._root())


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


@pytest.fixture
def group(account: Account, storage: Path) -> Group:
    """A list with 120 recipients of each status in turn; `ort` of every seventh is missing."""
    group = make_group(account, "Kunden")
    make_field(account, "Ort", FieldType.TEXT, group=group, key="ort")
    for number in range(120):
        values = {} if number % 7 == 0 else {"ort": f"Ort {number * 37 % 100:03}"}
        make_recipient(group, f"r{number:03}@example.org", values=values, **dates_of(KINDS[number % 4]))  # type: ignore[arg-type]  # dates alone
    return group


@pytest.fixture
def backup(group: Group, tmp_path: Path) -> Backup:
    return take_backup_of(group, tmp_path)


def shown(backup: Backup, asked: Asked, left_out: Erased = NOBODY) -> tuple[list[str], int]:
    with account_scope(backup.account_id):
        rows = read_rows(backup=backup, erased=left_out, asked=asked)
    return [row["email"] for row in rows.rows], rows.total


def modelled(asked: Asked, left_out: set[str]) -> tuple[list[str], int]:
    """What the page should show."""
    statuses = {"all": KINDS, "active": ("active",), "inactive": ("new", "inactive"), "bounced": ("bounced",)}
    people = [
        (f"r{number:03}@example.org", KINDS[number % 4], None if number % 7 == 0 else f"Ort {number * 37 % 100:03}")
        for number in range(120)
    ]
    found = [
        one for one in people if asked.search in one[0] and one[1] in statuses[asked.status] and one[0] not in left_out
    ]
    if asked.sort == "email":
        found.sort(reverse=asked.descending)
    else:
        keys: dict[str, Any] = {
            "ort": lambda one: one[2],
            "status": lambda one: ("active", "new", "inactive", "bounced").index(one[1]),
        }
        key = keys[asked.sort]
        known = [one for one in found if key(one) is not None]
        found = sorted(known, key=key, reverse=asked.descending) + [one for one in found if key(one) is None]
    last = max(1, -(-len(found) // PAGE))
    first = (min(asked.page, last) - 1) * PAGE
    return [one[0] for one in found[first : first + PAGE]], len(found)


ASKED = st.builds(
    Asked,
    search=st.sampled_from(["", "r0", "11", "7@", "nobody", "@example", "gr1"]),
    status=st.sampled_from(Status),
    sort=st.sampled_from(["email", "ort", "status"]),
    descending=st.booleans(),
    page=st.integers(1, 4),
)


def test_page_is_the_one_of_the_model(backup: Backup, monkeypatch: pytest.MonkeyPatch) -> None:
    @settings(max_examples=150)
    @given(asked=ASKED, gone=st.sets(st.integers(0, 125), max_size=5), shallow=st.sampled_from([0, 60, 1000]))
    def compared(asked: Asked, gone: set[int], shallow: int) -> None:
        monkeypatch.setattr(viewing, "SHALLOW", shallow)
        emails = {f"r{number:03}@example.org" for number in gone}
        assert shown(backup, asked, erased(*emails)) == modelled(asked, emails)

    compared()


def test_erased_person_is_in_no_page_and_no_count(backup: Backup) -> None:
    left_out = erased("r000@example.org", "r002@example.org")
    with account_scope(backup.account_id):
        rows = read_rows(backup=backup, erased=left_out, asked=Asked())
    assert [row["email"] for row in rows.rows][:2] == ["r001@example.org", "r003@example.org"]
    assert (rows.total, rows.recipients) == (118, 118)


def test_erased_person_is_not_shown_alone(backup: Backup) -> None:
    with account_scope(backup.account_id):
        _description, found = read_recipient(backup=backup, erased=erased("r003@example.org"), email="r003@example.org")
    assert found is None


def test_recipient_is_shown_with_all_columns(backup: Backup) -> None:
    with account_scope(backup.account_id):
        _description, found = read_recipient(backup=backup, erased=NOBODY, email="r003@example.org")
    assert found is not None
    assert (found["ort"], found["bounced_at"]) == ("Ort 011", NOW)


def test_what_was_looked_at_is_not_read_from_storage_again(backup: Backup) -> None:
    before = shown(backup, Asked())
    Path(place("backups").path(backup.file_key)).unlink()
    assert shown(backup, Asked(page=1)) == before


def test_file_that_was_found_damaged_since_is_not_shown_from_the_copy(backup: Backup) -> None:
    shown(backup, Asked())
    Path(place("backups").path(backup.file_key)).write_bytes(b"another file")
    backup.damage = Backup.Damage.DIFFERS
    with pytest.raises(FileDamaged):
        shown(backup, Asked())


def test_missing_file_is_told_and_written_down(backup: Backup) -> None:
    Path(place("backups").path(backup.file_key)).unlink()
    with account_scope(backup.account_id):
        with pytest.raises(FileMissing):
            read_rows(backup=backup, erased=NOBODY, asked=Asked())
        assert Backup.objects.get(pk=backup.pk).damage == Backup.Damage.MISSING


def test_damaged_file_is_not_kept(backup: Backup) -> None:
    Path(place("backups").path(backup.file_key)).write_bytes(b"another file")
    with pytest.raises(FileDamaged):
        shown(backup, Asked())
    assert list(kept_files._root().iterdir()) == []


def test_kept_files_are_private(backup: Backup) -> None:
    shown(backup, Asked(search="r0"))
    root = kept_files._root()
    (folder,) = root.iterdir()
    assert (root.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o700, 0o700)


def test_kept_files_go_when_nobody_has_looked_at_them(backup: Backup) -> None:
    shown(backup, Asked())
    (folder,) = kept_files._root().iterdir()
    long_ago = (datetime.now(tz=UTC) - kept_files.KEPT - timedelta(minutes=1)).timestamp()
    os.utime(folder, (long_ago, long_ago))
    kept_files.kept_folder("other", lambda path: path.touch())
    assert [one.name for one in kept_files._root().iterdir()] == ["other"]


def test_other_account_with_the_same_bytes_gets_no_copy_of_the_first(backup: Backup, tmp_path: Path) -> None:
    shown(backup, Asked())
    stranger = make_account()
    other = take_backup_of(make_group(stranger), tmp_path)
    other.sha256 = backup.sha256  # the first account's bytes, of which it has no file
    with pytest.raises(FileDamaged):
        shown(other, Asked())


@given(
    emails=st.lists(st.text("ab@é", min_size=1, max_size=6), max_size=30),
    search=st.text("ab@é", max_size=3),
    status=st.sampled_from(Status),
    many=st.sampled_from([0, 2, 512]),
)
def test_fast_search_finds_what_matching_finds(emails: list[str], search: str, status: Status, many: int) -> None:
    kinds = [KINDS[place % 4] for place in range(len(emails))]
    columns = [pa.array([dates_of(kind)[name] for kind in kinds], pa.timestamp("us", "UTC")) for name in COLUMNS[1:]]
    batch = pa.RecordBatch.from_arrays([pa.array(emails, pa.string()), *columns], names=list(COLUMNS))
    expected = [place for place, hit in enumerate(matching(batch, search=search, status=status).to_pylist()) if hit]
    with pytest.MonkeyPatch.context() as few:
        few.setattr("backups.choosing.MANY", many)
        assert rows_matching(batch, search=search, status=status).to_pylist() == expected


def test_rows_of_several_row_groups_are_fetched_by_their_numbers(tmp_path: Path) -> None:
    table = pa.table({"email": [f"{number:05}" for number in range(5000)]})
    pq.write_table(table, tmp_path / kept_files.FILE, row_group_size=1700)
    with viewing.RowStore(tmp_path) as store:  # type: ignore[attr-defined]  # where it is looked up
        numbers = [4999, 0, 1699, 1700, 3399, 3400, 1023, 1024, 0]
        assert store.fetch(numbers)["email"].to_pylist() == [f"{number:05}" for number in numbers]
        assert [store.find("email", f"{number:05}") for number in (0, 1700, 4999, 5000)] == [0, 1700, 4999, None]
