"""Where a person is signed in: seen, ended one by one or all at once, and forgotten when over."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role, User
from accounts.signing_in import forget_ended_sessions
from accounts.templatetags.browsers import browser_name
from tests.factories import make_account, make_member, make_user
from tests.page_content import notices, rows

pytestmark = pytest.mark.django_db

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36 Edg/140.0.0.0"
)


@pytest.fixture
def anna() -> User:
    return make_member(make_account(), Role.READER, make_user("anna@example.org", password=PASSWORD))


def sign_in_at(address: str, browser: str, email: str = "anna@example.org") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"user-agent": browser})
    client.post(reverse("account_login"), {"login": email, "password": PASSWORD})
    assert "_auth_user_id" in client.session
    return client


def shown(client: Client) -> list[list[str]]:
    return [cells[:2] for cells in rows(client.get(reverse("usersessions_list")))]


def is_in(client: Client) -> bool:
    return client.get(reverse("usersessions_list")).status_code == 200


def test_the_page_shows_where_a_person_is_signed_in(anna: User) -> None:
    make_user("ben@example.org", password=PASSWORD)
    sign_in_at("203.0.113.9", FIREFOX, "ben@example.org")
    here, _there = sign_in_at("192.0.2.1", FIREFOX), sign_in_at("192.0.2.2", SAFARI)
    assert shown(here) == [["Firefox, Windows This one", "192.0.2.1"], ["Safari, iPhone", "192.0.2.2"]]


def test_one_session_is_ended(anna: User) -> None:
    here, there, elsewhere = (sign_in_at(f"192.0.2.{number}", FIREFOX) for number in (1, 2, 3))
    number = UserSession.objects.get(ip="192.0.2.2").pk
    response = here.post(reverse("end_session", args=[number]), follow=True)
    assert (notices(response), [is_in(one) for one in (here, there, elsewhere)]) == (
        ["You are signed out there."],
        [True, False, True],
    )


def test_all_others_are_ended(anna: User) -> None:
    here, there, elsewhere = (sign_in_at(f"192.0.2.{number}", FIREFOX) for number in (1, 2, 3))
    response = here.post(reverse("usersessions_list"), follow=True)
    assert (notices(response), [is_in(one) for one in (here, there, elsewhere)]) == (
        ["You are signed out everywhere else."],
        [True, False, False],
    )


def test_nobody_ends_another_persons_session(anna: User) -> None:
    make_user("ben@example.org", password=PASSWORD)
    ben, here = sign_in_at("203.0.113.9", FIREFOX, "ben@example.org"), sign_in_at("192.0.2.1", FIREFOX)
    numbers = [UserSession.objects.get(ip="203.0.113.9").pk, 10**30]
    assert [here.post(f"/auth/sessions/{number}/end/").status_code for number in numbers] == [404, 404]
    assert is_in(ben)


def test_a_session_is_ended_by_post_and_by_who_is_signed_in(anna: User) -> None:
    here = sign_in_at("192.0.2.1", FIREFOX)
    place = reverse("end_session", args=[UserSession.objects.get().pk])
    assert (here.get(place).status_code, Client().post(place)["Location"]) == (405, f"/auth/login/?next={place}")
    assert is_in(here)


def test_what_is_over_is_forgotten(anna: User) -> None:
    here, there = sign_in_at("192.0.2.1", FIREFOX), sign_in_at("192.0.2.2", FIREFOX)
    Session.objects.filter(pk=there.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))
    forget_ended_sessions(now=timezone.now())
    assert list(UserSession.objects.values_list("ip", flat=True)) == ["192.0.2.1"]
    assert (Session.objects.count(), is_in(here)) == (1, True)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (FIREFOX, "Firefox, Windows"),
        (SAFARI, "Safari, iPhone"),
        (EDGE, "Edge, macOS"),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
            "Chrome, Linux",
        ),
        ("curl/8", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_browsers_have_names(text: str, name: str) -> None:
    assert browser_name(text) == name
