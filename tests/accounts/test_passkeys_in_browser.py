"""Passkeys in a real browser with an authenticator of its own, from adding the first to removing the last."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from accounts.models import Account, Role, User
from tests.factories import make_account, make_member, make_user, sign_in_page

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody


@dataclass(frozen=True)
class Words:
    """What a person reads in one language."""

    language: str
    two_factor: str
    add: str
    password: str
    confirm: str
    name: str
    without_password: str
    make: str
    saved: str
    email: str
    sign_in: str
    with_passkey: str
    use_passkey: str
    one_more_step: str
    not_made: str
    known_already: str
    cannot_ask: str
    did_not_work: str
    only_after_password: str
    rename: str
    remove: str
    last: str
    removed: str
    by_passkey: str
    no_passkeys: str


GERMAN = Words(
    language="de",
    two_factor="Zwei-Faktor-Anmeldung",
    add="Passkey hinzufügen",
    password="Passwort",
    confirm="Bestätigen",
    name="Name",
    without_password="Auch ohne Passwort damit anmelden",
    make="Passkey erstellen",
    saved="Der Passkey ist gespeichert",
    email="E-Mail",
    sign_in="Anmelden",
    with_passkey="Mit Passkey anmelden",
    use_passkey="Passkey benutzen",
    one_more_step="Noch ein Schritt",
    not_made="Es ist kein Passkey entstanden",
    known_already="liegt schon ein Passkey von Ihnen",
    cannot_ask="kann nicht nach Fingerabdruck, Gesicht oder PIN fragen",
    did_not_work="Das hat nicht geklappt",
    only_after_password="Nur nach dem Passwort",
    rename="Umbenennen",
    remove="Entfernen",
    last="Es ist der letzte",
    removed="Der Passkey ist entfernt",
    by_passkey="Mit einem Passkey",
    no_passkeys="Passkeys gehen hier nicht.",
)
ENGLISH = Words(
    language="en",
    two_factor="Two-factor login",
    add="Add a passkey",
    password="Password",
    confirm="Confirm",
    name="Name",
    without_password="Sign in with it without a password, too",
    make="Make passkey",
    saved="The passkey is saved",
    email="Email",
    sign_in="Sign in",
    with_passkey="Sign in with a passkey",
    use_passkey="Use a passkey",
    one_more_step="One more step",
    not_made="No passkey was made",
    known_already="holds a passkey of yours already",
    cannot_ask="cannot ask for a fingerprint, a face or a PIN",
    did_not_work="That did not work",
    only_after_password="After the password only",
    rename="Rename",
    remove="Remove",
    last="It is the last one",
    removed="The passkey is removed",
    by_passkey="With a passkey",
    no_passkeys="Passkeys do not work here.",
)
in_both_languages = pytest.mark.parametrize(
    ("browser_locale", "words"), [("de-DE", GERMAN), ("en-GB", ENGLISH)], ids=["de", "en"]
)


@dataclass
class Devices:
    """The browser's authenticators: what a person has at hand, by the protocol of Chromium's developer tools."""

    session: CDPSession
    ids: list[str] = field(default_factory=list)

    def plug_in(self, *, verifies: bool = True, kind: str = "internal") -> str:
        """A device that touches itself; `verifies`: it can ask for a finger, and is content with it."""
        options = {
            "protocol": "ctap2",
            "transport": kind,
            "hasResidentKey": verifies,
            "hasUserVerification": verifies,
            "isUserVerified": verifies,
            "automaticPresenceSimulation": True,
        }
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self.ids.append(made["authenticatorId"])
        return self.ids[-1]

    def unplug(self, device: str) -> None:
        """It is no longer at hand."""
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})

    def knows_person(self, device: str, *, known: bool) -> None:
        """Whether the finger, or the PIN, is the right one from now on."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": known})

    def passkeys(self, device: str) -> list[dict[str, Any]]:
        """What the device holds."""
        found: list[dict[str, Any]] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": device})[
            "credentials"
        ]
        return found


@pytest.fixture
def devices(page: Page) -> Devices:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    return Devices(session)


@pytest.fixture
def site(live_url: str) -> str:
    """Listkeep by a name: browsers have no passkeys for numbers."""
    return live_url.replace("127.0.0.1", "localhost")


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account("Blumen Berger")


@pytest.fixture
def anna(account: Account) -> User:
    person = make_user("anna@example.org", password=PASSWORD, first_name="Anna", last_name="Berger")
    return make_member(account, Role.OWNER, person)


def open_as(page: Page, site: str, user: User, path: str) -> None:
    sign_in_page(page, user, address=site)
    page.goto(f"{site}{path}")


def to_adding(page: Page, site: str, user: User, words: Words) -> None:
    """Signed in, from My Account to the page that adds a passkey."""
    open_as(page, site, user, "/auth/2fa/")
    page.get_by_role("link", name=words.add).click()
    page.get_by_label(words.password, exact=True).fill(PASSWORD)
    page.get_by_role("button", name=words.confirm).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words.add)


def add(page: Page, words: Words, name: str, *, without_password: bool = True) -> None:
    """On that page, add one."""
    page.get_by_label(words.name, exact=True).fill(name)
    page.get_by_label(words.without_password).set_checked(without_password)
    page.get_by_role("button", name=words.make).click()
    expect(page.get_by_role("status")).to_contain_text(words.saved)


def to_login(page: Page, site: str) -> None:
    page.context.clear_cookies()
    page.goto(f"{site}/auth/login/")


def enter_password(page: Page, words: Words) -> None:
    page.get_by_label(words.email, exact=True).fill("anna@example.org")
    page.get_by_label(words.password, exact=True).fill(PASSWORD)
    page.get_by_role("button", name=words.sign_in, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words.one_more_step)


@in_both_languages
def test_a_passkey_is_added_and_signs_in_without_a_password_and_after_one(
    page: Page,
    site: str,
    devices: Devices,
    account: Account,
    anna: User,
    *,
    words: Words,
    take_picture: Callable[[str], None],
) -> None:
    laptop = devices.plug_in()
    open_as(page, site, anna, f"/a/{account.pk}/account/")
    page.get_by_role("link", name=words.two_factor).click()
    to_adding(page, site, anna, words)
    take_picture(f"passkey-adding-{words.language}")
    add(page, words, "Laptop im Büro")
    assert len(devices.passkeys(laptop)) == 1

    to_login(page, site)
    expect(page.get_by_role("button", name=words.with_passkey)).to_be_visible()
    take_picture(f"login-{words.language}")
    page.get_by_role("button", name=words.with_passkey).click()
    page.wait_for_url(f"**/a/{account.pk}/recipients/")

    to_login(page, site)
    enter_password(page, words)
    take_picture(f"passkey-login-{words.language}")
    page.get_by_role("button", name=words.use_passkey).click()
    page.wait_for_url(f"**/a/{account.pk}/recipients/")

    page.goto(f"{site}/auth/2fa/webauthn/add/")
    page.get_by_role("link", name=words.by_passkey).click()
    page.get_by_role("button", name=words.use_passkey).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(words.add)
    devices.unplug(laptop)
    devices.plug_in(kind="usb", verifies=False)
    add(page, words, "Blauer Schlüssel am Bund", without_password=False)
    expect(page.locator(".passkey-list__row")).to_have_count(2)
    take_picture(f"passkeys-two-{words.language}")


@in_both_languages
def test_a_key_that_is_only_touched_counts_after_the_password(
    page: Page, site: str, devices: Devices, account: Account, anna: User, *, words: Words
) -> None:
    devices.plug_in(verifies=False, kind="usb")
    to_adding(page, site, anna, words)
    add(page, words, "Alter Schlüssel", without_password=False)
    page.goto(f"{site}/auth/2fa/")
    expect(page.locator(".passkey-list__name")).to_contain_text(words.only_after_password)

    to_login(page, site)
    page.get_by_role("button", name=words.with_passkey).click()
    expect(page.get_by_role("alert")).to_contain_text(words.did_not_work)
    enter_password(page, words)
    page.get_by_role("button", name=words.use_passkey).click()
    page.wait_for_url(f"**/a/{account.pk}/recipients/")


@in_both_languages
def test_it_is_renamed_and_removed(page: Page, site: str, devices: Devices, anna: User, *, words: Words) -> None:
    devices.plug_in()
    to_adding(page, site, anna, words)
    add(page, words, "Laptop")
    page.goto(f"{site}/auth/2fa/")
    page.locator(".passkey-list").get_by_role("link", name=words.rename).click()
    page.get_by_label(words.name, exact=True).fill("Laptop zu Hause")
    page.get_by_role("button", name=words.rename).click()
    expect(page.locator(".passkey-list__name")).to_have_text("Laptop zu Hause")
    page.locator(".passkey-list").get_by_role("link", name=words.remove).click()
    expect(page.locator(".confirm")).to_contain_text(words.last)
    page.get_by_role("button", name=words.remove).click()
    expect(page.get_by_role("status")).to_contain_text(words.removed)
    expect(page.locator(".passkey-list__row")).to_have_count(0)


# --- what comes to nothing ----------------------------------------------------------------------------------------


@in_both_languages
def test_a_passkey_that_is_not_made_is_told_of_and_may_be_tried_again(
    page: Page, site: str, devices: Devices, anna: User, *, words: Words
) -> None:
    laptop = devices.plug_in()
    to_adding(page, site, anna, words)
    devices.knows_person(laptop, known=False)
    button = page.get_by_role("button", name=words.make)
    button.click()
    expect(page.get_by_role("alert")).to_contain_text(words.not_made)
    expect(button).to_be_enabled()
    devices.knows_person(laptop, known=True)
    add(page, words, "Laptop")


@in_both_languages
def test_a_device_that_is_known_already_is_told_of(
    page: Page, site: str, devices: Devices, anna: User, *, words: Words
) -> None:
    devices.plug_in()
    to_adding(page, site, anna, words)
    add(page, words, "Laptop")
    page.goto(f"{site}/auth/2fa/webauthn/add/")
    page.get_by_role("button", name=words.make).click()
    expect(page.get_by_role("alert")).to_contain_text(words.known_already)


@in_both_languages
def test_a_login_that_is_cancelled_is_told_of_and_may_be_tried_again(
    page: Page, site: str, devices: Devices, anna: User, *, words: Words
) -> None:
    laptop = devices.plug_in()
    to_adding(page, site, anna, words)
    add(page, words, "Laptop")
    to_login(page, site)
    devices.knows_person(laptop, known=False)
    button = page.get_by_role("button", name=words.with_passkey)
    button.click()
    expect(page.get_by_role("alert")).to_contain_text(words.did_not_work)
    enter_password(page, words)
    devices.unplug(laptop)
    other = devices.plug_in()
    page.get_by_role("button", name=words.use_passkey).click()
    expect(page.get_by_role("alert")).to_contain_text(words.did_not_work)
    assert devices.passkeys(other) == []


@in_both_languages
def test_the_enter_key_in_the_name_asks_too(
    page: Page, site: str, devices: Devices, anna: User, *, words: Words
) -> None:
    devices.plug_in()
    to_adding(page, site, anna, words)
    page.get_by_label(words.name, exact=True).fill("Laptop")
    page.get_by_label(words.name, exact=True).press("Enter")
    expect(page.get_by_role("status")).to_contain_text(words.saved)


# --- where it cannot work -----------------------------------------------------------------------------------------


def check_sentence_in_place_of_button(page: Page, words: Words) -> None:
    expect(page.locator(".passkey__instead")).to_be_visible()
    expect(page.locator(".passkey__instead")).to_contain_text(words.no_passkeys)
    expect(page.locator("#passkey_login")).to_be_hidden()


@in_both_languages
def test_without_scripts_a_sentence_stands_in_place_of_the_button(
    browser: Browser, browser_locale: str, site: str, *, words: Words
) -> None:
    context = browser.new_context(java_script_enabled=False, locale=browser_locale)
    page = context.new_page()
    page.goto(f"{site}/auth/login/")
    check_sentence_in_place_of_button(page, words)
    context.close()


@in_both_languages
def test_so_it_does_at_an_address_that_is_a_number(page: Page, live_url: str, *, words: Words) -> None:
    page.goto(f"{live_url}/auth/login/")
    check_sentence_in_place_of_button(page, words)


@in_both_languages
def test_so_it_does_in_a_browser_without_passkeys(page: Page, site: str, *, words: Words) -> None:
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto(f"{site}/auth/login/")
    check_sentence_in_place_of_button(page, words)
