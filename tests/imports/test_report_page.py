"""The report of an import: figures, the backup, who and when, rejected rows."""

import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role, User
from imports.models import Import
from recipients.models import Group
from tests.factories import make_account, make_group, make_member, make_recipient, make_user, sign_in
from tests.imports.made_runs import (
    FIGURES,
    figures,
    keep_rejected,
    make_run,
    the_run,
    url_of,
)
from tests.page_content import Element, notices, rows

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


def facts(response: Any) -> dict[str, Element]:
    return {line.all("dt")[0].text: line.all("dd")[0] for line in the_run(response).all("div") if line.all("dt")}


def test_the_report_leads_to_the_backup_that_was_made_before(client: Client, group: Group) -> None:
    backup = uuid.uuid4()
    run = make_run(group, Import.Status.DONE, report=FIGURES | {"backup": str(backup)})
    (link,) = facts(client.get(url_of(run)))["Backup"].all("a")
    assert link.attributes["href"] == f"{reverse('backups:group', args=[group.account_id, group.pk])}#backup-{backup}"


@pytest.mark.parametrize(
    ("list_then", "why"),
    [({"was_empty": True}, "the list was empty"), ({"was_empty": False}, "automatic backups were switched off")],
)
def test_the_report_says_why_there_is_no_backup(
    client: Client, group: Group, list_then: dict[str, bool], why: str
) -> None:
    run = make_run(group, Import.Status.DONE, report=FIGURES | list_then)
    assert facts(client.get(url_of(run)))["Backup"].text == f"No backup was made before, because {why}."


@pytest.mark.parametrize(
    ("mode", "sentence", "labels"),
    [
        (Import.Mode.DELETE, "312 recipients were deleted.", ["Rows in the file", "Deleted"]),
        (
            Import.Mode.DEACTIVATE,
            "39,000 recipients were deactivated.",
            ["Rows in the file", "Deactivated", "Were deactivated already"],
        ),
    ],
)
def test_who_was_taken_away_is_told(
    client: Client, group: Group, mode: Import.Mode, sentence: str, labels: list[str]
) -> None:
    run = make_run(group, Import.Status.DONE, mode=mode, report=FIGURES | {"removed": 312, "signed_off": 5})
    response = client.get(url_of(run))
    assert notices(response) == [f"The import is done {sentence}"]
    assert list(figures(response))[: len(labels)] == labels


def test_figures_that_are_not_the_previews_stand_beside_it(client: Client, group: Group) -> None:
    preview = {"outcome": {"added": 999, "changed": 39_001}, "revision": 1}
    run = make_run(group, Import.Status.DONE, report=FIGURES | {"as_previewed": False}, preview=preview)
    response = client.get(url_of(run))
    assert "The list changed between the preview and the import" in the_run(response).text
    table = the_run(response).all("table")[0]
    assert [line.text for line in table.all("tr")[1:]] == ["Added 999 1,000", "Changed 39,001 39,000"]


@pytest.mark.parametrize("as_previewed", [{}, {"as_previewed": True}])
def test_figures_of_the_preview_are_not_told_twice(client: Client, group: Group, as_previewed: dict[str, bool]) -> None:
    preview = {"outcome": {"added": 1000}, "revision": 1}
    run = make_run(group, Import.Status.DONE, report=FIGURES | as_previewed, preview=preview)
    assert "The list changed" not in the_run(client.get(url_of(run))).text


def test_rows_that_end_early_are_told(client: Client, group: Group) -> None:
    run = make_run(group, Import.Status.DONE, report=FIGURES | {"notes": {"short_rows": 1200}})
    told = "1,200 rows end before the last column; what is missing there counts as empty."
    assert told in the_run(client.get(url_of(run))).text


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
