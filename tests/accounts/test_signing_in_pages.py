"""Every page of signing in that can be reached: ours, in German and in English, and doing what it says."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Account, Membership, Role, User
from accounts.tenancy import across_accounts, user_scope
from tests.factories import make_account, make_member, make_user, sign_in
from tests.page_content import errors, notices, read

pytestmark = pytest.mark.django_db

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody
ANONYMOUS = {
    "account_login": ("Sign in", "Anmelden"),
    "account_signup": ("Create an account", "Account anlegen"),
    "account_reset_password": ("Reset password", "Passwort zurücksetzen"),
    "account_reset_password_done": ("Check your e-mail", "Sehen Sie in Ihr Postfach"),
    "account_reset_password_from_key_done": ("Your new password is saved", "Ihr neues Passwort ist gespeichert"),
    "account_email_verification_sent": ("Confirm your e-mail address", "E-Mail-Adresse bestätigen"),
    "account_inactive": ("Your access is closed", "Ihr Zugang ist gesperrt"),
}
SIGNED_IN = {
    "account_logout": ("Sign out", "Abmelden"),
    "account_email": ("Change e-mail address", "E-Mail-Adresse ändern"),
    "account_change_password": ("Change password", "Passwort ändern"),
    "account_reauthenticate": ("Confirm that it is you", "Bestätigen Sie, dass Sie es sind"),
}


@pytest.fixture
def anna() -> User:
    return make_member(make_account(), Role.OWNER, make_user("anna@example.org", password=PASSWORD))


def heading(client: Client, url: str, language: str = "en") -> str:
    response = client.get(url, headers={"accept-language": language})
    assert response.status_code == 200
    return read(response).all("h1")[0].text


def link_in(message: EmailMessage) -> str:
    (found,) = re.findall(r"http://testserver(\S+)", str(message.body))
    return str(found)


def sign_up(client: Client, **data: str) -> Any:
    given = {"account_name": "Blumen Berger", "email": "anna@example.org", "password1": PASSWORD, "password2": PASSWORD}
    return client.post(reverse("account_signup"), {**given, **data}, follow=True)


# --- every page -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ANONYMOUS)
def test_a_page_before_the_door_in_both_languages(name: str) -> None:
    assert (heading(Client(), reverse(name)), heading(Client(), reverse(name), "de")) == ANONYMOUS[name]


@pytest.mark.parametrize("name", SIGNED_IN)
def test_a_page_about_signing_in_in_both_languages(anna: User, name: str) -> None:
    client = sign_in(anna)
    assert (heading(client, reverse(name)), heading(client, reverse(name), "de")) == SIGNED_IN[name]


def test_who_has_no_password_chooses_one() -> None:
    client = sign_in(make_user())
    url = reverse("account_set_password")
    assert (heading(client, url), heading(client, url, "de")) == ("Choose a password", "Passwort wählen")


def test_a_link_that_no_longer_holds_says_so() -> None:
    old_confirmation = reverse("account_confirm_email", args=["x:y:z"])
    old_reset = reverse("account_reset_password_from_key", args=["1", "abc-def"])
    assert {heading(Client(), url) for url in (old_confirmation, old_reset)} == {"This link is no longer valid"}


# --- signing in and out -----------------------------------------------------------------------------------------


def test_signing_in_leads_to_the_lists_without_a_word(anna: User) -> None:
    client = Client()
    response = client.post(reverse("account_login"), {"login": "Anna@Example.org", "password": PASSWORD}, follow=True)
    assert (client.session["_auth_user_id"], notices(response)) == (str(anna.pk), [])
    assert response.redirect_chain[0] == ("/", 302)


def test_a_wrong_password_is_refused(anna: User) -> None:
    client = Client()
    response = client.post(reverse("account_login"), {"login": "anna@example.org", "password": "falsch"})
    assert notices(response) == ["The email address and/or password you specified are not correct."]
    assert "_auth_user_id" not in client.session


def test_signing_out_leads_to_the_login_without_a_word(anna: User) -> None:
    client = sign_in(anna)
    response = client.post(reverse("account_logout"), follow=True)
    assert (read(response).all("h1")[0].text, notices(response)) == ("Sign in", [])
    assert "_auth_user_id" not in client.session


# --- signing up -------------------------------------------------------------------------------------------------


def test_signing_up_makes_a_user_who_owns_a_new_account() -> None:
    client = Client(headers={"accept-language": "de"})
    sign_up(client)
    user = User.objects.get()
    assert (user.email, user.language, user.check_password(PASSWORD)) == ("anna@example.org", "de", True)
    with user_scope(user.pk):
        places = Membership.objects.values_list("account__name", "user", "role")
        assert list(places) == [("Blumen Berger", user.pk, Role.OWNER)]
    assert client.session["_auth_user_id"] == str(user.pk)


def test_signing_up_sends_a_link_that_confirms_the_address() -> None:
    client = Client(headers={"accept-language": "de"})
    sign_up(client)
    (message,) = mail.outbox
    assert message.subject == "E-Mail-Adresse bestätigen"
    assert str(message.body).startswith(
        "Guten Tag,\n\njemand hat anna@example.org zur Anmeldung bei Listkeep eingetragen."
    )
    url = link_in(message)
    assert heading(client, url, "de") == "E-Mail-Adresse bestätigen"
    response = client.post(url, headers={"accept-language": "de"}, follow=True)
    assert EmailAddress.objects.get().verified
    assert "anna@example.org ist bestätigt." in notices(response)


def test_where_addresses_must_be_confirmed_nobody_gets_in_before(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    client = Client()
    response = sign_up(client)
    assert read(response).all("h1")[0].text == "Confirm your e-mail address"
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["", "   "])
def test_signing_up_without_a_company_is_refused(name: str) -> None:
    assert errors(sign_up(Client(), account_name=name)) == ["This field is required."]
    assert not User.objects.exists()


def test_signing_up_with_a_weak_password_makes_nothing() -> None:
    response = sign_up(Client(), password1="123", password2="123")
    assert len(errors(response)) == 3
    assert not User.objects.exists()
    with across_accounts("a test looks for accounts"):
        assert not Account.objects.exists()


def test_signing_up_with_a_known_address_tells_only_its_owner(anna: User, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    EmailAddress.objects.create(user=anna, email=anna.email, verified=True, primary=True)
    response = sign_up(Client())
    assert read(response).all("h1")[0].text == "Confirm your e-mail address"
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["anna@example.org"], "You have an account already")
    assert link_in(message) == reverse("account_reset_password")
    with across_accounts("a test looks for accounts"):
        assert Account.objects.count() == 1


# --- the password -----------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_replaced_by_a_link(anna: User) -> None:
    client = Client()
    response = client.post(reverse("account_reset_password"), {"email": "anna@example.org"}, follow=True)
    assert read(response).all("h1")[0].text == "Check your e-mail"
    (message,) = mail.outbox
    assert message.subject == "Choose a new password"
    response = client.get(link_in(message), follow=True)
    assert read(response).all("h1")[0].text == "Choose a new password"
    place = response.redirect_chain[-1][0]
    response = client.post(place, {"password1": "noch-ein-Passwort-8", "password2": "noch-ein-Passwort-8"}, follow=True)
    assert read(response).all("h1")[0].text == "Your new password is saved"
    anna.refresh_from_db()
    assert anna.check_password("noch-ein-Passwort-8")


def test_an_unknown_address_is_answered_as_a_known_one() -> None:
    response = Client().post(reverse("account_reset_password"), {"email": "wer@example.org"}, follow=True)
    assert read(response).all("h1")[0].text == "Check your e-mail"
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["wer@example.org"], "There is no account with this address")


def test_the_password_is_changed_by_who_knows_it(anna: User) -> None:
    new = {"password1": "noch-ein-Passwort-8", "password2": "noch-ein-Passwort-8"}
    url = reverse("account_change_password")
    assert errors(sign_in(anna).post(url, {"oldpassword": "falsch", **new})) == ["Please type your current password."]
    response = sign_in(anna).post(url, {"oldpassword": PASSWORD, **new}, follow=True)
    assert notices(response) == ["Your new password is saved."]


def test_who_confirms_a_password_that_is_hashed_anew_stays_signed_in(anna: User) -> None:
    anna.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=2)  # of an earlier Django
    anna.save(update_fields=["password"])
    client = sign_in(anna)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    before = anna.password
    anna.refresh_from_db()
    assert anna.password != before
    assert client.get(reverse("account_email")).status_code == 200


# --- the address ------------------------------------------------------------------------------------------------


def test_a_new_address_counts_once_it_is_confirmed(anna: User) -> None:
    EmailAddress.objects.create(user=anna, email=anna.email, verified=True, primary=True)
    client = sign_in(anna)
    client.post(reverse("account_email"), {"email": "berger@example.org", "action_add": "1"})
    page = read(client.get(reverse("account_email")))
    assert page.all("h2")[0].text == "Not confirmed yet"
    anna.refresh_from_db()
    assert anna.email == "anna@example.org"
    key = EmailConfirmationHMAC(EmailAddress.objects.get(email="berger@example.org")).key
    client.post(reverse("account_confirm_email", args=[key]))
    anna.refresh_from_db()
    assert anna.email == "berger@example.org"
