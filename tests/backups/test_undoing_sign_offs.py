"""Undo of what unsubscribed people, and what an undo that changed nothing, or that was taken back, leaves behind."""

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, User
from accounts.tenancy import account_scope
from backups.undoing import last_step, why_not_undoable
from imports.models import Import
from imports.preview_page import plan_mark
from recipients.models import Group, Recipient
from tests.backups.restores import carried_out, previewed, previewed_undo, undone
from tests.factories import make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.page_content import Element, read
from tests.runs import fresh, make_draft, run_through

MISTAKE = "E-Mail\nada@example.org\nbob@example.org\n"
WRONG = "E-Mail;Name\nada@example.org;falsch\nnew@example.org;neu\n"


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def client(editor: User) -> Client:
    return sign_in(editor)


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_field(account, "Name", group=made)
    for name in ("ada", "bob", "cem"):
        make_recipient(made, f"{name}@example.org", values={"name": name})
    return made


def signed_off(group: Group, editor: User) -> Import:
    """An import that deactivated two people."""
    run = run_through(make_draft(group, MISTAKE, targets=("email",), mode=Import.Mode.DEACTIVATE), editor)
    assert (run.status, active(group)) == (Import.Status.DONE, {"cem@example.org"})
    return run


def active(group: Group) -> set[str]:
    with account_scope(group.account_id):
        return set(Recipient.objects.filter(group=group, deactivated_at=None).values_list("email", flat=True))


def why(run: Import) -> str:
    with account_scope(run.account_id):
        return why_not_undoable(run=fresh(run))


def page(client: Client, name: str, run: Import) -> Element:
    return read(client.get(reverse(name, args=[run.account_id, run.pk])))


def test_the_preview_says_who_unsubscribed_them_and_makes_the_choice_the_next_step(
    client: Client, group: Group, editor: User
) -> None:
    undo = previewed_undo(signed_off(group, editor), editor)
    shown = page(client, "imports:preview", undo)
    assert shown.all("h2")[0].text == "You decide who becomes active again"
    assert "what is undone here unsubscribed them" in shown.text
    assert "since" not in next(card.text for card in shown.all("section", "card") if "2 people stay" in card.text)
    told = {button.text: button.attributes["class"] for button in shown.all("button", "button")}
    assert told["Status as in the backup for 2 people (2 active again)"] == "button button--primary"
    assert "Restore all the same" not in told
    assert "Cancel" in told


def test_the_choice_brings_them_back(client: Client, group: Group, editor: User) -> None:
    undo = previewed_undo(signed_off(group, editor), editor)
    client.post(
        reverse("imports:choose", args=[undo.account_id, undo.pk]), {"mark": plan_mark(undo), "exact_status": "1"}
    )
    carried_out(previewed(undo), editor)
    assert active(group) == {"ada@example.org", "bob@example.org", "cem@example.org"}


def test_an_undo_that_changed_nothing_does_not_use_the_undo_up(client: Client, group: Group, editor: User) -> None:
    run = signed_off(group, editor)
    first = carried_out(previewed_undo(run, editor), editor)
    assert (active(group), why(run)) == ({"cem@example.org"}, "")
    assert "The undo is done" in page(client, "imports:run", first).text
    second = previewed_undo(run, editor)
    client.post(
        reverse("imports:choose", args=[second.account_id, second.pk]), {"mark": plan_mark(second), "exact_status": "1"}
    )
    carried_out(previewed(second), editor)
    assert (len(active(group)), why(run)) == (3, "undone")
    with account_scope(group.account_id):
        found = last_step(run=run)
    assert found is not None
    assert found.pk == second.pk


def test_what_was_undone_and_redone_holds_again(client: Client, group: Group, editor: User) -> None:
    run = run_through(make_draft(group, WRONG, targets=("email", "name")), editor)
    steps = [run]
    reasons = []
    for _step in range(3):
        steps.append(undone(steps[-1], editor))
        reasons.append([why(step) for step in steps])
    assert reasons == [["undone", ""], ["redone", "undone", ""], ["undone", "redone", "undone", ""]]
    with account_scope(group.account_id):
        assert [step.pk if (step := last_step(run=one)) else None for one in steps] == [steps[-1].pk] * 3 + [None]


def test_history_and_report_say_that_it_holds_again(client: Client, group: Group, editor: User) -> None:
    run = run_through(make_draft(group, WRONG, targets=("email", "name")), editor)
    again = undone(undone(run, editor), editor)
    history = read(client.get(reverse("imports:history", args=[group.account_id])))
    states = [cell.text for cell in history.all("td") if cell.attributes.get("data-label") == "State"]
    assert states == ["Done", "Done undone", "Done holds again"]
    (hint,) = [one for one in page(client, "imports:run", run).all("p") if one.attributes.get("id") == "undo"]
    assert hint.text.startswith("This was undone, and the undo was taken back: it holds again.")
    assert hint.all("a")[0].attributes["href"] == reverse("imports:run", args=[group.account_id, again.pk])
