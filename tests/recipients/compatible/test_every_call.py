"""Every call that is covered: no backup, no other account, no writing with a token that may only read."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings as settings_of_django
from pytest_django import DjangoDbBlocker, Settings

from accounts.models import Account, ApiToken
from accounts.tenancy import account_scope
from recipients.compatible.bodies import MOST_BYTES
from recipients.compatible.routes import NOT_COVERED, ROUTES
from tests.customer import rolled_back
from tests.factories import NOW
from tests.recipients.compatible.client import RestClient, in_process
from tests.recipients.compatible.examples import example
from tests.recipients.compatible.shop import Shop, make_secret, make_shop
from tests.tenant_tables import everything_of

SECRET = "fremdwort"  # noqa: S105  # a word to look for
MISSING = "POST groups/{group}/receivers/{receiver}/orders"
OPEN = {str(route) for route in ROUTES if route.is_open}
CALLS = [str(route) for route in ROUTES if str(route) != MISSING]
WRITES = [str(route) for route in ROUTES if route.writes]
DEACTIVATED = {"PUT groups/{group}/receivers/{receiver}/activate", "PUT groups/{group}/receivers/{receiver}/setactive"}


class Shops(NamedTuple):
    """The customer who is asked about, and another one."""

    victim: Shop
    stranger: Shop


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Shops]:
    """Both customers, in a transaction that lasts as long as this module's tests."""
    with django_db_blocker.unblock(), rolled_back():
        yield Shops(make_shop(SECRET), make_shop("eigenwort"))


@pytest.fixture
def shops(made: Shops) -> Iterator[Shops]:
    """Both customers; what a test changes is undone."""
    with rolled_back():
        yield made


@pytest.fixture
def shop(shops: Shops) -> Shop:
    """The customer who is asked about."""
    return shops.victim


every_call = pytest.mark.parametrize("name", CALLS)
every_write = pytest.mark.parametrize("name", WRITES)


def ask(client: RestClient, name: str, shop: Shop) -> Any:
    return client.ask(*example(name, shop))


def without_notes(everything: dict[str, Any]) -> dict[str, Any]:
    """But for what tells of tokens in use."""
    return {table: rows for table, rows in everything.items() if table != "accounts_apitoken"}


@pytest.mark.parametrize("name", [name for name in CALLS if name not in WRITES])
def test_a_read_with_its_example_succeeds(name: str, shop: Shop) -> None:
    assert ask(shop.client, name, shop).status == 200


@every_write
def test_a_write_changes_something_and_makes_no_backup(name: str, shop: Shop) -> None:
    if name in DEACTIVATED:
        shop.client.call("PUT", shop.receivers(f"/{shop.anna.id}/deactivate"))
    before = without_notes(everything_of(shop.account.pk))
    assert ask(shop.client, name, shop).status == 200
    assert without_notes(everything_of(shop.account.pk)) != before
    assert shop.backups() == 0


@every_call
def test_of_another_account_nothing_is_seen_and_nothing_changed(name: str, shops: Shops) -> None:
    victim, stranger = shops
    method, path, body = example(name, victim)
    before = everything_of(victim.account.pk)
    answer = stranger.client.ask(method, path, body)
    named = "{" in name
    assert answer.status == 404 if named and not name.startswith("PUT blacklist") else answer.status == 200
    echoed = body and name.endswith("blacklist/validate")  # what was sent comes back
    assert echoed or name.endswith(("blacklist", "blacklist/{email}")) or SECRET not in str(answer).lower()
    assert everything_of(victim.account.pk) == before


@every_write
def test_a_token_that_may_only_read_is_refused(name: str, shop: Shop) -> None:
    reader = RestClient(in_process())
    reader.authorise(shop.client_id, make_secret(shop.account, shop.owner, ApiToken.Scope.READ))
    before = without_notes(everything_of(shop.account.pk))
    assert ask(reader, name, shop).error == (403, "Forbidden: the token may only read")
    assert without_notes(everything_of(shop.account.pk)) == before


def test_an_account_on_hold_is_read_and_not_changed(shop: Shop) -> None:
    with account_scope(shop.account.pk):
        Account.objects.filter(pk=shop.account.pk).update(held_at=NOW)
    before = without_notes(everything_of(shop.account.pk))
    answers = {ask(shop.client, name, shop).error for name in WRITES}
    assert answers == {(403, "Forbidden: the account is on hold")}
    assert without_notes(everything_of(shop.account.pk)) == before
    assert len(shop.client.get("groups")) == 2


def test_without_a_token_every_call_is_refused(shop: Shop) -> None:
    for token in ("", "falsch", shop.client.token[:-1] + "~"):
        answers = {ask(RestClient(in_process(), token), name, shop).error for name in CALLS if name not in OPEN}
        assert answers == {(401, "Unauthorized")}


@pytest.mark.parametrize("path", ["/".join(parts) for parts in NOT_COVERED])
def test_what_is_not_covered_says_so(path: str, shop: Shop) -> None:
    for method in ("GET", "POST"):
        answer = shop.client.ask(method, path.format(group=shop.group.pk))
        assert answer.error == (501, "Not Implemented: Listkeep does not cover this call")


def test_orders_are_not_kept(shop: Shop) -> None:
    assert ask(shop.client, MISSING, shop).error[0] == 501


def test_what_nobody_knows_and_methods_that_are_not_meant_are_refused(shop: Shop) -> None:
    assert shop.client.ask("GET", "nichts").error == (404, "Not Found")
    assert shop.client.ask("PATCH", "groups").error == (405, "Method Not Allowed")
    assert shop.client.ask("GET", "gro%00ups").error == (404, "Not Found")
    assert shop.client.ask("GET", "groups?order=%00").error == (400, "Bad Request: invalid character")


@pytest.mark.parametrize(
    "path", ["groups", "groups/", "groups.json", "groups.json/", "groups?", "/groups", "groups.json?x=1"]
)
def test_a_path_may_be_spelled_in_many_ways(path: str, shop: Shop) -> None:
    assert [one["name"] for one in shop.client.get(path)] == [f"Kunden {SECRET}", f"Presse {SECRET}"]


def test_a_list_and_a_receiver_are_found_in_each_spelling(shop: Shop) -> None:
    key = shop.email("anna")
    for path in (f"/{shop.anna.id}", f"/{key}", f"/{key.replace('@', '%40').upper()}", f".json/{key}", f"/{key}.json/"):
        assert shop.client.get(shop.receivers(path))["id"] == str(shop.anna.id)


@pytest.mark.parametrize("body", [b"[]", b"false", b"", b" {} "])
def test_bodies_that_say_nothing_are_taken_everywhere(body: bytes, shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {shop.client.token}", "Content-Type": "application/json"}
    for method, path in (("GET", "groups"), ("PUT", shop.receivers(f"/{shop.anna.id}/deactivate"))):
        assert shop.client.send(method, f"/v3/{path}", headers, body).status == 200


@pytest.mark.parametrize("body", [b"{", b"\xff", b'{"name": NaN}', b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(body: bytes, shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {shop.client.token}", "Content-Type": "application/json"}
    answer = shop.client.send("POST", "/v3/groups", headers, body)
    assert answer.error == (400, "Bad Request: malformed JSON")


def test_a_body_that_is_too_large_is_refused_unread(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {shop.client.token}", "Content-Type": "application/json"}
    answer = shop.client.send("POST", "/v3/groups", headers, b" " * (MOST_BYTES + 1))
    assert answer.error == (413, f"Request Entity Too Large: a body has at most {MOST_BYTES} bytes")


def test_thousands_of_parameters_are_refused(shop: Shop) -> None:
    assert shop.client.ask("GET", f"groups?{'&'.join('x' * 3_000)}").error == (400, "Bad Request")


def test_a_batch_beyond_a_thousand_is_refused_whole(shop: Shop) -> None:
    rows = [{"email": shop.email(f"p{number}")} for number in range(1_001)]
    answer = shop.client.ask("POST", shop.receivers("/upsert"), rows)
    assert answer.error == (413, "Request Entity Too Large: at most 1000 items in one batch")
    assert len(shop.emails()) == 4


def test_too_many_requests_of_a_token_are_refused_until_the_next_minute(shops: Shops, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    answers = [shops.victim.client.ask("GET", "nichts") for _each in range(5)]
    refused = [answer for answer in answers if answer.status == 429]
    assert len(refused) >= 3  # a new minute may have begun
    assert refused[0].error == (429, "Too Many Requests")
    assert 0 < int(refused[0].headers["retry-after"]) <= 60
    assert shops.stranger.client.ask("GET", "groups").status == 200


def test_a_token_in_the_query_counts_and_a_session_does_not(shop: Shop) -> None:
    plain = RestClient(in_process())
    assert plain.get("debug/validate", token=shop.client.token) is True
    assert settings_of_django.SESSION_COOKIE_NAME not in str(plain.ask("GET", "groups").headers)
