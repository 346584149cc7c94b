"""What accounts keep no longer: addresses in the audit trail after 90 days, old entries (ADR 18), ended invitations."""

from datetime import datetime, timedelta

from django.conf import settings

from accounts.inviting import forget_ended_invitations
from accounts.models import Account, AuditEntry
from accounts.tenancy import account_scope, across_accounts

ADDRESSES_KEPT = timedelta(days=90)


def tidy_accounts(*, now: datetime) -> None:
    """Delete what has had its time, in one account after the other; again at once it finds nothing."""
    with across_accounts("accounts that are tidied are looked for"):
        accounts = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    for account_id in accounts:
        with account_scope(account_id):
            _tidy_audit_trail(account_id, now)
            forget_ended_invitations(account_id=account_id, now=now)


def _tidy_audit_trail(account_id: int, now: datetime) -> None:
    mine = AuditEntry.objects.filter(account_id=account_id)
    mine.filter(at__lt=now - timedelta(days=settings.AUDIT_LOG_DAYS)).delete()
    mine.filter(at__lt=now - ADDRESSES_KEPT).exclude(address=None).update(address=None)
