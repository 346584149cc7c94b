"""Every address, asked by everybody: anonymous, a stranger, a reader, an editor, an owner (mission P7).

The addresses are found in the URL resolver. `RIGHTS` says who may do what; an address that does not stand in it makes
the tests fail, and so does a line whose address is gone. The account that is asked for has members, lists, recipients,
imports and backups with their files; none of its texts may reach an outsider, not by a header either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker

from accounts.models import Role, User
from tests.customer import Customer, make_customer, rolled_back
from tests.factories import sign_in
from tests.kept_files import KeptFiles
from tests.sweep import NUMBERS, Address, addresses, ask, login_for, policy_of, without_tokens
from tests.tenant_tables import everything_of

SECRET = "fremdwort"  # noqa: S105  # a word to look for
READER, EDITOR, OWNER = Role.READER, Role.EDITOR, Role.OWNER


@dataclass(frozen=True)
class Right:
    """The least role that a member needs to read (GET) and to change (POST); None: the method is not allowed.

    `tells`: an owner's page shows something of the account beside its name and the owner's own.
    `writes`: reading leaves a trace, in the audit trail.
    """

    get: Role | None = None
    post: Role | None = None
    tells: bool = False
    writes: bool = False

    @property
    def methods(self) -> dict[str, Role]:
        """The least role for each allowed method."""
        return {method: role for method, role in (("GET", self.get), ("POST", self.post)) if role is not None}


RIGHTS = {
    "accounts:settings": Right(get=READER, post=READER),
    "accounts:rename": Right(post=OWNER),
    "accounts:privacy": Right(get=READER),
    "accounts:switch_automatic_backups": Right(post=OWNER),
    "accounts:switch_daily_backups": Right(post=OWNER),
    "accounts:change_retention": Right(post=OWNER),
    "accounts:users": Right(get=READER, tells=True),
    "accounts:switch_second_factor": Right(post=OWNER),
    "accounts:leave": Right(get=READER, post=READER),
    "accounts:change_role": Right(post=OWNER),
    "accounts:remove_member": Right(get=OWNER, post=OWNER, tells=True),
    "accounts:transfer_ownership": Right(get=OWNER, post=OWNER, tells=True),
    "accounts:invite": Right(post=OWNER),
    "accounts:invite_again": Right(post=OWNER),
    "accounts:withdraw_invitation": Right(post=OWNER),
    "accounts:interfaces": Right(get=READER, post=OWNER, tells=True),
    "accounts:revoke_token": Right(get=OWNER, post=OWNER, tells=True),
    "accounts:audit_log": Right(get=READER, tells=True),
    "accounts:download_audit_log": Right(get=OWNER, tells=True, writes=True),
    "recipients:groups": Right(get=READER, tells=True),
    "recipients:group": Right(get=READER, tells=True),
    "recipients:recipient": Right(get=READER, post=EDITOR, tells=True),
    "recipients:activate": Right(get=EDITOR, post=EDITOR, tells=True),
    "recipients:deactivate": Right(get=EDITOR, post=EDITOR, tells=True),
    "recipients:settings": Right(get=READER, post=EDITOR, tells=True),
    "recipients:switch_backups": Right(post=EDITOR),
    "recipients:fields": Right(get=READER, post=EDITOR, tells=True),
    "recipients:rename_field": Right(get=EDITOR, post=EDITOR, tells=True),
    "recipients:block_list": Right(get=READER, post=EDITOR, tells=True),
    "recipients:unblock": Right(post=EDITOR),
    "recipients:account_block_list": Right(get=READER, post=EDITOR, tells=True),
    "recipients:account_unblock": Right(post=EDITOR),
    "recipients:delete": Right(get=EDITOR, post=EDITOR, tells=True),
    "recipients:clear": Right(get=EDITOR, post=EDITOR, tells=True),
    "recipients:delete_recipients": Right(get=EDITOR, post=EDITOR, tells=True),
    "recipients:delete_field": Right(get=EDITOR, post=EDITOR, tells=True),
    "recipients:deletion": Right(get=READER, tells=True),
    "imports:new_list": Right(get=EDITOR, post=EDITOR),
    "imports:upload": Right(get=EDITOR, post=EDITOR, tells=True),
    "imports:group_history": Right(get=READER, tells=True),
    "imports:history": Right(get=READER, tells=True),
    "imports:run": Right(get=READER, tells=True),
    "imports:mapping": Right(get=EDITOR, post=EDITOR, tells=True),
    "imports:preview": Right(get=READER, tells=True),
    "imports:preview_again": Right(post=EDITOR),
    "imports:readmit": Right(post=EDITOR),
    "imports:back_to_mapping": Right(post=EDITOR),
    "imports:confirm": Right(post=EDITOR),
    "imports:choose": Right(post=EDITOR),
    "imports:kept": Right(get=READER, tells=True),
    "imports:cancel": Right(post=EDITOR),
    "imports:rejected": Right(get=READER, tells=True),
    "backups:overview": Right(get=READER, tells=True),
    "backups:group": Right(get=READER, tells=True),
    "backups:closing": Right(get=READER),
    "backups:closing_file": Right(get=OWNER, tells=True, writes=True),
    "backups:erase": Right(get=OWNER, post=OWNER),
    "backups:erase_recipient": Right(get=OWNER, tells=True),
    "backups:take": Right(post=EDITOR),
    "backups:pin": Right(get=EDITOR, post=EDITOR, tells=True),
    "backups:unpin": Right(get=EDITOR, post=EDITOR, tells=True),
    "backups:restore": Right(get=EDITOR, post=EDITOR, tells=True),
    "backups:undo": Right(get=EDITOR, post=EDITOR, tells=True),
    "backups:row": Right(get=READER, tells=True),
    "backups:view": Right(get=READER, tells=True),
    "backups:compare": Right(get=READER, post=READER, tells=True),
    "backups:compare_file": Right(get=READER),
    "backups:verify": Right(post=EDITOR),
    "backups:download": Right(get=READER, tells=True, writes=True),
    "backups:export_options": Right(get=READER, post=READER, tells=True),
    "backups:export_group": Right(get=READER, post=READER, tells=True),
    "backups:export_row": Right(get=READER, tells=True),
    "backups:export_cancel": Right(post=READER),
    "backups:export_file": Right(get=READER, tells=True, writes=True),
}
# Outside of accounts: open to all, or only to who is signed in.
OPEN = {
    "health",
    "live",
    "ready",
    "metrics",
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_email_verification_sent",
    "account_reset_password",
    "account_confirm_login_code",
    "account_confirm_email",
    "account_reset_password_from_key_done",
    "account_reset_password_from_key",
    "account_reset_password_done",
    "set_language",
    "invitation",
    "mfa_authenticate",
    "mfa_login_webauthn",
    # To who has a token; each of its calls: tests/recipients/compatible/test_every_call.py
    "compatible:call",
    "compatible:oauth",
}
# For operators; everybody else finds nothing there. More of them: tests/config/test_admin_site.py
OPERATORS = {one.name for one in addresses() if one.name.startswith("admin:")}
# For programs with a token; what they find: tests/config/api/test_isolation.py
INTERFACE = {one.name for one in addresses() if one.name.startswith("api:")} | {"no_such_call"}
SIGNED_IN = {"home", "account_reauthenticate", "account_email", "account_change_password", "account_set_password"}
SIGNED_IN |= {"mfa_index", "mfa_reauthenticate", "mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes"}
SIGNED_IN |= {"passkeys", "remove_passkey", "reauthenticate_by_passkey", "mfa_add_webauthn", "mfa_edit_webauthn"}
SIGNED_IN |= {"mfa_list_webauthn", "mfa_remove_webauthn", "mfa_reauthenticate_webauthn"}  # behind the ones before
SIGNED_IN |= {"mfa_generate_recovery_codes", "mfa_download_recovery_codes", "usersessions_list", "end_session"}

ADDRESSES = addresses()
INSIDE = [one for one in ADDRESSES if one.in_account]
OUTSIDE = [one for one in ADDRESSES if not one.in_account]
METHODS = ["GET", "POST"]
POLICY = {
    *("default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'"),
    *("connect-src 'self'", "form-action 'self'", "base-uri 'self'", "frame-ancestors 'none'"),
}
REQUESTS = [(one, method) for one in INSIDE if one.name in RIGHTS for method in RIGHTS[one.name].methods]


class Customers(NamedTuple):
    """The customer whose pages are asked for, and the one that the stranger owns."""

    victim: Customer
    strangers: Customer

    @property
    def stranger(self) -> User:
        """The owner of the other account."""
        return self.strangers.members[OWNER]


def named(value: Any) -> str | None:
    """The name of an address as a test's parameter."""
    return value.name if isinstance(value, Address) else None


every_address = pytest.mark.parametrize("address", [one for one in INSIDE if one.name in RIGHTS], ids=named)
every_request = pytest.mark.parametrize(("address", "method"), REQUESTS, ids=named)
every_page = pytest.mark.parametrize("address", [one for one, method in REQUESTS if method == "GET"], ids=named)


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[tuple[Customers, KeptFiles]]:
    """Both customers, in a transaction that lasts as long as this module's tests, and their files."""
    with django_db_blocker.unblock(), rolled_back():
        customers = Customers(victim=make_customer(SECRET), strangers=make_customer("eigenwort"))
        yield customers, KeptFiles.of_storage()


@pytest.fixture
def customers(made: tuple[Customers, KeptFiles]) -> Iterator[Customers]:
    """Both customers with their files; what a test changes is undone."""
    made[1].lay_out()
    with rolled_back():
        yield made[0]


# --- the table --------------------------------------------------------------------------------------------------


def test_every_address_inside_an_account_has_its_rights() -> None:
    assert sorted(one.name for one in INSIDE) == sorted(RIGHTS)


def test_every_address_outside_of_accounts_is_known() -> None:
    assert sorted(one.name for one in OUTSIDE) == sorted(OPEN | SIGNED_IN | OPERATORS | INTERFACE)


# --- anonymous --------------------------------------------------------------------------------------------------


@every_request
def test_anonymous_goes_to_the_login(address: Address, method: str, customers: Customers) -> None:
    for path in address.paths(customers.victim):
        answer = ask(Client(), method, path)
        assert (answer.status, answer.location) == (302, login_for(path))
        assert SECRET not in answer.told


@pytest.mark.parametrize("address", [one for one in OUTSIDE if one.name in SIGNED_IN], ids=named)
def test_anonymous_goes_to_the_login_from_pages_of_their_own(address: Address, customers: Customers) -> None:
    (path,) = address.paths(customers.victim)
    answer = ask(Client(), "GET", path)
    assert (answer.status, unquote(answer.location)) == (302, login_for(path))  # allauth quotes slashes, too


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", OUTSIDE, ids=named)
def test_outside_of_accounts_nothing_is_told_of_one(address: Address, method: str, customers: Customers) -> None:
    for path in address.paths(customers.victim):
        for client in (Client(), sign_in(customers.stranger)):
            assert SECRET not in ask(client, method, path).told


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("address", [one for one in OUTSIDE if one.name in OPERATORS], ids=named)
def test_operators_pages_are_found_by_nobody_else(address: Address, method: str, customers: Customers) -> None:
    for path in address.paths(customers.victim):
        answer = ask(Client(), method, path)
        assert (answer.status, answer.location) == (302, login_for(path))
        for member in customers.victim.members.values():
            assert ask(sign_in(member), method, path).status == 404


# --- a stranger -------------------------------------------------------------------------------------------------


@every_request
def test_a_stranger_finds_nothing(address: Address, method: str, customers: Customers) -> None:
    check_nothing_is_found(customers, method, address.paths(customers.victim))


@pytest.mark.parametrize(("address", "method"), [pair for pair in REQUESTS if pair[0].names_objects], ids=named)
def test_a_stranger_finds_nothing_of_another_account_in_their_own(
    address: Address, method: str, customers: Customers
) -> None:
    check_nothing_is_found(
        customers, method, address.paths(customers.victim, account_id=customers.strangers.account.pk)
    )


def check_nothing_is_found(customers: Customers, method: str, paths: list[str]) -> None:
    """As the stranger, each path is 404 without a word of the victim, and leaves the victim as it was."""
    client = sign_in(customers.stranger)
    before = everything_of(customers.victim.account.pk)
    answers = {path: ask(client, method, path) for path in paths}
    assert {path: answer.status for path, answer in answers.items()} == dict.fromkeys(paths, 404)
    assert [path for path, answer in answers.items() if SECRET in answer.told] == []
    assert everything_of(customers.victim.account.pk) == before


@every_request
def test_a_stranger_cannot_tell_an_account_from_one_that_does_not_exist(
    address: Address, method: str, customers: Customers
) -> None:
    client = sign_in(customers.stranger)
    there = address.paths(customers.victim)[0]
    nowhere = [address.paths(customers.victim, account_id=number)[0] for number in (2**31, 10**30)]
    answers = [ask(client, method, path) for path in (there, *nowhere)]
    assert [answer.status for answer in answers] == [404, 404, 404]
    assert len({without_tokens(answer.told) for answer in answers}) == 1


@pytest.mark.parametrize(("address", "method"), [pair for pair in REQUESTS if NUMBERS & {*pair[0].parts}], ids=named)
def test_a_row_with_a_number_that_no_database_can_hold_is_not_found(
    address: Address, method: str, customers: Customers
) -> None:
    client = sign_in(customers.stranger)
    for part in NUMBERS & {*address.parts}:
        path = address.paths(customers.strangers, **{part: 10**30})[0]
        assert ask(client, method, path).status == 404


@every_page
def test_ids_of_another_account_in_the_query_bring_nothing_of_it(address: Address, customers: Customers) -> None:
    client, victim = sign_in(customers.stranger), customers.victim
    run = next(iter(victim.imports.values()))
    ids = {"group": victim.group.pk, "recipient": victim.recipient.id, "import": run.pk, "backup": victim.backup.pk}
    query = {
        **{name: str(value) for name, value in ids.items()},
        **{f"{name}_id": str(value) for name, value in ids.items()},
        "account": str(victim.account.pk),
        "account_id": str(victim.account.pk),
        "q": SECRET[1:-1],
        "before": f"{run.created_at.isoformat()}_{run.pk}",
    }
    for path in address.paths(customers.strangers):
        assert SECRET not in ask(client, "GET", path, query).told


# --- members ----------------------------------------------------------------------------------------------------


@every_request
@pytest.mark.parametrize("role", Role)
def test_a_member_may_do_what_the_role_allows(role: Role, address: Address, method: str, customers: Customers) -> None:
    victim, right = customers.victim, RIGHTS[address.name]
    client = sign_in(victim.members[role])
    before = everything_of(victim.account.pk)
    statuses, changed = set(), False
    for path in address.paths(victim):
        with rolled_back():
            statuses.add(ask(client, method, path).status)
            changed |= everything_of(victim.account.pk) != before
    if not role.includes(right.methods[method]):
        # What a deleted list has no page for is 404 even to who may not change it.
        assert (statuses - {404}, changed) == ({403}, False)
        return
    assert statuses - {404} <= {200, 302, 409, 410, 422}
    assert statuses != {404}
    if method == "GET":
        assert changed == right.writes


@every_page
def test_a_page_tells_members_what_it_tells_no_stranger(address: Address, customers: Customers) -> None:
    """Without this the tests above could pass because there is nothing to be seen."""
    victim = customers.victim
    member = victim.members[OWNER]
    told = "".join(ask(sign_in(member), "GET", path).told for path in address.paths(victim))
    for own in (victim.account.name, member.email, member.first_name):
        told = told.replace(own.lower(), "")
    assert (SECRET in told) == RIGHTS[address.name].tells


# --- methods, forged forms, caches --------------------------------------------------------------------------------


@every_address
def test_a_method_that_is_not_meant_is_refused_to_all_alike(address: Address, customers: Customers) -> None:
    path = address.paths(customers.victim)[0]
    unmeant = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - set(RIGHTS[address.name].methods)
    for client in (Client(), sign_in(customers.stranger), sign_in(customers.victim.members[OWNER])):
        statuses = {method: client.generic(method, path).status_code for method in unmeant}
        assert statuses == dict.fromkeys(unmeant, 405)


@pytest.mark.parametrize("address", [one for one, method in REQUESTS if method == "POST"], ids=named)
def test_a_form_without_its_token_is_refused(address: Address, customers: Customers) -> None:
    victim = customers.victim
    client = Client(enforce_csrf_checks=True)
    client.force_login(victim.members[OWNER])
    before = everything_of(victim.account.pk)
    answers = [ask(client, "POST", path) for path in address.paths(victim)]
    assert {(answer.status, answer.template) for answer in answers} == {(403, "403_csrf.html")}
    assert everything_of(victim.account.pk) == before


@every_page
def test_no_cache_gives_the_answer_to_somebody_else(address: Address, customers: Customers) -> None:
    for path in address.paths(customers.victim):
        answer = ask(sign_in(customers.victim.members[OWNER]), "GET", path)
        assert "Cookie" in answer.varies_by


@every_page
def test_a_page_may_load_nothing_but_its_own_and_run_nothing_within(address: Address, customers: Customers) -> None:
    for path in address.paths(customers.victim):
        assert policy_of(ask(sign_in(customers.victim.members[OWNER]), "GET", path)) == POLICY


@pytest.mark.parametrize("address", [one for one in OUTSIDE if one.name in OPEN], ids=named)
def test_so_may_a_page_that_is_open_to_all(address: Address, customers: Customers) -> None:
    for path in address.paths(customers.victim):
        assert policy_of(ask(Client(), "GET", path)) == POLICY
