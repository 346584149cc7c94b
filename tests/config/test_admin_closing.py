"""Closing an account on the admin site: the question, one at a time, its state, and what stays."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.models import ClosedAccount, Closure
from tests.backups.catalogue import make_backup
from tests.backups.closings import advance, due, exported, fresh
from tests.config.test_admin_actions import act, trail
from tests.config.test_admin_health import states
from tests.config.test_admin_site import changelist, page_of
from tests.factories import make_account, make_group, make_recipient, make_user, sign_in
from tests.page_content import read

pytestmark = pytest.mark.usefixtures("committed_db", "storage")


@pytest.fixture
def operator() -> User:
    return make_user("betrieb@example.org", is_staff=True)


@pytest.fixture
def client(operator: User) -> Client:
    return sign_in(operator)


@pytest.fixture
def account() -> Account:
    account = make_account()
    group = make_group(account)
    for _one in range(3):
        make_recipient(group)
    return account


def closure_of(account: Account) -> Closure | None:
    with account_scope(account.pk):
        return Closure.objects.exclude(status=Closure.Status.REOPENED).first()


def messages_of(response: Any, client: Client) -> str:
    assert response.status_code == 302
    return client.get(response["Location"]).content.decode()


def test_question_says_what_will_happen_to_how_much_and_when(client: Client, account: Account) -> None:
    make_backup(make_group(account, "Presse"))
    page = act(client, "close", account, confirmed=False)
    told = read(page).text
    assert "lists: 2, recipients: 3, backups: 1" in told
    assert "30 days after that, on" in told
    assert "If the export cannot be made, nothing is deleted." in told
    assert [item.text for item in read(page).all("li")][-1] == account.name
    assert closure_of(account) is None


def test_account_is_closed_and_reopened(client: Client, account: Account, operator: User) -> None:
    act(client, "close", account)
    closure = closure_of(account)
    assert closure is not None
    assert (closure.requested_by_id, closure.leave_out_unreadable, closure.status) == (operator.pk, False, "exporting")
    assert closure.link == f"http://testserver{reverse('backups:closing', args=[account.pk])}"
    act(client, "reopen", account)
    assert closure_of(account) is None
    mine = (operator.email, "operator")
    assert trail(account) == [
        (action, *mine) for action in ("account_closed", "account_held", "account_reopened", "account_released")
    ]


def test_question_says_whether_the_hold_ends(client: Client, account: Account) -> None:
    question = {"action": "reopen", "_selected_action": [str(account.pk)]}
    act(client, "close", account)
    assert "the account is taken off hold" in read(client.post(changelist(Account), question)).text
    act(client, "reopen", account)
    act(client, "hold", account)
    act(client, "close", account)
    assert "was on hold before it was closed" in read(client.post(changelist(Account), question)).text


def test_backups_without_a_file_are_left_out_when_that_is_ticked(client: Client, account: Account) -> None:
    chosen = {
        "action": "close",
        "_selected_action": [str(account.pk)],
        "confirmed": "yes",
        "leave_out_unreadable": "yes",
    }
    client.post(changelist(Account), chosen)
    closure = closure_of(account)
    assert closure is not None
    assert closure.leave_out_unreadable


@pytest.mark.parametrize("action", ["close", "reopen"])
def test_only_one_account_at_a_time(client: Client, account: Account, action: str) -> None:
    other = make_account("Andere")
    told = messages_of(act(client, action, account, other), client)
    assert "Choose one account" in told
    assert (closure_of(account), closure_of(other)) == (None, None)


def test_closing_twice_is_told(client: Client, account: Account) -> None:
    act(client, "close", account)
    assert "is being closed already" in messages_of(act(client, "close", account), client)


def test_hold_of_an_account_that_is_being_closed_is_not_taken_off(client: Client, account: Account) -> None:
    act(client, "close", account)
    assert "Reopen it instead" in messages_of(act(client, "release", account), client)
    with account_scope(account.pk):
        assert Account.objects.filter(held_at__isnull=False).exists()


def test_who_is_no_operator_closes_nothing(account: Account) -> None:
    assert act(sign_in(make_user()), "close", account).status_code == 404
    assert closure_of(account) is None


def test_failed_export_is_shown_with_what_to_do_and_begun_anew(client: Client, account: Account) -> None:
    act(client, "close", account)
    with account_scope(account.pk):
        Closure.objects.update(status=Closure.Status.FAILED, failure="backup_damaged")
    closure = closure_of(account)
    assert closure is not None
    told = client.get(changelist(Closure)).content.decode()
    assert "Put the right one back from a copy of the storage" in told
    assert states(client)["Closings of accounts"] == "Look at it"
    act(client, "retry", closure)
    assert fresh(closure).status == Closure.Status.EXPORTING
    assert states(client)["Closings of accounts"] == "Good"


def test_account_and_closing_lead_to_each_other(client: Client, account: Account, operator: User) -> None:
    closure = exported(account, operator)
    assert page_of(Closure, closure.pk) in client.get(page_of(Account, account.pk)).content.decode()
    page = client.get(page_of(Closure, closure.pk))
    assert (page.status_code, page_of(Account, account.pk) in page.content.decode()) == (200, True)


def test_what_stays_of_an_account_is_shown(client: Client, account: Account, operator: User) -> None:
    number = account.pk
    assert advance(due(account, operator)) is None
    assert f"Account {number}" in client.get(page_of(ClosedAccount, ClosedAccount.objects.get().pk)).content.decode()
    listed = client.get(changelist(ClosedAccount)).content.decode()
    assert (operator.email in listed, account.name in listed) == (True, False)
    assert client.get(changelist(Closure)).status_code == 200
