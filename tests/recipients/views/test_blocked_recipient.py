"""What block lists mean on the pages of one recipient."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.models import Group, Recipient
from recipients.services import read_master_data
from tests.factories import NOW, make_account, make_blocked, make_group, make_member, make_recipient, sign_in
from tests.page_content import errors, notices, read

pytestmark = pytest.mark.django_db

EMAIL = "anna@example.org"


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    return make_group(account)


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


def url(recipient: Recipient, name: str = "recipient") -> str:
    return reverse(f"recipients:{name}", args=[recipient.account_id, recipient.group_id, recipient.id])


def stored(recipient: Recipient) -> Recipient:
    with account_scope(recipient.account_id):
        found: Recipient = Recipient.objects.get(id=recipient.id)
        return found


def test_a_blocked_recipient_is_shown_as_such(client: Client, account: Account, group: Group) -> None:
    make_blocked(account, "*@example.org", group=group)
    recipient = make_recipient(group, EMAIL)

    status = read(client.get(url(recipient))).all("section")[0]

    assert [badge.text for badge in status.all(css_class="badge")] == ["Active", "Blocked"]
    assert status.all("p")[0].text == (
        "Mailings go to active recipients only. This list's block list blocks this address by “*@example.org”. Imports "
        "leave it out. The recipient is active all the same: deactivate them if they should get no mailings. "
        "Go to the block list"
    )
    (link,) = status.all("a")
    assert link.attributes["href"] == (
        reverse("recipients:block_list", args=[account.pk, group.pk]) + "?q=%2A%40example.org"
    )


def test_a_blocked_recipient_who_is_not_active_is_offered_no_activation(
    client: Client, account: Account, group: Group
) -> None:
    make_blocked(account, "bernd@example.org")
    recipient = make_recipient(group, "bernd@example.org", deactivated_at=NOW)

    page = read(client.get(url(recipient))).all("main")[0]
    question = read(client.get(url(recipient, "activate"))).all("main")[0]

    there = reverse("recipients:account_block_list", args=[account.pk]) + "?q=bernd%40example.org"
    assert [link.text for link in page.all("a", "button")] == []
    assert "Imports leave it out, and the recipient cannot be made active. Go to the block list" in page.text
    (notice,) = question.all(css_class="notice__body")
    assert notice.text == (
        "bernd@example.org cannot be made active The account's block list blocks this address by “bernd@example.org”. "
        "Go to the block list"
    )
    assert question.all("form") == []
    assert [link.attributes["href"] for link in question.all("a", "button")] == [there]


def test_a_blocked_recipient_is_not_made_active(client: Client, account: Account, group: Group) -> None:
    make_blocked(account, "*@example.org")
    recipient = make_recipient(group, "bernd@example.org", deactivated_at=NOW)

    response = client.post(url(recipient, "activate"), follow=True)

    assert notices(response) == [
        "bernd@example.org cannot be made active. The account's block list blocks this address by “*@example.org”."
    ]
    assert stored(recipient).deactivated_at == NOW


def test_a_blocked_address_is_refused_beside_the_entry(client: Client, account: Account, group: Group) -> None:
    make_blocked(account, "*@example.net", group=group)
    recipient = make_recipient(group, EMAIL)
    with account_scope(account.pk):
        seen = read_master_data(group=group, recipient_id=recipient.id).seen

    response = client.post(url(recipient), {"seen": seen, "email": "anna@example.net"})

    sentence = (
        "This list's block list blocks this address by “*@example.net”. Remove the entry there first, or enter another "
        "address."
    )
    assert (response.status_code, errors(response)) == (422, [sentence])
    assert stored(recipient).email == EMAIL
