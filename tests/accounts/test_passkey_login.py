"""Signing in by a passkey without a password: who gets in, and every answer that must not count."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse
from fido2.utils import websafe_encode
from pytest_django import Settings

from accounts.models import Account, Role, User
from tests.factories import make_account, make_member, make_user
from tests.page_content import notices, read
from tests.passkeys import Key, add, browser, login_options, sign_in_by

pytestmark = pytest.mark.usefixtures("committed_db")  # allauth tells of a change once it is committed

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody
REFUSED = ["This passkey was not accepted. Please try once more, or take another way."]


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def anna(account: Account) -> User:
    return make_member(account, Role.READER, make_user("anna@example.org", password=PASSWORD))


@pytest.fixture
def key(anna: User) -> Key:
    """Her passkey."""
    key = Key()
    add(confirmed(anna), key)
    return key


def confirmed(user: User) -> Client:
    """A browser in which a person has just entered their password."""
    client = browser()
    client.force_login(user)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def refused(answer: dict[str, Any], visitor: Client) -> list[str]:
    """What is said to somebody who was not let in."""
    page = sign_in_by(visitor, answer)
    assert read(page).all("h1")[0].text == "Sign in"
    assert not is_in(visitor)
    return notices(page)


def test_a_passkey_gets_in_without_password_and_code(anna: User, key: Key) -> None:
    visitor = browser()
    page = sign_in_by(visitor, key.sign(login_options(visitor), owner=anna))
    assert (visitor.session["_auth_user_id"], notices(page)) == (str(anna.pk), [])
    assert Authenticator.objects.get(type="webauthn").last_used_at is not None


def test_it_leads_to_where_the_person_was_going(anna: User, key: Key, account: Account) -> None:
    visitor = browser()
    there = reverse("accounts:settings", args=[account.pk])
    assert f'name="next" value="{there}"' in visitor.get(reverse("account_login"), {"next": there}).content.decode()
    data = {"credential": json.dumps(key.sign(login_options(visitor), owner=anna)), "next": there}
    assert visitor.post(reverse("mfa_login_webauthn"), data)["Location"] == there


def test_it_leads_to_no_other_site(anna: User, key: Key) -> None:
    visitor = browser()
    data = {"credential": json.dumps(key.sign(login_options(visitor), owner=anna)), "next": "https://evil.example/"}
    assert visitor.post(reverse("mfa_login_webauthn"), data)["Location"] == "/"


@pytest.mark.parametrize(
    "origin", ["https://listkeep.evil.example", "http://localhost.evil.example", "http://192.0.2.1", "null"]
)
def test_a_foreign_origin_is_refused(anna: User, key: Key, origin: str) -> None:
    visitor = browser()
    assert refused(key.sign(login_options(visitor), owner=anna, origin=origin), visitor) == REFUSED


def test_a_wrong_challenge_is_refused(anna: User, key: Key) -> None:
    visitor = browser()
    assert refused(key.sign(login_options(visitor), owner=anna, challenge="QUFBQUFBQUFBQUFBQUFBQQ"), visitor) == REFUSED


def test_the_challenge_of_another_visitor_is_refused(anna: User, key: Key) -> None:
    visitor, thief = browser(), browser()
    answer = key.sign(login_options(visitor), owner=anna)
    login_options(thief)
    assert refused(answer, thief) == REFUSED


def test_an_answer_counts_once(anna: User, key: Key) -> None:
    visitor = browser()
    answer = key.sign(login_options(visitor), owner=anna)
    sign_in_by(visitor, answer)
    assert is_in(visitor)
    visitor.post(reverse("account_logout"))
    assert refused(answer, visitor) == REFUSED
    login_options(visitor)
    assert refused(answer, visitor) == REFUSED


def test_nothing_was_asked_for(anna: User, key: Key) -> None:
    options = login_options(browser())
    assert refused(key.sign(options, owner=anna), browser()) == REFUSED


def test_the_passkey_of_somebody_else_gets_nobody_in(anna: User, key: Key) -> None:
    ben = make_member(make_account("Andere AG"), Role.OWNER, make_user("ben@example.org", password=PASSWORD))
    bens = Key()
    add(confirmed(ben), bens)
    visitor = browser()
    assert refused(bens.sign(login_options(visitor), owner=anna), visitor) == REFUSED
    assert refused(Key(id=key.id).sign(login_options(visitor), owner=anna), visitor) == REFUSED


def test_a_removed_passkey_gets_nobody_in(anna: User, key: Key) -> None:
    Authenticator.objects.filter(type="webauthn").delete()
    visitor = browser()
    assert refused(key.sign(login_options(visitor), owner=anna), visitor) == REFUSED


def test_a_key_that_was_only_touched_is_refused(anna: User, key: Key) -> None:
    key.verifies = False
    visitor = browser()
    assert refused(key.sign(login_options(visitor), owner=anna), visitor) == REFUSED


def test_so_it_is_with_a_challenge_that_was_given_out_after_a_password(
    anna: User, key: Key, settings: Settings
) -> None:
    """Who finds a key has not its PIN, but an access of their own, whose second step asks for less.

    They wait until that step is over; its challenge still lies in their session.
    """
    ben = make_user("ben@example.org", password=PASSWORD)
    add(confirmed(ben), Key())
    thief = browser()
    page = thief.post(reverse("account_login"), {"login": ben.email, "password": PASSWORD}, follow=True)
    settings.ACCOUNT_LOGIN_TIMEOUT = 0
    key.verifies = False
    assert refused(key.sign(page.context["js_data"], owner=anna), thief) == REFUSED


def test_a_key_for_after_the_password_stays_that(anna: User) -> None:
    key = Key(resident=False)
    add(confirmed(anna), key, passwordless=False)
    visitor = browser()
    assert refused(key.sign(login_options(visitor), owner=anna), visitor) == [
        "This security key counts only after your password. Enter your password first."
    ]


@pytest.mark.parametrize(
    "sent", ["", "5", "[]", "{}", "{", '{"response": 5}', '{"id": "a", "rawId": "a", "response": {"userHandle": 5}}']
)
def test_an_answer_that_is_none_is_refused_with_a_sentence(db_user: User, sent: str) -> None:
    visitor = browser()
    login_options(visitor)
    page = visitor.post(reverse("mfa_login_webauthn"), {"credential": sent}, follow=True)
    assert (page.status_code, len(notices(page)), is_in(visitor)) == (200, 1, False)


@pytest.fixture
def db_user() -> User:
    return make_user()


@pytest.mark.parametrize("owner", [None, b"\xff", b"-", b"zzzzzzzzzzzzzzzzzzzzzzzzz", b"9"])
def test_an_answer_of_nobody_is_refused_with_a_sentence(db_user: User, owner: bytes | None) -> None:
    visitor = browser()
    answer = Key().sign(login_options(visitor))
    answer["response"]["userHandle"] = None if owner is None else websafe_encode(owner)
    assert refused(answer, visitor) == REFUSED


def test_tries_are_limited_by_address(anna: User, key: Key) -> None:
    url = reverse("mfa_login_webauthn")
    statuses = [browser().post(url, {"credential": "{}"}).status_code for _try in range(31)]
    assert statuses == [302] * 30 + [429]
    visitor = browser()
    assert sign_in_by(visitor, key.sign(login_options(visitor), owner=anna)).status_code == 429
    assert not is_in(visitor)


def test_whose_access_is_closed_hears_the_same_as_with_a_password(anna: User, key: Key) -> None:
    anna.is_active = False
    anna.save(update_fields=["is_active"])
    visitor, other = browser(), browser()
    by_passkey = sign_in_by(visitor, key.sign(login_options(visitor), owner=anna))
    by_password = other.post(reverse("account_login"), {"login": anna.email, "password": PASSWORD}, follow=True)
    assert read(by_passkey).all("h1")[0].text == "Your access is closed"
    assert by_passkey.redirect_chain == by_password.redirect_chain
    assert (is_in(visitor), is_in(other)) == (False, False)


def test_who_belongs_to_no_account_hears_the_same_as_with_a_password() -> None:
    ben = make_user("ben@example.org", password=PASSWORD)
    key = Key()
    signed_in = confirmed(ben)
    add(signed_in, key)
    visitor = browser()
    page = sign_in_by(visitor, key.sign(login_options(visitor), owner=ben))
    assert read(page).all("h1")[0].text == read(signed_in.get(reverse("home"), follow=True)).all("h1")[0].text


def test_an_address_that_is_not_confirmed_stops_it_as_with_a_password(anna: User, key: Key, settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    visitor = browser()
    page = sign_in_by(visitor, key.sign(login_options(visitor), owner=anna))
    assert read(page).all("h1")[0].text == "Confirm your e-mail address"
    assert not is_in(visitor)


def test_a_forged_form_is_refused(anna: User, key: Key) -> None:
    visitor = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    answer = key.sign(login_options(visitor), owner=anna)
    assert visitor.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(answer)}).status_code == 403
