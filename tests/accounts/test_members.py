"""Roles, removal, leaving, transfer of ownership: who may, what follows, and that an owner always remains."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.test import Client
from django.urls import reverse

from accounts.inviting import invite, pending_invitations
from accounts.members import (
    LastOwner,
    NoSuchMember,
    NotAnOwner,
    change_role,
    leave_account,
    remove_member,
    transfer_ownership,
)
from accounts.models import Account, AuditAction, AuditEntry, Membership, Role, User
from accounts.tenancy import account_scope
from tests.factories import NOW, make_account, make_member, make_user, sign_in
from tests.page_content import notices, read

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody


@pytest.fixture
def account(db: None) -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user("anna@example.org"))


@pytest.fixture
def ben(account: Account) -> User:
    return make_member(account, Role.READER, make_user("ben@example.org"))


def place_of(account: Account, user: User) -> int:
    with account_scope(account.pk):
        return Membership.objects.get(user=user).pk


def roles(account: Account) -> dict[str, str]:
    with account_scope(account.pk):
        return dict(Membership.objects.values_list("user__email", "role"))


def trail(account: Account) -> list[tuple[str, str, dict[str, str]]]:
    with account_scope(account.pk):
        return list(AuditEntry.objects.order_by("id").values_list("action", "subject", "detail"))


def url(name: str, account: Account, *args: int) -> str:
    return reverse(f"accounts:{name}", args=[account.pk, *args])


# --- roles ------------------------------------------------------------------------------------------------------


def test_an_owner_gives_a_member_another_role(account: Account, owner: User, ben: User) -> None:
    address = url("change_role", account, place_of(account, ben))
    response = sign_in(owner).post(address, {"role": "owner"}, follow=True)
    assert notices(response) == ["ben@example.org is now: Owner."]
    assert roles(account) == {"anna@example.org": Role.OWNER, "ben@example.org": Role.OWNER}
    assert trail(account) == [(AuditAction.ROLE_CHANGED, "ben@example.org", {"before": "reader", "role": "owner"})]


def test_the_same_role_again_leaves_no_trace(account: Account, owner: User, ben: User) -> None:
    sign_in(owner).post(url("change_role", account, place_of(account, ben)), {"role": "reader"})
    assert (roles(account)["ben@example.org"], trail(account)) == (Role.READER, [])


@pytest.mark.parametrize("role", ["", "boss"])
def test_a_role_that_is_none_is_refused(account: Account, owner: User, ben: User, role: str) -> None:
    response = sign_in(owner).post(url("change_role", account, place_of(account, ben)), {"role": role})
    assert (response.status_code, roles(account)["ben@example.org"]) == (422, Role.READER)


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_nobody_else_makes_owners(account: Account, owner: User, ben: User, role: Role) -> None:
    member = make_member(account, role)
    response = sign_in(member).post(url("change_role", account, place_of(account, ben)), {"role": "owner"})
    assert (response.status_code, roles(account)["ben@example.org"]) == (403, Role.READER)


def test_a_member_of_another_account_is_not_found(account: Account, owner: User) -> None:
    other = make_account("Andere AG")
    stranger = make_member(other, Role.READER)
    make_member(other, Role.OWNER)
    number = place_of(other, stranger)
    client = sign_in(owner)
    answers = [client.post(url(name, account, number), {"role": "owner"}).status_code for name in CHANGES]
    assert (answers, roles(other)[stranger.email]) == ([404, 404, 404], Role.READER)


CHANGES = ["change_role", "remove_member", "transfer_ownership"]


def test_the_last_owner_stays_owner(account: Account, owner: User, ben: User) -> None:
    response = sign_in(owner).post(
        url("change_role", account, place_of(account, owner)), {"role": "editor"}, follow=True
    )
    assert notices(response) == ["An account needs an owner. Make somebody else an owner first."]
    assert roles(account)["anna@example.org"] == Role.OWNER


# --- removal and leaving ----------------------------------------------------------------------------------------


def test_a_removed_member_is_out_at_the_next_request(account: Account, owner: User, ben: User) -> None:
    inside, page = sign_in(ben), reverse("recipients:groups", args=[account.pk])
    assert inside.get(page).status_code == 200
    address = url("remove_member", account, place_of(account, ben))
    question = sign_in(owner).get(address)
    assert "ben@example.org will no longer see" in read(question).text.replace("(ben@example.org) ", "")
    response = sign_in(owner).post(address, follow=True)
    assert notices(response) == ["ben@example.org no longer belongs to this account."]
    assert (inside.get(page).status_code, roles(account)) == (404, {"anna@example.org": Role.OWNER})
    assert trail(account) == [(AuditAction.MEMBER_REMOVED, "ben@example.org", {"role": "reader"})]


def test_invitations_of_who_is_removed_are_withdrawn(account: Account, owner: User) -> None:
    carla = make_member(account, Role.OWNER, make_user("carla@example.org"))
    with account_scope(account.pk):
        invite(account=account, email="weg@example.org", role=Role.OWNER, actor=carla, now=NOW)
        invite(account=account, email="bleibt@example.org", role=Role.READER, actor=owner, now=NOW)
        remove_member(account=account, member_id=place_of(account, carla), actor=owner, now=NOW)
        assert [one.email for one in pending_invitations(account.pk)] == ["bleibt@example.org"]


def test_owners_do_not_remove_themselves_but_leave(account: Account, owner: User) -> None:
    response = sign_in(owner).get(url("remove_member", account, place_of(account, owner)))
    assert (response.status_code, response["Location"]) == (302, url("leave", account))


def test_somebody_leaves(account: Account, owner: User, ben: User) -> None:
    client = sign_in(ben)
    assert client.get(url("leave", account)).status_code == 200
    response = client.post(url("leave", account), follow=True)
    assert notices(response) == ["You no longer belong to Blumen Berger."]
    assert roles(account) == {"anna@example.org": Role.OWNER}
    assert trail(account) == [(AuditAction.MEMBER_LEFT, "ben@example.org", {"role": "reader"})]


def test_the_last_owner_cannot_leave(account: Account, owner: User, ben: User) -> None:
    response = sign_in(owner).post(url("leave", account), follow=True)
    assert notices(response) == ["An account needs an owner. Make somebody else an owner first."]
    assert roles(account)["anna@example.org"] == Role.OWNER


# --- transfer ---------------------------------------------------------------------------------------------------


def test_ownership_is_transferred_after_the_password(account: Account, ben: User) -> None:
    anna = make_member(account, Role.OWNER, make_user("anna@example.org", password=PASSWORD))
    client = sign_in(anna)
    address = url("transfer_ownership", account, place_of(account, ben))
    asked = client.post(address)
    assert asked.status_code == 302
    assert asked["Location"].startswith("/auth/reauthenticate/")
    assert roles(account)["ben@example.org"] == Role.READER
    assert read(client.get(asked["Location"])).all("h1")[0].text == "Confirm that it is you"
    client.post(asked["Location"], {"password": "falsch"})
    assert roles(account)["ben@example.org"] == Role.READER
    client.post(asked["Location"], {"password": PASSWORD})
    assert roles(account) == {"anna@example.org": Role.EDITOR, "ben@example.org": Role.OWNER}
    assert trail(account) == [(AuditAction.OWNERSHIP_TRANSFERRED, "ben@example.org", {})]


def test_the_question_names_who_and_what(account: Account, owner: User, ben: User) -> None:
    page = read(sign_in(owner).get(url("transfer_ownership", account, place_of(account, ben))))
    assert "ben@example.org (ben@example.org) becomes an owner of Blumen Berger, and you become an editor." in page.text


def test_nobody_hands_over_to_themselves(account: Account, owner: User) -> None:
    assert sign_in(owner).get(url("transfer_ownership", account, place_of(account, owner))).status_code == 404


@pytest.mark.parametrize("name", ["remove_member", "transfer_ownership"])
@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_nobody_else_removes_or_hands_over(account: Account, owner: User, ben: User, name: str, role: Role) -> None:
    client = sign_in(make_member(account, role))
    number = place_of(account, ben)
    before = roles(account)
    assert [
        client.get(url(name, account, number)).status_code,
        client.post(url(name, account, number)).status_code,
    ] == [403, 403]
    assert roles(account) == before


@pytest.mark.parametrize("name", CHANGES)
def test_who_is_not_signed_in_changes_nothing(account: Account, owner: User, ben: User, name: str) -> None:
    address = url(name, account, place_of(account, ben))
    response = Client().post(address, {"role": "owner"})
    assert (response.status_code, response["Location"]) == (302, f"/auth/login/?next={address}")
    assert roles(account)["ben@example.org"] == Role.READER


def test_a_role_is_no_page_to_read(account: Account, owner: User, ben: User) -> None:
    assert sign_in(owner).get(url("change_role", account, place_of(account, ben))).status_code == 405


# --- at once ----------------------------------------------------------------------------------------------------


def test_who_was_an_owner_decides_no_more(account: Account, owner: User, ben: User) -> None:
    carla = make_member(account, Role.EDITOR)
    with account_scope(account.pk):
        with pytest.raises(NotAnOwner):
            change_role(account=account, member_id=place_of(account, ben), role=Role.OWNER, actor=carla, now=NOW)
        with pytest.raises(NoSuchMember):
            remove_member(account=account, member_id=10**9, actor=owner, now=NOW)
        with pytest.raises(NoSuchMember):
            leave_account(account=account, user=make_user(), now=NOW)
        with pytest.raises(NoSuchMember):
            transfer_ownership(account=account, member_id=place_of(account, owner), actor=owner, now=NOW)


@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET role = 'editor'"])
def test_the_database_lets_no_last_owner_go(account: Account, owner: User, ben: User, statement: str) -> None:
    refused = pytest.raises(IntegrityError, match="accounts_membership_keeps_an_owner")
    with account_scope(account.pk), connection.cursor() as cursor, refused, transaction.atomic():
        cursor.execute(statement.format(Membership._meta.db_table) + " WHERE role = 'owner'")
    assert roles(account)["anna@example.org"] == Role.OWNER


def test_an_account_without_members_may_be_made_and_deleted(account: Account, owner: User, ben: User) -> None:
    with account_scope(account.pk):
        assert Membership.objects.all().delete()[0] == 2


def run_at_once(account: Account, *works: Callable[[], object]) -> list[type[Exception] | None]:
    """Do each in a transaction of its own connection, all of which begin at once; what each raised."""
    start = threading.Barrier(len(works))
    raised: list[type[Exception] | None] = [None] * len(works)

    def run(place: int, work: Callable[[], object]) -> None:
        try:
            start.wait()
            with account_scope(account.pk):
                work()
        except (LastOwner, NotAnOwner, IntegrityError) as error:
            raised[place] = type(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


@pytest.mark.parametrize("attempt", range(5))
def test_two_owners_who_leave_at_once_leave_one_behind(committed_db: None, attempt: int) -> None:
    account = make_account()
    owners = [make_member(account, Role.OWNER) for _ in range(2)]
    raised = run_at_once(account, *(partial(leave_account, account=account, user=one, now=NOW) for one in owners))
    assert sorted(error is None for error in raised) == [False, True]
    assert {*raised} == {None, LastOwner}
    assert list(roles(account).values()) == [Role.OWNER]


@pytest.mark.parametrize("attempt", range(5))
def test_the_database_keeps_an_owner_when_two_statements_meet(committed_db: None, attempt: int) -> None:
    account = make_account()
    owners = [make_member(account, Role.OWNER) for _ in range(2)]
    raised = run_at_once(
        account, *(partial(Membership.objects.filter(user=one).update, role=Role.READER) for one in owners)
    )
    assert {*raised} == {None, IntegrityError}
    assert sorted(roles(account).values()) == [Role.OWNER, Role.READER]


def test_two_owners_who_remove_each_other_at_once_are_not_both_gone(committed_db: None) -> None:
    account = make_account()
    anna, ben = (make_member(account, Role.OWNER) for _ in range(2))
    places = {one: place_of(account, one) for one in (anna, ben)}
    raised = run_at_once(
        account,
        lambda: remove_member(account=account, member_id=places[ben], actor=anna, now=NOW),
        lambda: remove_member(account=account, member_id=places[anna], actor=ben, now=NOW),
    )
    assert {*raised} == {None, NotAnOwner}
    assert list(roles(account).values()) == [Role.OWNER]
