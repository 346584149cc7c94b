"""An import's page: progress while it runs, then its report, the same in the fragment that htmx asks for."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from imports.models import Import
from imports.readers import REJECTED_SCHEMA
from recipients.models import Group
from tests.factories import NOW, make_account, make_group, make_member, make_recipient, make_user, sign_in
from tests.page_content import Element, notices, read, rows

pytestmark = pytest.mark.django_db

FIGURES = {
    "rows": 40_212,
    "added": 1_000,
    "changed": 39_000,
    "unchanged": 200,
    "skipped": 0,
    "doubled": 3,
    "kept_inactive": 5,
    "rejected": 4,
    "rejected_by_reason": {"invalid_email": 3, "unreadable_date": 1},
}
AT_WORK = {"claim": uuid.uuid4(), "claimed_until": datetime.max.replace(tzinfo=UTC)}
RUNNING = [Import.Status.READING, Import.Status.WAITING, Import.Status.APPLYING]
ON_THIS_PAGE = [one for one in Import.Status if one not in (Import.Status.PREVIEWING, Import.Status.PREVIEWED)]
ENDED = [Import.Status.DRAFT, Import.Status.DONE, Import.Status.FAILED, Import.Status.CANCELLED]


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


def make_run(group: Group, status: Import.Status, **fields: Any) -> Import:
    """An import in a state, begun at NOW."""
    given = {
        "file_name": "kunden.csv",
        "file_size": 4_200_000,
        "file_key": "gone",
        "created_at": NOW,
        "confirmed_at": None if status == Import.Status.DRAFT else NOW,
        "finished_at": NOW + timedelta(seconds=125) if status in ENDED[1:] else None,
        "report": FIGURES if status == Import.Status.DONE else {},
        **(AT_WORK if status in (Import.Status.READING, Import.Status.APPLYING) else {}),
        **fields,
    }
    with account_scope(group.account_id):
        return Import.objects.create(account_id=group.account_id, group=group, status=status, **given)


def keep_rejected(run: Import, storage: Path, count: int) -> None:
    """Rejected rows in the storage, as the reader leaves them."""
    key = f"{run.account_id}/{run.pk}/rejected.parquet"
    path = storage / "imports" / key
    path.parent.mkdir(parents=True)
    line = {"email": "kein at", "reason": "invalid_email", "column": "E-Mail", "value": "kein at"}
    pq.write_table(pa.Table.from_pylist([line | {"line": n + 2} for n in range(count)], REJECTED_SCHEMA), path)
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(rejected_key=key)


def url_of(run: Import) -> str:
    return reverse("imports:run", args=[run.account_id, run.pk])


def the_run(response: Any) -> Element:
    """The part that changes."""
    (found,) = [one for one in read(response).all() if one.attributes.get("id") == "run"]
    return found


def steps(response: Any) -> list[tuple[str, str]]:
    """The steps: in which state each is, and what it says."""
    return [
        ((step.attributes["class"] or "").split("--")[1], step.all(css_class="run__body")[0].text)
        for step in the_run(response).all(css_class="run__step")
    ]


def figures(response: Any) -> dict[str, str]:
    """The report's figures by their labels."""
    return {
        stat.all(css_class="stat__label")[0].text: stat.all(css_class="stat__value")[0].text
        for stat in the_run(response).all(css_class="stat")
    }


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
        "every 1s",
        "outerHTML",
    )


@pytest.mark.parametrize("status", ENDED)
def test_the_page_asks_no_more_when_the_import_has_ended(client: Client, group: Group, status: Import.Status) -> None:
    response = client.get(url_of(make_run(group, status)))
    assert [name for name in the_run(response).attributes if name.startswith("hx-")] == []
    assert b"http-equiv" not in response.content


def test_without_scripts_the_page_loads_itself_again(client: Client, group: Group) -> None:
    response = client.get(url_of(make_run(group, Import.Status.READING)))
    assert b'<noscript><meta http-equiv="refresh" content="3"></noscript>' in response.content


@pytest.mark.parametrize("status", ON_THIS_PAGE)
def test_the_fragment_is_the_pages_part(client: Client, group: Group, status: Import.Status) -> None:
    run = make_run(group, status)
    fragment = client.get(url_of(run), headers={"HX-Request": "true", "HX-Target": "run"})
    assert [one for one in read(fragment).content if isinstance(one, Element)] == [the_run(fragment)]
    assert without_tokens(the_run(fragment)) == without_tokens(the_run(client.get(url_of(run))))


def test_the_report_has_every_figure(client: Client, group: Group) -> None:
    response = client.get(url_of(make_run(group, Import.Status.DONE)))
    assert figures(response) == {
        "Rows in the file": "40,212",
        "Added": "1,000",
        "Changed": "39,000",
        "Unchanged": "200",
        "Doubles in the file": "3",
        "Rejected": "4",
        "Stay unsubscribed": "5",
    }
    assert notices(response) == [
        "The import is done Added: 1,000. Changed: 39,000. All others in the list are as they were."
    ]


@pytest.mark.parametrize(
    ("mode", "hint"), [(Import.Mode.ADD, "were in the list already"), (Import.Mode.UPDATE, "are not in the list")]
)
def test_who_was_left_out_by_the_mode_is_counted(client: Client, group: Group, mode: Import.Mode, hint: str) -> None:
    run = make_run(group, Import.Status.DONE, mode=mode, report=FIGURES | {"skipped": 17})
    (stat,) = [one for one in the_run(client.get(url_of(run))).all(css_class="stat") if one.text.startswith("Left out")]
    assert stat.text == f"Left out by the mode 17 {hint}"


def test_most_rows_rejected_is_said_first(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.DONE, report=FIGURES | {"rows": 5})
    assert notices(client.get(url_of(run)))[0].startswith("Most rows were rejected Usually a column is assigned")


def test_the_report_says_who_when_where_and_how_long(client: Client, editor: User, group: Group) -> None:
    run = make_run(group, Import.Status.DONE, requested_by=editor, reactivate=True, empty_cells="clear")
    found = {
        line.all("dt")[0].text: line.all("dd")[0].text
        for line in the_run(client.get(url_of(run))).all("div")
        if line.all("dt")
    }
    (started,) = [found.pop("Started")]
    assert started.startswith("2 Mar 2026, 10:30 ")
    assert {name: found[name] for name in ("File", "List", "Mode", "Who", "Duration")} == {
        "File": "kunden.csv 4.2 MB",
        "List": "Kunden 2026",
        "Mode": "Update and add An empty cell clears what is stored Unsubscribed people are turned active again",
        "Who": "Erika Berger",
        "Duration": "2 minutes 5 seconds",
    }


def test_the_report_leads_to_the_recipients_and_the_backups(client: Client, group: Group) -> None:
    links = {
        link.text: link.attributes["href"]
        for link in the_run(client.get(url_of(make_run(group, Import.Status.DONE)))).all("a")
    }
    assert links == {
        "Show the recipients": reverse("recipients:group", args=[group.account_id, group.pk]),
        "Backups of this list": reverse("backups:group", args=[group.account_id, group.pk]),
    }


def test_rejected_rows_are_shown_by_reason_and_one_by_one(client: Client, group: Group, storage: Path) -> None:
    run = make_run(group, Import.Status.DONE)
    keep_rejected(run, storage, 3)
    response = client.get(url_of(run))
    assert [reason.text for reason in the_run(response).all(css_class="reasons")[0].all("li")] == [
        "3 Invalid e-mail address",
        "1 Unreadable date",
    ]
    assert rows(response) == [[str(n), "kein at", "Invalid e-mail address", "E-Mail", "kein at"] for n in (2, 3, 4)]


def test_the_first_fifty_rejected_rows_are_shown_and_the_rest_is_a_file(
    client: Client, group: Group, storage: Path
) -> None:
    run = make_run(group, Import.Status.DONE, report=FIGURES | {"rejected": 60})
    keep_rejected(run, storage, 60)
    response = client.get(url_of(run))
    assert len(rows(response)) == 50
    assert "The first 50 rows are shown; the file for download holds all of them." in the_run(response).text
    assert reverse("imports:rejected", args=[run.account_id, run.pk]) in response.content.decode()


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "The rows themselves are kept for 30 days."),
        ("1/gone", "The rows themselves cannot be shown at the moment. Load the page again in a while."),
    ],
)
def test_rejected_rows_that_are_gone_leave_the_report(
    client: Client, group: Group, storage: Path, key: str, sentence: str
) -> None:
    response = client.get(url_of(make_run(group, Import.Status.DONE, rejected_key=key)))
    assert (sentence in the_run(response).text, figures(response)["Rejected"]) == (True, "4")


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
