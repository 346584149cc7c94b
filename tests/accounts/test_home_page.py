"""The start page, which leads on."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.factories import make_account, make_member, make_user, sign_in
from tests.page_content import read

pytestmark = pytest.mark.django_db


def test_home_leads_to_the_lists_of_the_first_account_by_name() -> None:
    user = make_member(make_account("Zweite"))
    first = make_account("Erste")
    make_member(first, user=user)
    response = sign_in(user).get("/")
    assert (response.status_code, response.headers["Location"]) == (302, reverse("recipients:groups", args=[first.pk]))


def test_home_tells_who_belongs_to_no_account() -> None:
    make_member(make_account("Fremde"))
    response = sign_in(make_user()).get("/")
    page = read(response)
    assert [page.all("h1")[0].text, page.all("h2")[0].text] == ["No account yet", "You belong to no account"]
    assert b"Fremde" not in response.content


def test_home_leads_who_is_not_signed_in_to_the_login() -> None:
    response = Client().get("/")
    assert (response.status_code, response.headers["Location"]) == (302, "/auth/login/?next=/")


def test_home_takes_nothing() -> None:
    assert sign_in(make_user()).post("/").status_code == 405
