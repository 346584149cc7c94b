"""The preview of an import, step by step, in one process: it changes nothing, and the import does what it said."""

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.confirming import cancel_import, preview_again, reopen_draft, start_preview
from imports.models import Import
from imports.tidying import tidy_imports
from recipients.masterdata.options import FILE_MODES
from recipients.models import Group, Recipient
from tests.factories import make_account, make_field, make_group, make_member, make_recipient
from tests.runs import advance, backups_of, confirm, fresh, make_draft, take_pending

FILE = "E-Mail;Name\nada@example.org;Ada\nnew@example.org;Neu\nbroken;?\nada@example.org;Doppelt\n"
TARGETS = ("email", "name")


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
    make_recipient(made, "ada@example.org", values={"name": "Alt"})
    return made


def previewed(run: Import, *, reactivate: bool = False) -> Import:
    """The run with its preview."""
    with account_scope(run.account_id):
        start_preview(run=run, reactivate=reactivate)
    advance(run)
    return advance(run)


def names(group: Group) -> dict[str, str | None]:
    with account_scope(group.account_id):
        found = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
        return {recipient.email: recipient.values.get("name") for recipient in found}


def files_in(storage: Path) -> set[str]:
    """The files of imports that are kept."""
    folder = storage / "imports"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def finished(run: Import, editor: User) -> Import:
    """The previewed run, confirmed and done."""
    confirm(run, editor)
    advance(run)
    take_pending(run.group)
    return advance(run)


def test_a_preview_counts_and_changes_nothing(group: Group) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    outcome = run.preview["outcome"]
    assert run.status == Import.Status.PREVIEWED
    assert (outcome["added"], outcome["changed"], outcome["doubled"]) == (1, 1, 1)
    assert run.preview["details"]["changed"] == [
        {"line": 2, "email": "ada@example.org", "changes": [["name", "Alt", "Ada"]]}
    ]
    assert (run.report["rows"], run.report["rejected_by_reason"]) == (4, {"invalid_email": 1})
    assert names(group) == {"ada@example.org": "Alt"}
    assert backups_of(group) == []


def test_the_import_does_what_its_preview_said(group: Group, editor: User) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    outcome = run.preview["outcome"]
    run = finished(run, editor)
    assert (run.status, run.report["as_previewed"]) == (Import.Status.DONE, True)
    assert {name: run.report[name] for name in outcome} == outcome
    assert names(group) == {"ada@example.org": "Ada", "new@example.org": "Neu"}


def test_a_previewed_import_does_not_read_its_file_again(group: Group, editor: User) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    rows = run.rows_key
    confirm(run, editor)
    assert (fresh(run).status, fresh(run).rows_key) == (Import.Status.WAITING, rows)


def test_the_report_says_so_when_the_list_changed_in_between(group: Group, editor: User) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    make_recipient(group, "new@example.org", values={"name": "Schon da"})
    run = finished(run, editor)
    assert run.report["as_previewed"] is False
    assert (run.preview["outcome"]["added"], run.report["added"]) == (1, 0)


def test_an_import_may_start_while_its_preview_is_being_made(group: Group, editor: User) -> None:
    run = make_draft(group, FILE, targets=TARGETS)
    with account_scope(run.account_id):
        start_preview(run=run, reactivate=False)
    assert finished(run, editor).status == Import.Status.DONE
    assert names(group) == {"ada@example.org": "Ada", "new@example.org": "Neu"}


def test_going_back_to_the_mapping_lets_what_was_read_go(group: Group, storage: Path) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    with account_scope(run.account_id):
        reopen_draft(run=run)
    run = fresh(run)
    assert (run.status, run.preview, run.report, run.rows_key) == (Import.Status.DRAFT, {}, {}, "")
    assert files_in(storage) == {run.file_key}


def test_a_preview_can_be_made_again(group: Group) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    rows = run.rows_key
    make_recipient(group, "new@example.org")
    with account_scope(run.account_id):
        preview_again(run=run, reactivate=False)
    run = advance(run)
    assert (run.status, run.preview["outcome"]["added"], run.rows_key) == (Import.Status.PREVIEWED, 0, rows)


def test_a_cancelled_preview_leaves_no_sample_and_no_rows(group: Group, editor: User, storage: Path) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    with account_scope(run.account_id):
        assert cancel_import(run=run, actor=editor, now=timezone.now())
    tidy_imports(now=timezone.now())
    run = fresh(run)
    assert (run.status, run.preview, run.entered) == (Import.Status.CANCELLED, {}, {})
    assert files_in(storage) == {run.rejected_key}


def test_the_samples_go_when_the_import_is_done(group: Group, editor: User) -> None:
    run = finished(previewed(make_draft(group, FILE, targets=TARGETS)), editor)
    assert sorted(run.preview) == ["active", "outcome", "recipients", "revision"]


def test_an_abandoned_preview_is_cancelled(group: Group) -> None:
    run = previewed(make_draft(group, FILE, targets=TARGETS))
    tidy_imports(now=timezone.now() + timedelta(days=8))
    assert (fresh(run).status, fresh(run).preview) == (Import.Status.CANCELLED, {})


people = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d", "no address"]),
        st.sampled_from(["", "Ada", "Bo"]),
        st.sampled_from(["", "vip", "neu,vip"]),
        st.sampled_from(["", "2026-03-01 10:00", "2026-03-03 10:00"]),
        st.sampled_from(["", "2026-03-02 10:00"]),
    ),
    max_size=6,
)
COLUMNS = ("email", "name", "tags", "activated_at", "deactivated_at")


def as_csv(rows: list[tuple[str, ...]], width: int) -> str:
    lines = [";".join(COLUMNS[:width])]
    for name, *cells in rows:
        address = name if " " in name else f"{name}@example.org"
        lines.append(";".join([address, *cells][:width]))
    return "\n".join(lines) + "\n"


chosen = st.fixed_dictionaries(
    {
        "mode": st.sampled_from([mode.value for mode in FILE_MODES]),
        "empty_cells": st.sampled_from(Import.EmptyCells.values),
        "tags_mode": st.sampled_from(Import.TagsMode.values),
    }
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(before=people, rows=people.filter(bool), width=st.integers(1, 5), options=chosen, reactivate=st.booleans())
def test_preview_and_report_have_the_same_figures(
    editor: User,
    account: Account,
    *,
    before: list[tuple[str, ...]],
    rows: list[tuple[str, ...]],
    width: int,
    options: dict[str, str],
    reactivate: bool,
) -> None:
    group = make_group(account, f"List {uuid.uuid4()}")
    make_field(account, "Name", group=group, key=f"name_{group.pk}")
    columns = ("email", f"name_{group.pk}", *COLUMNS[2:])
    first = make_draft(group, as_csv([("first", "", "", "", ""), *before], 5), targets=columns)
    assert finished(previewed(first), editor).status == Import.Status.DONE
    run = make_draft(group, as_csv(rows, width), targets=columns[:width])
    with account_scope(account.pk):
        Import.objects.filter(pk=run.pk).update(**options)
    run = previewed(fresh(run), reactivate=reactivate)
    outcome, report = run.preview["outcome"], run.report
    run = finished(run, editor)
    assert (run.status, run.report["as_previewed"]) == (Import.Status.DONE, True)
    assert {name: run.report[name] for name in (*outcome, *report)} == outcome | report
