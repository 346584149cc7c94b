"""Hears that a person has been erased, and forgets what imports that nobody has started hold."""

from datetime import datetime
from typing import Any

from imports.erasing import forget_unstarted
from recipients.signals import person_erased


def connect() -> None:
    """Connect the receiver; called once, when the apps are ready."""
    person_erased.connect(forget_person, dispatch_uid="imports.forget_person")


def forget_person(*, account_id: int, now: datetime, **_signal: Any) -> None:
    """Uploads that wait may hold the person."""
    forget_unstarted(account_id=account_id, now=now)
