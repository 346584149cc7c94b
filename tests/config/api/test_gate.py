"""The gate of the interface: sizes, rates, keys for once only, cursors, and how what goes wrong is told."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts import rate_limits
from accounts.answers import KEPT_FOR, forget_answers
from accounts.api.gate import MOST_BYTES
from accounts.api.problems import CONTENT_TYPE, PROBLEMS
from accounts.models import Account, ApiAnswer, ApiToken, AuditEntry, Role, User, Via
from accounts.tenancy import account_scope
from config.api import api
from recipients.erasing import erase_person
from recipients.models import Group, Recipient
from recipients.revision import lock_group
from tests.caller import Answer, Caller, make_caller
from tests.factories import make_account, make_group, make_member, make_recipient

database = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def caller(account: Account, owner: User) -> Caller:
    return make_caller(account, owner)


def names(account: Account) -> list[str]:
    with account_scope(account.pk):
        return list(Group.objects.order_by("pk").values_list("name", flat=True))


# --- problems -----------------------------------------------------------------------------------------------------


@database
def test_a_problem_is_told_as_rfc_9457_has_it(caller: Caller) -> None:
    answer = caller.post("/groups", {"name": "", "nota": ""})
    assert (answer.status, answer.headers["Content-Type"]) == (422, CONTENT_TYPE)
    assert {name: value for name, value in answer.body.items() if name != "errors"} == {
        "type": "/api/v1/docs#problem-invalid",
        "title": "The request does not fit the description.",
        "status": 422,
        "code": "invalid",
    }
    assert [one["member"] for one in answer.body["errors"]] == ["name", "nota"]


@database
@pytest.mark.parametrize(
    "text",
    [
        "{",
        '{"name": NaN}',
        '{"name": "\\ud800"}',
        '{"name": 1e99999999999999999999}',
        '{"name": ' + "9" * 5000 + "}",
        "[" * 100_000,
        '{"name": "\udcff"}',
    ],
    ids=["cut", "NaN", "surrogate", "exponent", "digits", "deep", "bytes"],
)
def test_what_is_no_json_is_malformed(caller: Caller, text: str) -> None:
    answer = caller.ask("POST", "/groups", text=text.encode("utf-8", "surrogateescape"))
    assert (answer.status, answer.code) == (400, "malformed")


@database
@pytest.mark.parametrize("path", ["", "/", "/nichts", "/groups/", "/groups/x", f"/groups/{10**30}", "/backups/1"])
def test_an_address_of_nothing_is_not_found(caller: Caller, path: str) -> None:
    answer = caller.get(path)
    assert (answer.status, answer.code) == (404, "not_found")


@database
def test_a_method_that_an_address_does_not_know_is_told_so(caller: Caller) -> None:
    answer = caller.ask("PUT", "/groups")
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "POST"}


@database
def test_what_nobody_thought_of_is_told_without_a_word_of_it(
    caller: Caller, account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_given: object) -> None:
        raise RuntimeError("geheim")

    monkeypatch.setattr("recipients.api.groups.create_group", broken)
    answer = caller.post("/groups", {"name": "Kunden"})
    assert (answer.status, answer.code, "geheim" in json.dumps(answer.body)) == (500, "internal", False)
    assert "geheim" in caplog.text


@database
def test_a_problem_undoes_what_the_call_has_changed(caller: Caller, account: Account) -> None:
    group = make_group(account)
    with account_scope(account.pk):
        Group.objects.update(locked=True)
    answer = caller.post(f"/groups/{group.pk}/recipients", {"recipients": [{"email": "a@example.org"}]})
    assert (answer.status, answer.code) == (409, "list_locked")
    with account_scope(account.pk):
        assert not Recipient.objects.exists()


@database
def test_every_problem_stands_in_the_description(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert [code for code in PROBLEMS if f'id="problem-{code}"' not in page] == []


@database
def test_every_call_stands_in_the_description(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()
    calls = [call for path in api.get_openapi_schema()["paths"].values() for call in path.values()]
    assert [call["operationId"] for call in calls if f'id="{call["operationId"]}"' not in page] == []


# --- sizes and rates ----------------------------------------------------------------------------------------------


@database
def test_a_body_that_is_too_large_is_not_read(caller: Caller) -> None:
    answer = caller.ask("POST", "/groups", text=b" " * (MOST_BYTES + 1))
    assert (answer.status, answer.code) == (413, "too_large")
    assert caller.ask("POST", "/groups", text=b'{"name": "a"}' + b" " * 1000).status == 201


@pytest.fixture
def two_a_minute(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two requests a minute, in a minute that stands still."""
    settings.API_REQUESTS_PER_MINUTE = 2
    monkeypatch.setattr("accounts.rate_limits.time.time", lambda: 6_000_015.0)
    monkeypatch.setattr(rate_limits, "_here", rate_limits._Counting())


@database
@pytest.mark.usefixtures("two_a_minute")
def test_a_token_makes_so_many_requests_in_a_minute(account: Account, owner: User) -> None:
    caller, other = make_caller(account, owner), make_caller(account, owner)
    answers = [caller.get("/account") for _time in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit"] for answer in answers] == [f'"token";r={left};t=45' for left in (1, 0, 0)]
    assert (answers[2].code, answers[2].headers["Retry-After"]) == ("too_many_requests", "45")
    assert other.get("/account").status == 200


@database
@pytest.mark.usefixtures("two_a_minute")
def test_without_redis_each_process_counts_by_itself(caller: Caller, settings: Settings) -> None:
    settings.REDIS_URL = "unix:///nowhere/redis.socket"
    assert [caller.get("/account").status for _time in range(3)] == [200, 200, 429]


@database
@pytest.mark.usefixtures("two_a_minute")
def test_counting_comes_back_to_redis(caller: Caller, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    there = settings.REDIS_URL
    settings.REDIS_URL = "unix:///nowhere/redis.socket"
    assert caller.get("/account").status == 200
    settings.REDIS_URL = there
    monkeypatch.setattr(rate_limits._here, "asks_redis_from", 0.0)
    assert [caller.get("/account").headers["RateLimit"] for _time in range(2)] == [
        '"token";r=1;t=45',
        '"token";r=0;t=45',
    ]


# --- once only ----------------------------------------------------------------------------------------------------


@database
def test_a_request_with_a_key_is_carried_out_once(caller: Caller, account: Account) -> None:
    first, second = (caller.post("/groups", {"name": "Kunden"}, Idempotency_Key="k1") for _time in range(2))
    assert (first.status, second.status, first.body) == (201, 201, second.body)
    assert second.headers["Idempotency-Replayed"] == "true"
    assert names(account) == ["Kunden"]


@database
def test_a_key_with_another_request_is_refused(caller: Caller, account: Account, owner: User) -> None:
    caller.post("/groups", {"name": "Kunden"}, Idempotency_Key="k1")
    answer = caller.post("/groups", {"name": "Presse"}, Idempotency_Key="k1")
    assert (answer.status, answer.code) == (422, "key_of_another")
    # Keys are each token's own.
    assert make_caller(account, owner).post("/groups", {"name": "Presse"}, Idempotency_Key="k1").status == 201


@database
@pytest.mark.parametrize("key", ["", "x" * 256, "mit leer", "ä"])
def test_what_is_no_key_is_refused(caller: Caller, key: str) -> None:
    assert caller.post("/groups", {"name": "Kunden"}, Idempotency_Key=key).code == "invalid_key"


@database
def test_what_was_no_success_is_not_kept(caller: Caller, account: Account) -> None:
    group = make_group(account)
    with account_scope(account.pk):
        Group.objects.update(locked=True)
    path, body = f"/groups/{group.pk}/recipients", {"recipients": [{"email": "a@example.org"}]}
    assert caller.post(path, body, Idempotency_Key="k1").status == 409
    with account_scope(account.pk):
        Group.objects.update(locked=False)
    assert caller.post(path, body, Idempotency_Key="k1").status == 200


@database
def test_an_answer_is_kept_for_a_day(caller: Caller, account: Account) -> None:
    caller.post("/groups", {"name": "Kunden"}, Idempotency_Key="k1")
    with account_scope(account.pk):
        ApiAnswer.objects.update(answered_at=timezone.now() - KEPT_FOR)
    caller.post("/groups", {"name": "Kunden"}, Idempotency_Key="k1")
    assert names(account) == ["Kunden", "Kunden"]
    assert forget_answers(now=timezone.now()) == 0
    assert forget_answers(now=timezone.now() + KEPT_FOR) == 1


def test_a_request_that_is_being_carried_out_is_not_carried_out_beside_itself(committed_db: None) -> None:
    account = make_account()
    caller, group = make_caller(account, make_member(account, Role.OWNER)), make_group(account)
    locked, over = Event(), Event()

    def hold() -> None:
        try:
            with account_scope(account.pk):
                lock_group(account_id=account.pk, group_id=group.pk)
                locked.set()
                over.wait(30)
        finally:
            connections.close_all()

    def send() -> Answer:
        try:
            body = {"recipients": [{"email": "a@example.org"}]}
            return caller.post(f"/groups/{group.pk}/recipients", body, Idempotency_Key="k1")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        holder = pool.submit(hold)
        locked.wait(30)
        first, second = pool.submit(send), pool.submit(send)
        try:
            refused = first_done(first, second)
            assert (refused.status, refused.code, refused.headers["Retry-After"]) == (409, "key_in_use", "1")
        finally:
            over.set()
        holder.result()
        assert sorted([first.result().status, second.result().status]) == [200, 409]
    assert send().body["added"] == 1


def test_a_call_does_not_wait_for_ever_for_who_changes_the_list(
    committed_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account()
    caller, group = make_caller(account, make_member(account, Role.OWNER)), make_group(account)
    monkeypatch.setattr("accounts.api.gate.PATIENCE", 1)

    def send() -> Answer:
        try:
            return caller.post(f"/groups/{group.pk}/recipients", {"recipients": [{"email": "a@example.org"}]})
        finally:
            connections.close_all()

    with account_scope(account.pk), ThreadPoolExecutor(1) as pool:
        lock_group(account_id=account.pk, group_id=group.pk)
        answer = pool.submit(send).result()
    assert (answer.status, answer.code, answer.headers["Retry-After"]) == (409, "list_busy", "10")
    assert send().body["added"] == 1


@database
def test_an_erasure_forgets_what_was_answered(caller: Caller, account: Account, owner: User) -> None:
    caller.post("/groups", {"name": "Kunden"}, Idempotency_Key="k1")
    with account_scope(account.pk):
        erase_person(account=account, email="a@example.org", actor=owner, now=timezone.now())
        assert not ApiAnswer.objects.exists()


def first_done(*futures: Any) -> Answer:
    """The answer that comes first; the other waits for the list."""
    while True:
        for one in futures:
            if one.done():
                answer: Answer = one.result()
                return answer


# --- pages, and what the trail says -------------------------------------------------------------------------------


@database
def test_a_page_goes_on_where_the_one_before_ended_whoever_came_and_went(caller: Caller, account: Account) -> None:
    group = make_group(account)
    for name in "abcde":
        make_recipient(group, f"{name}@example.org")
    path = f"/groups/{group.pk}/recipients?limit=2"
    first = caller.get(path).body
    with account_scope(account.pk):
        Recipient.objects.filter(email="b@example.org").delete()
    make_recipient(group, "aa@example.org")
    second = caller.get(f"{path}&cursor={first['next_cursor']}").body
    third = caller.get(f"{path}&cursor={second['next_cursor']}").body
    pages = [[one["email"][0] for one in page["items"]] for page in (first, second, third)]
    assert (pages, third["next_cursor"]) == ([["a", "b"], ["c", "d"], ["e"]], None)


@database
@pytest.mark.parametrize("cursor", ["x", "MTph%00", "Mjph", "////", "ä"])
def test_what_is_no_cursor_is_refused(caller: Caller, account: Account, cursor: str) -> None:
    group = make_group(account)
    paths = ["/groups", f"/groups/{group.pk}/recipients", "/blocklist", "/backups"]
    answers = [caller.get(f"{path}?cursor={cursor}") for path in paths]
    assert {answer.status for answer in answers} == {422}


@database
def test_the_trail_names_the_token_and_the_way(caller: Caller, account: Account, owner: User) -> None:
    caller.post("/groups", {"name": "Kunden"})
    with account_scope(account.pk):
        entry = AuditEntry.objects.get(action="group_created")
        token = ApiToken.objects.get()
    assert (entry.actor_id, entry.detail, entry.via) == (owner.pk, {"token": token.name}, Via.INTERFACE)
