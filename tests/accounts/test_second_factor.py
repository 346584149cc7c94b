"""Two-factor login: set up, asked for, switched off, and what the audit trail and the database hold of it."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from cryptography.fernet import InvalidToken
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from tests.authenticator_app import code_of, set_up
from tests.factories import make_account, make_member, make_user, sign_in
from tests.page_content import errors, notices, read

pytestmark = pytest.mark.usefixtures("committed_db")  # allauth tells of a change once it is committed

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody
PAGES = {
    "mfa_index": ("Two-factor login", "Zwei-Faktor-Anmeldung"),
    "mfa_activate_totp": ("Set up an authenticator app", "Authentifizierungs-App einrichten"),
    "usersessions_list": ("Where you are signed in", "Wo Sie angemeldet sind"),
}
PAGES_WITH_ONE = {
    "mfa_deactivate_totp": ("Switch off the authenticator app", "Authentifizierungs-App ausschalten"),
    "mfa_view_recovery_codes": ("Recovery codes", "Wiederherstellungscodes"),
    "mfa_generate_recovery_codes": ("Make new codes", "Neue Codes erstellen"),
    "mfa_reauthenticate": ("Confirm that it is you", "Bestätigen Sie, dass Sie es sind"),
}


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def anna(account: Account) -> User:
    return make_member(account, Role.READER, make_user("anna@example.org", password=PASSWORD))


@pytest.fixture
def client(anna: User) -> Client:
    """A browser in which she has just entered her password."""
    client = sign_in(anna)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def secret_of(user: User) -> str:
    return str(decrypt(Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP).data["secret"]))


def trail(account: Account) -> list[tuple[str, str, int | None]]:
    with account_scope(account.pk):
        return list(AuditEntry.objects.order_by("id").values_list("action", "subject", "actor"))


def heading(client: Client, name: str, language: str) -> str:
    response = client.get(reverse(name), headers={"accept-language": language})
    assert response.status_code == 200
    return read(response).all("h1")[0].text


# --- pages ------------------------------------------------------------------------------------------------------


def test_every_page_in_both_languages(client: Client) -> None:
    found = {name: (heading(client, name, "en"), heading(client, name, "de")) for name in PAGES}
    set_up(client)
    found |= {name: (heading(client, name, "en"), heading(client, name, "de")) for name in PAGES_WITH_ONE}
    assert found == PAGES | PAGES_WITH_ONE


def test_setting_up_asks_for_the_password_first(anna: User) -> None:
    response = sign_in(anna).get(reverse("mfa_activate_totp"))
    assert (response.status_code, response["Location"][:22]) == (302, "/auth/reauthenticate/?")


# --- switching it on --------------------------------------------------------------------------------------------


def test_switching_on_shows_ten_codes_and_stands_in_the_trail_of_each_account(
    account: Account, anna: User, client: Client
) -> None:
    other = make_account("Andere AG")
    make_member(other, Role.EDITOR, anna)
    make_member(make_account("Dritte KG"), Role.OWNER)
    page = set_up(client)
    assert notices(page) == [
        "Two-factor login is on.",
        "These are your new recovery codes. Earlier ones no longer count.",
    ]
    assert len(read(page).all(css_class="code-list")[0].all("code")) == 10
    for one in (account, other):
        assert sorted(trail(one)) == [
            (AuditAction.RECOVERY_CODES_MADE, "anna@example.org", anna.pk),
            (AuditAction.TWO_FACTOR_ON, "anna@example.org", anna.pk),
        ]


def test_a_wrong_code_switches_nothing_on(client: Client) -> None:
    client.get(reverse("mfa_activate_totp"))
    response = client.post(reverse("mfa_activate_totp"), {"code": "000000"}, headers={"accept-language": "de"})
    assert errors(response) == ["Falscher Code."]
    assert not Authenticator.objects.exists()


def test_the_secret_stands_in_no_clear_in_the_database(anna: User, client: Client, settings: Settings) -> None:
    set_up(client)
    kept = [str(one.data) for one in Authenticator.objects.all()]
    secret = secret_of(anna)
    assert re.fullmatch(r"[A-Z2-7]{32}", secret)
    assert [secret in text for text in kept] == [False, False]
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another"
    with pytest.raises(InvalidToken):
        secret_of(anna)
    settings.SECRET_KEY_FALLBACKS = [old]
    assert secret_of(anna) == secret


# --- signing in with it -----------------------------------------------------------------------------------------


def sign_in_by_password() -> tuple[Client, Any]:
    client = Client()
    data = {"login": "anna@example.org", "password": PASSWORD}
    return client, client.post(reverse("account_login"), data, follow=True)


def test_the_password_alone_no_longer_gets_in(anna: User, client: Client) -> None:
    set_up(client)
    visitor, page = sign_in_by_password()
    assert read(page).all("h1")[0].text == "Enter your code"
    visitor.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "_auth_user_id" not in visitor.session
    visitor.post(reverse("mfa_authenticate"), {"code": code_of(secret_of(anna))})
    assert visitor.session["_auth_user_id"] == str(anna.pk)


def test_a_recovery_code_gets_in_once(anna: User, client: Client) -> None:
    code = read(set_up(client)).all(css_class="code-list")[0].all("code")[0].text
    entered = []
    for _again in range(2):
        visitor, _page = sign_in_by_password()
        visitor.post(reverse("mfa_authenticate"), {"code": code})
        entered.append("_auth_user_id" in visitor.session)
    assert entered == [True, False]
    assert "You have 9 codes left." in read(client.get(reverse("mfa_index"))).text


# --- switching it off, new codes --------------------------------------------------------------------------------


def test_switching_off_takes_the_codes_along(account: Account, client: Client) -> None:
    set_up(client)
    assert "From then on, your password alone gets in." in read(client.get(reverse("mfa_deactivate_totp"))).text
    response = client.post(reverse("mfa_deactivate_totp"), follow=True)
    assert notices(response) == ["The authenticator app is switched off."]
    assert "Two-factor login is off: who knows your password gets in." in read(response).text
    assert not Authenticator.objects.exists()
    assert [entry[0] for entry in trail(account)][2:] == [AuditAction.TWO_FACTOR_OFF]


def test_new_codes_stand_in_the_trail(account: Account, client: Client) -> None:
    set_up(client)
    response = client.post(reverse("mfa_generate_recovery_codes"), follow=True)
    assert notices(response) == ["These are your new recovery codes. Earlier ones no longer count."]
    assert [entry[0] for entry in trail(account)][2:] == [AuditAction.RECOVERY_CODES_MADE]


def test_codes_are_downloaded(client: Client) -> None:
    codes = [code.text for code in read(set_up(client)).all(css_class="code-list")[0].all("code")]
    response = client.get(reverse("mfa_download_recovery_codes"))
    assert response.content.decode().split() == codes
