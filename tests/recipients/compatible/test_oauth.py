"""Tokens by OAuth: the grants, their answers and their errors; what clients ask about their token."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.access_tokens import Use, issue
from accounts.models import ApiToken
from accounts.tenancy import account_scope
from tests.recipients.compatible.client import TOKENS, WHO, RestClient, check_shape, in_process
from tests.recipients.compatible.shop import Shop, make_secret, make_shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return make_shop()


@pytest.mark.parametrize("how", ["form", "multipart", "json", "basic"])
def test_client_credentials_are_taken_in_each_way_that_clients_send_them(shop: Shop, how: str) -> None:
    client = RestClient(in_process())
    answer = client.authorise(shop.client_id, shop.secret, how)
    assert answer.status == 200
    check_shape(answer.content, TOKENS)
    told = {name: answer.content[name] for name in ("expires_in", "token_type", "scope")}
    assert told == {"expires_in": 86_400, "token_type": "bearer", "scope": "read write"}
    assert answer.headers["cache-control"] == "no-store"
    assert client.get("debug/validate") is True


def test_the_scope_is_that_of_the_token(shop: Shop) -> None:
    answer = RestClient(in_process()).authorise(
        shop.client_id, make_secret(shop.account, shop.owner, ApiToken.Scope.READ)
    )
    assert answer.content["scope"] == "read"


def test_a_name_or_secret_that_is_wrong_is_refused(shop: Shop) -> None:
    for client_id, secret in (
        ("", shop.secret),
        ("lk_1", shop.secret),
        (shop.client_id, shop.secret[:-1] + "~"),
        (shop.client_id, ""),
    ):
        for how in ("form", "basic"):
            answer = RestClient(in_process()).authorise(client_id, secret, how)
            assert (answer.status, answer.content["error"]) == (400, "invalid_client")
            assert sorted(answer.content) == ["error", "error_description"]


def test_a_refresh_token_brings_new_tokens_and_an_access_token_does_not(shop: Shop) -> None:
    ask = {"grant_type": "refresh_token", "refresh_token": shop.client.tokens["refresh_token"]}
    answer = shop.client.ask_for_token(ask)
    assert answer.status == 200
    check_shape(answer.content, TOKENS)
    assert RestClient(in_process(), answer.content["access_token"]).get("debug/validate") is True
    for wrong in (shop.client.token, "", "x"):
        refused = shop.client.ask_for_token({"grant_type": "refresh_token", "refresh_token": wrong})
        assert (refused.status, refused.content["error"]) == (400, "invalid_grant")
    assert RestClient(in_process(), shop.client.tokens["refresh_token"]).ask("GET", "groups").status == 401


@pytest.mark.parametrize("grant", ["authorization_code", "password", ""])
def test_other_grants_are_not_supported(shop: Shop, grant: str) -> None:
    answer = shop.client.ask_for_token({"grant_type": grant, "code": "x"}, "json")
    assert (answer.status, answer.content["error"]) == (400, "unsupported_grant_type")


def test_the_page_that_would_hand_out_codes_says_what_to_do_instead(shop: Shop) -> None:
    answer = shop.client.send("GET", "/oauth/authorize.php?response_type=code&client_id=x", {}, b"")
    assert (answer.status, answer.content["error"]) == (400, "unsupported_response_type")
    assert "client_credentials" in answer.content["error_description"]


def test_what_is_no_request_for_a_token_is_refused(shop: Shop) -> None:
    for method, path, body, status in (
        ("GET", "/oauth/token.php", b"", 405),
        ("POST", "/oauth/else", b"", 404),
        ("POST", "/oauth/token.php", b"[1", 400),
        ("POST", "/oauth/token.php", b"[1]", 400),
    ):
        answer = shop.client.send(method, path, {"Content-Type": "application/json"}, body)
        assert (answer.status, answer.content["error"]) == (status, "invalid_request")


@pytest.mark.parametrize("path", ["/v3/oauth/token", "/v3/oauth/token.json", "/oauth/token"])
def test_revoking_ends_all_access_tokens_and_the_client_may_ask_anew(shop: Shop, path: str) -> None:
    headers = {"Authorization": f"Bearer {shop.client.token}"}
    assert shop.client.send("DELETE", path, headers, b"[]").content is True
    assert shop.client.ask("GET", "groups").error == (401, "Unauthorized")
    assert shop.client.authorise(shop.client_id, shop.secret).status == 200
    assert shop.client.ask("GET", "groups").status == 200


def test_an_access_token_ends_after_a_day_and_with_its_api_token(shop: Shop) -> None:
    with account_scope(shop.account.pk):
        token = ApiToken.objects.get()
    old = issue(token=token, use=Use.ACCESS, now=timezone.now() - timedelta(hours=24))
    assert RestClient(in_process(), old).ask("GET", "groups").status == 401
    with account_scope(shop.account.pk):
        ApiToken.objects.update(revoked_at=timezone.now())
    assert shop.client.ask("GET", "groups").status == 401


def test_the_secret_itself_is_taken_as_a_token(shop: Shop) -> None:
    client = RestClient(in_process(), shop.secret)
    assert len(client.get("groups")) == 2
    assert client.get("debug/ttl")["ttl"] == 365 * 86_400


def test_who_am_i(shop: Shop) -> None:
    who = shop.client.get("debug/whoami.json")
    check_shape(who, WHO)
    assert {name: text for name, text in who.items() if text} == {
        "id": str(shop.account.pk),
        "company": "Firma laden",
        "email": shop.owner.email,
    }


def test_how_long_and_exchange_and_ping(shop: Shop) -> None:
    ttl = shop.client.get("debug/ttl")
    assert sorted(ttl) == ["date", "ttl"]
    assert 86_000 < ttl["ttl"] <= 86_400
    check_shape(shop.client.get("debug/exchange"), TOKENS)
    assert RestClient(in_process()).get("debug/ping") == "pong"
