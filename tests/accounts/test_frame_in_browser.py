"""The few scripts, in a real browser, and that everything works without them. Chromium fails on a broken CSP."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from tests.factories import make_account, make_group, make_member, sign_in_page
from tests.pages import watched_page


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account("Blumen Berger")


@pytest.fixture
def inside(page: Page, live_url: str, account: Account) -> Page:
    """A browser in which an owner of the account is signed in."""
    let_in(page, live_url, account)
    return page


@pytest.fixture
def without_scripts(browser: Browser, live_url: str, account: Account) -> Iterator[Page]:
    """The same without scripts."""
    context = browser.new_context(locale="de-DE", java_script_enabled=False)
    page = context.new_page()
    let_in(page, live_url, account)
    yield page
    context.close()


def let_in(page: Page, live_url: str, account: Account) -> None:
    sign_in_page(page, make_member(account, Role.OWNER), address=live_url)


def place(live_url: str, account: Account, path: str) -> str:
    return f"{live_url}/a/{account.pk}/{path}"


def automatic_backups(account: Account) -> bool:
    with account_scope(account.pk):
        return Account.objects.get().automatic_backups


# --- menus ------------------------------------------------------------------------------------------------------


@pytest.fixture
def profile(inside: Page, live_url: str, account: Account) -> Page:
    """A page whose profile menu is open."""
    inside.goto(place(live_url, account, "account/users/"))
    inside.get_by_label("Profil").click()
    expect(inside.get_by_role("link", name="Mein Account")).to_be_visible()
    return inside


def test_escape_closes_a_menu_and_gives_its_button_the_focus(profile: Page) -> None:
    profile.keyboard.press("Tab")
    profile.keyboard.press("Escape")
    expect(profile.get_by_role("link", name="Mein Account")).to_be_hidden()
    expect(profile.get_by_label("Profil")).to_be_focused()


def test_a_click_beside_a_menu_closes_it(profile: Page) -> None:
    profile.get_by_role("heading", level=1).click()
    expect(profile.get_by_role("link", name="Mein Account")).to_be_hidden()


def test_one_menu_is_open_at_a_time(profile: Page) -> None:
    profile.locator("summary", has_text="Deutsch").click()
    expect(profile.get_by_role("button", name="English")).to_be_visible()
    expect(profile.get_by_role("link", name="Mein Account")).to_be_hidden()


def test_a_menu_stays_in_the_window(profile: Page) -> None:
    box = profile.locator("details[open] > .menu__list").bounding_box()
    size = profile.viewport_size
    assert box is not None
    assert size is not None
    assert (box["x"] >= 0, box["y"] >= 0) == (True, True)
    assert (box["x"] + box["width"] <= size["width"], box["y"] + box["height"] <= size["height"]) == (True, True)


def test_on_a_phone_the_left_menu_folds_into_the_top_bar(inside: Page, live_url: str, account: Account) -> None:
    inside.set_viewport_size({"width": 390, "height": 844})
    inside.goto(place(live_url, account, "account/users/"))
    expect(inside.get_by_role("link", name="Importe")).to_be_hidden()
    inside.locator("summary[aria-label=Hauptmenü]").click()
    inside.get_by_role("link", name="Importe").click()
    expect(inside).to_have_url(place(live_url, account, "imports/"))


@pytest.mark.parametrize("path", ["account/", "account/privacy/", "account/users/", "account/audit-log/"])
def test_no_page_is_wider_than_a_phone(inside: Page, live_url: str, account: Account, path: str) -> None:
    inside.set_viewport_size({"width": 320, "height": 640})
    inside.goto(place(live_url, account, path))
    assert inside.evaluate("document.documentElement.scrollWidth") == 320


def test_on_a_phone_the_tab_of_the_page_is_in_view(inside: Page, live_url: str, account: Account) -> None:
    inside.set_viewport_size({"width": 320, "height": 640})
    group = make_group(account)
    inside.goto(place(live_url, account, f"recipients/{group.pk}/settings/"))
    expect(inside.locator(".tabs__link[aria-current]").first).to_be_in_viewport(ratio=0.9)


# --- the slider -------------------------------------------------------------------------------------------------


def test_the_slider_saves_itself_says_so_and_keeps_the_focus(inside: Page, live_url: str, account: Account) -> None:
    inside.goto(place(live_url, account, "account/privacy/"))
    slider = inside.get_by_role("switch", name="Automatische Backups")
    expect(inside.locator("#automatic-backups").get_by_role("button", name="Speichern")).to_be_hidden()
    slider.click()
    expect(inside.get_by_role("status")).to_have_text(
        "Automatische Backups sind aus. Importe und Löschungen laufen ab jetzt ohne Backup."
    )
    expect(slider).not_to_be_checked()
    expect(slider).to_be_focused()
    assert automatic_backups(account) is False
    slider.click()
    expect(inside.get_by_role("status")).to_have_text("Automatische Backups sind an.")
    assert automatic_backups(account) is True


def test_the_slider_goes_back_when_the_server_does_not_answer(
    browser: Browser, live_url: str, account: Account
) -> None:
    with watched_page(browser, locale="de-DE") as (page, _):
        let_in(page, live_url, account)
        page.goto(place(live_url, account, "account/privacy/"))
        page.context.set_offline(True)
        page.get_by_role("switch", name="Automatische Backups").click()
        expect(page.get_by_role("alert")).to_contain_text("Das ist nicht angekommen")
        expect(page.get_by_role("switch", name="Automatische Backups")).to_be_checked()
        page.get_by_role("button", name="Schließen").click()
        expect(page.get_by_role("alert")).to_have_count(0)
    assert automatic_backups(account) is True


def test_the_slider_works_without_scripts(without_scripts: Page, live_url: str, account: Account) -> None:
    without_scripts.goto(place(live_url, account, "account/privacy/"))
    without_scripts.get_by_role("switch", name="Automatische Backups").uncheck()
    without_scripts.locator("#automatic-backups").get_by_role("button", name="Speichern").click()
    expect(without_scripts.get_by_role("switch", name="Automatische Backups")).not_to_be_checked()
    assert automatic_backups(account) is False


def test_menus_work_without_scripts(without_scripts: Page, live_url: str, account: Account) -> None:
    without_scripts.goto(place(live_url, account, "account/users/"))
    without_scripts.get_by_label("Profil").click()
    without_scripts.get_by_role("button", name="Abmelden").click()
    expect(without_scripts.get_by_role("heading", level=1)).to_have_text("Anmelden")


# --- a form is sent once ----------------------------------------------------------------------------------------


@pytest.fixture
def held(inside: Page, live_url: str, account: Account) -> list[Route]:
    """What is sent to rename the account, held back; the page with the form is open."""
    sent: list[Route] = []

    def hold(route: Route) -> None:
        sent.append(route)

    inside.route(place(live_url, account, "account/name/"), hold)
    inside.goto(place(live_url, account, "account/"))
    return sent


def in_turn(page: Page, account: Account, *steps: str) -> list[bool]:
    """Take the steps with the `button` of the account's name, 0.2 s apart; whether it was disabled after each.

    In one go, because Playwright waits for the answer to a sent form before it does anything else in the page.
    """
    script = "".join(f"{step}; await pause(); states.push(button.disabled);" for step in steps)
    states: list[bool] = page.evaluate(
        f"""async (action) => {{
            const button = document.querySelector(`form[action="${{action}}"] button`);
            const pause = () => new Promise((done) => setTimeout(done, 200));
            const states = [];
            {script}
            return states;
        }}""",
        f"/a/{account.pk}/account/name/",
    )
    return states


def test_a_form_is_sent_once_however_often_it_is_submitted(inside: Page, account: Account, held: list[Route]) -> None:
    states = in_turn(inside, account, "button.click()", "button.click()", "button.form.requestSubmit()")
    assert (len(held), states) == (1, [True, True, True])
    held[0].continue_()
    expect(inside.get_by_role("status")).to_have_text("Der Account heißt jetzt Blumen Berger.")


def test_buttons_wake_up_when_the_person_comes_back(inside: Page, account: Account, held: list[Route]) -> None:
    back = "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"  # as the back button does
    assert in_turn(inside, account, "button.click()", back) == [True, False]
    held[0].abort()
