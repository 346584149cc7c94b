"""Tokens of the interface: what is kept of a secret, who it lets in, and for how long."""

import hashlib
from datetime import timedelta

import pytest

from accounts.models import Account, ApiToken, AuditAction, AuditEntry, Membership, Role, User
from accounts.tenancy import account_scope
from accounts.tokens import MOST_TOKENS, TokenRefused, TooManyTokens, authenticate_token, create_token, revoke_token
from tests.factories import DAY, NOW, make_account, make_member

pytestmark = pytest.mark.django_db
READ, WRITE = ApiToken.Scope.READ, ApiToken.Scope.WRITE
MINUTE = timedelta(minutes=1)


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


def make_token(account: Account, actor: User, scope: ApiToken.Scope = WRITE, days: int | None = None) -> str:
    with account_scope(account.pk):
        expires_at = None if days is None else NOW + days * DAY
        return create_token(account=account, name="Shop", scope=scope, expires_at=expires_at, actor=actor, now=NOW)[1]


def stored(account: Account) -> ApiToken:
    with account_scope(account.pk):
        return ApiToken.objects.get()


def test_a_token_is_known_by_its_secret_and_brings_its_account(account: Account, owner: User) -> None:
    secret = make_token(account, owner)
    token = authenticate_token(secret=secret, now=NOW)
    assert (token.account, token.created_by, token.scope) == (account, owner, WRITE)


def test_of_the_secret_the_digest_and_its_end_are_kept(account: Account, owner: User) -> None:
    secret = make_token(account, owner)
    token = stored(account)
    assert secret.startswith(f"lk_{account.pk}_")
    assert len(secret.split("_", 2)[2]) == 43
    assert (bytes(token.digest), token.ending) == (hashlib.sha256(secret.encode()).digest(), secret[-4:])
    assert secret not in repr(token.__dict__)


def test_making_and_revoking_stand_in_the_audit_trail(account: Account, owner: User) -> None:
    secret = make_token(account, owner)
    with account_scope(account.pk):
        for _twice in range(2):
            revoke_token(token=stored(account), actor=owner, now=NOW + DAY)
        entries = list(AuditEntry.objects.order_by("pk").values_list("action", "subject", "detail", "at", "actor_id"))
    ending = secret[-4:]
    assert entries == [
        (AuditAction.TOKEN_CREATED, "Shop", {"scope": "write", "ending": ending}, NOW, owner.pk),
        (AuditAction.TOKEN_REVOKED, "Shop", {"ending": ending}, NOW + DAY, owner.pk),
    ]


def test_a_revoked_token_is_refused(account: Account, owner: User) -> None:
    secret = make_token(account, owner)
    with account_scope(account.pk):
        revoke_token(token=stored(account), actor=owner, now=NOW)
    with pytest.raises(TokenRefused):
        authenticate_token(secret=secret, now=NOW)


def test_an_expired_token_is_refused(account: Account, owner: User) -> None:
    secret = make_token(account, owner, days=1)
    authenticate_token(secret=secret, now=NOW + DAY - timedelta(microseconds=1))
    with pytest.raises(TokenRefused):
        authenticate_token(secret=secret, now=NOW + DAY)


def test_what_is_no_secret_is_refused(account: Account, owner: User) -> None:
    secret, rest = make_token(account, owner), "a" * 43
    none = ["", secret[:-1], f"{secret}x", f"{secret}\n", secret.removeprefix("lk_"), secret.replace("lk_", "lk_0")]
    none += [f"lk_{'9' * 20}_{rest}", f"lk_{2**63}_{rest}", f"lk_{2**63 - 1}_{rest}", f"lk_١_{rest}"]
    none += [secret[:-1] + ("a" if secret[-1] != "a" else "b")]
    for text in none:
        with pytest.raises(TokenRefused):
            authenticate_token(secret=text, now=NOW)


def test_a_secret_with_the_number_of_another_account_is_refused(account: Account, owner: User) -> None:
    secret, other = make_token(account, owner), make_account("Andere")
    with pytest.raises(TokenRefused):
        authenticate_token(secret=secret.replace(f"lk_{account.pk}_", f"lk_{other.pk}_"), now=NOW)


@pytest.mark.parametrize(
    ("scope", "role", "counts"),
    [(WRITE, Role.EDITOR, True), (WRITE, Role.READER, False), (READ, Role.READER, True), (READ, None, False)],
)
def test_a_token_does_no_more_than_its_maker_may(
    account: Account, owner: User, scope: ApiToken.Scope, role: Role | None, *, counts: bool
) -> None:
    secret = make_token(account, owner, scope)
    make_member(account, Role.OWNER)  # without another one the database lets no owner go
    with account_scope(account.pk):
        places = Membership.objects.filter(user=owner)
        if role is None:
            places.delete()
        else:
            places.update(role=role)
    if counts:
        authenticate_token(secret=secret, now=NOW)
    else:
        with pytest.raises(TokenRefused):
            authenticate_token(secret=secret, now=NOW)


def test_the_token_of_somebody_who_may_not_sign_in_is_refused(account: Account, owner: User) -> None:
    secret = make_token(account, owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    with pytest.raises(TokenRefused):
        authenticate_token(secret=secret, now=NOW)


def test_the_last_use_is_noted_once_a_minute(account: Account, owner: User) -> None:
    secret, noted = make_token(account, owner), []
    for moment in (NOW, NOW + MINUTE / 2, NOW + MINUTE, NOW + MINUTE * 1.5):
        authenticate_token(secret=secret, now=moment)
        noted.append(stored(account).last_used_at)
    assert noted == [NOW, NOW, NOW + MINUTE, NOW + MINUTE]


def test_an_account_has_so_many_tokens_at_a_time(account: Account, owner: User) -> None:
    with account_scope(account.pk):
        ApiToken.objects.bulk_create(
            ApiToken(account=account, name=str(number), digest=str(number).encode(), created_at=NOW, created_by=owner)
            for number in range(MOST_TOKENS)
        )
    with pytest.raises(TooManyTokens):
        make_token(account, owner)
    with account_scope(account.pk):
        revoke_token(token=ApiToken.objects.order_by("pk")[0], actor=owner, now=NOW)
    make_token(account, owner)
