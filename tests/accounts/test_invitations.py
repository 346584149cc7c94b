"""Invitations: sent by owners, found by the link alone, accepted once by who the address belongs to."""

import re
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from accounts.holding import hold_account, release_account
from accounts.inviting import MOST_A_DAY, invite
from accounts.models import Account, AuditAction, AuditEntry, Invitation, Membership, Role, User
from accounts.tenancy import account_scope, across_accounts
from tests.factories import DAY, NOW, make_account, make_member, make_user, sign_in
from tests.page_content import errors, notices, read, rows

pytestmark = pytest.mark.django_db

PASSWORD = "ein-langes-Passwort-7"  # noqa: S105  # of nobody
JOINED = {"first_name": "Ben", "last_name": "Kraus", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER, make_user("anna@example.org", first_name="Anna", last_name="Berger"))


def url(name: str, account: Account, *args: int) -> str:
    return reverse(f"accounts:{name}", args=[account.pk, *args])


def send(account: Account, owner: User, email: str = "Ben@Example.org", role: str = "editor", **headers: str) -> Any:
    data = {"email": email, "role": role}
    return sign_in(owner).post(url("invite", account), data, follow=True, headers=headers)


def link_in(number: int = -1) -> str:
    (found,) = re.findall(r"http://testserver(\S+)", str(mail.outbox[number].body))
    return str(found)


def sent_link(account: Account, owner: User, **given: str) -> str:
    send(account, owner, **given)
    return link_in()


def pending(account: Account) -> Invitation:
    with account_scope(account.pk):
        return Invitation.objects.get(withdrawn_at=None)


def roles(account: Account) -> dict[str, str]:
    with account_scope(account.pk):
        return dict(Membership.objects.values_list("user__email", "role"))


def trail(account: Account) -> list[tuple[str, str, str, str | None]]:
    with account_scope(account.pk):
        found = AuditEntry.objects.order_by("id")
        return list(found.values_list("action", "subject", "detail__role", "actor__email"))


def heading(response: Any) -> str:
    return read(response).all("h1")[0].text


# --- sending ----------------------------------------------------------------------------------------------------


def test_an_owner_invites_somebody_by_a_link_in_a_mail(account: Account, owner: User) -> None:
    response = send(account, owner)
    assert notices(response) == ["An invitation is on its way to ben@example.org. It is valid for seven days."]
    invitation = pending(account)
    assert (invitation.email, invitation.role, invitation.invited_by) == ("ben@example.org", Role.EDITOR, owner)
    assert invitation.expires_at - invitation.created_at == 7 * DAY
    (message,) = mail.outbox
    assert (message.to, message.subject) == (["ben@example.org"], "Invitation to Blumen Berger on Listkeep")
    assert str(message.body).startswith(
        "Hello,\n\nAnna Berger invites you to work on the recipient lists of Blumen Berger (Editor). Open this link to "
    )
    secret = link_in().split("/")[3]
    assert secret.encode() not in bytes(invitation.digest)
    assert trail(account) == [(AuditAction.MEMBER_INVITED, "ben@example.org", "editor", "anna@example.org")]


def test_the_mail_speaks_the_language_of_who_invites(account: Account, owner: User) -> None:
    send(account, owner, **{"accept-language": "de"})
    (message,) = mail.outbox
    assert message.subject == "Einladung zu Blumen Berger bei Listkeep"
    assert str(message.body).startswith("Guten Tag,\n\nAnna Berger lädt Sie ein,")


def test_the_page_shows_who_is_invited(account: Account, owner: User) -> None:
    send(account, owner)
    found = rows(sign_in(owner).get(url("users", account)))
    assert [cells[:3] for cells in found[1:]] == [["ben@example.org", "Editor", "Open"]]
    with account_scope(account.pk):
        Invitation.objects.update(expires_at=timezone.now())
    assert rows(sign_in(owner).get(url("users", account)))[1][2] == "Expired"
    assert len(rows(sign_in(make_member(account, Role.EDITOR)).get(url("users", account)))) == 2


@pytest.mark.parametrize(
    ("email", "error"),
    [
        ("", "This field is required."),
        ("keine", "Enter a valid email address."),
        ("anna@example.org", "This person belongs to the account already."),
        ("BEN@example.org", "This person is invited already. Below, you can send the invitation again."),
    ],
)
def test_what_cannot_be_invited_says_why(account: Account, owner: User, email: str, error: str) -> None:
    send(account, owner)
    response = send(account, owner, email=email)
    assert (response.status_code, errors(response), len(mail.outbox)) == (422, [error], 1)


def test_who_invites_learns_nothing_of_whether_an_address_has_a_login(account: Account, owner: User) -> None:
    make_member(make_account("Andere AG"), Role.OWNER, make_user("bekannt@example.org"))
    answers = []
    for email in ("bekannt@example.org", "unbekannt@example.org"):
        response = send(account, owner, email=email)
        answers.append((response.status_code, notices(response)[0].replace(email, ""), mail.outbox[-1].subject))
    assert answers[0] == answers[1]


def test_an_account_writes_to_so_many_addresses_a_day(account: Account, owner: User) -> None:
    with account_scope(account.pk):
        for number in range(MOST_A_DAY):
            invite(account=account, email=f"{number}@example.org", role=Role.READER, actor=owner, now=timezone.now())
    response = send(account, owner)
    assert errors(response) == ["You have sent many invitations today. Send more tomorrow."]
    with account_scope(account.pk):
        Invitation.objects.update(sent_at=timezone.now() - DAY)
    assert send(account, owner).status_code == 200


def test_nobody_is_invited_when_the_mail_server_refuses(account: Account, owner: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    response = send(account, owner)
    assert errors(response) == ["The mail server did not take the message, so nobody was invited. Try it again later."]
    with account_scope(account.pk):
        assert (Invitation.objects.count(), trail(account)) == (0, [])


# --- sending again, withdrawing ---------------------------------------------------------------------------------


def test_sending_again_waits_ten_minutes_and_makes_the_old_link_worthless(account: Account, owner: User) -> None:
    old = sent_link(account, owner)
    again = url("invite_again", account, pending(account).pk)
    response = sign_in(owner).post(again, follow=True)
    assert notices(response) == [
        "A message went to this address just now. Wait ten minutes before you send another one."
    ]
    with account_scope(account.pk):
        Invitation.objects.update(sent_at=timezone.now() - timedelta(minutes=10), expires_at=NOW)
    sign_in(owner).post(again)
    new = link_in()
    assert [heading(Client().get(link)) for link in (old, new)] == [
        "This link is no longer valid",
        "Join Blumen Berger",
    ]
    assert pending(account).expires_at > timezone.now() + 6 * DAY
    assert [entry[0] for entry in trail(account)] == [AuditAction.MEMBER_INVITED, AuditAction.INVITATION_SENT_AGAIN]


def test_a_withdrawn_invitation_says_so_and_makes_room_for_another(account: Account, owner: User) -> None:
    link, number = sent_link(account, owner), pending(account).pk
    response = sign_in(owner).post(url("withdraw_invitation", account, number), follow=True)
    assert notices(response) == ["The invitation to ben@example.org is withdrawn. Its link no longer works."]
    answer = Client().get(link)
    assert (answer.status_code, heading(answer)) == (410, "This invitation was withdrawn")
    for name in ("withdraw_invitation", "invite_again"):
        response = sign_in(owner).post(url(name, account, number), follow=True)
        assert notices(response) == ["This invitation is over: it was accepted or withdrawn meanwhile."]
    with account_scope(account.pk):
        Invitation.objects.update(sent_at=NOW)
    assert send(account, owner).status_code == 200
    assert [entry[0] for entry in trail(account)] == [
        AuditAction.MEMBER_INVITED,
        AuditAction.INVITATION_WITHDRAWN,
        AuditAction.MEMBER_INVITED,
    ]


@pytest.mark.parametrize("name", ["invite_again", "withdraw_invitation"])
def test_an_invitation_of_another_account_is_not_found(account: Account, owner: User, name: str) -> None:
    send(account, owner)
    other = make_account("Andere AG")
    stranger = sign_in(make_member(other, Role.OWNER))
    number = pending(account).pk
    answers = [stranger.post(url(name, one, number)).status_code for one in (account, other)]
    assert (answers, len(mail.outbox), pending(account).pk) == ([404, 404], 1, number)


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_who_is_no_owner_invites_nobody(account: Account, owner: User, role: Role) -> None:
    send(account, owner)
    client, number = sign_in(make_member(account, role)), pending(account).pk
    places = [url("invite", account), url("invite_again", account, number), url("withdraw_invitation", account, number)]
    assert [client.post(place, {"email": "x@example.org", "role": "owner"}).status_code for place in places] == [
        403
    ] * 3
    assert (len(mail.outbox), pending(account).email) == (1, "ben@example.org")


# --- behind the link --------------------------------------------------------------------------------------------


def test_a_new_person_signs_up_and_joins_without_another_mail(
    account: Account, owner: User, settings: Settings
) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    link = sent_link(account, owner)
    client = Client(headers={"accept-language": "de"})
    page = client.get(link)
    assert heading(page) == "Blumen Berger beitreten"
    response = client.post(link, {**JOINED, "email": "boese@example.org"}, follow=True)
    assert notices(response) == ["Sie gehören jetzt zu Blumen Berger."]
    assert response.redirect_chain[-1][0] == reverse("recipients:groups", args=[account.pk])
    ben = User.objects.get(email="ben@example.org")
    assert (client.session["_auth_user_id"], ben.get_full_name(), ben.language) == (str(ben.pk), "Ben Kraus", "de")
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [("ben@example.org", True, True)]
    assert roles(account) == {"anna@example.org": Role.OWNER, "ben@example.org": Role.EDITOR}
    assert len(mail.outbox) == 1
    assert trail(account)[1:] == [(AuditAction.MEMBER_JOINED, "ben@example.org", "editor", "ben@example.org")]
    with across_accounts("a test looks for accounts"):
        assert Account.objects.count() == 1


def test_that_somebody_else_wants_the_address_is_no_matter(account: Account, owner: User) -> None:
    EmailAddress.objects.create(user=make_user("carla@example.org"), email="ben@example.org", verified=False)
    Client().post(sent_link(account, owner), JOINED)
    assert roles(account)["ben@example.org"] == Role.EDITOR


def test_a_weak_password_makes_nobody(account: Account, owner: User) -> None:
    response = Client().post(sent_link(account, owner), {**JOINED, "password1": "123", "password2": "123"})
    assert (response.status_code, len(errors(response))) == (422, 3)
    assert not User.objects.filter(email="ben@example.org").exists()


def test_who_has_a_login_signs_in_and_comes_back(account: Account, owner: User) -> None:
    make_user("ben@example.org", password=PASSWORD)
    link = sent_link(account, owner)
    client = Client()
    (way,) = [one for one in read(client.get(link)).all("a") if one.text == "Sign in"]
    response = client.post(str(way.attributes["href"]), {"login": "ben@example.org", "password": PASSWORD}, follow=True)
    assert (response.redirect_chain[-1][0], heading(response)) == (link, "Join Blumen Berger")
    assert notices(client.post(link, follow=True)) == ["You now belong to Blumen Berger."]
    assert roles(account)["ben@example.org"] == Role.EDITOR


def test_who_is_not_signed_in_does_not_join_somebody_who_has_a_login(account: Account, owner: User) -> None:
    make_user("ben@example.org", password=PASSWORD)
    link = sent_link(account, owner)
    Client().post(link, JOINED)
    assert (roles(account), User.objects.get(email="ben@example.org").check_password(PASSWORD)) == (
        {"anna@example.org": Role.OWNER},
        True,
    )


def test_another_address_is_told_so_and_does_not_join(account: Account, owner: User) -> None:
    link = sent_link(account, owner)
    client = sign_in(make_user("carla@example.org"))
    for response in (client.get(link), client.post(link)):
        (told,) = notices(response)
        assert told.startswith("This invitation is for ben@example.org, and you are signed in as carla@example.org.")
    assert roles(account) == {"anna@example.org": Role.OWNER}


def test_an_invitation_is_accepted_once(account: Account, owner: User) -> None:
    link = sent_link(account, owner)
    ben = sign_in(make_user("ben@example.org"))
    ben.post(link)
    for client in (ben, Client()):
        for answer in (client.get(link), client.post(link, JOINED)):
            assert (answer.status_code, heading(answer)) == (410, "This invitation is accepted already")


def test_an_invitation_of_seven_days_ago_is_too_old(account: Account, owner: User) -> None:
    link = sent_link(account, owner)
    with account_scope(account.pk):
        Invitation.objects.update(expires_at=timezone.now())
    ben = sign_in(make_user("ben@example.org"))
    for answer in (ben.get(link), ben.post(link), Client().post(link, JOINED)):
        assert (answer.status_code, heading(answer)) == (410, "This invitation is too old")
    assert roles(account) == {"anna@example.org": Role.OWNER}


def test_nobody_joins_an_account_on_hold_and_the_invitation_stays_valid(account: Account, owner: User) -> None:
    link = sent_link(account, owner)
    with account_scope(account.pk):
        hold_account(account=account, actor_id=owner.pk, now=timezone.now())
    ben = sign_in(make_user("ben@example.org"))
    for answer in (ben.get(link), ben.post(link), Client().post(link, JOINED)):
        assert (answer.status_code, heading(answer)) == (409, f"{account.name} is on hold")
    assert roles(account) == {"anna@example.org": Role.OWNER}
    with account_scope(account.pk):
        release_account(account=account, actor_id=owner.pk, now=timezone.now())
    ben.post(link)
    assert roles(account)["ben@example.org"] == Role.EDITOR


def test_who_belongs_to_the_account_already_keeps_the_role(account: Account, owner: User) -> None:
    link = sent_link(account, owner, role="owner")
    ben = make_member(account, Role.READER, make_user("ben@example.org"))
    sign_in(ben).post(link)
    assert (roles(account)["ben@example.org"], len(trail(account))) == (Role.READER, 1)


def test_the_secret_of_one_account_opens_no_other(account: Account, owner: User) -> None:
    secret = sent_link(account, owner).split("/")[3]
    other = make_account("Andere AG")
    client = sign_in(make_user("ben@example.org"))
    for number in (other.pk, 2**31, 10**30):
        for answer in (client.get(f"/invitation/{number}/{secret}/"), client.post(f"/invitation/{number}/{secret}/")):
            assert (answer.status_code, heading(answer), b"Blumen" in answer.content) == (
                404,
                "This link is no longer valid",
                False,
            )
    assert roles(other) == {}
