"""My Account > Extras > Interfaces: tokens made, shown once, listed, revoked."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, ApiToken, Membership, Role, User
from accounts.tenancy import account_scope
from accounts.tokens import TokenRefused, authenticate_token, create_token
from tests.factories import NOW, make_account, make_member, make_user, sign_in
from tests.page_content import rows

pytestmark = pytest.mark.django_db
# session, user; the gate's scope: savepoint, settings read, set, and put back, savepoint released; membership;
# memberships of the makers, tokens with their makers; the person's accounts for the switcher
QUERIES = 11
FORM = {"name": "Shop", "scope": "write", "expires": "90"}


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user(first_name="Anna", last_name="Berger"))


@pytest.fixture
def client(owner: User) -> Client:
    return sign_in(owner)


def url_of(account: Account) -> str:
    return reverse("accounts:interfaces", args=[account.pk])


def make_token(account: Account, actor: User, name: str, **columns: Any) -> ApiToken:
    with account_scope(account.pk):
        token, _secret = create_token(
            account=account, name=name, scope=ApiToken.Scope.READ, expires_at=None, actor=actor, now=NOW
        )
        ApiToken.objects.filter(pk=token.pk).update(**columns)
        token.refresh_from_db()
    return token


def test_a_token_is_made_and_shown_this_one_time(client: Client, account: Account, owner: User) -> None:
    response = client.post(url_of(account), FORM)
    secret = response.context["secret"]
    token = authenticate_token(secret=secret, now=timezone.now())
    assert (token.name, token.scope, token.created_by, response["Cache-Control"]) == (
        "Shop",
        "write",
        owner,
        "no-store",
    )
    assert token.expires_at is not None
    assert timedelta(days=89) < token.expires_at - timezone.now() < timedelta(days=90)
    assert f'<code class="secret" tabindex="0">{secret}</code>' in response.content.decode()
    assert f"<code>lk_{account.pk}</code>" in response.content.decode()
    assert "<code>http://testserver/v3</code>" in response.content.decode()
    assert secret not in client.get(url_of(account)).content.decode()


def test_a_form_that_is_sent_again_makes_no_second_token(client: Client, account: Account) -> None:
    form = client.get(url_of(account)).context["form"]
    once = {**FORM, "once": form["once"].value()}
    assert client.post(url_of(account), once).status_code == 200
    again = client.post(url_of(account), once, follow=True)
    assert again.redirect_chain == [(url_of(account), 302)]
    assert "This token has been made already" in again.content.decode()
    assert len(rows(again)) == 1
    another = {**FORM, "once": again.context["form"]["once"].value()}
    assert len(rows(client.post(url_of(account), another))) == 2


def test_a_form_that_made_nothing_may_be_sent_again(
    client: Client, account: Account, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.tokens.MOST_TOKENS", 1)
    token = make_token(account, owner, "Kasse")
    form = {**FORM, "once": "x"}
    assert client.post(url_of(account), form).status_code == 422
    client.post(reverse("accounts:revoke_token", args=[account.pk, token.pk]))
    assert "secret" in client.post(url_of(account), form).context


def test_a_token_may_never_end(client: Client, account: Account) -> None:
    client.post(url_of(account), {**FORM, "expires": "never"})
    with account_scope(account.pk):
        assert ApiToken.objects.get().expires_at is None


@pytest.mark.parametrize("given", [{"name": " "}, {"name": "x" * 101}, {"scope": "all"}, {"expires": "7"}])
def test_a_form_that_says_nothing_sensible_makes_no_token(
    client: Client, account: Account, given: dict[str, str]
) -> None:
    assert client.post(url_of(account), {**FORM, **given}).status_code == 422
    with account_scope(account.pk):
        assert not ApiToken.objects.exists()


def test_too_many_tokens_are_refused_with_a_sentence(
    client: Client, account: Account, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("accounts.tokens.MOST_TOKENS", 1)
    make_token(account, owner, "Kasse")
    response = client.post(url_of(account), FORM)
    assert response.status_code == 422
    assert "An account has at most 100 tokens." in response.content.decode()


def test_the_list_says_of_each_token_whether_it_counts(client: Client, account: Account, owner: User) -> None:
    gone = make_member(account, Role.OWNER, make_user("weg@example.org"))
    tokens = [
        make_token(account, owner, "Shop", last_used_at=NOW),
        make_token(account, owner, "Kasse", revoked_at=NOW),
        make_token(account, owner, "Messe", expires_at=NOW),
        make_token(account, gone, "CRM"),
    ]
    with account_scope(account.pk):
        Membership.objects.filter(user=gone).delete()
    shown = rows(client.get(url_of(account)))
    ends = [f"…{token.ending}" for token in reversed(tokens)]
    assert [row[0] for row in shown] == [
        f"CRM Without effect {ends[0]} · Who made it may no longer do this.",
        f"Messe Expired {ends[1]}",
        f"Kasse Revoked {ends[2]}",
        f"Shop {ends[3]}",
    ]
    assert shown[3][1:3] == ["Read", "2 Mar 2026 Anna Berger"]
    assert [row[-1] for row in shown] == ["Revoke … CRM", "Revoke … Messe", "", "Revoke … Shop"]


def test_a_token_is_revoked_once_that_is_confirmed(client: Client, account: Account) -> None:
    secret = client.post(url_of(account), FORM).context["secret"]
    token = authenticate_token(secret=secret, now=timezone.now())
    page = reverse("accounts:revoke_token", args=[account.pk, token.pk])
    assert "Revoke token “Shop”" in client.get(page).content.decode()
    authenticate_token(secret=secret, now=timezone.now())
    response = client.post(page, follow=True)
    assert "The token “Shop” is revoked." in response.content.decode()
    with pytest.raises(TokenRefused):
        authenticate_token(secret=secret, now=timezone.now())
    assert "was revoked before" in client.get(page).content.decode()


def test_who_is_no_owner_sees_the_tokens_and_makes_none(account: Account, owner: User) -> None:
    make_token(account, owner, "Shop")
    client = sign_in(make_member(account, Role.EDITOR))
    page = client.get(url_of(account)).content.decode()
    assert ("Shop" in page, "Make token" in page, "Revoke …" in page) == (True, False, False)
    assert client.post(url_of(account), FORM).status_code == 403


def test_without_tokens_the_page_says_what_it_is_for(client: Client, account: Account) -> None:
    assert "No program uses your lists yet" in client.get(url_of(account)).content.decode()


@pytest.mark.parametrize("tokens", [1, 3])
def test_it_asks_as_often_for_one_as_for_three(
    account: Account, owner: User, tokens: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(owner)
    for number in range(tokens):
        make_token(account, owner, str(number))
    with django_assert_num_queries(QUERIES):
        response = client.get(url_of(account))
    assert len(rows(response)) == tokens
