"""Erased people: addresses that were erased from an account (GDPR Art. 17), known only by a digest.

Who is asked about is hashed with the account's own key, so that the digests say nothing to whoever has only them.
Called wherever addresses come in or are brought back: `imports.reading`, `backups.suppressing`.
"""

import hmac
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from accounts.models import Account
from recipients.models import ErasedAddress


def digest_of(*, key: uuid.UUID, email: str) -> bytes:
    """HMAC-SHA256 of a canonical address, by an account's `erasure_key`; 32 bytes."""
    return hmac.digest(key.bytes, email.encode(), "sha256")


@dataclass(frozen=True)
class Erased:
    """Some erased addresses of an account. False when there are none."""

    key: uuid.UUID
    digests: frozenset[bytes]

    def __bool__(self) -> bool:
        return bool(self.digests)

    def found_in(self, emails: pa.Array) -> pa.BooleanArray:
        """For each canonical address, whether it is one of them. Costs about a second for a million, else nothing."""
        if not self.digests:
            return pa.array([False] * len(emails), pa.bool_())
        return pa.array(
            [email is not None and self.has(email) for email in emails.to_pylist()],
            pa.bool_(),
        )

    def has(self, email: str) -> bool:
        """Whether the canonical address is one of them."""
        return digest_of(key=self.key, email=email) in self.digests

    def among(self, emails: Collection[str]) -> set[str]:
        """Which of the canonical addresses are among them."""
        return {email for email in emails if self.has(email)} if self.digests else set()


def erased_of(account_id: int, *, since: datetime | None = None) -> Erased:
    """The addresses erased from an account, or only those that were erased at that time or later."""
    rows = ErasedAddress.objects.filter(account_id=account_id)
    if since is not None:
        rows = rows.filter(erased_at__gte=since)
    key: uuid.UUID = Account.objects.values_list("erasure_key", flat=True).get(pk=account_id)
    return Erased(key, frozenset(bytes(digest) for digest in rows.values_list("digest", flat=True)))
