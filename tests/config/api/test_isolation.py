"""Tokens of one account see and change nothing of another one, in any call (mission P7); and who gets in at all.

The calls are taken from the description. The account that is asked for has rows in every table, with a word in each of
its texts that may reach nobody else.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiToken, Membership, Role
from accounts.tenancy import account_scope
from accounts.tokens import revoke_token
from tests.caller import Answer, Caller, make_caller
from tests.config.api.calls import CALLS, READS, WRITES, Scene, below, body_for
from tests.config.api.conftest import SECRET
from tests.factories import make_member, sign_in
from tests.tenant_tables import everything_of


def told(answer: Answer) -> str:
    """All that came back, in small letters."""
    return (repr(answer.headers) + (repr(answer.body))).lower()


def sent_body(method: str, path: str, scene: Scene) -> object:
    """What is sent to a call."""
    return None if method == "get" else body_for(method, path, scene)


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_a_token_of_another_account_finds_and_changes_nothing(
    method: str, path: str, victim: Scene, stranger: Scene
) -> None:
    names_rows = "{" in path
    body = sent_body(method, path, victim if names_rows else stranger)
    before = everything_of(victim.customer.account.pk)
    answer = Caller(stranger.secret).ask(method.upper(), below(path, victim), body)
    assert answer.status == 404 if names_rows else answer.status in (200, 201)
    assert SECRET not in told(answer)
    assert everything_of(victim.customer.account.pk) == before


@pytest.mark.parametrize(("method", "path"), [pair for pair in CALLS if pair[1].count("{") > 1])
def test_rows_of_another_account_are_not_found_below_ones_own(
    method: str, path: str, victim: Scene, stranger: Scene
) -> None:
    mixed = below(path.replace("{group_id}", str(stranger.customer.group.pk)), victim)
    answer = Caller(stranger.secret).ask(method.upper(), mixed, sent_body(method, path, victim))
    assert (answer.status, SECRET in told(answer)) == (404, False)


def test_the_accounts_own_token_is_told_what_others_are_not(victim: Scene) -> None:
    """Without this the tests above could pass because there is nothing to be seen."""
    answers = {path: Caller(victim.secret).get(below(path, victim)) for _method, path in READS}
    assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(answers, 200)
    silent = {path for path, answer in answers.items() if SECRET not in told(answer)}
    assert silent == {"/api/v1/deletions/{deletion_id}"}


def test_a_token_that_may_only_read_changes_nothing(victim: Scene) -> None:
    customer = victim.customer
    caller = make_caller(customer.account, customer.members[Role.OWNER], ApiToken.Scope.READ)
    caller.get("/account")  # so that its use is noted
    before = everything_of(customer.account.pk)
    for method, path in WRITES:
        answer = caller.ask(method.upper(), below(path, victim), body_for(method, path, victim))
        assert (answer.status, answer.code) == (403, "read_only")
    assert everything_of(customer.account.pk) == before


def test_without_a_token_that_counts_nobody_gets_in(victim: Scene) -> None:
    customer = victim.customer
    owner, now = customer.members[Role.OWNER], timezone.now()
    revoked, expired = (make_caller(customer.account, owner) for _two in range(2))
    with account_scope(customer.account.pk):
        second, first = ApiToken.objects.order_by("-pk")[:2]
        revoke_token(token=first, actor=owner, now=now)
        ApiToken.objects.filter(pk=second.pk).update(expires_at=now - timedelta(seconds=1))
    nobody = {
        "unauthorised": [Caller(), Caller(client=sign_in(owner))],
        "invalid_token": [Caller("lk_1_falsch"), revoked, expired],
    }
    before = everything_of(customer.account.pk)
    for method, path in CALLS:
        for code, callers in nobody.items():
            for caller in callers:
                answer = caller.ask(method.upper(), below(path, victim), sent_body(method, path, victim))
                assert (answer.status, answer.code) == (401, code)
                assert answer.headers["WWW-Authenticate"].startswith('Bearer realm="Listkeep"')
                assert SECRET not in told(answer)
    assert everything_of(customer.account.pk) == before


def test_who_has_left_the_account_has_no_token_any_more(victim: Scene) -> None:
    customer = victim.customer
    caller = make_caller(customer.account, customer.members[Role.OWNER])
    assert caller.get("/account").status == 200
    make_member(customer.account, Role.OWNER)  # no account is without one
    with account_scope(customer.account.pk):
        Membership.objects.filter(user=customer.members[Role.OWNER]).delete()
    assert caller.get("/account").code == "invalid_token"
