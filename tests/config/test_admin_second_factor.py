"""The operator who removes a lost second factor: asked first, told to the person and to each of their accounts."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditEntry, Role, User
from accounts.tenancy import account_scope
from tests.config.test_admin_site import changelist
from tests.factories import make_account, make_member, make_user, sign_in
from tests.page_content import read

pytestmark = pytest.mark.usefixtures("committed_db")  # the mail goes once the removal is committed

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105  # of nobody


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def anna(account: Account) -> User:
    """A member with an authenticator app."""
    person = make_member(account, Role.OWNER, make_user("anna@example.org", password=PASSWORD))
    TOTP.activate(person, SECRET)
    RecoveryCodes.activate(person)
    return person


@pytest.fixture
def operator() -> User:
    return make_user("operator@example.org", is_staff=True)


def remove(operator: User, *people: User, confirmed: bool = True) -> str:
    """Send what the question's button sends, or what asks it; the page that follows."""
    data = {"action": "remove_second_factor", "_selected_action": [str(person.pk) for person in people]}
    data |= {"confirmed": "yes"} if confirmed else {}
    response = sign_in(operator).post(changelist(User), data, follow=True)
    return str(response.content.decode())


def trail(account: Account) -> list[tuple[str, str, str, str]]:
    with account_scope(account.pk):
        entries = AuditEntry.objects.order_by("pk").select_related("actor")
        return [(one.action, one.subject, one.actor.email if one.actor else "", one.via) for one in entries]


def asked_for_a_code() -> bool:
    client = Client()
    client.post(reverse("account_login"), {"login": "anna@example.org", "password": PASSWORD})
    return "_auth_user_id" not in client.session


def test_the_password_alone_gets_in_again(anna: User, operator: User) -> None:
    assert asked_for_a_code()
    assert "1 of 1: done." in remove(operator, anna)
    assert not asked_for_a_code()


def test_the_question_alone_removes_nothing(anna: User, operator: User) -> None:
    page = remove(operator, anna, confirmed=False)
    assert "Be sure first that it is they who ask." in page
    assert asked_for_a_code()
    assert mail.outbox == []


def test_each_account_of_the_person_says_who_did_it(anna: User, operator: User, account: Account) -> None:
    other = make_account("Andere AG")
    make_member(other, Role.READER, anna)
    foreign = make_account("Dritte KG")
    remove(operator, anna)
    for one in (account, other):
        assert trail(one) == [("second_factor_removed", "anna@example.org", "operator@example.org", "operator")]
    assert trail(foreign) == []


def test_the_person_is_told_and_not_from_where_the_operator_did_it(anna: User, operator: User) -> None:
    User.objects.filter(pk=anna.pk).update(language="de")
    remove(operator, anna)
    (message,) = mail.outbox
    assert message.to == ["anna@example.org"]
    assert "Ein Betreiber von Listkeep hat Ihren zweiten Faktor entfernt" in message.body
    assert "Von wo" not in message.body
    assert "127.0.0.1" not in message.body


def test_whoever_has_none_is_left_as_they_are(anna: User, operator: User, account: Account) -> None:
    ben = make_member(account, Role.READER, make_user("ben@example.org"))
    assert "0 of 1: done." in remove(operator, ben)
    assert (trail(account), mail.outbox) == ([], [])
    assert Authenticator.objects.filter(user=anna).count() == 2


def test_operators_are_left_out(operator: User) -> None:
    other = make_user("other@example.org", is_staff=True)
    TOTP.activate(other, SECRET)
    assert "0 of 2: done." in remove(operator, other, operator)
    assert Authenticator.objects.filter(user=other).exists()


def test_the_page_of_a_person_says_whether_they_have_one(anna: User, operator: User) -> None:
    pages = [reverse("admin:accounts_user_change", args=[person.pk]) for person in (anna, operator)]
    lines = [read(sign_in(operator).get(page)).all(css_class="field-has_second_factor")[0] for page in pages]
    assert [line.all("img")[0].attributes["alt"] for line in lines] == ["True", "False"]
