"""My Account > Settings > Data privacy, with the slider of the automatic backups."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from tests.factories import make_account, make_member, sign_in
from tests.page_content import Element, notices, read

pytestmark = pytest.mark.django_db

OFF = "Automatic backups are off. Imports and deletions run without a backup from now on."


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def client(owner: User) -> Client:
    return sign_in(owner)


def page_url(account: Account) -> str:
    return reverse("accounts:privacy", args=[account.pk])


def switch_url(account: Account) -> str:
    return reverse("accounts:switch_automatic_backups", args=[account.pk])


def slider(page: Element, name: str = "automatic-backups") -> Element:
    (found,) = [field for field in page.all("input") if field.attributes.get("id") == f"{name}-switch"]
    return found


def stored(account: Account) -> bool:
    with account_scope(account.pk):
        return Account.objects.get().automatic_backups


def trail(account: Account) -> list[tuple[str, int | None]]:
    with account_scope(account.pk):
        return list(AuditEntry.objects.order_by("id").values_list("action", "actor"))


def test_the_slider_is_on_in_a_new_account(client: Client, account: Account) -> None:
    found = slider(read(client.get(page_url(account))))
    assert ("checked" in found.attributes, "disabled" in found.attributes) == (True, False)


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_who_is_no_owner_sees_the_slider_but_cannot_move_it(account: Account, role: Role) -> None:
    page = read(sign_in(make_member(account, role)).get(page_url(account)))
    assert ("checked" in slider(page).attributes, "disabled" in slider(page).attributes) == (True, True)
    assert "Only an owner of the account can change this." in page.text


def test_the_days_that_backups_are_kept_are_the_accounts_own(client: Client, account: Account) -> None:
    with account_scope(account.pk):
        Account.objects.update(retention_days=7)
    assert "Each backup is kept for 7 days and then deleted." in read(client.get(page_url(account))).text


def test_switching_off_says_what_it_means_and_stands_in_the_audit_trail(
    client: Client, account: Account, owner: User
) -> None:
    response = client.post(switch_url(account), follow=True)
    assert notices(response) == [OFF]
    assert "checked" not in slider(read(response)).attributes
    assert stored(account) is False
    assert trail(account) == [(AuditAction.AUTOMATIC_BACKUPS_OFF, owner.pk)]


def test_switching_on_again(client: Client, account: Account, owner: User) -> None:
    client.post(switch_url(account), follow=True)
    response = client.post(switch_url(account), {"enabled": "on"}, follow=True)
    assert notices(response) == ["Automatic backups are on."]
    assert stored(account) is True
    assert trail(account) == [
        (AuditAction.AUTOMATIC_BACKUPS_OFF, owner.pk),
        (AuditAction.AUTOMATIC_BACKUPS_ON, owner.pk),
    ]


def test_switching_on_what_is_on_leaves_no_trace(client: Client, account: Account) -> None:
    client.post(switch_url(account), {"enabled": "on"})
    assert trail(account) == []


def test_another_accounts_slider_stays(client: Client, account: Account) -> None:
    other = make_account("Andere AG")
    client.post(switch_url(account))
    assert stored(other) is True


def test_htmx_gets_the_slider_as_the_full_page_has_it_and_the_notice_beside_it(
    client: Client, account: Account
) -> None:
    answer = client.post(switch_url(account), headers={"HX-Request": "true"})
    fragment = read(answer)
    page = read(client.get(page_url(account)))
    (form,) = fragment.all("form")
    assert form == without_token_of(form, page.all(css_class="setting")[0])
    (beside,) = [part for part in fragment.all("div") if "hx-swap-oob" in part.attributes]
    assert (beside.attributes["hx-swap-oob"], beside.text) == ("innerHTML:#notices", OFF)


def without_token_of(wanted: Element, found: Element) -> Element:
    """The element that was found, with the token of the wanted one: tokens are masked anew in each answer."""
    token = next(field for field in wanted.all("input") if field.attributes["name"] == "csrfmiddlewaretoken")
    for field in found.all("input"):
        if field.attributes["name"] == "csrfmiddlewaretoken":
            field.attributes["value"] = token.attributes["value"]
    return found
