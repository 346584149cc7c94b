"""The erasure of a person from the account's tables, and erased addresses entered by hand."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from recipients.erased import erased_of, readmit
from recipients.erasing import erase_person, find_person
from recipients.models import (
    Activity,
    BlockedAddress,
    Contact,
    ErasedAddress,
    Group,
    Recipient,
    Removal,
)
from recipients.services import InvalidAddress, unblock_addresses
from tests.factories import (
    DAY,
    NOW,
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)
from tests.page_content import notices
from tests.tenant_tables import everything_of

pytestmark = pytest.mark.django_db
PERSON = "erika@example.org"


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


def erase(account: Account, actor: User, email: str = PERSON) -> int:
    with account_scope(account.pk):
        return erase_person(account=account, email=email, actor=actor, now=NOW + DAY)


def figures(account: Account) -> dict[str, tuple[int, int, int]]:
    with account_scope(account.pk):
        rows = Group.objects.values_list("name", "revision", "recipient_count", "active_count")
        return {name: (revision, recipients, active) for name, revision, recipients, active in rows}


def test_everything_of_the_person_goes_and_nothing_of_the_others(account: Account, owner: User) -> None:
    group = make_group(account)
    recipient, other = make_recipient(group, PERSON), make_recipient(group, "anna@example.org")
    make_activity(recipient)
    make_activity(other)
    make_contact(account, PERSON, {"ort": "Ulm"})
    make_contact(account, "anna@example.org", {"ort": "Bonn"})
    with account_scope(account.pk):
        Removal.objects.create(account=account, job_id="00000000-0000-0000-0000-000000000001", email=PERSON)
    assert erase(account, owner, " Erika@EXAMPLE.org") == 1
    with account_scope(account.pk):
        assert [one.email for one in Recipient.objects.all()] == ["anna@example.org"]
        assert [one.recipient_id for one in Activity.objects.all()] == [other.id]
        assert [one.email for one in Contact.objects.all()] == ["anna@example.org"]
        assert Removal.objects.count() == 0


def test_each_list_with_the_person_counts_one_less_and_is_another_state_now(account: Account, owner: User) -> None:
    active, inactive, without = (make_group(account, name) for name in ("A", "B", "C"))
    make_recipient(active, PERSON)
    make_recipient(inactive, PERSON, deactivated_at=NOW)
    make_recipient(inactive, "anna@example.org")
    make_recipient(without, "anna@example.org")
    erase(account, owner)
    assert figures(account) == {"A": (2, 0, 0), "B": (3, 1, 1), "C": (1, 1, 1)}


def test_locked_list_is_changed_as_well(account: Account, owner: User) -> None:
    make_recipient(make_group(account, locked=True), PERSON)
    assert erase(account, owner) == 1


def test_other_accounts_are_not_touched(account: Account, owner: User) -> None:
    other = make_account("Andere")
    make_recipient(make_group(other), PERSON)
    make_contact(other, PERSON, {"ort": "Ulm"})
    before = everything_of(other.pk)
    erase(account, owner)
    assert everything_of(other.pk) == before


def test_only_the_very_address_is_meant(account: Account, owner: User) -> None:
    group = make_group(account)
    for email in ("erika+neu@example.org", "erika@mail.example.org", "xerika@example.org"):
        make_recipient(group, email)
    assert erase(account, owner) == 0
    with account_scope(account.pk):
        assert Recipient.objects.count() == 3


@pytest.mark.parametrize("email", ["", "kein", "a@b@c"])
def test_what_is_no_address_erases_nobody(email: str, account: Account, owner: User) -> None:
    with pytest.raises(InvalidAddress):
        erase(account, owner, email)


def test_digest_is_another_one_in_another_account(account: Account, owner: User) -> None:
    other = make_account("Andere")
    erase(account, owner)
    erase(other, make_member(other))
    with account_scope(account.pk):
        ours = erased_of(account.pk)
    with account_scope(other.pk):
        theirs = erased_of(other.pk)
    assert (ours.has(PERSON), theirs.has(PERSON), ours.digests & theirs.digests) == (True, True, frozenset())


def test_second_erasure_is_another_state_of_who_is_kept_out(account: Account, owner: User) -> None:
    """An import that has the choice to let them in again must ask once more."""
    with account_scope(account.pk):
        assert erased_of(account.pk).mark == ""
        erase_person(account=account, email=PERSON, actor=owner, now=NOW)
        first = erased_of(account.pk)
        erase_person(account=account, email=PERSON, actor=owner, now=NOW + DAY)
        second = erased_of(account.pk)
    assert (first.digests, first.mark != second.mark) == (second.digests, True)


def test_blocked_person_stays_blocked_though_no_entry_shows_them(account: Account, owner: User) -> None:
    make_blocked(account, PERSON)
    make_blocked(account, "*@example.com")
    erase(account, owner)
    with account_scope(account.pk):
        assert [one.pattern for one in BlockedAddress.objects.all()] == ["*@example.com"]
        assert ErasedAddress.objects.get().blocked


def test_blocked_person_cannot_be_let_in_again(account: Account, owner: User) -> None:
    make_blocked(account, PERSON)
    erase(account, owner)
    with account_scope(account.pk):
        digests = erased_of(account.pk).digests
        assert readmit(account_id=account.pk, digests=digests, actor_id=owner.pk, subject="", now=NOW) == 0
        assert ErasedAddress.objects.count() == 1


def test_pattern_of_many_addresses_stays_though_it_could_be_an_address(account: Account, owner: User) -> None:
    make_blocked(account, "*@example.org")
    erase(account, owner, "*@example.org")
    with account_scope(account.pk):
        assert [one.pattern for one in BlockedAddress.objects.all()] == ["*@example.org"]


def test_block_is_lifted_by_taking_the_address_off_the_block_list(account: Account, owner: User) -> None:
    make_blocked(account, PERSON)
    erase(account, owner)
    make_blocked(account, PERSON)
    with account_scope(account.pk):
        unblock_addresses(account=account, group=None, patterns=[PERSON], actor=owner, now=NOW)
        assert not ErasedAddress.objects.get().blocked


def test_finding_tells_where_the_person_is(account: Account) -> None:
    group = make_group(account)
    make_activity(make_recipient(group, PERSON))
    make_contact(account, PERSON, {"ort": "Ulm"})
    make_blocked(account, PERSON, group=group)
    with account_scope(account.pk):
        found = find_person(account_id=account.pk, email="ERIKA@example.org")
    assert (found.email, list(found.groups)) == (PERSON, [group])
    assert (found.has_account_values, found.activities, found.block_entries) == (True, 1, 1)


# --- entered again by hand ----------------------------------------------------------------------------------------


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account, Role.EDITOR))


def rename(client: Client, recipient: Recipient) -> Any:
    page = reverse("recipients:recipient", args=[recipient.account_id, recipient.group_id, recipient.id])
    form = client.get(page).context["form"]
    data = {"email": PERSON, "seen": form["seen"].value(), "source": "", "tags": ""}
    return client.post(page, data, headers={"accept-language": "en"}, follow=True)


def test_erased_address_entered_by_hand_is_told_of_and_counts_as_erased_no_more(
    account: Account, owner: User, client: Client
) -> None:
    recipient = make_recipient(make_group(account), "anna@example.org")
    erase(account, owner)
    response = rename(client, recipient)
    assert response.redirect_chain != []
    (told,) = notices(response)
    assert "was erased from the account on" in told
    with account_scope(account.pk):
        assert (Recipient.objects.get().email, ErasedAddress.objects.count()) == (PERSON, 0)
        assert AuditEntry.objects.filter(action=AuditAction.PERSON_READMITTED, detail={"count": 1}).count() == 1


def test_erased_address_that_was_blocked_is_refused_by_hand(account: Account, owner: User, client: Client) -> None:
    recipient = make_recipient(make_group(account), "anna@example.org")
    make_blocked(account, PERSON)
    erase(account, owner)
    response = rename(client, recipient)
    assert response.status_code == 422
    assert "was blocked then" in response.content.decode()
    with account_scope(account.pk):
        assert (Recipient.objects.get().email, ErasedAddress.objects.count()) == ("anna@example.org", 1)
