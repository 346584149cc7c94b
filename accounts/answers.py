"""Answers kept for a day, so that a request that is sent twice with one `Idempotency-Key` is carried out once.

The answer is kept in the transaction of the change that it tells of: either both are there or neither. Whoever carries
a request out holds a lock on its key until that transaction ends, so no row has to say that a request is under way,
and none is left behind by a process that died.
"""

from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from accounts.models import ApiAnswer, ApiToken
from accounts.tenancy import across_accounts

KEPT_FOR: Final = timedelta(hours=24)


class KeyInUse(Exception):
    """A request with the key is being carried out at this moment."""


class KeyOfAnother(Exception):
    """The key was used with another request."""


def answer_before(*, token: ApiToken, key: str, digest: bytes, now: datetime) -> ApiAnswer | None:
    """What the request with this key and digest was answered; None when it is to be carried out.

    In the caller's transaction, which holds the key from then on. Raises KeyInUse and KeyOfAnother.
    """
    with connection.cursor() as cursor:
        name = f"listkeep.idempotency.{token.account_id}.{token.pk}.{key}"
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [name])
        (is_mine,) = cursor.fetchone()
    if not is_mine:
        raise KeyInUse
    found = ApiAnswer.objects.filter(account_id=token.account_id, token=token, key=key).first()
    if found is None:
        return None
    if found.answered_at <= now - KEPT_FOR:
        found.delete()
        return None
    if bytes(found.digest) != digest:
        raise KeyOfAnother
    return found


def keep_answer(*, token: ApiToken, key: str, digest: bytes, status: int, content: str, now: datetime) -> None:
    """Keep what a request was answered, in the transaction that carried it out and asked `answer_before`."""
    ApiAnswer.objects.create(
        account_id=token.account_id,
        token=token,
        key=key,
        digest=digest,
        status=status,
        content=content,
        answered_at=now,
    )


def forget_answers(*, now: datetime) -> int:
    """Delete the answers of all accounts whose day is over; gives how many."""
    with across_accounts("answers of the interface whose day is over are forgotten"):
        count, _by_model = ApiAnswer.objects.filter(answered_at__lte=now - KEPT_FOR).delete()
    return count


def forget_answers_of(account_id: int) -> None:
    """Delete all answers of an account: they may tell of a person who is being erased."""
    ApiAnswer.objects.filter(account_id=account_id).delete()
