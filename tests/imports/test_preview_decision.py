"""The decision on the preview's page: who is turned active again, and whether the import starts."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from imports.models import Import
from imports.preview_page import plan_mark
from recipients.models import Group
from tests.customer import delete_group
from tests.factories import make_account, make_member, make_recipient, sign_in
from tests.imports.previewed import (
    FILE,
    TARGETS,
    buttons,
    figures,
    finished,
    form_mark,
    make_list,
    page_of,
    press,
    previewed,
    the_preview,
)
from tests.page_content import Element, notices, read
from tests.runs import fresh, make_draft


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    return make_list(account)


@pytest.fixture
def run(group: Group) -> Import:
    return previewed(make_draft(group, FILE, targets=TARGETS))


# --- who stays unsubscribed ---------------------------------------------------------------------------------------


def reactivation(response: Any) -> Element:
    return next(card for card in the_preview(response).all("section", "card") if "unsubscribed" in card.text)


def test_who_signed_up_later_stays_unsubscribed_unless_the_person_asks(client: Client, run: Import) -> None:
    card = reactivation(client.get(page_of(run)))
    assert card.text.startswith("1 person stays unsubscribed 1 person has unsubscribed or bounced, and the file has")
    assert [one.text for one in card.all("li")] == ["kurt@example.org"]
    assert [button.text for button in card.all("button")] == ["Turn 1 person active again"]


def test_turning_them_active_again_is_previewed_and_can_be_taken_back(client: Client, run: Import) -> None:
    press(client, run, "preview_again", reactivate="1")
    response = client.get(page_of(finished(run)))
    assert (fresh(run).reactivate, figures(response)["Active again"]) == (True, "1")
    card = reactivation(response)
    assert card.text.startswith("1 person becomes active again")
    assert [button.text for button in card.all("button")] == ["Leave them unsubscribed"]
    press(client, run, "preview_again")
    assert "Active again" not in figures(client.get(page_of(finished(run))))
    assert fresh(run).reactivate is False


def test_making_an_outdated_preview_again_keeps_the_choice(client: Client, group: Group, run: Import) -> None:
    press(client, run, "preview_again", reactivate="1")
    finished(run)
    make_recipient(group)
    form = next(
        form
        for form in read(client.get(page_of(run))).all("form")
        if form.attributes["action"] == page_of(run, "preview_again")
    )
    assert {"name": "reactivate", "value": "1"}.items() <= form.all("input")[1].attributes.items()


def test_who_holds_no_later_sign_up_is_only_told_of(client: Client, group: Group) -> None:
    lines = "kurt@example.org;2026-03-02 10:00\n"
    run = previewed(make_draft(group, f"E-Mail;Aktiviert\n{lines}", targets=("email", "activated_at")))
    card = reactivation(client.get(page_of(run)))
    assert card.text == (
        "1 person stays unsubscribed They have unsubscribed or bounced. The file has them as signed up, but holds no "
        "sign-up later than that."
    )


# --- the decision -------------------------------------------------------------------------------------------------


def test_the_button_names_the_numbers_and_starts_the_import(client: Client, run: Import) -> None:
    assert "Add 1 recipient and change 2" in buttons(client.get(page_of(run)))
    assert press(client, run, "confirm").headers["Location"] == page_of(run, "run")
    assert fresh(run).status == Import.Status.WAITING


def test_pressing_it_twice_starts_one_import(client: Client, run: Import) -> None:
    data = form_mark(client, run)
    answers = [client.post(page_of(run, "confirm"), data).headers["Location"] for _ in range(2)]
    assert (answers, fresh(run).status) == ([page_of(run, "run")] * 2, Import.Status.WAITING)


def test_what_another_window_chose_is_not_started_unseen(client: Client, run: Import) -> None:
    seen = form_mark(client, run)
    client.post(page_of(run, "back_to_mapping"))
    previewed(run, mode="delete")
    response = client.post(page_of(run, "confirm"), seen, follow=True)
    assert notices(response)[0] == "This import was changed in another window. Look at it again before you start it."
    assert (fresh(run).status, buttons(response)[0]) == (Import.Status.PREVIEWED, "Delete 2 recipients")


def test_a_list_that_was_locked_meanwhile_is_told(client: Client, run: Import) -> None:
    with account_scope(run.account_id):
        Group.objects.update(locked=True)
    response = client.post(page_of(run, "confirm"), form_mark(client, run), follow=True)
    assert response.redirect_chain == [(page_of(run), 302)]
    assert notices(response)[0] == "The list is locked. Unlock it in its settings, then try again."


def test_cancelling_ends_it(client: Client, run: Import) -> None:
    response = client.post(page_of(run, "cancel"), follow=True)
    assert response.redirect_chain == [(page_of(run, "run"), 302)]
    assert notices(response)[0].startswith("The import was cancelled, the list is as it was")


def test_a_reader_may_look_and_has_nothing_to_press(account: Account, run: Import) -> None:
    response = sign_in(make_member(account, Role.READER)).get(page_of(run))
    assert (figures(response)["Added"], buttons(response)) == ("1", [])


@pytest.mark.parametrize(
    ("status", "page"),
    [("draft", "mapping"), ("reading", "run"), ("done", "run"), ("failed", "run"), ("cancelled", "run")],
)
def test_the_page_leads_to_where_the_import_is(client: Client, run: Import, status: str, page: str) -> None:
    data = form_mark(client, run)
    with account_scope(run.account_id):
        Import.objects.update(status=status)
    answers = [
        client.get(page_of(run)),
        *(client.post(page_of(run, name), data) for name in ("preview_again", "back_to_mapping", "confirm")),
    ]
    assert [answer.headers["Location"] for answer in answers] == [page_of(run, page)] * 4
    assert fresh(run).status == status


def test_a_list_that_was_deleted_meanwhile_leaves_nothing_to_decide(
    account: Account, client: Client, run: Import
) -> None:
    delete_group(run.group, make_member(account))
    for _look in ("before", "after it was confirmed all the same"):
        response = client.get(page_of(run))
        (told,) = [one for one in notices(response) if "deleted meanwhile" in one]
        assert told == (
            "The list was deleted meanwhile Nothing was imported. Restore the list from its backups first, or import "
            "the file into a new list. Show its backups"
        )
        (way,) = [link.attributes["href"] for link in the_preview(response).all("a")]
        assert way == f"{reverse('backups:overview', args=[account.pk])}?group={run.group.pk}"
        assert buttons(response) == ["Cancel"]
        client.post(page_of(run, "confirm"), {"mark": plan_mark(run)})
    assert fresh(run).status == Import.Status.PREVIEWED
    client.post(page_of(run, "cancel"))
    assert fresh(run).status == Import.Status.CANCELLED


def test_a_readers_draft_leads_to_its_page(account: Account, run: Import) -> None:
    with account_scope(run.account_id):
        Import.objects.update(status="draft")
    reader = sign_in(make_member(account, Role.READER))
    assert reader.get(page_of(run)).headers["Location"] == page_of(run, "run")


def test_a_part_that_asked_for_itself_takes_the_page_along(client: Client, run: Import) -> None:
    with account_scope(run.account_id):
        Import.objects.update(status="reading")
    response = client.get(page_of(run), headers={"HX-Request": "true", "HX-Target": "preview"})
    assert (response.status_code, response.headers["HX-Redirect"]) == (200, page_of(run, "run"))
