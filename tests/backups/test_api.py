"""Backups and restores for people's own scripts: taken, listed, downloaded, pinned, brought back with a preview."""

from datetime import timedelta

import pytest

from accounts.models import Account, AuditEntry, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup
from backups.taking import take_backup
from imports.models import Import
from imports.run import advance_import
from recipients.models import Group, Recipient
from tests.caller import Caller, make_caller
from tests.customer import make_backup
from tests.factories import NOW, make_account, make_group, make_member, make_recipient

pytestmark = pytest.mark.usefixtures("committed_db", "storage")


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def owner(account: Account) -> User:
    return make_member(account, Role.OWNER)


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account, "Kunden")
    make_recipient(group, "anna@example.org", source="Messe")
    make_recipient(group, "bernd@example.org")
    return group


@pytest.fixture
def caller(account: Account, owner: User) -> Caller:
    return make_caller(account, owner)


def work(account: Account) -> None:
    """Do what workers would: pending backups and steps of imports."""
    for _step in range(6):
        with account_scope(account.pk):
            pending = list(Backup.objects.filter(status=Backup.Status.PENDING).values_list("pk", flat=True))
            running = list(Import.objects.filter(status__in=Import.worked_on).values_list("pk", flat=True))
        for one in pending:
            take_backup(account_id=account.pk, backup_id=one)
        for run in running:
            advance_import(account_id=account.pk, import_id=run)


def test_a_backup_is_taken_on_demand_and_downloaded(caller: Caller, account: Account, group: Group) -> None:
    asked = caller.post(f"/groups/{group.pk}/backups")
    again = caller.post(f"/groups/{group.pk}/backups")
    assert (asked.status, asked.body["status"], again.body["id"]) == (202, "pending", asked.body["id"])
    path = f"/backups/{asked.body['id']}"
    assert (caller.get(f"{path}/file").status, caller.get(f"{path}/file").code) == (409, "conflict")
    work(account)
    found = caller.get(path).body
    assert (found["status"], found["trigger"], found["recipient_count"]) == ("complete", "on_demand", 2)
    file = caller.get(f"{path}/file?format=csv&language=de&delimiter=semicolon")
    assert (file.status, file.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    lines = file.body.decode("utf-8-sig").splitlines()
    assert [line.split(";")[0] for line in lines] == ['"E-Mail"', '"anna@example.org"', '"bernd@example.org"']
    assert caller.get(f"{path}/file?format=parquet").body[:4] == b"PAR1"
    with account_scope(account.pk):
        assert AuditEntry.objects.filter(action="backup_downloaded").count() == 2


def test_a_file_that_is_missing_is_gone_and_the_row_says_so(
    caller: Caller, account: Account, group: Group, owner: User
) -> None:
    backup = make_backup(group, owner)
    with account_scope(account.pk):
        Backup.objects.update(file_key="1/2/weg.parquet")
    make_backup(make_group(account, "Andere"), owner)  # so that the storage itself is there
    for method, path in (("GET", "file"), ("POST", "restores")):
        answer = caller.ask(method, f"/backups/{backup.pk}/{path}", {} if method == "POST" else None)
        assert (answer.status, answer.code) == (410, "gone")
    assert caller.get(f"/backups/{backup.pk}").body["damage"] == "missing"


def test_backups_are_listed_page_by_page_newest_first(
    caller: Caller, account: Account, group: Group, owner: User
) -> None:
    made = [str(make_backup(group, owner).pk) for _time in range(5)]
    other = make_group(account, "Presse")
    make_recipient(other)
    make_backup(other, owner)
    found, query = [], "limit=2"
    for _page in range(3):
        page = caller.get(f"/backups?group_id={group.pk}&{query}").body
        found.append([one["id"] for one in page["items"]])
        query = f"limit=2&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert found == [made[4:2:-1], made[2:0:-1], made[:1]]
    assert len(caller.get("/backups").body["items"]) == 6


def test_a_backup_is_pinned_and_unpinned(caller: Caller, account: Account, group: Group, owner: User) -> None:
    backup = make_backup(group, owner)
    pinned = caller.post(f"/backups/{backup.pk}/pin", {"reason": " Jubiläum "})
    assert (pinned.status, pinned.body["pin_reason"], pinned.body["pinned_at"] is None) == (200, "Jubiläum", False)
    assert caller.post(f"/backups/{backup.pk}/pin", {}).code == "conflict"
    assert caller.post(f"/backups/{backup.pk}/unpin").body["pinned_at"] is None


def test_a_restore_is_previewed_confirmed_and_followed_to_its_report(
    caller: Caller, account: Account, group: Group, owner: User
) -> None:
    backup = make_backup(group, owner)
    emails = ["anna@example.org", "bernd@example.org"]
    caller.post(f"/groups/{group.pk}/recipients/delete", {"emails": emails[:1]})
    caller.post(f"/groups/{group.pk}/recipients/deactivate", {"emails": emails[1:]})
    with account_scope(account.pk):
        Group.objects.update(automatic_backups=False)
    begun = caller.post(f"/backups/{backup.pk}/restores", {"way": "exact"})
    assert (begun.status, begun.body["status"], begun.body["preview"]) == (202, "previewing", None)
    path = f"/restores/{begun.body['id']}"
    early = caller.post(f"{path}/confirm", {"mark": begun.body["mark"]})
    assert (early.status, early.code) == (409, "conflict")
    work(account)
    previewed = caller.get(path).body
    assert previewed["status"] == "previewed"
    figures = ("added", "changed", "unchanged", "removed", "reactivated", "status_kept")
    assert [previewed["preview"][name] for name in figures] == [1, 0, 1, 0, 0, 1]
    with account_scope(account.pk):
        assert Recipient.objects.count() == 1
    assert caller.post(f"{path}/confirm", {"mark": "falsch"}).code == "conflict"
    assert caller.post(f"{path}/confirm", {"mark": previewed["mark"]}).status == 202
    work(account)
    done = caller.get(path).body
    assert (done["status"], done["report"]["added"], done["report"]["reactivated"]) == ("done", 1, 0)
    with account_scope(account.pk):
        active = {one.email: one.is_active for one in Recipient.objects.all()}
        safety = list(Backup.objects.exclude(pk=backup.pk).values_list("trigger", "status"))
    assert active == {"anna@example.org": True, "bernd@example.org": False}
    assert safety == [("restore", "complete")]
    assert caller.post(f"{path}/cancel").body["status"] == "done"


def test_a_restore_that_is_not_wanted_any_more_is_cancelled(
    caller: Caller, account: Account, group: Group, owner: User
) -> None:
    backup = make_backup(group, owner)
    begun = caller.post(f"/backups/{backup.pk}/restores", {}).body
    assert caller.post(f"/restores/{begun['id']}/cancel").body["status"] == "cancelled"
    work(account)
    answer = caller.post(f"/restores/{begun['id']}/confirm", {"mark": begun["mark"]})
    assert (answer.status, answer.code) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "member"),
    [
        ({"way": "selected"}, "emails"),
        ({"way": "selected", "emails": ["kein"]}, "emails.0"),
        ({"way": "new_list", "new_name": " "}, "new_name"),
        ({"way": "undo"}, "way"),
    ],
)
def test_a_restore_that_says_too_little_is_refused(
    caller: Caller, group: Group, owner: User, body: object, member: str
) -> None:
    answer = caller.post(f"/backups/{make_backup(group, owner).pk}/restores", body)
    assert (answer.status, [one["member"] for one in answer.body["errors"]]) == (422, [member])


def test_a_backup_whose_deletion_has_begun_is_not_found(
    caller: Caller, account: Account, group: Group, owner: User
) -> None:
    backup = make_backup(group, owner)
    with account_scope(account.pk):
        Backup.objects.update(status=Backup.Status.PURGING, expires_at=NOW - timedelta(days=1), completed_at=NOW)
    answers = [caller.get(f"/backups/{backup.pk}"), caller.post(f"/backups/{backup.pk}/restores", {})]
    assert ([answer.status for answer in answers], caller.get("/backups").body["items"]) == ([404, 404], [])
