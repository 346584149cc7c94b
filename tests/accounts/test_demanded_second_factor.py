"""An account that demands a second factor: who switches that, who gets in, and where the others are led."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, ApiToken, AuditAction, AuditEntry, Membership, Role, User
from accounts.tenancy import account_scope
from accounts.tokens import create_token
from tests.factories import make_account, make_member, make_user, sign_in
from tests.page_content import notices, read
from tests.sweep import ACCOUNT, addresses

pytestmark = pytest.mark.django_db

DEMANDED = {
    "en": "Blumen Berger demands two-factor login of everybody. Set up a passkey or an authenticator app here; then "
    "you get in. Leave Blumen Berger …",
    "de": "Blumen Berger verlangt von allen die Zwei-Faktor-Anmeldung. Richten Sie hier einen Passkey oder eine "
    "Authentifizierungs-App ein; danach kommen Sie hinein. Blumen Berger verlassen …",
}


@pytest.fixture
def account() -> Account:
    return make_account("Blumen Berger")


@pytest.fixture
def owner(account: Account) -> User:
    """An owner with an authenticator app."""
    owner = make_member(account, Role.OWNER, make_user("anna@example.org"))
    TOTP.activate(owner, "JBSWY3DPEHPK3PXP")
    return owner


def url(account: Account) -> str:
    return reverse("accounts:switch_second_factor", args=[account.pk])


def demand(account: Account, *, demanded: bool = True) -> None:
    with account_scope(account.pk):
        Account.objects.filter(pk=account.pk).update(demands_second_factor=demanded)


def is_demanded(account: Account) -> bool:
    with account_scope(account.pk):
        return Account.objects.get(pk=account.pk).demands_second_factor


def trail(account: Account) -> list[tuple[str, int | None]]:
    with account_scope(account.pk):
        return list(AuditEntry.objects.order_by("id").values_list("action", "actor"))


# --- the switch -------------------------------------------------------------------------------------------------


def test_it_is_off_until_an_owner_switches_it_on_and_both_stand_in_the_trail(account: Account, owner: User) -> None:
    assert not is_demanded(account)
    make_member(account, Role.READER)
    client = sign_in(owner)
    for _again in range(2):
        response = client.post(url(account), {"enabled": "on"}, follow=True)
    assert notices(response) == [
        "Two-factor login is demanded of everybody. 1 member has none yet and comes in once it is set up."
    ]
    assert is_demanded(account)
    response = client.post(url(account), follow=True)
    assert notices(response) == ["Two-factor login is left to each member."]
    assert trail(account) == [
        (AuditAction.SECOND_FACTOR_DEMANDED, owner.pk),
        (AuditAction.SECOND_FACTOR_NOT_DEMANDED, owner.pk),
    ]


def test_an_owner_without_one_demands_none_of_others(account: Account) -> None:
    owner = make_member(account, Role.OWNER)
    RecoveryCodes.activate(owner)
    response = sign_in(owner).post(url(account), {"enabled": "on"}, headers={"accept-language": "de"}, follow=True)
    assert notices(response) == [
        "Richten Sie die Zwei-Faktor-Anmeldung zuerst für sich selbst ein: Sie kämen sonst auch nicht mehr hinein."
    ]
    assert (is_demanded(account), trail(account)) == (False, [])


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_a_member_who_is_no_owner_gets_403(account: Account, role: Role) -> None:
    member = make_member(account, role)
    TOTP.activate(member, "JBSWY3DPEHPK3PXP")
    assert sign_in(member).post(url(account), {"enabled": "on"}).status_code == 403
    assert not is_demanded(account)


def test_a_stranger_gets_404(account: Account, owner: User) -> None:
    stranger = make_member(make_account("Andere AG"), Role.OWNER)
    TOTP.activate(stranger, "JBSWY3DPEHPK3PXP")
    assert sign_in(stranger).post(url(account), {"enabled": "on"}).status_code == 404
    assert not is_demanded(account)


def test_htmx_gets_the_slider(account: Account, owner: User) -> None:
    answer = sign_in(owner).post(url(account), {"enabled": "on"}, headers={"HX-Request": "true"})
    (box,) = [one for one in read(answer).all("input") if one.attributes.get("role") == "switch"]
    assert ("checked" in box.attributes, len(notices(answer))) == (True, 1)


def test_a_row_that_an_earlier_version_writes_demands_none(account: Account) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_default FROM information_schema.columns "
            "WHERE table_name = 'accounts_account' AND column_name = 'demands_second_factor'"
        )
        assert cursor.fetchone() == ("false",)


# --- the gate ---------------------------------------------------------------------------------------------------


def pages(account: Account) -> list[str]:
    names = ("recipients:groups", "accounts:users", "accounts:settings", "backups:overview")
    return [reverse(name, args=[account.pk]) for name in names]


@pytest.mark.parametrize("role", Role)
def test_who_has_none_is_led_to_the_page_that_sets_one_up(account: Account, owner: User, role: Role) -> None:
    client = sign_in(make_member(account, role))
    demand(account)
    answers = [client.get(page) for page in pages(account)]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, reverse("mfa_index"))}
    page = client.get(pages(account)[0], follow=True)
    assert notices(page) == [DEMANDED["en"]]


def test_so_it_is_in_german(account: Account, owner: User) -> None:
    client = sign_in(make_member(account, Role.READER))
    demand(account)
    page = client.get(pages(account)[0], headers={"accept-language": "de"}, follow=True)
    assert notices(page) == [DEMANDED["de"]]


def test_who_has_none_changes_nothing(account: Account, owner: User) -> None:
    client = sign_in(make_member(account, Role.OWNER))
    demand(account)
    response = client.post(reverse("accounts:rename", args=[account.pk]), {"name": "Meins"})
    assert response["Location"] == reverse("mfa_index")
    client.post(url(account))
    assert is_demanded(account)
    with account_scope(account.pk):
        assert Account.objects.get().name == "Blumen Berger"


def test_a_part_of_a_page_takes_the_whole_page_along(account: Account, owner: User) -> None:
    client = sign_in(make_member(account, Role.READER))
    demand(account)
    answer = client.get(pages(account)[0], headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (200, reverse("mfa_index"))


def test_recovery_codes_alone_are_no_factor(account: Account, owner: User) -> None:
    member = make_member(account, Role.READER)
    RecoveryCodes.activate(member)
    demand(account)
    assert sign_in(member).get(pages(account)[0]).status_code == 302


@pytest.mark.parametrize("kind", [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN])
def test_who_has_one_gets_in_until_it_is_gone(account: Account, owner: User, kind: str) -> None:
    member = make_member(account, Role.READER)
    client = sign_in(member)
    demand(account)
    one = Authenticator.objects.create(user=member, type=kind, data={})
    assert [client.get(page).status_code for page in pages(account)] == [200, 200, 200, 200]
    one.delete()
    assert client.get(pages(account)[0]).status_code == 302


def test_who_has_none_gets_to_no_other_page_than_the_one_that_leaves(account: Account, owner: User) -> None:
    client = sign_in(make_member(account, Role.OWNER))
    demand(account)
    names = [one.name for one in addresses() if one.parts == (ACCOUNT,)]
    answers = {name: client.get(reverse(name, args=[account.pk])) for name in names}
    open_to = {name for name, answer in answers.items() if answer.status_code not in (302, 405)}
    led_to = {answer["Location"] for answer in answers.values() if answer.status_code == 302}
    assert (open_to, led_to) == ({"accounts:leave"}, {reverse("mfa_index")})


def test_who_will_not_set_one_up_can_leave(account: Account, owner: User) -> None:
    member = make_member(account, Role.EDITOR)
    client = sign_in(member)
    demand(account)
    page = read(client.get(pages(account)[0], follow=True))
    (way,) = [link.attributes["href"] for link in page.all("a") if link.text == "Leave Blumen Berger …"]
    assert way == reverse("accounts:leave", args=[account.pk])
    assert read(client.get(way)).all("h1")[0].text == "Leave the account"
    client.post(way)
    with account_scope(account.pk):
        assert not Membership.objects.filter(user=member).exists()


def test_another_account_of_the_person_is_open(account: Account, owner: User) -> None:
    member = make_member(account, Role.READER)
    other = make_account("Andere AG")
    make_member(other, Role.READER, member)
    demand(account)
    assert sign_in(member).get(pages(other)[0]).status_code == 200


def test_a_stranger_cannot_tell_that_it_is_demanded(account: Account, owner: User) -> None:
    stranger = make_member(make_account("Andere AG"), Role.OWNER)
    demand(account)
    assert sign_in(stranger).get(pages(account)[0]).status_code == 404


def test_tokens_go_on_working(account: Account, owner: User) -> None:
    maker = make_member(account, Role.OWNER)
    with account_scope(account.pk):
        _token, secret = create_token(
            account=account, name="Shop", scope=ApiToken.Scope.READ, expires_at=None, actor=maker, now=timezone.now()
        )
    demand(account)
    answer = Client().get("/api/v1/account", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
