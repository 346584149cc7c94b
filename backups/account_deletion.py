"""The deletion of a closed account: nobody gets in any more, its files go, its rows, its people's logins, itself.

Every step may be done again, and one that was interrupted goes on where it stopped: what is gone is not found. Rows go
in batches, each in a transaction of its own, so that nothing is locked for long. The account's row is the last one, in
one transaction with the closing and with what is written down for operators; until then the job is found again.
"""

import uuid
from collections.abc import Callable
from typing import Any, Final

from django.db import connection
from django.db.models import Exists, Model, OuterRef
from django.utils import timezone
from psycopg import sql

from accounts.models import Account, ApiAnswer, ApiToken, AuditEntry, Invitation, Membership, User
from accounts.tenancy import account_scope, across_accounts
from backups.models import Backup, ClosedAccount, Closure, Erasure, Export, RestoreDrill
from imports.models import Import
from recipients.jobs import ClaimLost
from recipients.models import (
    Activity,
    BlockedAddress,
    Contact,
    Deletion,
    ErasedAddress,
    Field,
    Group,
    Recipient,
    Removal,
)
from recipients.storage import demand_place, remove_below

BATCH: Final = 10_000  # rows that are deleted in one transaction
TABLES: Final[tuple[type[Model], ...]] = (  # who refers to a row goes before it
    *(ApiAnswer, ApiToken, Invitation, Membership),
    *(Export, Erasure, RestoreDrill, Import, Deletion, Backup),
    *(Activity, Recipient, Contact, BlockedAddress, Removal, ErasedAddress, Field, Group),
    AuditEntry,
)

Progress = Callable[[int, int | None], None]


def delete_account(closure: Any, token: uuid.UUID, progress: Progress) -> None:
    """Delete an account whose deletion has begun.

    Raises what storage raises; ClaimLost when another process is at it.
    """
    _let_nobody_in(closure, token)
    _delete_files(closure.account_id)
    _delete_rows(closure.account_id, progress)
    _delete_files(closure.account_id)  # what was just being written then; what comes later is an orphan
    _delete_account(closure, token)


def _let_nobody_in(closure: Any, token: uuid.UUID) -> None:
    """Take members, invitations and tokens away, and the exports that are being made; remember who the members were."""
    account_id = closure.account_id
    with account_scope(account_id):
        members = Membership.objects.filter(account_id=account_id)
        known = {*closure.report.get("members", ()), *members.values_list("user_id", flat=True)}
        closure.report = {**closure.report, "members": sorted(known)}
        if not Closure.objects.filter(pk=closure.pk, claim=token).update(report=closure.report):
            raise ClaimLost
        members.delete()
        ApiAnswer.objects.filter(account_id=account_id).delete()
        ApiToken.objects.filter(account_id=account_id).delete()
        Invitation.objects.filter(account_id=account_id).delete()
        Export.objects.filter(account_id=account_id).delete()


def _delete_files(account_id: int) -> None:
    """Delete whatever stands under the account in any place. A disk that is not mounted is no empty one."""
    demand_place("backups")
    for where in ("backups", "imports"):
        remove_below(where, str(account_id))


def _delete_rows(account_id: int, progress: Progress) -> None:
    done = 0
    for model in TABLES:
        while deleted := _delete_batch(model, account_id):
            done += deleted
            progress(done, None)


def _delete_batch(model: type[Model], account_id: int) -> int:
    """Delete some rows of an account; gives how many. By their places in the table: no key has to be looked up."""
    statement = sql.SQL(
        "DELETE FROM {table} WHERE account_id = {account} AND ctid = ANY (ARRAY("
        " SELECT ctid FROM {table} WHERE account_id = {account} LIMIT {most}))"
    ).format(table=sql.Identifier(model._meta.db_table), account=sql.Literal(account_id), most=sql.Literal(BATCH))
    with account_scope(account_id), connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def _delete_account(closure: Any, token: uuid.UUID) -> None:
    """Delete the account's row and its people who belong to no other account, and write down that it is gone.

    Their names stand in rows of other accounts, of which they may have been members, too: hence the door.
    """
    account_id = closure.account_id
    with across_accounts("a closed account is deleted"):
        Account.objects.select_for_update().filter(pk=account_id).first()
        mine = Closure.objects.filter(account_id=account_id, pk=closure.pk, claim=token, status=Closure.Status.DELETING)
        if not mine.exists():
            raise ClaimLost
        members = closure.report["members"]
        leaving = _without_account(members)
        for user in leaving:
            user.delete()
        Account.objects.filter(pk=account_id).delete()
        ClosedAccount.objects.filter(account_number=account_id).update(
            deleted_at=timezone.now(), member_count=len(members), user_count=len(leaving)
        )


def _without_account(members: list[int]) -> list[User]:
    """Those who belong to no account and are no operators, locked so that nobody joins one meanwhile."""
    list(User.objects.select_for_update().filter(pk__in=members).order_by("pk").values_list("pk"))
    elsewhere = Membership.objects.filter(user=OuterRef("pk"))
    nobody = User.objects.filter(pk__in=members, is_staff=False, is_superuser=False).exclude(Exists(elsewhere))
    return list(nobody.order_by("pk"))
