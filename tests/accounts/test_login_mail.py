"""Whose login is changed gets a mail about it: what, when, from where, at the address that the login had before."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from accounts.models import Role, User
from tests.authenticator_app import set_up
from tests.factories import make_account, make_member, make_user
from tests.page_content import notices
from tests.passkeys import Key, add, browser

pytestmark = pytest.mark.usefixtures("committed_db")  # allauth tells of a change once it is committed

OLD, NEW = "ein-langes-Passwort-7", "noch-ein-Passwort-8"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:150.0) Gecko/20100101 Firefox/150.0"
CHOSEN = {"password1": NEW, "password2": NEW}


@pytest.fixture
def anna() -> User:
    person = make_member(make_account(), Role.READER, make_user("anna@example.org", password=OLD))
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def client(anna: User) -> Client:
    """A browser in which she has just entered her password."""
    client = browser(user_agent=FIREFOX)
    client.force_login(anna)
    client.post(reverse("account_reauthenticate"), {"password": OLD})
    return client


def change_password(client: Client) -> None:
    client.post(reverse("account_change_password"), {"oldpassword": OLD, **CHOSEN})


def reset_password(client: Client) -> None:
    client.post(reverse("account_reset_password"), {"email": "anna@example.org"})
    (link,) = re.findall(r"http://localhost(\S+)", str(mail.outbox.pop().body))
    place = client.get(link, follow=True).redirect_chain[-1][0]
    client.post(place, CHOSEN)


def choose_first_password(client: Client) -> None:
    anna = User.objects.get()
    anna.set_unusable_password()
    anna.save()
    client.force_login(anna)
    client.post(reverse("account_set_password"), CHOSEN)


def change_address(client: Client) -> None:
    client.post(reverse("account_email"), {"email": "berger@example.org", "action_add": "1"})
    key = EmailConfirmationHMAC(EmailAddress.objects.get(email="berger@example.org")).key
    mail.outbox.clear()
    client.post(reverse("account_confirm_email", args=[key]))


def switch_app_off(client: Client) -> None:
    set_up(client)
    mail.outbox.clear()
    client.post(reverse("mfa_deactivate_totp"))


def make_codes(client: Client) -> None:
    set_up(client)
    mail.outbox.clear()
    client.post(reverse("mfa_generate_recovery_codes"))


def add_passkey(client: Client) -> None:
    add(client, Key())


def remove_passkey(client: Client) -> None:
    page = add(client, Key())
    mail.outbox.clear()
    (authenticator,) = page.wsgi_request.user.authenticator_set.filter(type="webauthn")
    client.post(reverse("mfa_remove_webauthn", args=[authenticator.pk]))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_password, "Your password was changed."),
        (reset_password, "A new password was chosen by the link of an e-mail to you."),
        (choose_first_password, "A password was chosen; there was none before."),
        (change_address, "The address for signing in is berger@example.org now; it was anna@example.org."),
        (set_up, "An authenticator app was set up for two-factor login."),
        (switch_app_off, "The authenticator app was switched off."),
        (make_codes, "New recovery codes were made. Earlier ones no longer count."),
        (add_passkey, "A passkey was added."),
        (remove_passkey, "A passkey was removed."),
    ],
)
def test_each_change_is_told(change: Callable[[Client], Any], sentence: str, client: Client) -> None:
    change(client)
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["anna@example.org"], "Your login for Listkeep was changed")
    lines = str(message.body).splitlines()
    assert lines[:3] == ["Hello,", "", sentence]
    assert lines[5:7] == ["From where: 127.0.0.1", "With: Firefox, Windows"]
    assert lines[4].startswith("When: ")
    assert lines[4].endswith(("(CET)", "(CEST)"))
    assert lines[10].endswith("/auth/password/reset/")


def test_the_mail_is_in_the_language_of_the_person(anna: User, client: Client) -> None:
    User.objects.update(language="de")
    change_password(client)
    (message,) = mail.outbox
    assert message.subject == "Ihre Anmeldung bei Listkeep wurde geändert"
    assert "Ihr Passwort wurde geändert." in message.body


def test_a_change_stands_though_the_mail_server_refuses(
    anna: User, client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    url = reverse("account_change_password")
    response = client.post(url, {"oldpassword": OLD, **CHOSEN}, follow=True)
    assert notices(response) == ["Your new password is saved."]
    anna.refresh_from_db()
    assert anna.check_password(NEW)
    (told,) = [record.getMessage() for record in caplog.records if record.name == "accounts.login_mail"]
    assert told == f"user {anna.pk} could not be told of account/email/password_changed: ConnectionRefusedError"


def test_a_new_password_signs_everybody_out_as_the_mail_says(client: Client) -> None:
    reset_password(browser(user_agent=FIREFOX))
    response = client.get(reverse("account_change_password"))
    assert (response.status_code, response["Location"][:18]) == (302, "/auth/login/?next=")
