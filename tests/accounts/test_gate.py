"""The gate by itself: whom it lets in, what it hands to the view, and in which scope the view runs."""

from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts.gate import AccountRequest, account_view
from accounts.models import Account, Membership, Role, User
from accounts.tenancy import account_scope
from recipients.models import Group
from tests.factories import make_account, make_group, make_member, make_user

ALLOWED = {
    Role.READER: [Role.READER],
    Role.EDITOR: [Role.READER, Role.EDITOR],
    Role.OWNER: [Role.READER, Role.EDITOR, Role.OWNER],
}
PAIRS = [(member, asked) for member in Role for asked in Role]


@dataclass
class Seen:
    """What the views behind the gate were given and saw."""

    entered: list[tuple[Account, Role, str]] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    accounts: list[str] = field(default_factory=list)
    memberships: int = 0

    def look(self) -> None:
        """Keep what the database shows at this moment, to queries that do not filter."""
        self.groups = list(Group.objects.order_by("name").values_list("name", flat=True))
        self.accounts = list(Account.objects.order_by("name").values_list("name", flat=True))
        self.memberships = Membership.objects.count()


def ask(user: User | AnonymousUser, account_id: int, *, role: Role, seen: Seen, page: str = "x") -> HttpResponse:
    """Go through a gate that asks for `role`."""

    @account_view(role)
    def view(request: AccountRequest, page: str) -> HttpResponse:
        seen.entered.append((request.account, Role(request.membership.role), page))
        seen.look()
        return HttpResponse("inside")

    request: HttpRequest = RequestFactory().get(f"/a/{account_id}/{page}/", {"q": "müller"})
    request.user = user
    response = view(request, account_id, page)
    assert isinstance(response, HttpResponse)
    return response


@pytest.fixture
def account(committed_db: None) -> Account:
    """An account with a list, and another one beside it that has members and lists too."""
    ours, theirs = make_account("Ours"), make_account("Theirs")
    for one in (ours, theirs):
        make_group(one, f"List of {one.name}")
        make_member(one, Role.OWNER)
    return ours


def test_anonymous_goes_to_the_login_and_comes_back_to_the_same_page(account: Account) -> None:
    seen = Seen()
    response = ask(AnonymousUser(), account.pk, role=Role.READER, seen=seen)
    assert (response.status_code, response["Location"], seen.entered) == (
        302,
        f"/auth/login/?next=/a/{account.pk}/x/%3Fq%3Dm%25C3%25BCller",
        [],
    )


def test_a_part_of_a_page_sends_the_whole_page_to_the_login(account: Account) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver/a/{account.pk}/imports/?page=2"}
    response = Client(headers=headers).get(reverse("imports:history", args=[account.pk]))
    assert (response.status_code, response["HX-Redirect"]) == (
        200,
        f"/auth/login/?next=%2Fa%2F{account.pk}%2Fimports%2F%3Fpage%3D2",
    )


def test_anonymous_goes_to_the_login_from_an_account_that_does_not_exist(account: Account) -> None:
    response = ask(AnonymousUser(), 999_999, role=Role.READER, seen=Seen())
    assert (response.status_code, response["Location"]) == (302, "/auth/login/?next=/a/999999/x/%3Fq%3Dm%25C3%25BCller")


@pytest.mark.parametrize("role", Role)
def test_a_stranger_is_told_that_there_is_no_such_account(role: Role, account: Account) -> None:
    seen = Seen()
    stranger = make_member(make_account("Elsewhere"), Role.OWNER)
    with pytest.raises(Http404):
        ask(stranger, account.pk, role=role, seen=seen)
    assert seen.entered == []


def test_who_belongs_to_no_account_is_a_stranger(account: Account) -> None:
    with pytest.raises(Http404):
        ask(make_user(), account.pk, role=Role.READER, seen=Seen())


def test_an_operator_is_a_stranger_in_accounts_that_they_do_not_belong_to(account: Account) -> None:
    with pytest.raises(Http404):
        ask(make_user(is_staff=True, is_superuser=True), account.pk, role=Role.READER, seen=Seen())


def test_who_belonged_to_the_account_is_a_stranger(account: Account) -> None:
    member = make_member(account, Role.OWNER)
    with account_scope(account.pk):
        Membership.objects.filter(user=member).delete()
    with pytest.raises(Http404):
        ask(member, account.pk, role=Role.READER, seen=Seen())


@pytest.mark.parametrize("account_id", [0, 999_999, 2**63 - 1, 2**63, 10**30])
def test_an_account_that_does_not_exist_is_not_found(account_id: int, account: Account) -> None:
    with pytest.raises(Http404):
        ask(make_member(account, Role.OWNER), account_id, role=Role.READER, seen=Seen())


@pytest.mark.parametrize(("role", "asked"), [pair for pair in PAIRS if pair[1] in ALLOWED[pair[0]]])
def test_a_member_with_the_right_comes_in(role: Role, asked: Role, account: Account) -> None:
    seen = Seen()
    response = ask(make_member(account, role), account.pk, role=asked, seen=seen)
    assert (response.content, seen.entered) == (b"inside", [(account, role, "x")])


@pytest.mark.parametrize(("role", "asked"), [pair for pair in PAIRS if pair[1] not in ALLOWED[pair[0]]])
def test_a_member_without_the_right_is_refused(role: Role, asked: Role, account: Account) -> None:
    seen = Seen()
    with pytest.raises(PermissionDenied):
        ask(make_member(account, role), account.pk, role=asked, seen=seen)
    assert seen.entered == []


def test_the_role_counts_that_the_person_has_in_this_account(account: Account) -> None:
    person = make_member(make_account("Elsewhere"), Role.OWNER)
    make_member(account, Role.READER, person)
    with pytest.raises(PermissionDenied):
        ask(person, account.pk, role=Role.EDITOR, seen=Seen())


def test_the_view_sees_the_account_and_the_names_of_the_persons_other_ones(account: Account) -> None:
    seen = Seen()
    person = make_member(account, Role.READER)
    elsewhere = make_account("Elsewhere")
    make_group(elsewhere, "List of Elsewhere")
    make_member(elsewhere, Role.READER, person)
    ask(person, account.pk, role=Role.READER, seen=seen)
    assert (seen.groups, seen.accounts, seen.memberships) == (["List of Ours"], ["Elsewhere", "Ours"], 3)


def test_the_scope_ends_with_the_view(account: Account) -> None:
    seen = Seen()
    ask(make_member(account), account.pk, role=Role.READER, seen=seen)
    assert seen.groups == ["List of Ours"]
    seen.look()
    assert (seen.groups, seen.accounts, seen.memberships) == ([], [], 0)


def test_the_scope_ends_when_the_gate_stays_shut(account: Account) -> None:
    seen = Seen()
    with pytest.raises(Http404):
        ask(make_user(), account.pk, role=Role.READER, seen=seen)
    seen.look()
    assert (seen.groups, seen.accounts, seen.memberships) == ([], [], 0)


def test_what_a_view_wrote_before_it_failed_is_undone(account: Account) -> None:
    @account_view(Role.READER)
    def view(request: AccountRequest) -> HttpResponse:
        Group.objects.update(name="changed")
        raise Http404

    request = RequestFactory().post("/")
    request.user = make_member(account)
    with pytest.raises(Http404):
        view(request, account.pk)
    connection.close()
    with account_scope(account.pk):
        names = list(Group.objects.values_list("name", flat=True))
    assert names == ["List of Ours"]
