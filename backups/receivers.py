"""Hears that a group is about to change, and answers with its backup as a hold."""

from datetime import datetime
from typing import Any

from accounts.signals import account_release_asked, retention_lengthened
from backups.closing import needs_hold
from backups.erasing import begin_erasure
from backups.retention import extend_backups
from backups.taking import hold_for_change
from imports.signals import import_about_to_change
from recipients.holds import Change, Hold
from recipients.signals import (
    field_about_to_be_deleted,
    group_about_to_be_deleted,
    person_erased,
    recipients_about_to_be_deleted,
)

ANNOUNCED = (
    import_about_to_change,
    group_about_to_be_deleted,
    recipients_about_to_be_deleted,
    field_about_to_be_deleted,
)


def connect() -> None:
    """Connect the receivers; called once, when the apps are ready."""
    for signal in ANNOUNCED:
        signal.connect(answer_with_backup, dispatch_uid="backups.answer_with_backup")
    retention_lengthened.connect(keep_longer, dispatch_uid="backups.keep_longer")
    account_release_asked.connect(needs_hold, dispatch_uid="backups.needs_hold")
    person_erased.connect(erase_from_backups, dispatch_uid="backups.erase_from_backups")


def keep_longer(*, account_id: int, days: int, **_signal: Any) -> None:
    """What exists is kept as long as what will be made."""
    extend_backups(account_id=account_id, days=days)


def erase_from_backups(
    *, account_id: int, email: str, digest: bytes, actor_id: int, list_count: int, now: datetime, **_signal: Any
) -> None:
    """The files of backups and exports are rewritten or go."""
    begin_erasure(account_id=account_id, email=email, digest=digest, actor_id=actor_id, list_count=list_count, now=now)


def answer_with_backup(
    *, change: Change, revision: int, now: datetime, locked: bool, misses: int, **_signal: Any
) -> Hold | None:
    """The backup that the change must wait for."""
    return hold_for_change(change=change, revision=revision, now=now, locked=locked, misses=misses)
