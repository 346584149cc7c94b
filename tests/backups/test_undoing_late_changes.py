"""Who changes between the preview of an undo and the undo itself is kept, and stands in the file of its report."""

import pyarrow.parquet as pq
import pytest
from django.urls import reverse

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.models import Group, Recipient
from recipients.services import deactivate_recipient, edit_recipient
from recipients.storage import local_copy, place
from tests.backups.restores import previewed_undo
from tests.factories import NOW, make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.page_content import read
from tests.runs import advance, confirm, fresh, make_draft, run_through, take_pending

WRONG = "E-Mail;Name\nada@example.org;falsch\nbob@example.org;falsch\ncem@example.org;falsch\n"


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def editor(account: Account) -> User:
    return make_member(account)


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_field(account, "Name", group=made)
    for name in ("ada", "bob", "cem"):
        make_recipient(made, f"{name}@example.org", values={"name": name})
    return made


def previewed(group: Group, editor: User) -> Import:
    """The undo of a wrong import, previewed; Ada was edited before it."""
    run = run_through(make_draft(group, WRONG, targets=("email", "name")), editor)
    edit(group, editor, "ada@example.org")
    return previewed_undo(run, editor)


def edit(group: Group, editor: User, email: str) -> None:
    with account_scope(group.account_id):
        found = Recipient.objects.get(group=group, email=email)
        edit_recipient(
            account_id=group.account_id,
            group_id=group.pk,
            recipient_id=found.id,
            changes={"source": "Hand"},
            actor=editor,
            now=NOW,
        )


def sign_off(group: Group, editor: User, email: str) -> None:
    with account_scope(group.account_id):
        found = Recipient.objects.get(group=group, email=email)
        deactivate_recipient(
            account_id=group.account_id, group_id=group.pk, recipient_id=found.id, actor=editor, now=NOW
        )


def carried_out(undo: Import, editor: User) -> Import:
    confirm(undo, editor)
    take_pending(undo.group)
    assert advance(undo).status == Import.Status.DONE
    return fresh(undo)


def kept(run: Import) -> list[tuple[str, str]]:
    """Who stands in the file, and why."""
    with local_copy("imports", run.kept_key) as path:
        return [(one["email"], one["reason"]) for one in pq.read_table(path).to_pylist()]


def stored(account: Account, run: Import) -> list[str]:
    """The files of a run."""
    return [f"{account.pk}/{run.pk}/{name}" for name in place("imports").listdir(f"{account.pk}/{run.pk}")[1]]


def test_the_file_of_the_report_has_them_too(account: Account, group: Group, editor: User) -> None:
    undo = previewed(group, editor)
    assert kept(undo) == [("ada@example.org", "edited")]
    sign_off(group, editor, "bob@example.org")
    done = carried_out(undo, editor)
    assert (done.report["kept_changed"], done.report["changed"]) == (2, 1)
    assert kept(done) == [("ada@example.org", "edited"), ("bob@example.org", "signed_off")]
    assert stored(account, done) == [done.kept_key]
    report = read(sign_in(editor).get(reverse("imports:run", args=[account.pk, done.pk])))
    assert "2 people had changed since and stayed as they are. All of them as a file (CSV)" in report.text


def test_an_undo_that_reached_everybody_at_its_preview_gets_its_file(group: Group, editor: User) -> None:
    run = run_through(make_draft(group, WRONG, targets=("email", "name")), editor)
    undo = previewed_undo(run, editor)
    assert undo.kept_key == ""
    edit(group, editor, "cem@example.org")
    assert kept(carried_out(undo, editor)) == [("cem@example.org", "edited")]


def test_the_file_of_the_preview_stays_where_nothing_has_changed(group: Group, editor: User) -> None:
    undo = previewed(group, editor)
    assert carried_out(undo, editor).kept_key == undo.kept_key
