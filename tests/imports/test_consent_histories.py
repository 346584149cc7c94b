"""Consent over random histories (mission P4).

Imports of every mode, sign-offs, bounces, blocks, people let in again by hand, restores of old backups: after each step
just those are active who may be, by the book that plain Python keeps.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.tenancy import account_scope
from backups.exports.csv import csv_chunks
from backups.models import Backup
from imports.models import Import
from recipients.masterdata.file import MasterDataFile
from recipients.masterdata.options import FILE_MODES
from recipients.models import Group, Recipient
from recipients.revision import lock_group, raise_revision
from recipients.services import (
    AddressBlocked,
    activate_recipient,
    block_addresses,
    deactivate_recipient,
    unblock_addresses,
)
from recipients.storage import local_copy
from tests.factories import make_account, make_group, make_member
from tests.runs import fresh, make_draft, run_through

HISTORIES = int(os.environ.get("LISTKEEP_HISTORIES", "80"))  # more of them by hand
NAMES = ("ada", "bo")
STATUS = ("registered_at", "activated_at", "deactivated_at", "bounced_at")
PATTERNS = ("{}@example.org", "{}@*", "*{}@ex*")
SPANS = {"long ago": timedelta(days=-9), "yesterday": timedelta(days=-1), "now": timedelta(), "next week": timedelta(7)}
Dates = dict[str, datetime | None]


@dataclass
class Book:
    """When those in the list signed up last, when they withdrew, if they have not been let in since; who is blocked."""

    signed_up: dict[str, datetime] = field(default_factory=dict)
    withdrawn: dict[str, datetime] = field(default_factory=dict)
    blocked: set[str] = field(default_factory=set)

    @property
    def active(self) -> set[str]:
        """Those who may be written to."""
        return set(self.signed_up) - set(self.withdrawn)

    def withdraw(self, name: str, at: datetime) -> None:
        self.withdrawn[name] = max(at, self.withdrawn.get(name, at))

    def let_in(self, name: str, at: datetime) -> None:
        self.signed_up[name] = at
        self.withdrawn.pop(name, None)

    def forget(self, name: str) -> None:
        self.signed_up.pop(name, None)
        self.withdrawn.pop(name, None)

    def add(self, name: str, dates: Dates, now: datetime) -> None:
        """Somebody new, with the dates that the file has of them."""
        self.signed_up[name] = dates.get("activated_at") or now
        for event in ("deactivated_at", "bounced_at"):
            if at := dates.get(event):
                self.withdraw(name, at)

    def update(self, name: str, dates: Dates, now: datetime, *, reactivate: bool) -> None:
        """Somebody in the list, with the dates that the file has of them: the later event wins, and none yet to come.

        A bounce always counts. Who withdrew is let in again only when that was asked for.
        """
        signed_up, signed_off, bounced = (dates.get(column) for column in STATUS[1:])
        before = self.signed_up[name]
        if signed_off and (signed_off >= before or before > now):
            self.withdraw(name, signed_off)
        if bounced:
            self.withdraw(name, bounced)
        if signed_up is None:
            return
        asked = reactivate and not signed_off and not bounced
        if asked and name in self.withdrawn and self.withdrawn[name] < signed_up <= now:
            del self.withdrawn[name]
        self.signed_up[name] = max(self.signed_up[name], signed_up)


@dataclass
class Scene:
    """A list, the person who works on it, and the book."""

    group: Group
    editor: User
    book: Book = field(default_factory=Book)

    def recipient(self, name: str) -> Recipient | None:
        found: Recipient | None = (
            Recipient.objects.of(account_id=self.group.account_id, group_id=self.group.pk)
            .filter(email=f"{name}@example.org")
            .first()
        )
        return found

    def active(self) -> set[str]:
        with account_scope(self.group.account_id):
            rows = Recipient.objects.of(account_id=self.group.account_id, group_id=self.group.pk)
            return {row.email.partition("@")[0] for row in rows if row.is_active}

    def target(self, name: str) -> dict[str, Any]:
        """What services on one recipient are told; only for one who is in the list."""
        recipient = self.recipient(name)
        assert recipient is not None
        return {
            "account_id": self.group.account_id,
            "group_id": self.group.pk,
            "recipient_id": recipient.id,
            "actor": self.editor,
            "now": timezone.now(),
        }


@dataclass(frozen=True)
class SignOff:
    """Somebody signs off."""

    name: str

    def happen(self, scene: Scene) -> None:
        if self.name in scene.book.signed_up:
            with account_scope(scene.group.account_id):
                told = scene.target(self.name)
                deactivate_recipient(**told)
            scene.book.withdraw(self.name, told["now"])


@dataclass(frozen=True)
class LetIn:
    """Somebody is made active by hand."""

    name: str

    def happen(self, scene: Scene) -> None:
        if self.name not in scene.book.signed_up:
            return
        with account_scope(scene.group.account_id):
            told = scene.target(self.name)
            if self.name in scene.book.blocked & set(scene.book.withdrawn):
                with pytest.raises(AddressBlocked):
                    activate_recipient(**told)
                return
            activate_recipient(**told)
        if self.name in scene.book.withdrawn:
            scene.book.let_in(self.name, told["now"])


@dataclass(frozen=True)
class Bounce:
    """Mail to somebody bounces."""

    name: str

    def happen(self, scene: Scene) -> None:
        now = timezone.now()
        with account_scope(scene.group.account_id):
            group = lock_group(account_id=scene.group.account_id, group_id=scene.group.pk)
            recipient = scene.recipient(self.name)
            if recipient is None:
                return
            was_active = recipient.is_active
            recipient.bounced_at = now
            recipient.save(update_fields=["bounced_at"])
            raise_revision(group=group, now=now, active_delta=-int(was_active))
        scene.book.withdraw(self.name, now)


@dataclass(frozen=True)
class Block:
    """Somebody is put on the list's or the account's block list, by their address or by a pattern."""

    name: str
    wide: bool
    pattern: str

    def happen(self, scene: Scene) -> None:
        with account_scope(scene.group.account_id):
            block_addresses(patterns=[self.pattern.format(self.name)], **self.where(scene))
        scene.book.blocked.add(self.name)

    def where(self, scene: Scene) -> dict[str, Any]:
        group = None if self.wide else scene.group
        return {"account": scene.group.account, "group": group, "actor": scene.editor, "now": timezone.now()}


@dataclass(frozen=True)
class Unblock(Block):
    """All patterns that block somebody go."""

    def happen(self, scene: Scene) -> None:
        with account_scope(scene.group.account_id):
            for wide in (True, False):
                patterns = [pattern.format(self.name) for pattern in PATTERNS]
                unblock_addresses(patterns=patterns, **Block(self.name, wide, "").where(scene))
        scene.book.blocked.discard(self.name)


@dataclass(frozen=True)
class FileImport:
    """A file is imported."""

    mode: Import.Mode
    rows: tuple[tuple[str, tuple[str, str, str, str]], ...]  # name, and for each status column a span or ""
    with_status: bool
    reactivate: bool

    def happen(self, scene: Scene) -> None:
        now = timezone.now()
        people = {
            name: {column: now + SPANS[span] if span else None for column, span in zip(STATUS, spans, strict=True)}
            for name, spans in self.rows
        }
        mapped = STATUS if self.with_status else ()
        told = {name: {column: dates[column] for column in mapped} for name, dates in people.items()}
        lines = [";".join(("E-Mail", *mapped))]
        for name, dates in told.items():
            cells = [at.isoformat() if at else "" for at in dates.values()]
            lines.append(";".join((f"{name}@example.org", *cells)))
        run = make_draft(scene.group, "\n".join(lines) + "\n", targets=("email", *mapped), mode=self.mode)
        kept_out = set()
        if self.mode not in (Import.Mode.DEACTIVATE, Import.Mode.DELETE):
            kept_out = scene.book.blocked & set(told)
        carry_out(scene, run, reactivate=self.reactivate, rejected=len(kept_out))
        for name, dates in told.items():
            if name not in kept_out:
                self.note(scene.book, name, dates)

    def note(self, book: Book, name: str, dates: Dates) -> None:
        now = timezone.now()
        known = name in book.signed_up
        match self.mode:
            case Import.Mode.DELETE:
                book.forget(name)
            case Import.Mode.DEACTIVATE if known:
                book.withdraw(name, min(dates.get("deactivated_at") or now, now))
            case Import.Mode.UPDATE | Import.Mode.UPDATE_AND_ADD if known:
                book.update(name, dates, now, reactivate=self.reactivate)
            case Import.Mode.ADD | Import.Mode.UPDATE_AND_ADD if not known:
                book.add(name, dates, now)


@dataclass(frozen=True)
class Restore:
    """An old backup, exported and imported by hand with *update and add*."""

    which: int

    def happen(self, scene: Scene) -> None:
        with account_scope(scene.group.account_id):
            backups = list(Backup.objects.filter(group=scene.group, status="complete").order_by("requested_at"))
        if not backups:
            return
        backup = backups[self.which % len(backups)]
        with local_copy("backups", backup.file_key) as path, MasterDataFile.open(path) as file:
            people = [row for batch in file.batches() for row in batch.to_pylist()]
            text = b"".join(csv_chunks(file, language="en")).decode("utf-8-sig")
        run = make_draft(scene.group, text, targets=("email", *STATUS))
        by_name = {row["email"].partition("@")[0]: row for row in people}
        kept_out = scene.book.blocked & set(by_name)
        carry_out(scene, run, reactivate=False, rejected=len(kept_out))
        now = timezone.now()
        for name in set(by_name) - kept_out:
            if name in scene.book.signed_up:
                scene.book.update(name, by_name[name], now, reactivate=False)
            else:
                scene.book.add(name, by_name[name], now)


def carry_out(scene: Scene, run: Import, *, reactivate: bool, rejected: int) -> None:
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(reactivate=reactivate)
    done = run_through(fresh(run), scene.editor)
    assert (done.status, done.report["rejected"]) == (Import.Status.DONE, rejected)


def steps() -> st.SearchStrategy[Any]:
    name = st.sampled_from(NAMES)
    past = st.sampled_from(["", "long ago", "yesterday", "now"])
    signed_up = st.sampled_from(["now", "now", "yesterday", "next week", "long ago"])
    withdrawal = st.sampled_from(["", "", "", "", "now", "yesterday", "long ago"])
    spans = st.tuples(past, signed_up, withdrawal, withdrawal)
    rows = st.dictionaries(name, spans, min_size=1).map(lambda found: tuple(found.items()))
    both = st.tuples(*(st.tuples(st.just(one), spans) for one in NAMES))
    updating = st.builds(
        FileImport,
        mode=st.sampled_from([Import.Mode.UPDATE_AND_ADD, Import.Mode.UPDATE]),
        rows=both,
        with_status=st.just(True),
        reactivate=st.booleans(),
    )
    any_import = st.builds(
        FileImport,
        mode=st.sampled_from([Import.Mode(mode.value) for mode in FILE_MODES]),
        rows=rows,
        with_status=st.booleans(),
        reactivate=st.booleans(),
    )
    return st.one_of(
        updating,
        updating,
        any_import,
        st.builds(SignOff, name),
        st.builds(Bounce, name),
        st.builds(LetIn, name),
        st.builds(Restore, st.integers(0, 3)),
        st.builds(Block, name, st.booleans(), st.sampled_from(PATTERNS)),
        st.builds(Unblock, name, st.just(True), st.just("")),
    )


def everybody() -> Iterator[FileImport]:
    yield FileImport(Import.Mode.ADD, tuple((name, ("", "yesterday", "", "")) for name in NAMES), True, False)


@settings(max_examples=HISTORIES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(history=st.lists(steps(), min_size=4, max_size=8))
def test_just_those_are_active_who_may_be(committed_db: None, history: list[Any]) -> None:
    account = make_account()
    scene = Scene(make_group(account), make_member(account))
    for step in (*everybody(), *history):
        step.happen(scene)
        assert scene.active() == scene.book.active, step
