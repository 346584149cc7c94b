"""The page that asks before a list is deleted, and the one that shows how far the deletion is."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from backups.models import Backup
from recipients.models import Deletion, Group, Recipient
from tests.factories import DAY, NOW, make_account, make_group, make_member, make_recipient, sign_in
from tests.page_content import EACH_SECOND, Element, notices, read

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
LOST = "Activities such as opens and clicks are in no backup and are lost."


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account, "Kunden")
    for _ in range(2):
        make_recipient(group)
    return group


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


def delete_url(group: Group) -> str:
    return reverse("recipients:delete", args=[group.account_id, group.pk])


def deletion_url(deletion: Deletion) -> str:
    return reverse("recipients:deletion", args=[deletion.account_id, deletion.group_id, deletion.pk])


def make_deletion(group: Group, **fields: Any) -> Deletion:
    with account_scope(group.account_id):
        given = {"requested_at": NOW, "recipient_count": group.recipient_count, **fields}
        return Deletion.objects.create(account_id=group.account_id, group=group, **given)


def facts(page: Element) -> list[str]:
    return [fact.text for fact in page.all("ul", "confirm__facts")[0].all("li")]


def hrefs(page: Element) -> list[str | None]:
    return [link.attributes["href"] for link in page.all("a")]


def test_the_question_says_that_a_backup_is_made_and_how_to_get_it_back(client: Client, group: Group) -> None:
    response = client.get(delete_url(group))
    (form,) = read(response).all("div", "confirm")[0].all("form")

    assert (form.attributes["action"], form.text) == (delete_url(group), "Delete the list “Kunden” with 2 recipients")
    assert facts(read(response)) == [
        "First a backup of the master data is made. Nothing is deleted before it is complete.",
        "The backup is kept for 30 days. Until then you can restore the list under My Account > Extras > Backups.",
        LOST,
    ]
    assert notices(response) == []


def test_the_question_in_german_names_the_list_and_its_recipients(client: Client, group: Group) -> None:
    client.cookies["django_language"] = "de"
    with account_scope(group.account_id):
        Group.objects.filter(pk=group.pk).update(name="Kunden 2026", recipient_count=40_212)
    (form,) = read(client.get(delete_url(group))).all("div", "confirm")[0].all("form")

    assert form.text == "Liste „Kunden 2026“ mit 40.212 Empfängern löschen"


@pytest.mark.parametrize(
    ("whole_account", "sentence", "target"),
    [
        (True, "Automatic backups are switched off for the whole account.", "accounts:privacy"),
        (False, "Automatic backups are switched off for this list.", "recipients:settings"),
    ],
)
def test_the_question_says_plainly_that_no_backup_is_made(
    client: Client, account: Account, group: Group, sentence: str, target: str, *, whole_account: bool
) -> None:
    with account_scope(account.pk):
        switched = Account.objects.all() if whole_account else Group.objects.all()
        switched.update(automatic_backups=False)

    response = client.get(delete_url(group))

    args = [account.pk] if whole_account else [account.pk, group.pk]
    assert notices(response) == [f"No backup will be made {sentence} Switch them on first"]
    assert reverse(target, args=args) in hrefs(read(response))
    assert facts(read(response)) == ["The master data of its recipients cannot be brought back.", LOST]


def test_an_empty_list_needs_no_backup(client: Client, account: Account) -> None:
    response = client.get(delete_url(make_group(account, automatic_backups=False)))

    assert (notices(response), facts(read(response))) == ([], ["The list is empty, so there is nothing to back up."])


def test_asking_for_the_deletion_begins_the_backup_and_shows_the_deletion(
    client: Client, account: Account, group: Group
) -> None:
    response = client.post(delete_url(group), follow=True)

    with account_scope(account.pk):
        deletion = Deletion.objects.get()
        assert (deletion.status, deletion.recipient_count) == (Deletion.Status.WAITING, 2)
        assert [backup.status for backup in Backup.objects.all()] == [Backup.Status.PENDING]
        assert Recipient.objects.count() == 2
    assert response.redirect_chain == [(deletion_url(deletion), 302)]
    assert "The backup is being made; then the list is deleted" in read(response).text


def test_asking_again_leads_to_the_deletion_under_way(client: Client, account: Account, group: Group) -> None:
    first = client.post(delete_url(group))["Location"]

    assert [client.post(delete_url(group))["Location"], client.get(delete_url(group))["Location"]] == [first, first]
    with account_scope(account.pk):
        assert (Deletion.objects.count(), Backup.objects.count()) == (1, 1)


def test_a_locked_list_is_not_deleted(client: Client, account: Account) -> None:
    group = make_group(account, locked=True)

    question = client.get(delete_url(group))
    response = client.post(delete_url(group), follow=True)

    assert read(question).all(css_class="confirm") == []
    assert notices(response) == [
        "This list is locked against changes. Unlock it under Settings > General, then try again."
    ]
    with account_scope(account.pk):
        assert Deletion.objects.count() == 0


def test_a_waiting_deletion_asks_again_each_second(client: Client, group: Group) -> None:
    deletion = make_deletion(group)
    (place,) = [
        element
        for element in read(client.get(deletion_url(deletion))).all("div")
        if element.attributes.get("id") == "deletion"
    ]

    assert (place.attributes["hx-get"], place.attributes["hx-trigger"]) == (deletion_url(deletion), EACH_SECOND)
    assert "Nothing has been deleted yet." in place.text


@pytest.mark.parametrize("status", Deletion.Status)
def test_htmx_gets_the_very_place_of_the_whole_page(client: Client, group: Group, status: str) -> None:
    url = deletion_url(make_deletion(group, status=status))
    whole, fragment = read(client.get(url)), read(client.get(url, headers=HTMX))
    (place,) = [element for element in whole.all("div") if element.attributes.get("id") == "deletion"]

    assert [part for part in fragment.content if isinstance(part, Element)] == [place]
    assert ("hx-trigger" in place.attributes) is (status == Deletion.Status.WAITING)


def test_a_done_deletion_says_how_to_bring_the_list_back(client: Client, account: Account, group: Group) -> None:
    with account_scope(account.pk):
        Group.objects.update(deleted_at=NOW + DAY, last_backup_at=NOW + DAY, recipient_count=0, active_count=0)
    response = client.get(deletion_url(make_deletion(group, status=Deletion.Status.DONE, recipient_count=40_212)))

    (notice,) = notices(response)
    assert notice == (
        "The list “Kunden” with 40,212 recipients is deleted "
        "Its backup is kept for 30 days. Until then you can restore the list under My Account > Extras > Backups. "
        "Go to the backups"
    )
    links = hrefs(read(response))
    assert reverse("backups:overview", args=[account.pk]) in links
    assert reverse("recipients:groups", args=[account.pk]) in links


def test_a_done_deletion_without_backup_does_not_speak_of_an_older_one(
    client: Client, account: Account, group: Group
) -> None:
    with account_scope(account.pk):
        Group.objects.update(deleted_at=NOW, last_backup_at=NOW - DAY)
    response = client.get(deletion_url(make_deletion(group, status=Deletion.Status.DONE)))

    assert notices(response) == [
        "The list “Kunden” with 2 recipients is deleted No backup was made, because automatic backups are switched off."
    ]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("backup_failed", "The backup could not be made, and without it nothing is deleted."),
        ("interrupted", "The deletion was interrupted several times and has been given up."),
        ("never_heard_of", "The fault is ours and has been recorded."),
    ],
)
def test_a_failed_deletion_says_why_and_what_to_do(client: Client, group: Group, code: str, sentence: str) -> None:
    deletion = make_deletion(group, status=Deletion.Status.FAILED, failure=code, finished_at=timezone.now())
    response = client.get(deletion_url(deletion))

    (notice,) = notices(response)
    assert notice.startswith(f"The list “Kunden” was not deleted {sentence}")
    assert delete_url(group) in hrefs(read(response))


def test_a_reader_sees_a_failed_deletion_but_no_way_to_try_again(account: Account, group: Group) -> None:
    deletion = make_deletion(group, status=Deletion.Status.FAILED, failure="backup_failed")
    response = sign_in(make_member(account, Role.READER)).get(deletion_url(deletion))

    assert response.status_code == 200
    assert delete_url(group) not in hrefs(read(response))


def test_a_deletion_is_not_found_under_another_list(client: Client, account: Account, group: Group) -> None:
    deletion, other = make_deletion(group), make_group(account, "Andere")
    url = reverse("recipients:deletion", args=[account.pk, other.pk, deletion.pk])

    assert client.get(url).status_code == 404


def test_the_number_of_queries_of_a_page_that_is_asked_for_each_second(
    client: Client, group: Group, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    url = deletion_url(make_deletion(group))

    with django_assert_num_queries(9):  # 5 in production: four are of the savepoint inside the test
        client.get(url, headers=HTMX)
