"""An import's page: progress while it runs, the same in the fragment that htmx asks for, and what ended it."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.models import Group
from tests.factories import NOW, make_account, make_group, make_member, make_recipient, make_user, sign_in
from tests.imports.made_runs import ENDED, ON_THIS_PAGE, RUNNING, figures, make_run, the_run, url_of
from tests.page_content import EACH_SECOND, Element, notices, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account, Role.EDITOR, make_user(first_name="Erika", last_name="Berger"))


@pytest.fixture
def client(editor: User) -> Client:
    return sign_in(editor)


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_recipient(made)
    return made


def steps(response: Any) -> list[tuple[str, str]]:
    """The steps: in which state each is, and what it says."""
    return [
        ((step.attributes["class"] or "").split("--")[1], step.all(css_class="run__body")[0].text)
        for step in the_run(response).all(css_class="run__step")
    ]


def without_tokens(element: Element) -> Element:
    """The element without the tokens of its forms, which are masked anew in each answer."""
    for field in element.all("input"):
        if field.attributes.get("name") == "csrfmiddlewaretoken":
            field.attributes["value"] = ""
    return element


def test_while_the_file_is_read_its_backup_is_made(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.READING, rows_done=12_000, rows_known=40_212)
    text = "The rows are read and checked. Nothing changes in the list yet."
    assert steps(client.get(url_of(run))) == [
        (
            "current",
            f"Reading the file {text} Reading the file 12,000 of 40,212 rows 12,000 of 40,212 rows",
        ),
        ("current", "Backup The list is being backed up at the same time."),
        ("ahead", "Applying"),
    ]


def test_progress_is_shown_in_rows_of_rows(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.READING, rows_done=12_000, rows_known=40_212)
    (bar,) = the_run(client.get(url_of(run))).all("progress")
    assert (bar.attributes["value"], bar.attributes["max"]) == ("12000", "40212")


def test_progress_without_a_known_end_claims_none(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.READING, rows_done=12_000)
    (bar,) = the_run(client.get(url_of(run))).all("progress")
    assert (bar.attributes.get("value"), bar.attributes.get("max"), bar.text) == (None, None, "12,000 rows")


def test_the_list_waits_for_its_backup(client: Client, group: Group) -> None:
    assert steps(client.get(url_of(make_run(group, Import.Status.WAITING)))) == [
        ("done", "Reading the file (done) All rows are read and checked."),
        ("current", "Backup The list changes only when its backup is complete."),
        ("ahead", "Applying"),
    ]


def test_the_rows_are_applied_when_the_backup_is_complete(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.APPLYING, rows_done=1, rows_known=40_208)
    assert [state for state, _text in steps(client.get(url_of(run)))] == ["done", "done", "current"]


@pytest.mark.parametrize("switched_off", ["account", "group"])
def test_where_backups_are_off_the_page_promises_none(client: Client, group: Group, switched_off: str) -> None:
    with account_scope(group.account_id):
        model = Account if switched_off == "account" else Group
        model._default_manager.update(automatic_backups=False)
    assert steps(client.get(url_of(make_run(group, Import.Status.READING))))[1] == (
        "none",
        "Backup Automatic backups are switched off.",
    )


def test_an_empty_list_needs_no_backup(client: Client, account: Account) -> None:
    run = make_run(make_group(account, "Leer"), Import.Status.READING)
    assert steps(client.get(url_of(run)))[1] == ("none", "Backup The list is empty, so there is nothing to back up.")


@pytest.mark.parametrize("status", RUNNING)
def test_the_page_asks_again_each_second_while_the_import_runs(
    client: Client, group: Group, status: Import.Status
) -> None:
    run = make_run(group, status)
    attributes = the_run(client.get(url_of(run))).attributes
    assert (attributes["hx-get"], attributes["hx-trigger"], attributes["hx-swap"]) == (
        url_of(run),
        EACH_SECOND,
        "outerHTML",
    )


@pytest.mark.parametrize("status", ENDED)
def test_the_page_asks_no_more_when_the_import_has_ended(client: Client, group: Group, status: Import.Status) -> None:
    response = client.get(url_of(make_run(group, status)))
    assert [name for name in the_run(response).attributes if name.startswith("hx-")] == []
    assert b"http-equiv" not in response.content


def test_without_scripts_the_page_loads_itself_again(client: Client, group: Group) -> None:
    response = client.get(url_of(make_run(group, Import.Status.READING)))
    assert b'<noscript><meta http-equiv="refresh" content="3; url=?again"></noscript>' in response.content


@pytest.mark.parametrize("status", ON_THIS_PAGE)
def test_the_fragment_is_the_pages_part(client: Client, group: Group, status: Import.Status) -> None:
    run = make_run(group, status)
    fragment = client.get(url_of(run), headers={"HX-Request": "true", "HX-Target": "run"})
    assert [one for one in read(fragment).content if isinstance(one, Element)] == [the_run(fragment)]
    whole = client.get(url_of(run))
    assert without_tokens(the_run(fragment)) == without_tokens(the_run(whole))
    assert [one["Vary"].split(", ").count("HX-Request") for one in (fragment, whole)] == [1, 1]


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        ("backup_failed", "The backup of the list could not be made, and without it nothing is changed."),
        ("interrupted", "The import was interrupted several times and has been given up."),
        ("internal", "The fault is ours and has been recorded."),
    ],
)
def test_a_failed_import_says_what_is_safe_why_and_what_to_do(
    client: Client, group: Group, failure: str, sentence: str
) -> None:
    response = client.get(url_of(make_run(group, Import.Status.FAILED, failure=failure)))
    (notice,) = notices(response)
    assert notice.startswith(f"The import did not happen, the list is as it was {sentence}")
    (link,) = read(response).all(css_class="notice__body")[0].all("a")
    assert (link.text, link.attributes["href"]) == (
        "Upload a file",
        reverse("imports:upload", args=[group.account_id, group.pk]),
    )


def test_a_field_that_could_not_be_made_is_named(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.FAILED, failure="fields_changed", failure_detail={"label": "PLZ"})
    (notice,) = notices(client.get(url_of(run)))
    assert "The field “PLZ” is another one now, or gone" in notice


@pytest.mark.parametrize(("query", "headers"), [("?again", {}), ("", {"HX-Request": "true", "HX-Target": "run"})])
def test_an_import_that_nobody_works_on_says_so(
    client: Client, group: Group, query: str, headers: dict[str, str]
) -> None:
    run = make_run(group, Import.Status.READING, claim=None, claimed_until=None)
    response = client.get(url_of(run) + query, headers=headers)
    assert notices(response)[0].startswith("Other work goes first; then this begins by itself.")
    assert the_run(response).all("progress") == []
    assert notices(client.get(url_of(run))) == []


@pytest.mark.parametrize("status", [Import.Status.PREVIEWING, Import.Status.PREVIEWED])
def test_an_import_in_its_preview_leads_there(client: Client, group: Group, status: Import.Status) -> None:
    run = make_run(group, status, confirmed_at=None)
    place = reverse("imports:preview", args=[run.account_id, run.pk])
    assert client.get(url_of(run)).headers["Location"] == place


def test_after_the_list_is_deleted_the_next_step_is_a_new_one(client: Client, group: Group) -> None:
    with account_scope(group.account_id):
        Group.objects.update(deleted_at=NOW)
    response = client.get(url_of(make_run(group, Import.Status.FAILED, failure="group_deleted")))
    (link,) = read(response).all(css_class="notice__body")[0].all("a")
    assert link.attributes["href"] == reverse("imports:new_list", args=[group.account_id])


def test_a_reader_sees_the_run_but_cannot_stop_it(account: Account, group: Group) -> None:
    response = sign_in(make_member(account, Role.READER)).get(url_of(make_run(group, Import.Status.READING)))
    assert (response.status_code, the_run(response).all("form")) == (200, [])


def test_a_draft_leads_back_to_its_mapping(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.DRAFT)
    (link,) = read(client.get(url_of(run))).all(css_class="notice__body")[0].all("a")
    assert link.attributes["href"] == reverse("imports:mapping", args=[run.account_id, run.pk])


@pytest.mark.parametrize("status", [Import.Status.READING, Import.Status.DONE])
def test_the_page_costs_the_same_queries_whatever_the_import_did(
    client: Client, group: Group, storage: Path, status: Import.Status
) -> None:
    run = make_run(group, status)
    with CaptureQueriesContext(connection) as found:
        client.get(url_of(run), headers={"HX-Request": "true", "HX-Target": "run"})
    assert len(found) == 9


def test_cancelling_ends_the_import_and_says_that_nothing_changed(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.READING)
    response = client.post(reverse("imports:cancel", args=[run.account_id, run.pk]), follow=True)
    assert response.redirect_chain == [(url_of(run), 302)]
    assert notices(response)[0].startswith("The import was cancelled, the list is as it was")


def test_cancelling_what_is_done_changes_nothing(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.DONE)
    response = client.post(reverse("imports:cancel", args=[run.account_id, run.pk]), follow=True)
    assert notices(response)[0] == "The import had ended before it could be cancelled."
    assert figures(response)["Added"] == "1,000"


def test_discarding_a_draft(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.DRAFT)
    response = client.post(reverse("imports:cancel", args=[run.account_id, run.pk]), follow=True)
    assert notices(response)[0].startswith("The import was cancelled")


def ways_to_delete(response: Any) -> list[str | None]:
    """Where the page leads to delete the list."""
    return [link.attributes["href"] for link in read(response).all("a") if link.text == "Delete the empty list …"]


def test_a_discarded_first_import_leads_to_the_deletion_of_its_list(client: Client, account: Account) -> None:
    empty = make_group(account, "Versuch")
    run = make_run(empty, Import.Status.DRAFT)
    response = client.post(reverse("imports:cancel", args=[run.account_id, run.pk]), follow=True)
    assert ways_to_delete(response) == [reverse("recipients:delete", args=[account.pk, empty.pk])]
    reader = sign_in(make_member(account, Role.READER))
    assert ways_to_delete(reader.get(url_of(run))) == []


@pytest.mark.parametrize("locked", [True, False])
def test_a_list_with_recipients_or_a_locked_one_is_not_offered_for_deletion(
    client: Client, account: Account, group: Group, *, locked: bool
) -> None:
    found = make_group(account, "Gesperrt", locked=True) if locked else group
    assert ways_to_delete(client.get(url_of(make_run(found, Import.Status.CANCELLED)))) == []
