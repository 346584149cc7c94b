"""Erased people and imports: left out with a reason, let in again only by a counted choice, gone from kept files."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AuditAction, AuditEntry, Role, User
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.models import ErasedAddress, Group, Recipient
from recipients.storage import place
from tests.backups.erasures import PERSON, advance, erase, fresh, told_in_database, told_in_files
from tests.factories import make_account, make_blocked, make_group, make_member, make_recipient, sign_in
from tests.imports.previewed import finished, page_of, previewed
from tests.page_content import read
from tests.runs import advance as advance_run
from tests.runs import confirm, make_draft, run_through, take_pending
from tests.runs import fresh as fresh_run

FILE = "E-Mail\nneu@example.org\nErika@Example.org\nkein\n"
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def account(committed_db: None) -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def client(owner: User) -> Client:
    return sign_in(owner)


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account)
    make_recipient(group, "anna@example.org")
    return group


def people(account: Account) -> list[str]:
    with account_scope(account.pk):
        return list(Recipient.objects.order_by("email").values_list("email", flat=True))


def remembered(account: Account) -> int:
    with account_scope(account.pk):
        return ErasedAddress.objects.count()


def erased_card(client: Client, run: Import) -> str:
    page = read(client.get(page_of(run), headers=ENGLISH))
    return next((card.text for card in page.all("section", "card") if "erased" in card.text), "")


def test_import_leaves_an_erased_person_out_and_says_so(account: Account, owner: User, group: Group) -> None:
    erase(account, owner)
    run = run_through(make_draft(group, FILE), owner)
    assert run.report["rejected_by_reason"] == {"erased": 1, "invalid_email": 1}
    assert people(account) == ["anna@example.org", "neu@example.org"]
    assert remembered(account) == 1


def test_rejected_row_has_the_reason_in_the_readers_language(
    account: Account, owner: User, group: Group, client: Client
) -> None:
    erase(account, owner)
    run = run_through(make_draft(group, FILE), owner)
    for language, reason in (("de", "Wurde auf Wunsch gelöscht"), ("en", "Was erased on request")):
        rejected: Any = client.get(
            reverse("imports:rejected", args=[account.pk, run.pk]), headers={"accept-language": language}
        )
        assert reason in rejected.getvalue().decode("utf-8-sig")


def test_preview_counts_them_and_lets_them_in_again_on_demand(
    account: Account, owner: User, group: Group, client: Client
) -> None:
    erase(account, owner)
    run = previewed(make_draft(group, FILE))
    card = erased_card(client, run)
    assert card.startswith("1 erased person stays out")
    assert "Let 1 erased person in again" in card
    client.post(page_of(run, "readmit"), {"readmit": "1"})
    run = finished(run)
    assert run.preview["outcome"]["added"] == 2
    assert erased_card(client, run).startswith("1 erased person comes in again")
    assert remembered(account) == 1, "the preview forgot that somebody was erased"
    confirm(run, owner)
    take_pending(group)
    assert advance_run(run).status == Import.Status.DONE
    assert people(account) == ["anna@example.org", PERSON, "neu@example.org"]
    assert remembered(account) == 0
    with account_scope(account.pk):
        entry = AuditEntry.objects.get(action=AuditAction.PERSON_READMITTED)
        assert (entry.actor_id, entry.subject, entry.detail) == (owner.pk, group.name, {"count": 1})


def test_choice_can_be_taken_back(account: Account, owner: User, group: Group, client: Client) -> None:
    erase(account, owner)
    run = previewed(make_draft(group, FILE))
    client.post(page_of(run, "readmit"), {"readmit": "1"})
    finished(run)
    client.post(page_of(run, "readmit"))
    assert finished(run).report["rejected_by_reason"] == {"erased": 1, "invalid_email": 1}


def test_who_was_blocked_stays_out_in_any_case(account: Account, owner: User, group: Group, client: Client) -> None:
    make_blocked(account, PERSON)
    erase(account, owner)
    run = previewed(make_draft(group, FILE))
    client.post(page_of(run, "readmit"), {"readmit": "1"})
    card = erased_card(client, finished(run))
    assert card.startswith("1 erased person stays out 1 person was blocked when they were erased")


def test_preview_of_a_file_without_them_says_nothing(
    account: Account, owner: User, group: Group, client: Client
) -> None:
    erase(account, owner, "niemand@example.org")
    assert erased_card(client, previewed(make_draft(group, FILE))) == ""


@pytest.mark.parametrize("earlier", [[], ["frueher@example.org"]], ids=["the first", "another one"])
def test_who_is_erased_after_the_file_was_read_is_not_brought_in(
    earlier: list[str], account: Account, owner: User, group: Group
) -> None:
    for email in earlier:
        advance(erase(account, owner, email))
    run = make_draft(group, FILE)
    confirm(run, owner)
    assert advance_run(run).rows_key
    take_pending(group)
    erasure = erase(account, owner)
    assert advance_run(run).status == Import.Status.READING, "the file is read once more"
    advance_run(run)
    done = advance_run(run)
    assert (done.status, done.report["rejected_by_reason"]["erased"]) == (Import.Status.DONE, 1)
    assert people(account) == ["anna@example.org", "neu@example.org"]
    assert advance(erasure).status == "done"
    assert (told_in_database(account, PERSON), told_in_files(PERSON)) == ([], [])


def test_erasure_waits_for_an_import_that_runs(account: Account, owner: User, group: Group) -> None:
    run = make_draft(group, FILE)
    confirm(run, owner)
    erasure = erase(account, owner)
    assert advance(erasure).status == "waiting"
    assert PERSON in fresh(erasure).email
    advance_run(run)
    take_pending(group)
    assert advance_run(run).status == Import.Status.DONE
    assert advance(erasure).status == "done"
    assert (told_in_database(account, PERSON), told_in_files(PERSON)) == ([], [])


def test_imports_that_nobody_has_started_are_discarded_with_their_files(
    account: Account, owner: User, group: Group
) -> None:
    draft, looked_at = make_draft(group, FILE), previewed(make_draft(group, FILE))
    erasure = erase(account, owner)
    assert {fresh_run(one).status for one in (draft, looked_at)} == {Import.Status.CANCELLED}
    advance(erasure)
    assert place("imports").listdir(str(account.pk))[1] == []
    assert (told_in_database(account, PERSON), told_in_files(PERSON)) == ([], [])


def test_rejected_rows_of_earlier_imports_lose_the_person_alone(account: Account, owner: User, group: Group) -> None:
    make_blocked(account, "*@example.org", group=group)
    text = "E-Mail\nerika@example.org\nsuserika@example.org\nErika Muster <erika@example.org>\n"
    run = run_through(make_draft(group, text), owner)
    assert run.report["rejected"] == 3
    advance(erase(account, owner))
    assert told_in_files("suserika@example.org") == [f"imports/{run.rejected_key}"]
    assert told_in_files("<erika@example.org") == []
    with account_scope(account.pk):
        assert Import.objects.get(pk=run.pk).report["rejected"] == 3


def test_what_a_run_remembers_of_its_file_is_forgotten(account: Account, owner: User, group: Group) -> None:
    run = run_through(make_draft(group, FILE), owner)
    cells = {"columns": [{"name": "E-Mail", "samples": [PERSON], "values": []}], "sample": [[PERSON, "Muster"]]}
    wish = {"emails": [PERSON, "anna@example.org"], "search": PERSON, "way": "selected"}
    with account_scope(account.pk):
        Import.objects.filter(pk=run.pk).update(sniffed=cells, restore=wish, failure_detail={"about": f"<{PERSON}>"})
    advance(erase(account, owner))
    assert told_in_database(account, PERSON) == []
    found = fresh_run(run)
    assert found.sniffed == {"columns": [{"name": "E-Mail", "samples": [], "values": []}], "sample": []}
    assert found.restore == {"emails": ["anna@example.org"], "search": "", "way": "selected"}
