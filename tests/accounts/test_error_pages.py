"""The pages of errors: in the look and the languages of the others, and without asking the database."""

import pytest
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.utils import translation
from django.views import csrf, defaults
from pytest_django import DjangoAssertNumQueries

from tests.factories import make_account, make_member, sign_in
from tests.page_content import read

TITLES = {
    400: ("The request could not be read", "Die Anfrage war nicht lesbar"),
    403: ("You may not do this", "Das dürfen Sie nicht"),
    404: ("This page does not exist", "Diese Seite gibt es nicht"),
    500: ("Something went wrong here", "Hier ist etwas schiefgegangen"),
}


def error_page(code: int) -> HttpResponse:
    """What Django answers with outside of debug mode."""
    request = RequestFactory().get("/")
    if code == 400:
        return defaults.bad_request(request, BadRequest())
    if code == 403:
        return defaults.permission_denied(request, PermissionDenied())
    if code == 404:
        return defaults.page_not_found(request, Http404())
    return defaults.server_error(request)


@pytest.mark.parametrize("code", TITLES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_an_error_page_stands_alone_in_both_languages(code: int, language: str) -> None:
    with translation.override(language):
        response = error_page(code)
    page = read(response)
    title = TITLES[code][language == "de"]
    assert response.status_code == code
    assert page.all("html")[0].attributes["lang"] == language
    assert page.all(css_class="entrance__code")[0].text == str(code)
    assert [page.all("title")[0].text, page.all("h1")[0].text] == [f"{title} · Listkeep", title]


def test_a_form_without_its_token_gets_a_page_that_says_what_to_do() -> None:
    response = csrf.csrf_failure(RequestFactory().post("/"))
    assert (response.status_code, read(response).all("h1")[0].text) == (403, "This page was open too long")


def test_too_many_attempts_get_a_page_that_says_what_to_do() -> None:
    assert "Too many attempts · Listkeep" in render_to_string("429.html")


@pytest.mark.django_db
def test_the_page_of_a_fault_asks_the_database_nothing(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        error_page(404)


@pytest.mark.django_db
def test_an_address_that_leads_nowhere_gets_the_page_of_404() -> None:
    response = sign_in(make_member(make_account())).get("/nowhere/")
    assert (response.status_code, read(response).all("h1")[0].text) == (404, "This page does not exist")


@pytest.mark.django_db
def test_an_attempt_too_many_at_the_login_is_answered_with_our_page() -> None:
    client = Client()
    for _ in range(40):
        response = client.post("/auth/login/", {"login": "anna@example.org", "password": "wrong"})
        if response.status_code == 429:
            break
    assert (response.status_code, read(response).all("h1")[0].text) == (429, "Too many attempts")
