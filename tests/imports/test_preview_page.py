"""The preview's page: progress while it is made, then what the import would do."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.models import Group
from tests.factories import (
    make_account,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)
from tests.imports.previewed import (
    FILE,
    TARGETS,
    buttons,
    figures,
    finished,
    make_list,
    page_of,
    press,
    previewed,
    the_preview,
)
from tests.page_content import EACH_SECOND, Element, notices, read, rows
from tests.runs import make_draft


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


# --- while it is made ---------------------------------------------------------------------------------------------


def previewing(run: Import, **fields: Any) -> None:
    at_work = {"claim": run.pk, "claimed_until": timezone.now() + timedelta(hours=1)}
    with account_scope(run.account_id):
        Import.objects.filter(pk=run.pk).update(status=Import.Status.PREVIEWING, preview={}, **(at_work | fields))


def states(response: Any) -> list[str]:
    return [
        (step.attributes["class"] or "").split("--")[1] for step in the_preview(response).all(css_class="run__step")
    ]


def test_progress_is_shown_in_rows_of_rows(client: Client, run: Import) -> None:
    previewing(run, rows_key="", rows_done=12_000, rows_known=40_212)
    response = client.get(page_of(run))
    (bar,) = the_preview(response).all("progress")
    assert (states(response), bar.attributes["value"], bar.attributes["max"]) == (
        ["current", "ahead"],
        "12000",
        "40212",
    )


def test_when_the_file_is_read_it_is_compared(client: Client, run: Import) -> None:
    previewing(run)
    assert states(client.get(page_of(run))) == ["done", "current"]


def test_it_asks_for_itself_until_it_is_made(client: Client, run: Import) -> None:
    made = client.get(page_of(run))
    previewing(run)
    waiting = client.get(page_of(run))
    assert the_preview(waiting).attributes["hx-trigger"] == EACH_SECOND
    assert b'<noscript><meta http-equiv="refresh" content="3; url=?again"></noscript>' in waiting.content
    assert [name for name in the_preview(made).attributes if name.startswith("hx-")] == []
    assert b"http-equiv" not in made.content


def test_who_does_not_want_to_wait_can_go_on(client: Client, run: Import) -> None:
    previewing(run)
    assert buttons(client.get(page_of(run))) == [
        "Import now, without waiting for the preview",
        "Back to the mapping",
        "Cancel",
    ]
    assert press(client, run, "confirm").headers["Location"] == page_of(run, "run")


@pytest.mark.parametrize("status", [Import.Status.PREVIEWING, Import.Status.PREVIEWED])
def test_the_fragment_is_the_pages_part(client: Client, run: Import, status: Import.Status) -> None:
    if status == Import.Status.PREVIEWING:
        previewing(run)
    fragment = client.get(page_of(run), headers={"HX-Request": "true", "HX-Target": "preview"})
    whole = client.get(page_of(run))
    assert [one["Vary"].split(", ").count("HX-Request") for one in (fragment, whole)] == [1, 1]
    parts = [the_preview(response) for response in (fragment, whole)]
    for field in [field for part in parts for field in part.all("input")]:
        if field.attributes["name"] == "csrfmiddlewaretoken":
            field.attributes["value"] = ""
    assert parts[0] == parts[1]
    assert [one for one in read(fragment).content if isinstance(one, Element)] == [the_preview(fragment)]


# --- what it says -------------------------------------------------------------------------------------------------


def test_the_figures_are_the_plans(client: Client, run: Import) -> None:
    assert figures(client.get(page_of(run))) == {
        "Rows in the file": "5",
        "Added": "1",
        "Changed": "2",
        "Unchanged": "0",
        "Doubles in the file": "1",
        "Rejected": "1",
        "Stay unsubscribed": "1",
        "Fields of all lists": "1",
    }


def test_what_changes_in_each_field_is_counted(client: Client, group: Group) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS), empty_cells="clear", tags_mode="replace")
    assert [line.text for line in the_preview(client.get(page_of(run))).all("table")[0].all("tr")[1:]] == [
        "Activated at 1 –",
        "Tags 1 –",
        "Name 1 –",
        "Geboren 1 –",
        "Umsatz 1 –",
        "Anrede in all lists 1 –",
    ]


def test_a_value_that_is_lost_is_counted_and_shown(client: Client, group: Group) -> None:
    run = previewed(
        make_draft(group, "E-Mail;Name\nada@example.org;\n", targets=("email", "name")), empty_cells="clear"
    )
    response = client.get(page_of(run))
    assert rows(response) == [["1", "1"], ["ada@example.org", "Name Ada becomes empty", "2"]]
    (lost,) = the_preview(response).all(css_class="change__none")
    assert lost.text == "empty"


def test_examples_show_old_and_new_in_the_persons_language(client: Client, run: Import) -> None:
    response = client.get(page_of(run), headers={"Accept-Language": "de"})
    examples = [
        table for table in the_preview(response).all("table") if "examples" in (table.attributes["class"] or "")
    ]
    changed, added = [[[cell.text for cell in row.all("td")] for row in table.all("tr")[1:]] for table in examples]
    assert changed == [
        [
            "ada@example.org",
            (
                "Tags Messe wird zu Messe, VIP Name Ada wird zu Augusta Ada Geboren leer wird zu 10.12.1815 "
                "Umsatz 12 wird zu 1.234,5 Anrede leer wird zu weiblich"
            ),
            "2",
        ],
        ["kurt@example.org", "Aktiviert am 02.03.2026, 10:30 wird zu 01.06.2026, 10:00", "4"],
    ]
    assert added == [["neu@example.org", "Name Neu", "3"]]


def test_no_value_stands_in_the_page_as_markup(client: Client, group: Group) -> None:
    run = previewed(make_draft(group, "E-Mail;Name\nada@example.org;<b>x</b>\n", targets=("email", "name")))
    assert b"<b>x" not in client.get(page_of(run)).content


def test_a_long_text_is_cut(client: Client, group: Group) -> None:
    run = previewed(make_draft(group, f"E-Mail;Name\nneu@example.org;{'x' * 9000}\n", targets=("email", "name")))
    assert "x" * 119 + "…" in the_preview(client.get(page_of(run))).text


def test_examples_beyond_the_first_unfold(client: Client, group: Group) -> None:
    lines = "".join(f"neu{n}@example.org;{n}\n" for n in range(12))
    run = previewed(make_draft(group, f"E-Mail;Name\n{lines}", targets=("email", "name")))
    response = client.get(page_of(run))
    (fold,) = the_preview(response).all("details")
    assert (len(rows(response)), len(fold.all("td", "table__main")), fold.all("summary")[0].text) == (
        10,
        7,
        "7 more examples",
    )


def test_people_without_dates_in_the_file_count_as_signed_up_now(client: Client, group: Group) -> None:
    run = previewed(make_draft(group, "E-Mail\nneu@example.org\n"))
    response = client.get(page_of(run))
    assert "They count as signed up now, because the file does not say when." in the_preview(response).text
    assert rows(response) == [["neu@example.org", "The address alone", "2"]]


def test_that_is_said_in_the_persons_language(client: Client, group: Group) -> None:
    run = previewed(make_draft(group, "E-Mail\nneu@example.org\n"))
    page = the_preview(client.get(page_of(run), headers={"accept-language": "de"}))
    assert "Alle gelten ab jetzt als angemeldet, weil die Datei keinen Zeitpunkt nennt." in page.text


@pytest.mark.parametrize("target", ["deactivated_at", "bounced_at"])
def test_people_whom_the_file_has_as_unsubscribed_are_added_as_such(client: Client, group: Group, target: str) -> None:
    text = "E-Mail;Wann\nneu@example.org;2026-06-01 10:00\n"
    run = previewed(make_draft(group, text, targets=("email", target)))
    told = "Those who have unsubscribed or bounced according to the file are added as such; they are not active."
    assert told in the_preview(client.get(page_of(run))).text


def test_values_beyond_the_first_unfold(client: Client, group: Group) -> None:
    labels = [f"Feld{number}" for number in range(14)]
    for label in labels:
        make_field(group.account, label, group=group)
    text = f"E-Mail;{';'.join(labels)}\nneu@example.org;{';'.join(labels)}\n"
    run = previewed(make_draft(group, text, targets=("email", *(label.lower() for label in labels))))
    page = the_preview(client.get(page_of(run)))
    (fold,) = page.all("details")
    assert [one.text for one in (*fold.all("summary"), *fold.all("dd"))] == ["2 more values", "Feld12", "Feld13"]
    assert [one.text for one in page.all("table")[0].all("dd")] == labels


def test_new_fields_are_named(client: Client, run: Import) -> None:
    planned = [{"key": "plz", "label": "PLZ", "type": "text", "scope": "list"}]
    with account_scope(run.account_id):
        Import.objects.update(new_fields=planned)
    assert "The import makes one new field: PLZ." in the_preview(client.get(page_of(run))).text


def test_of_many_new_fields_some_are_named(client: Client, run: Import) -> None:
    planned = [{"key": f"f{n}", "label": f"F{n}", "type": "text", "scope": "list"} for n in range(20)]
    with account_scope(run.account_id):
        Import.objects.update(new_fields=planned)
    page = the_preview(client.get(page_of(run)))
    assert "The import makes 20 new fields: F0, F1, F2, F3, F4, F5, F6, …, F19." in page.text


def test_the_page_says_which_file_and_what_was_chosen(client: Client, group: Group) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS), empty_cells="clear", account_values="fill")
    (about,) = read(client.get(page_of(run))).all("ul", "about")
    assert [one.text for one in about.all("li")][1:] == [
        "Update and add",
        "An empty cell clears what is stored",
        "Only where there is no value yet",
    ]


def test_warnings_stand_in_it(client: Client, group: Group) -> None:
    run = previewed(make_draft(group, "E-Mail\nkurt@example.org\n"), mode="delete")
    response = client.get(page_of(run))
    assert notices(response)[0].startswith("The list would forget that 1 person has unsubscribed or bounced")
    assert buttons(response)[0] == "Delete 1 recipient"


@pytest.mark.parametrize("others", [0, 1])
def test_other_lists_are_told_of_only_where_there_are_some(
    client: Client, account: Account, group: Group, others: int
) -> None:
    make_contact(account, "ada@example.org", {"anrede": "male"})
    for _ in range(others):
        make_group(account, "Presse")
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    told = [notice for notice in notices(client.get(page_of(run))) if notice.startswith("Other lists change as well")]
    assert len(told) == others


def test_rejected_rows_stand_in_it_with_their_file(client: Client, run: Import) -> None:
    response = client.get(page_of(run))
    assert ["5", "broken", "Invalid e-mail address", "E-Mail", "broken"] in rows(response)
    assert page_of(run, "rejected") in response.content.decode()


def test_before_the_decision_it_says_what_is_safe(client: Client, run: Import) -> None:
    assert notices(client.get(page_of(run)))[-1].startswith("Before anything changes, Listkeep backs up the list")


def test_where_nothing_would_change_the_way_back_comes_first(client: Client, group: Group) -> None:
    run = previewed(make_draft(group, "E-Mail\nada@example.org\n"))
    response = client.get(page_of(run))
    assert the_preview(response).all("h2")[0].text == "Nothing in the list would change"
    assert buttons(response) == ["Back to the mapping", "Import all the same", "Cancel"]


def test_a_list_that_changed_since_is_told_and_the_preview_can_be_made_again(
    client: Client, group: Group, run: Import
) -> None:
    make_recipient(group, "neu@example.org")
    response = client.get(page_of(run))
    assert notices(response)[0].startswith("The list has changed since this preview was made")
    assert buttons(response)[0] == "Make the preview again"
    press(client, run, "preview_again")
    response = client.get(page_of(finished(run)))
    assert (figures(response)["Added"], buttons(response)[0]) == ("0", "Turn 1 person active again")


def test_the_page_costs_the_same_queries_for_one_row_and_for_three(client: Client, group: Group) -> None:
    counts = []
    for number in (1, 3):
        lines = "".join(f"neu{n}@example.org;{n}\n" for n in range(number))
        run = previewed(make_draft(group, f"E-Mail;Name\n{lines}", targets=("email", "name")))
        with CaptureQueriesContext(connection) as found:
            client.get(page_of(run))
        counts.append(len(found))
    assert counts == [10, 10]
