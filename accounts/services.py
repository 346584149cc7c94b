"""What changes an account: its creation, its switches, and the audit trail that tells of every change."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.acting import token_detail
from accounts.models import Account, AuditAction, AuditEntry, Membership, Role, User
from accounts.origin import NOBODY, current_origin
from accounts.queries import has_second_factor
from accounts.signals import retention_lengthened
from accounts.tenancy import across_accounts

USUAL_RETENTION = 30  # days, of a new account, where the operator's limits allow them


class NoSecondFactor(Exception):
    """Who demands a second factor of others must have one: else the first to be shut out is that person."""


def change_person(*, user: User, first_name: str, last_name: str, language: str) -> None:
    """Give a user another name and language; no language means the one that the browser asks for."""
    user.first_name, user.last_name, user.language = first_name, last_name, language
    user.save(update_fields=["first_name", "last_name", "language"])


def create_account(*, name: str, owner: User, now: datetime) -> Account:
    """A new account with `owner` as its first member."""
    days = min(max(USUAL_RETENTION, settings.RETENTION_MIN_DAYS), settings.RETENTION_MAX_DAYS)
    with across_accounts("an account is created"):
        account = Account.objects.create(name=name, retention_days=days, created_at=now)
        Membership.objects.create(account=account, user=owner, role=Role.OWNER, created_at=now)
        record(account_id=account.pk, actor_id=owner.pk, action=AuditAction.ACCOUNT_CREATED, subject=name, now=now)
    return account


@transaction.atomic
def rename_account(*, account: Account, name: str, actor: User, now: datetime) -> None:
    """Give an account another name; the same name changes nothing."""
    changed = Account.objects.filter(pk=account.pk).exclude(name=name).update(name=name)
    account.name = name
    if changed:
        record(account_id=account.pk, actor_id=actor.pk, action=AuditAction.ACCOUNT_RENAMED, subject=name, now=now)


@transaction.atomic
def set_automatic_backups(*, account: Account, enabled: bool, actor: User, now: datetime) -> None:
    """Switch the automatic backups of all lists of an account on or off; the same again changes nothing."""
    changed = Account.objects.filter(pk=account.pk, automatic_backups=not enabled).update(automatic_backups=enabled)
    account.automatic_backups = enabled
    if changed:
        action = AuditAction.AUTOMATIC_BACKUPS_ON if enabled else AuditAction.AUTOMATIC_BACKUPS_OFF
        record(account_id=account.pk, actor_id=actor.pk, action=action, subject="", now=now)


@transaction.atomic
def set_second_factor_demand(*, account: Account, enabled: bool, actor: User, now: datetime) -> None:
    """Demand a second factor of every member, or no longer; the same again changes nothing. Raises NoSecondFactor."""
    if enabled and not has_second_factor(actor.pk):
        raise NoSecondFactor
    other = Account.objects.filter(pk=account.pk, demands_second_factor=not enabled)
    changed = other.update(demands_second_factor=enabled)
    account.demands_second_factor = enabled
    if changed:
        action = AuditAction.SECOND_FACTOR_DEMANDED if enabled else AuditAction.SECOND_FACTOR_NOT_DEMANDED
        record(account_id=account.pk, actor_id=actor.pk, action=action, subject="", now=now)


@transaction.atomic
def set_daily_backups(*, account: Account, enabled: bool, actor: User, now: datetime) -> None:
    """Switch the daily backups of lists that changed on or off; the same again changes nothing."""
    changed = Account.objects.filter(pk=account.pk, daily_backups=not enabled).update(daily_backups=enabled)
    account.daily_backups = enabled
    if changed:
        action = AuditAction.DAILY_BACKUPS_ON if enabled else AuditAction.DAILY_BACKUPS_OFF
        record(account_id=account.pk, actor_id=actor.pk, action=action, subject="", now=now)


@transaction.atomic
def change_retention(*, account: Account, days: int, actor: User, now: datetime) -> None:
    """Have backups kept for `days` days from when they are made; the same again changes nothing.

    More days hold for the backups that exist too, in the same transaction; fewer only for those made from now on: no
    backup goes early because of a click. The caller has checked the operator's limits.
    """
    before = Account.objects.select_for_update(no_key=True).get(pk=account.pk).retention_days
    account.retention_days = days
    if days == before:
        return
    account.save(update_fields=["retention_days"])
    if days > before:
        retention_lengthened.send(sender=Account, account_id=account.pk, days=days)
    record(
        account_id=account.pk,
        actor_id=actor.pk,
        action=AuditAction.RETENTION_CHANGED,
        subject="",
        now=now,
        before=before,
        days=days,
    )


def record(
    *, account_id: int, actor_id: int | None, action: AuditAction, subject: str, now: datetime, **detail: Any
) -> None:
    """Add to the audit trail, in the transaction of the change that it tells of, from where that came.

    `actor_id` None: Listkeep itself, whoever's request it noticed something in.
    """
    origin = NOBODY if actor_id is None else current_origin()
    AuditEntry.objects.create(
        account_id=account_id,
        actor_id=actor_id,
        action=action,
        subject=subject[:300],
        detail=detail | token_detail(),
        at=now,
        via=origin.via,
        address=origin.address,
    )
