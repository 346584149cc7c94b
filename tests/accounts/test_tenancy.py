"""The scopes: what each shows, that it ends with its transaction, and that the one around it comes back then."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.db import Error, ProgrammingError, connection, transaction

from accounts.models import Account, Membership, Role, User
from accounts.services import create_account
from accounts.tenancy import account_scope, across_accounts, user_scope
from recipients.models import Group
from tests.factories import NOW, make_account, make_group, make_member, make_user

Scope = Callable[[], AbstractContextManager[None]]


class Mishap(Exception):
    """Something that goes wrong inside a scope."""


class House:
    """Three accounts with a list each; `person` belongs to the first (as owner) and the second (as reader)."""

    def __init__(self) -> None:
        self.person = make_user("person@example.org")
        self.a, self.b, self.c = (make_account(name) for name in "ABC")
        for account in (self.a, self.b, self.c):
            make_group(account, f"List of {account.name}")
            make_member(account, Role.OWNER)
        make_member(self.a, Role.OWNER, self.person)
        make_member(self.b, Role.READER, self.person)

    def scope(self, name: str) -> AbstractContextManager[None]:
        """A scope by its name: an account's letter, `A+person`, `person` or `all`."""
        scopes: dict[str, Scope] = {
            "A": lambda: account_scope(self.a.pk),
            "B": lambda: account_scope(self.b.pk),
            "A+person": lambda: account_scope(self.a.pk, user_id=self.person.pk),
            "person": lambda: user_scope(self.person.pk),
            "all": lambda: across_accounts("a test"),
        }
        return scopes[name]()


# What each scope shows: lists, accounts, and memberships as (account, whether they are the person's).
NOTHING = ("", "", "")
SHOWN = {
    "A": ("A", "A", "A-own A-other"),
    "B": ("B", "B", "B-own B-other"),
    "A+person": ("A", "A B", "A-own A-other B-own"),
    "person": ("", "A B", "A-own B-own"),
    "all": ("A B C", "A B C", "A-own A-other B-own B-other C-other"),
}


def shown() -> tuple[str, str, str]:
    """What can be seen now, as in SHOWN."""
    groups = Group.objects.order_by("name").values_list("name", flat=True)
    accounts = Account.objects.order_by("name").values_list("name", flat=True)
    memberships = Membership.objects.order_by("account__name", "user_id").values_list("account__name", "user__email")
    return (
        " ".join(name.removeprefix("List of ") for name in groups),
        " ".join(accounts),
        " ".join(f"{name}-{'own' if email == 'person@example.org' else 'other'}" for name, email in memberships),
    )


@pytest.fixture
def house(committed_db: None) -> House:
    """The accounts, committed, and nothing set on the connection."""
    return House()


# --- one scope --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHOWN)
def test_a_scope_shows_what_it_promises(name: str, house: House) -> None:
    with house.scope(name):
        found = shown()
    assert found == SHOWN[name]


@pytest.mark.parametrize("name", SHOWN)
def test_a_scope_ends_with_its_transaction(name: str, house: House) -> None:
    with house.scope(name):
        assert shown() != NOTHING
    assert shown() == NOTHING


@pytest.mark.parametrize("name", SHOWN)
def test_a_scope_ends_with_an_exception(name: str, house: House) -> None:
    with pytest.raises(Mishap), house.scope(name):
        raise Mishap
    assert shown() == NOTHING


@pytest.mark.parametrize("name", SHOWN)
def test_a_scope_ends_with_an_error_of_the_database(name: str, house: House) -> None:
    with pytest.raises(ProgrammingError), house.scope(name), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM no_such_table")
    assert shown() == NOTHING


def test_an_exception_undoes_what_was_written_in_the_scope(house: House) -> None:
    def go_wrong() -> None:
        with house.scope("A"):
            Group.objects.update(name="changed")
            raise Mishap

    with pytest.raises(Mishap):
        go_wrong()
    with house.scope("A"):
        assert shown() == SHOWN["A"]


def test_what_runs_after_the_commit_sees_nothing(house: House) -> None:
    seen: list[Any] = []
    with house.scope("A"):
        transaction.on_commit(lambda: seen.append(shown()))
    assert seen == [NOTHING]


def test_a_scope_is_not_seen_on_another_connection(house: House) -> None:
    seen: list[Any] = []

    def look() -> None:
        seen.append(shown())
        connection.close()

    with house.scope("all"):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
    assert seen == [NOTHING]


# --- one scope inside another -----------------------------------------------------------------------------------

nestings = pytest.mark.parametrize(
    ("outer", "inner"), [(outer, inner) for outer in SHOWN for inner in SHOWN if outer != inner]
)


@nestings
def test_a_scope_inside_another_shows_only_what_it_promises(outer: str, inner: str, house: House) -> None:
    with house.scope(outer), house.scope(inner):
        found = shown()
    assert found == SHOWN[inner]


@nestings
def test_the_outer_scope_comes_back_after_the_inner_one(outer: str, inner: str, house: House) -> None:
    with house.scope(outer):
        with house.scope(inner):
            assert shown() != NOTHING
        found = shown()
    assert (found, shown()) == (SHOWN[outer], NOTHING)


@nestings
def test_the_outer_scope_comes_back_after_an_exception(outer: str, inner: str, house: House) -> None:
    with house.scope(outer):
        with pytest.raises(Mishap), house.scope(inner):
            raise Mishap
        found = shown()
    assert (found, shown()) == (SHOWN[outer], NOTHING)


def test_three_scopes_end_one_after_the_other(house: House) -> None:
    found = []
    with house.scope("A"):
        with house.scope("all"):
            with house.scope("B"):
                found.append(shown())
            found.append(shown())
        found.append(shown())
    assert [*found, shown()] == [SHOWN["B"], SHOWN["all"], SHOWN["A"], NOTHING]


def test_the_outer_scope_takes_no_row_of_the_inner_ones_account(house: House) -> None:
    with house.scope("A"):
        with house.scope("B"):
            Group.objects.update(note="noted")
        assert Group.objects.filter(account=house.b).update(note="changed") == 0
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Group.objects.create(account=house.b, name="new", created_at=NOW, changed_at=NOW)


# --- a user's scope ---------------------------------------------------------------------------------------------


def test_a_user_without_memberships_sees_nothing(house: House) -> None:
    with user_scope(make_user().pk):
        found = shown()
    assert found == NOTHING


@pytest.mark.parametrize("model", [Account, Membership])
def test_a_user_changes_and_deletes_nothing_that_they_see(model: type[Account | Membership], house: House) -> None:
    with user_scope(house.person.pk):
        assert model._base_manager.count() == 2
        changed = model._base_manager.update(created_at=NOW)
        deleted = model._base_manager.all()._raw_delete(using="default")
    assert (changed, deleted) == (0, 0)


def test_a_user_cannot_make_themselves_a_member(house: House) -> None:
    with user_scope(house.person.pk), pytest.raises(ProgrammingError, match="row-level security"):
        Membership.objects.create(account=house.c, user=house.person, role=Role.OWNER, created_at=NOW)


def test_a_user_cannot_raise_their_role_in_another_account_from_their_own(house: House) -> None:
    with house.scope("A+person"):
        changed = Membership.objects.filter(account=house.b, user=house.person).update(role=Role.OWNER)
    assert changed == 0


def test_a_user_cannot_rename_another_account_from_their_own(house: House) -> None:
    with house.scope("A+person"):
        changed = Account.objects.filter(pk=house.b.pk).update(name="taken")
    assert changed == 0


def test_a_user_cannot_lock_what_they_see(house: House) -> None:
    with user_scope(house.person.pk):
        locked = list(Membership.objects.select_for_update().all())
    assert locked == []


# --- snapshots and the door -------------------------------------------------------------------------------------


def test_a_snapshot_sees_one_instant(house: House) -> None:
    def write() -> None:
        make_group(house.a, "List of later")
        connection.close()

    with account_scope(house.a.pk, snapshot=True):
        before = shown()
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        after = shown()
    assert (before, after) == (SHOWN["A"], SHOWN["A"])


def test_without_a_snapshot_a_scope_sees_what_is_committed_meanwhile(house: House) -> None:
    def write() -> None:
        make_group(house.a, "List of later")
        connection.close()

    with account_scope(house.a.pk):
        assert shown()[0] == "A"
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        found = shown()[0]
    assert found == "A later"


def test_a_snapshot_inside_a_transaction_that_has_read_is_refused(house: House) -> None:
    with house.scope("A"):
        shown()
        with pytest.raises(Error, match="must"), account_scope(house.b.pk, snapshot=True):
            raise AssertionError("the scope was entered")
        assert shown() == SHOWN["A"]


def test_the_door_logs_why_it_is_opened(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", logger="accounts.tenancy"), across_accounts("due backups are purged"):
        pass
    assert caplog.messages == ["across accounts: due backups are purged"]


def test_a_new_account_leaves_the_door_closed(committed_db: None) -> None:
    owner: User = make_user()
    account = create_account(name="New", owner=owner, now=NOW)
    assert (Account.objects.count(), account.name) == (0, "New")
