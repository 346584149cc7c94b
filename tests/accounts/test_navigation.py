"""What the frame of each page offers: accounts to change to, My Account, the left menu."""

import pytest
from django.urls import reverse

from accounts.models import Account, Role, User
from tests.factories import make_account, make_group, make_member, make_user, sign_in
from tests.page_content import Element, read

pytestmark = pytest.mark.django_db


def top_bar(user: User, account: Account) -> Element:
    page = read(sign_in(user).get(reverse("accounts:users", args=[account.pk])))
    return page.all(css_class="top-bar")[0]


def test_who_has_one_account_sees_its_name_and_no_switcher() -> None:
    account = make_account("Blumen Berger")
    make_member(account, Role.OWNER)
    make_member(make_account("Andere AG"))
    bar = top_bar(make_member(account), account)
    assert bar.all(css_class="top-bar__account")[0].text == "Blumen Berger"


def test_who_has_several_accounts_changes_between_them_and_no_others() -> None:
    first, second = make_account("Blumen Berger"), make_account("Andere AG")
    make_account("Fremde KG")
    user = make_member(first)
    make_member(second, Role.READER, user)
    (switcher,) = top_bar(user, first).all(css_class="top-bar__account")
    items = [
        (item.text, item.attributes["href"], "aria-current" in item.attributes)
        for item in switcher.all(css_class="menu__item")
    ]
    assert items == [
        ("Andere AG", reverse("recipients:groups", args=[second.pk]), False),
        ("Blumen Berger", reverse("recipients:groups", args=[first.pk]), True),
    ]


def test_the_profile_menu_leads_to_my_account_and_out() -> None:
    account = make_account()
    bar = top_bar(make_member(account, user=make_user("anna@example.org", first_name="Anna")), account)
    menu = bar.all("details")[-1]
    assert menu.text == "Anna anna@example.org My Account Sign out"
    assert menu.all("a")[0].attributes["href"] == reverse("accounts:settings", args=[account.pk])
    (form,) = menu.all("form")
    assert (form.attributes["action"], form.attributes["method"]) == (reverse("account_logout"), "post")


def test_the_left_menu_leads_to_recipients_and_imports_and_marks_neither_in_my_account() -> None:
    account = make_account()
    page = read(sign_in(make_member(account)).get(reverse("accounts:users", args=[account.pk])))
    (menu,) = page.all(css_class="side-menu")
    links = [(link.text, link.attributes["href"], link.attributes.get("aria-current")) for link in menu.all("a")]
    assert links == [
        ("Recipients", reverse("recipients:groups", args=[account.pk]), None),
        ("Block list", reverse("recipients:account_block_list", args=[account.pk]), None),
        ("Imports", reverse("imports:history", args=[account.pk]), None),
    ]


@pytest.mark.parametrize(
    ("name", "entry"), [("imports:history", "Imports"), ("recipients:account_block_list", "Block list")]
)
def test_the_left_menu_marks_the_section_of_the_page(name: str, entry: str) -> None:
    account = make_account()
    page = read(sign_in(make_member(account)).get(reverse(name, args=[account.pk])))
    marked = [link.text for link in page.all(css_class="side-menu")[0].all("a") if "aria-current" in link.attributes]
    assert marked == [entry]


@pytest.mark.parametrize(
    ("name", "tabs"),
    [
        ("settings", ["Settings", "My data"]),
        ("privacy", ["Settings", "Data privacy"]),
        ("users", ["Users"]),
        ("audit_log", ["Extras", "Audit log"]),
    ],
)
def test_the_tabs_of_my_account_mark_the_page(name: str, tabs: list[str]) -> None:
    account = make_account()
    page = read(sign_in(make_member(account)).get(reverse(f"accounts:{name}", args=[account.pk])))
    assert [tab.text for tab in page.all(css_class="tabs__link") if "aria-current" in tab.attributes] == tabs


def test_a_page_outside_any_account_shows_the_first_one() -> None:
    user = make_member(make_account("Zweite"))
    make_member(make_account("Erste"), user=user)
    page = read(sign_in(user).get(reverse("account_email")))
    assert page.all(css_class="top-bar__account-name")[0].text == "Erste"


def test_who_belongs_to_no_account_still_signs_out() -> None:
    page = read(sign_in(make_user()).get("/"))
    assert [part.text for part in page.all(css_class="side-menu")] == []
    assert "Sign out" in page.all(css_class="top-bar")[0].text


@pytest.mark.parametrize(
    "name", ["recipients:group", "imports:upload", "imports:group_history", "backups:group", "recipients:block_list"]
)
def test_the_left_menu_marks_recipients_on_every_page_of_a_list(name: str) -> None:
    account = make_account()
    group = make_group(account)
    page = read(sign_in(make_member(account)).get(reverse(name, args=[account.pk, group.pk])))
    marked = [link.text for link in page.all(css_class="side-menu")[0].all("a") if "aria-current" in link.attributes]
    assert marked == ["Recipients"]


@pytest.mark.parametrize(("role", "offered"), [(Role.READER, False), (Role.EDITOR, True)])
def test_only_who_may_change_the_list_is_offered_the_tab_that_adds_data(role: Role, *, offered: bool) -> None:
    account = make_account()
    group = make_group(account)
    page = read(sign_in(make_member(account, role)).get(reverse("recipients:group", args=[account.pk, group.pk])))
    tabs = [link.text for link in page.all(css_class="tabs")[0].all("a")]
    assert ("Add data" in tabs) is offered
