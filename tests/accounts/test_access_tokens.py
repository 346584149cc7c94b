"""Access tokens: whom they let in, for how long, and how they end."""

from datetime import timedelta

import pytest

from accounts.access_tokens import LIFETIMES, Use, admit, end_access, issue
from accounts.models import Account, ApiToken, Membership, Role, User
from accounts.tenancy import account_scope
from accounts.tokens import TokenRefused, authenticate_token, create_token, revoke_token
from tests.factories import DAY, NOW, make_account, make_member

pytestmark = pytest.mark.django_db
MOMENT = timedelta(microseconds=1)


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


def make_token(account: Account, owner: User, days: int | None = None) -> tuple[ApiToken, str]:
    with account_scope(account.pk):
        return create_token(
            account=account,
            name="Shop",
            scope=ApiToken.Scope.WRITE,
            expires_at=None if days is None else NOW + days * DAY,
            actor=owner,
            now=NOW,
        )


@pytest.mark.parametrize("use", Use)
def test_it_counts_for_its_time_and_no_longer(account: Account, owner: User, use: Use) -> None:
    token, _secret = make_token(account, owner)
    signed = issue(token=token, use=use, now=NOW)
    ends = NOW + LIFETIMES[use]
    admitted = admit(signed=signed, use=use, now=ends - MOMENT)
    assert (admitted.token, admitted.token.account, admitted.expires_at) == (token, account, ends)
    with pytest.raises(TokenRefused):
        admit(signed=signed, use=use, now=ends)


def test_it_counts_for_nothing_but_its_use(account: Account, owner: User) -> None:
    token, _secret = make_token(account, owner)
    for use, other in ((Use.ACCESS, Use.REFRESH), (Use.REFRESH, Use.ACCESS)):
        with pytest.raises(TokenRefused):
            admit(signed=issue(token=token, use=use, now=NOW), use=other, now=NOW)


def test_whoever_changes_a_letter_is_refused(account: Account, owner: User) -> None:
    token, _secret = make_token(account, owner)
    signed = issue(token=token, use=Use.ACCESS, now=NOW)
    for changed in ("", "x", signed[:-2], "A" + signed[1:], signed.partition(".")[0], signed + "="):
        with pytest.raises(TokenRefused):
            admit(signed=changed, use=Use.ACCESS, now=NOW)


def test_it_ends_with_its_api_token(account: Account, owner: User) -> None:
    token, _secret = make_token(account, owner, days=1)
    signed = issue(token=token, use=Use.REFRESH, now=NOW)
    assert admit(signed=signed, use=Use.REFRESH, now=NOW).expires_at == NOW + DAY
    with pytest.raises(TokenRefused):
        admit(signed=signed, use=Use.REFRESH, now=NOW + DAY)
    with account_scope(account.pk):
        revoke_token(token=token, actor=owner, now=NOW)
    with pytest.raises(TokenRefused):
        admit(signed=signed, use=Use.REFRESH, now=NOW + MOMENT)


def test_it_does_no_more_than_who_made_the_api_token(account: Account, owner: User) -> None:
    token, _secret = make_token(account, owner)
    signed = issue(token=token, use=Use.ACCESS, now=NOW)
    make_member(account, Role.OWNER)  # no account is without one
    with account_scope(account.pk):
        Membership.objects.filter(user=owner).update(role=Role.READER)
    with pytest.raises(TokenRefused):
        admit(signed=signed, use=Use.ACCESS, now=NOW)


def test_all_of_a_client_are_ended_together_and_new_ones_count(account: Account, owner: User) -> None:
    token, secret = make_token(account, owner)
    other, _secret = make_token(account, owner)
    before = issue(token=token, use=Use.ACCESS, now=NOW)
    of_other = issue(token=other, use=Use.ACCESS, now=NOW)
    with account_scope(account.pk):
        end_access(token=token, now=NOW)
    with pytest.raises(TokenRefused):
        admit(signed=before, use=Use.ACCESS, now=NOW + MOMENT)
    after = issue(token=token, use=Use.ACCESS, now=NOW + MOMENT)
    assert admit(signed=after, use=Use.ACCESS, now=NOW + MOMENT).token == token
    assert admit(signed=of_other, use=Use.ACCESS, now=NOW + MOMENT).token == other
    assert authenticate_token(secret=secret, now=NOW + MOMENT) == token
