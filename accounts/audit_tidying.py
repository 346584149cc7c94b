"""How long the audit trail is kept: its network addresses for 90 days, its entries for years (ADR 18)."""

from datetime import datetime, timedelta

from django.conf import settings

from accounts.models import Account, AuditEntry
from accounts.tenancy import account_scope, across_accounts

ADDRESSES_KEPT = timedelta(days=90)


def tidy_audit_trail(*, now: datetime) -> None:
    """Drop the addresses and the entries whose time is over, of one account after the other; again at once: nothing."""
    with across_accounts("accounts whose audit trail is tidied are looked for"):
        accounts = list(Account.objects.order_by("pk").values_list("pk", flat=True))
    oldest = now - timedelta(days=settings.AUDIT_LOG_DAYS)
    for account_id in accounts:
        with account_scope(account_id):
            mine = AuditEntry.objects.filter(account_id=account_id)
            mine.filter(at__lt=oldest).delete()
            mine.filter(at__lt=now - ADDRESSES_KEPT).exclude(address=None).update(address=None)
