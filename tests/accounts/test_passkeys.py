"""Passkeys and security keys: added, signed in with, asked for after the password, renamed, removed."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.test import Client
from django.urls import reverse
from fido2.webauthn import RegistrationResponse

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from accounts.wording import details_of
from tests.factories import make_account, make_member, make_user
from tests.page_content import errors, notices, read
from tests.passkeys import Key, add, browser, login_options, sign_in_by

pytestmark = pytest.mark.usefixtures("committed_db")  # allauth tells of a change once it is committed

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody
ADDED = "The passkey is saved and counts from now on."
CODES = "These are your new recovery codes. Earlier ones no longer count."


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def anna(account: Account) -> User:
    person = make_user("anna@example.org", password=PASSWORD, first_name="Anna", last_name="Berger")
    return make_member(account, Role.READER, person)


@pytest.fixture
def client(anna: User) -> Client:
    """A browser in which she has just entered her password."""
    client = browser()
    client.force_login(anna)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def is_in(client: Client, user: User) -> bool:
    return client.session.get("_auth_user_id") == str(user.pk)


def trail(account: Account) -> list[tuple[str, str, str, int | None]]:
    with account_scope(account.pk):
        entries = list(AuditEntry.objects.order_by("id"))
    return [(entry.action, entry.subject, details_of(entry), entry.actor_id) for entry in entries]


def by_password(**headers: str) -> tuple[Client, Any]:
    client = browser(**headers)
    data = {"login": "anna@example.org", "password": PASSWORD}
    return client, client.post(reverse("account_login"), data, follow=True)


def heading(response: Any) -> str:
    return read(response).all("h1")[0].text


# --- adding -----------------------------------------------------------------------------------------------------


def test_adding_the_first_shows_ten_codes_and_stands_in_the_trail_of_each_account(
    account: Account, anna: User, client: Client
) -> None:
    other = make_account("Andere AG")
    make_member(other, Role.EDITOR, anna)
    make_member(make_account("Dritte KG"), Role.OWNER)
    page = add(client, Key(), name="Laptop im Büro")
    assert notices(page) == [ADDED, CODES]
    assert len(read(page).all(css_class="code-list")[0].all("code")) == 10
    for one in (account, other):
        assert sorted(trail(one)) == [
            (AuditAction.PASSKEY_ADDED, "anna@example.org", "Laptop im Büro", anna.pk),
            (AuditAction.RECOVERY_CODES_MADE, "anna@example.org", "", anna.pk),
        ]


def test_the_page_lists_them_by_age_with_their_kind(client: Client, anna: User) -> None:
    add(client, Key(), name="Laptop")
    add(client, Key(verifies=False, resident=False), name="Alter Schlüssel", passwordless=False)
    key = Key(resident=None)  # a browser that does not say which kind it is
    add(client, key, name="Handy")
    visitor = browser()
    sign_in_by(visitor, key.sign(login_options(visitor), owner=anna))
    names = [name.text for name in read(client.get(reverse("mfa_index"))).all(css_class="passkey-list__name")]
    times = [part.text for part in read(client.get(reverse("mfa_index"))).all(css_class="passkey-list__times")]
    assert names == ["Laptop", "Alter Schlüssel After the password only", "Handy"]
    assert ["not yet" in text for text in times] == [True, True, False]


def test_what_the_browser_is_asked_for_names_listkeep_and_the_person(client: Client) -> None:
    options = client.get(reverse("mfa_add_webauthn")).context["js_data"]["creation_options"]["publicKey"]
    assert dict(options["rp"]) == {"id": "localhost", "name": "Listkeep"}
    assert (options["user"]["name"], options["user"]["displayName"]) == ("anna@example.org", "Anna Berger")
    assert options["excludeCredentials"] == []


def test_a_device_is_told_which_of_its_passkeys_are_known(client: Client) -> None:
    key = Key()
    add(client, key)
    options = client.get(reverse("mfa_add_webauthn")).context["js_data"]["creation_options"]["publicKey"]
    assert len(options["excludeCredentials"]) == 1


def test_without_a_name_it_gets_a_number(client: Client) -> None:
    for _one in range(2):
        add(client, Key(), name="")
    assert [one.wrap().name for one in Authenticator.objects.filter(type="webauthn").order_by("id")] == [
        "Passkey",
        "Passkey 2",
    ]


def test_adding_asks_for_the_password_first(anna: User) -> None:
    client = browser()
    client.force_login(anna)
    for name in ("mfa_add_webauthn",):
        response = client.get(reverse(name))
        assert (response.status_code, response["Location"][:22]) == (302, "/auth/reauthenticate/?")


def test_a_foreign_origin_adds_nothing(client: Client) -> None:
    page = add(client, Key(), origin="https://listkeep.evil.example")
    assert notices(page) == ["This passkey was not accepted. Please try once more, or take another way."]
    assert not Authenticator.objects.exists()


def test_without_a_password_only_what_knows_its_person_counts(client: Client) -> None:
    page = add(client, Key(verifies=False), passwordless=True)
    assert notices(page) == ["This passkey was not accepted. Please try once more, or take another way."]
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize(
    "sent", ["", "5", "[]", "{}", "{", '{"response": 5}', '{"id": "a", "rawId": "a", "response": {}}']
)
def test_an_answer_that_is_none_is_refused_with_a_sentence(client: Client, sent: str) -> None:
    url = reverse("mfa_add_webauthn")
    client.get(url)
    response = client.post(url, {"name": "x", "credential": sent})
    assert (response.status_code, len(notices(response))) == (200, 1)
    assert not Authenticator.objects.exists()


def test_the_database_holds_no_secret(client: Client) -> None:
    """The public key, its number, and what the device said of itself."""
    key = Key()
    add(client, key)
    data = Authenticator.objects.get(type="webauthn").data
    assert sorted(data) == ["credential", "name"]
    assert sorted(data["credential"]) == ["clientExtensionResults", "id", "rawId", "response", "type"]
    assert sorted(data["credential"]["response"]) == ["attestationObject", "clientDataJSON"]
    kept = RegistrationResponse.from_dict(data["credential"]).response.attestation_object
    assert (kept.fmt, kept.att_stmt) == ("none", {})


# --- after the password -----------------------------------------------------------------------------------------


def test_who_has_only_a_passkey_is_asked_for_it_after_the_password(client: Client, anna: User) -> None:
    key = Key(verifies=False)  # touched is enough: the password was the other factor
    add(client, key, passwordless=False)
    visitor, page = by_password()
    assert heading(page) == "One more step"
    assert not is_in(visitor, anna)
    answer = key.sign(page.context["js_data"])
    visitor.post(reverse("mfa_authenticate"), {"credential": json.dumps(answer)})
    assert is_in(visitor, anna)


def test_the_page_speaks_of_an_app_only_to_who_has_one(client: Client) -> None:
    add(client, Key())
    _visitor, page = by_password()
    assert [label.text for label in read(page).all("label")] == ["Recovery code"]
    _visitor, page = by_password(accept_language="de")
    assert [label.text for label in read(page).all("label")] == ["Wiederherstellungscode"]


def test_a_recovery_code_gets_in_once(client: Client, anna: User) -> None:
    code = read(add(client, Key())).all(css_class="code-list")[0].all("code")[0].text
    entered = []
    for _again in range(2):
        visitor, _page = by_password()
        visitor.post(reverse("mfa_authenticate"), {"code": code})
        entered.append(is_in(visitor, anna))
    assert entered == [True, False]


def test_a_refused_passkey_says_so_and_may_be_tried_again(client: Client, anna: User) -> None:
    key = Key()
    add(client, key)
    visitor, page = by_password()
    url = reverse("mfa_authenticate")
    page = visitor.post(url, {"credential": json.dumps(Key().sign(page.context["js_data"]))})
    assert notices(page) == ["This passkey was not accepted. Please try once more, or take another way."]
    visitor.post(url, {"credential": json.dumps(key.sign(page.context["js_data"]))})
    assert is_in(visitor, anna)


def test_another_persons_passkey_is_refused(client: Client, anna: User) -> None:
    add(client, Key())
    ben = make_member(make_account("Andere AG"), Role.OWNER, make_user("ben@example.org", password=PASSWORD))
    other, bens = browser(), Key()
    other.force_login(ben)
    other.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    add(other, bens)
    visitor, page = by_password()
    visitor.post(reverse("mfa_authenticate"), {"credential": json.dumps(bens.sign(page.context["js_data"]))})
    assert not is_in(visitor, anna)


def test_tries_are_limited(client: Client, anna: User) -> None:
    key = Key()
    add(client, key)
    visitor, page = by_password()
    url = reverse("mfa_authenticate")
    for _try in range(5):
        page = visitor.post(url, {"credential": json.dumps(Key().sign(page.context["js_data"]))})
    page = visitor.post(url, {"credential": json.dumps(key.sign(page.context["js_data"]))})
    assert notices(page) == ["Too many failed login attempts. Try again later."]
    assert not is_in(visitor, anna)


# --- renaming, removing -----------------------------------------------------------------------------------------


def pk_of(name: str) -> int:
    return int(Authenticator.objects.get(type="webauthn", data__name=name).pk)


def test_renaming_stands_in_the_trail(client: Client, account: Account, anna: User) -> None:
    add(client, Key(), name="Laptop")
    url = reverse("mfa_edit_webauthn", args=[pk_of("Laptop")])
    assert heading(client.get(url)) == "Rename “Laptop”"
    page = client.post(url, {"name": "Laptop zu Hause"}, follow=True)
    assert [name.text for name in read(page).all(css_class="passkey-list__name")] == ["Laptop zu Hause"]
    client.post(reverse("mfa_edit_webauthn", args=[pk_of("Laptop zu Hause")]), {"name": "Laptop zu Hause"})
    renamed = [entry for entry in trail(account) if entry[0] == AuditAction.PASSKEY_RENAMED]
    assert renamed == [
        (AuditAction.PASSKEY_RENAMED, "anna@example.org", "Laptop → Laptop zu Hause", anna.pk),
    ]


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_no_name_and_one_too_long_are_refused(client: Client, name: str) -> None:
    add(client, Key(), name="Laptop")
    response = client.post(reverse("mfa_edit_webauthn", args=[pk_of("Laptop")]), {"name": name})
    assert len(errors(response)) == 1
    assert pk_of("Laptop")


def test_removing_one_of_two_leaves_the_rest(client: Client, account: Account, anna: User) -> None:
    add(client, Key(), name="Laptop")
    add(client, Key(), name="Handy")
    url = reverse("mfa_remove_webauthn", args=[pk_of("Handy")])
    page = client.get(url)
    assert heading(page) == "Remove “Handy”"
    assert "Your other ways of signing in stay." in read(page).text
    page = client.post(url, follow=True)
    assert notices(page) == ["The passkey is removed and gets nobody in any more. Delete it on your device, too."]
    assert [name.text for name in read(page).all(css_class="passkey-list__name")] == ["Laptop"]
    assert Authenticator.objects.filter(type="recovery_codes").count() == 1
    assert trail(account)[-1] == (AuditAction.PASSKEY_REMOVED, "anna@example.org", "Handy", anna.pk)


def test_removing_the_last_says_that_the_codes_go_and_takes_them(client: Client) -> None:
    add(client, Key(), name="Laptop")
    url = reverse("mfa_remove_webauthn", args=[pk_of("Laptop")])
    assert (
        "It is the last one: from then on, your password alone gets in, and your recovery codes no longer count."
        in read(client.get(url)).text
    )
    page = client.post(url, follow=True)
    assert not Authenticator.objects.exists()
    assert "Two-factor login is off" in read(page).text


def test_switching_the_app_off_beside_a_passkey_leaves_the_codes(client: Client, anna: User) -> None:
    add(client, Key())
    TOTP.activate(anna, "JBSWY3DPEHPK3PXP")
    text = read(client.get(reverse("mfa_deactivate_totp"))).text
    assert "After your password, Listkeep goes on asking for one of your passkeys." in text
    page = client.post(reverse("mfa_deactivate_totp"), follow=True)
    assert "Two-factor login is on" in read(page).text
    assert Authenticator.objects.filter(type="recovery_codes").count() == 1


def test_another_persons_passkey_is_not_found(client: Client) -> None:
    ben = make_user("ben@example.org", password=PASSWORD)
    other = browser()
    other.force_login(ben)
    other.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    add(other, Key(), name="Bens")
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        url = reverse(name, args=[pk_of("Bens")])
        assert (client.get(url).status_code, client.post(url, {"name": "Meins"}).status_code) == (404, 404)
    assert pk_of("Bens")


def test_a_refused_passkey_is_told_where_a_person_confirms(client: Client, anna: User) -> None:
    key = Key()
    add(client, key)
    again = browser()
    sign_in_by(again, key.sign(login_options(again), owner=anna))
    url = reverse("mfa_reauthenticate_webauthn") + "?next=" + reverse("mfa_add_webauthn")
    page = again.post(url, {"credential": json.dumps(Key().sign(again.get(url).context["js_data"]))})
    assert heading(page) == "Confirm that it is you"
    assert notices(page) == ["This passkey was not accepted. Please try once more, or take another way."]
    answer = key.sign(page.context["js_data"])
    page = again.post(url, {"credential": json.dumps(answer), "next": reverse("mfa_add_webauthn")}, follow=True)
    assert heading(page) == "Add a passkey"
