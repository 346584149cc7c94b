"""In which language a page speaks."""

import pytest
from django.conf import settings
from django.test import Client

from tests.factories import make_user, sign_in
from tests.page_content import read

pytestmark = pytest.mark.django_db


def heading(client: Client, **headers: str) -> str:
    response = client.get("/auth/email/", headers=headers)
    return read(response).all("h1")[0].text


def test_without_a_choice_the_browser_decides() -> None:
    client = sign_in(make_user())
    assert heading(client, accept_language="de-AT,de;q=0.9") == "E-Mail-Adresse ändern"
    assert heading(client, accept_language="fr") == "Change e-mail address"


def test_the_persons_own_language_goes_before_the_browsers() -> None:
    assert heading(sign_in(make_user(language="de")), accept_language="en") == "E-Mail-Adresse ändern"


def test_the_language_chosen_on_this_device_goes_before_the_persons_own() -> None:
    client = sign_in(make_user(language="de"))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert heading(client) == "Change e-mail address"


def test_one_persons_language_is_not_the_next_ones() -> None:
    heading(sign_in(make_user(language="de")))
    assert heading(sign_in(make_user())) == "Change e-mail address"


def test_the_menu_changes_the_language_and_comes_back_to_the_page() -> None:
    client = sign_in(make_user())
    page = read(client.get("/auth/email/?from=x"))
    (form,) = [form for form in page.all("form") if form.attributes["action"] == "/i18n/setlang/"]
    (back,) = [field.attributes["value"] for field in form.all("input") if field.attributes["name"] == "next"]
    buttons = {button.text: button.attributes["value"] for button in form.all("button")}
    assert (back, buttons) == ("/auth/email/?from=x", {"Deutsch": "de", "English": "en"})
    response = client.post("/i18n/setlang/", {"next": back, "language": "de"}, follow=True)
    assert (response.redirect_chain, read(response).all("h1")[0].text) == ([(back, 302)], "E-Mail-Adresse ändern")


def test_a_page_says_in_which_language_it_is() -> None:
    response = Client().get("/auth/login/", headers={"accept-language": "de"})
    assert read(response).all("html")[0].attributes["lang"] == "de"
