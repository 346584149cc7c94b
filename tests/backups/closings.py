"""Closings of accounts for tests: begun as the admin site does, the steps of workers, and what they leave."""

import csv
import io
import zipfile
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope, across_accounts
from backups.closing import close_account, reopen_account
from backups.closing_job import advance_closure, sweep_closures
from backups.models import ClosedAccount, Closure
from recipients.storage import local_copy, place
from tests.backups.erasures import keys_in

LINK = "https://listkeep.example/a/1/my-account/closing/"


def close(account: Account, operator: User, *, leave_out: bool = False) -> Closure:
    """Begin to close an account."""
    with account_scope(account.pk):
        assert close_account(
            account=account,
            actor_id=operator.pk,
            language="en",
            link=LINK,
            leave_out_unreadable=leave_out,
            now=timezone.now(),
        )
        found: Closure = Closure.objects.exclude(status=Closure.Status.REOPENED).get()
    return found


def reopen(account: Account, operator: User) -> bool:
    """Take it back; whether that could be done."""
    with account_scope(account.pk):
        return reopen_account(account=account, actor_id=operator.pk, now=timezone.now())


def fresh(closure: Closure) -> Closure:
    """The closing as it is now."""
    with account_scope(closure.account_id):
        found: Closure = Closure.objects.select_related("account").get(pk=closure.pk)
    return found


def is_there(closure: Closure) -> bool:
    """Whether its row still is."""
    with account_scope(closure.account_id):
        return Closure.objects.filter(pk=closure.pk).exists()


def advance(closure: Closure) -> Closure | None:
    """Do what a worker would, whatever rest it had is over; None when the account is gone then."""
    with account_scope(closure.account_id):
        Closure.objects.filter(pk=closure.pk, claim=None).update(retry_at=None, claimed_until=None)
    advance_closure(account_id=closure.account_id, closure_id=closure.pk)
    return fresh(closure) if is_there(closure) else None


def exported(account: Account, operator: User, *, leave_out: bool = False) -> Closure:
    """A closing whose export is complete."""
    done = advance(close(account, operator, leave_out=leave_out))
    assert done is not None
    assert done.status == Closure.Status.WAITING, done.failure
    return done


def let_time_pass(closure: Closure, span: timedelta = timedelta(days=30, minutes=1)) -> None:
    """As if its export were so much older."""
    with account_scope(closure.account_id):
        earlier = {name: F(name) - span for name in ("requested_at", "completed_at", "delete_at")}
        Closure.objects.filter(pk=closure.pk).update(**earlier)


def due(account: Account, operator: User) -> Closure:
    """A closing whose day has come, verified and about to delete."""
    closure = exported(account, operator)
    let_time_pass(closure)
    sweep_closures(now=timezone.now())
    verified = advance(closure)
    assert verified is not None
    assert verified.status == Closure.Status.DELETING
    return verified


def archive_of(closure: Closure) -> dict[str, bytes]:
    """What the file holds, by name; fails when a name stands in it twice or an entry is not whole."""
    with local_copy("backups", fresh(closure).file_key) as path, zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        return {name: archive.read(name) for name in names}


def table(content: bytes) -> list[list[str]]:
    """The rows of a CSV file of the archive, its head first."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


def keys_of(account_id: int) -> list[str]:
    """The keys of all files under an account."""
    found = [(where, key) for where in ("backups", "imports") for key in keys_in(place(where))]
    return [f"{where}/{key}" for where, key in found if key.startswith(f"{account_id}/")]


def record_of(account_id: int) -> ClosedAccount | None:
    """What stays of an account."""
    return ClosedAccount.objects.filter(account_number=account_id).first()


def is_gone(account_id: int) -> bool:
    """Whether the account's row is."""
    with across_accounts("a test looks"):
        return not Account.objects.filter(pk=account_id).exists()
