"""Erased people: addresses that were erased from an account (GDPR Art. 17), known only by a digest.

Who is asked about is hashed with the account's own key, so that the digests say nothing to whoever has only them.
Called wherever addresses come in or are brought back: `imports.reading`, `backups.suppressing`.
"""

import hashlib
import hmac
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from accounts.models import Account, AuditAction
from accounts.services import record
from recipients.models import ErasedAddress


def digest_of(*, key: uuid.UUID, email: str) -> bytes:
    """HMAC-SHA256 of a canonical address, by an account's `erasure_key`; 32 bytes."""
    return hmac.digest(key.bytes, email.encode(), "sha256")


@dataclass(frozen=True)
class Erased:
    """Some erased addresses of an account. False when there are none.

    `mark` is equal for equal erasures, and "" for none: another one when somebody was erased once more.
    """

    key: uuid.UUID
    digests: frozenset[bytes]
    mark: str = ""

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
        return self.digest_of(email) in self.digests

    def digest_of(self, email: str) -> bytes:
        """The digest of a canonical address in this account."""
        return digest_of(key=self.key, email=email)

    def among(self, emails: Collection[str]) -> set[str]:
        """Which of the canonical addresses are among them."""
        return {email for email in emails if self.has(email)} if self.digests else set()


class Readmission:
    """Erased people of whom only the blocked ones are kept out; asked as `Erased` is. `let_in` counts the others."""

    def __init__(self, *, erased: Erased, blocked: Erased) -> None:
        self._erased, self._blocked = erased, blocked
        self.let_in = 0

    def __bool__(self) -> bool:
        return bool(self._erased)

    def found_in(self, emails: pa.Array) -> pa.BooleanArray:
        """For each canonical address, whether it is of somebody who was blocked."""
        erased, blocked = self._erased.found_in(emails), self._blocked.found_in(emails)
        self.let_in += int(pc.sum(pc.and_not(erased, blocked)).as_py() or 0)
        return blocked


def erased_of(account_id: int) -> Erased:
    """The addresses erased from an account, but for those that were let in again."""
    rows = ErasedAddress.objects.filter(account_id=account_id)
    found = {bytes(digest): erased_at for digest, erased_at in rows.values_list("digest", "erased_at")}
    return Erased(key_of(account_id), frozenset(found), _mark_of(found))


def blocked_of(account_id: int) -> Erased:
    """Those who stood on a block list when they were erased: nobody lets them in again."""
    rows = ErasedAddress.objects.filter(account_id=account_id, blocked=True).values_list("digest", flat=True)
    return Erased(key_of(account_id), frozenset(map(bytes, rows)))


def erased_entry(*, account_id: int, email: str) -> ErasedAddress | None:
    """What is remembered of the erasure of a canonical address; None when it was never erased, or let in again."""
    rows = ErasedAddress.objects.filter(account_id=account_id)
    if not rows.exists():
        return None
    return rows.filter(digest=digest_of(key=key_of(account_id), email=email)).first()


def erased_among(*, account_id: int, emails: Collection[str]) -> dict[str, ErasedAddress]:
    """Those of the canonical addresses that were erased, and not let in again. For a few thousand of them."""
    rows = ErasedAddress.objects.filter(account_id=account_id)
    if not rows.exists():
        return {}
    key = key_of(account_id)
    digests = {digest_of(key=key, email=email): email for email in emails}
    return {digests[bytes(one.digest)]: one for one in rows.filter(digest__in=list(digests))}


def readmit(*, account_id: int, digests: Collection[bytes], actor_id: int | None, subject: str, now: datetime) -> int:
    """Forget that these were erased, because somebody has let them in again knowingly; gives how many.

    The caller has a list locked, so that no erasure of the same address is overtaken.
    """
    rows = ErasedAddress.objects.filter(account_id=account_id, digest__in=digests, blocked=False)
    count, _by_model = rows.delete()
    if count:
        record(
            account_id=account_id,
            actor_id=actor_id,
            action=AuditAction.PERSON_READMITTED,
            subject=subject,
            now=now,
            count=count,
        )
    return count


def lift_blocks(*, account_id: int, emails: Collection[str]) -> None:
    """These are blocked no more, if they were when they were erased; an import still does not bring them unnoticed."""
    blocked = ErasedAddress.objects.filter(account_id=account_id, blocked=True)
    if blocked.exists():
        key = key_of(account_id)
        blocked.filter(digest__in=[digest_of(key=key, email=email) for email in emails]).update(blocked=False)


def key_of(account_id: int) -> uuid.UUID:
    """What the account's digests are keyed with."""
    key: uuid.UUID = Account.objects.values_list("erasure_key", flat=True).get(pk=account_id)
    return key


def _mark_of(erased: dict[bytes, datetime]) -> str:
    if not erased:
        return ""
    told = b"\n".join(digest + erased[digest].isoformat().encode() for digest in sorted(erased))
    return hashlib.sha256(told).hexdigest()[:32]
