"""The pages of restores and undos: what is asked, what is refused, and the way to the preview, the report and back."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role, User
from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from imports.preview_page import plan_mark
from imports.restoring import FieldAction, Way, Wish
from recipients.masterdata.file import FieldType
from recipients.models import Group, Recipient
from tests.backups.restores import make_backup, previewed, rows_of
from tests.factories import make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.recipients.deletions import ask_to_delete, ask_to_delete_field, carry_out
from tests.runs import advance, backups_of, fresh, make_draft, run_through, take_pending

TEXT = "E-Mail;Name\nada@example.org;falsch\nnew@example.org;Neu\n"


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
    make_field(account, "Umsatz", FieldType.NUMBER, group=made)
    make_recipient(made, "ada@example.org", values={"name": "Ada", "umsatz": 3})
    make_recipient(made, "bob@example.org", values={"name": "Bob"})
    return made


@pytest.fixture
def backup(group: Group, editor: User) -> Backup:
    return make_backup(group, editor)


def url(name: str, of: Backup | Import) -> str:
    return reverse(name, args=[of.account_id, of.pk])


def latest(group: Group) -> Import:
    with account_scope(group.account_id):
        found: Import = Import.objects.select_related("group").order_by("-created_at")[0]
    return found


def sent(client: Client, backup: Backup, **fields: str | list[str]) -> Import:
    """The run that the form begins, with its preview."""
    answer = client.post(url("backups:restore", backup), {"begin": "1", "way": "exact", **fields})
    run = latest(backup.group)
    assert answer["Location"] == url("imports:preview", run)
    return previewed(run)


def test_the_form_leads_to_the_preview_and_the_report(
    client: Client, group: Group, backup: Backup, editor: User
) -> None:
    before = rows_of(group)
    run_through(make_draft(group, TEXT, targets=("email", "name")), editor)
    assert "Everybody in the backup gets their values" in client.get(url("backups:restore", backup)).content.decode()

    run = sent(client, backup)
    page = client.get(url("imports:preview", run)).content.decode()
    assert "Restore “Kunden 2026”: set back 1, remove 1" in page
    client.post(url("imports:confirm", run), {"mark": plan_mark(run)})
    take_pending(group)
    advance(run)

    assert rows_of(group) == before
    report = client.get(url("imports:run", run)).content.decode()
    assert "The list is restored" in report
    assert "Set back: 1. Come back: 0. Removed: 1." in report
    assert "Undo this restore" in report


def test_a_restore_is_started_once_however_often_it_is_confirmed(client: Client, group: Group, backup: Backup) -> None:
    make_recipient(group, "new@example.org")
    run = sent(client, backup)
    mark = {"mark": plan_mark(run)}
    places = [client.post(url("imports:confirm", run), mark)["Location"] for _press in range(2)]
    take_pending(group)
    done = advance(run)
    places.append(client.post(url("imports:confirm", run), mark)["Location"])
    places.append(client.get(url("imports:preview", run))["Location"])

    assert places == [url("imports:run", run)] * 4
    assert fresh(run).finished_at == done.finished_at
    assert [one.trigger for one in backups_of(group)] == ["on_demand", "restore"]


def test_the_preview_shows_who_comes_back_with_the_dates_of_then(client: Client, group: Group, backup: Backup) -> None:
    with account_scope(group.account_id):
        Recipient.objects.filter(email="ada@example.org").delete()

    page = client.get(url("imports:preview", sent(client, backup)))

    (examples,) = page.context["page"].examples
    assert (examples.title, examples.text) == ("1 recipient comes back", "")
    assert [(one.label, one.new) for one in examples.rows[0].changes] == [
        ("Registered at", "2 Mar 2026, 10:30"),
        ("Activated at", "2 Mar 2026, 10:30"),
        ("Name", "Ada"),
        ("Umsatz", "3"),
    ]
    assert "Line" not in page.content.decode()


def test_a_selection_brought_from_the_view_is_shown(client: Client, backup: Backup) -> None:
    page = client.post(url("backups:restore", backup), {"email": ["ada@example.org", "bob@example.org"]})
    assert page.context["form"].initial["emails"] == "ada@example.org\nbob@example.org"

    run = sent(client, backup, way="selected", emails=" Ada@Example.org ,\n\n")
    assert Wish.from_json(run.restore).emails == ("ada@example.org",)


@pytest.mark.parametrize("between", ["; ", ",", " ", "\n", ",\r\n"])
def test_selected_recipients_stand_in_one_line_or_in_many(client: Client, backup: Backup, between: str) -> None:
    run = sent(client, backup, way="selected", emails=f"ada@example.org{between}Bob@Example.org{between}")
    assert Wish.from_json(run.restore).emails == ("ada@example.org", "bob@example.org")


def test_the_one_that_is_no_address_is_named(client: Client, backup: Backup) -> None:
    emails = 'ada@example.org; "a, b"@example.org, bob'
    answer = client.post(url("backups:restore", backup), {"begin": "1", "way": "selected", "emails": emails})
    assert answer.context["form"].errors["emails"] == ['“"a, b"@example.org” is no e-mail address.']


def test_all_that_a_search_found_are_restored(client: Client, backup: Backup) -> None:
    page = client.post(url("backups:restore", backup), {"all_found": "1", "search": "bob", "status": "active"})
    assert page.context["form"].initial["search"] == "bob"

    run = sent(client, backup, way="selected", search="bob", status="active")
    assert run.report["rows"] == 1


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"way": "new_list", "new_name": " "}, "new_name"),
        ({"way": "selected"}, "emails"),
        ({"way": "selected", "emails": "nobody"}, "emails"),
        ({"way": "revive"}, "way"),
        ({"way": "exact", "columns": ["password"]}, "columns"),
    ],
)
def test_what_cannot_be_meant_is_asked_again(
    client: Client, backup: Backup, fields: dict[str, str], wrong: str
) -> None:
    answer = client.post(url("backups:restore", backup), {"begin": "1", **fields})
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [wrong])


def test_a_new_list_is_told_apart_from_the_one_that_is_there(client: Client, group: Group, backup: Backup) -> None:
    name = client.get(url("backups:restore", backup)).context["form"]["new_name"].value()
    assert name == f"Kunden 2026 ({absolute(backup.requested_at)})"

    page = client.get(url("imports:preview", sent(client, backup, way="new_list", new_name=name))).content.decode()
    assert "The backup becomes a list of its own. No other list changes." in page
    assert "The list is not there now" not in page


def test_the_name_that_a_new_list_gets_has_no_marks_of_direction(
    client: Client, account: Account, editor: User
) -> None:
    backup = make_backup(make_group(account, "לקוחות"), editor)
    page = client.get(url("backups:restore", backup))
    assert "“\u2068לקוחות\u2069”" in page.content.decode()
    assert page.context["form"]["new_name"].value() == f"לקוחות ({absolute(backup.requested_at)})"


def test_a_new_list_has_the_name_of_one_that_is_gone(
    client: Client, group: Group, backup: Backup, editor: User
) -> None:
    carry_out(ask_to_delete(group, editor), group)
    assert client.get(url("backups:restore", backup)).context["form"]["new_name"].value() == "Kunden 2026"


def test_a_cancelled_restore_has_begun_but_nothing_was_uploaded(client: Client, backup: Backup) -> None:
    run = sent(client, backup)
    client.post(url("imports:cancel", run))
    page = client.get(url("imports:run", run)).content.decode()
    assert ("<dt>Begun</dt>" in page, "<dt>Uploaded</dt>" in page) == (True, False)


def test_a_deleted_list_can_come_back_or_become_a_new_one(
    client: Client, group: Group, backup: Backup, editor: User
) -> None:
    carry_out(ask_to_delete(group, editor), group)
    ways = client.get(url("backups:restore", backup)).context["form"].fields["way"].choices
    assert [value for value, _label in ways] == ["revive", "new_list"]
    overview = client.get(reverse("backups:overview", args=[group.account_id])).content.decode()
    assert "Restore the list" in overview

    run = sent(client, backup, way="revive")
    page = client.get(url("imports:preview", run)).content.decode()
    assert "Restore “Kunden 2026” with 2 recipients" in page
    assert reverse("recipients:group", args=[group.account_id, group.pk]) not in page  # there is no such page now


def test_a_field_that_is_gone_is_asked_about(client: Client, group: Group, backup: Backup, editor: User) -> None:
    with account_scope(group.account_id):
        field = group.fields.get(key="umsatz")
    carry_out(ask_to_delete_field(field, editor), group)

    form = client.get(url("backups:restore", backup)).context["form"]
    assert [one.label for one in form.field_choices] == ["The field “Umsatz” has been deleted since"]
    run = sent(client, backup, field_umsatz="leave_out")
    assert FieldAction.LEAVE_OUT in {one.action for one in Wish.from_json(run.restore).fields}
    page = client.get(url("imports:preview", run)).content.decode()
    assert "Values of the field “Umsatz”, which is gone or left out" in page


def test_a_damaged_backup_is_refused(client: Client, backup: Backup, storage: Path) -> None:
    path = storage / "backups" / backup.file_key
    path.write_bytes(path.read_bytes()[:-1] + b"x")

    assert client.get(url("backups:restore", backup)).status_code == 410
    with account_scope(backup.account_id):
        assert Backup.objects.get(pk=backup.pk).damage == "differs"


def test_an_import_that_runs_is_waited_for(client: Client, group: Group, backup: Backup, editor: User) -> None:
    run = make_draft(group, TEXT, targets=("email", "name"))
    with account_scope(group.account_id):
        Import.objects.filter(pk=run.pk).update(status="reading")

    answer = client.post(url("backups:restore", backup), {"begin": "1", "way": "exact"})
    assert answer.status_code == 422
    assert "Wait until it has" in answer.content.decode()


def test_status_as_in_the_backup_is_a_choice_of_its_own(client: Client, group: Group, backup: Backup) -> None:
    with account_scope(group.account_id):
        bob = Recipient.objects.get(email="bob@example.org")
        Recipient.objects.filter(email=bob.email).update(deactivated_at=bob.registered_at)
        Group.objects.update(active_count=1)
    run = sent(client, backup)
    page = client.get(url("imports:preview", run)).content.decode()
    assert "1 person stays unsubscribed" in page

    client.post(url("imports:choose", run), {"mark": plan_mark(run), "exact_status": "1"})
    run = previewed(fresh(run))

    assert Wish.from_json(run.restore).exact_status is True
    assert "1 person becomes active again" in client.get(url("imports:preview", run)).content.decode()
    client.post(url("imports:choose", run), {"mark": "another"})
    assert fresh(run).restore["exact_status"] is True


def undo_of(client: Client, group: Group, editor: User) -> tuple[Import, Import]:
    """An import, and its undo with its preview; somebody edited a recipient in between."""
    run = run_through(make_draft(group, TEXT, targets=("email", "name")), editor)
    with account_scope(group.account_id):
        numbers = Recipient.objects.filter(email="new@example.org")
        numbers.update(source="=Hand", changed_in=(fresh(run).change_number or 0) + 1000)
    assert "Undo this import" in client.get(url("imports:run", run)).content.decode()
    answer = client.post(url("backups:undo", run))
    undo = latest(group)
    assert answer["Location"] == url("imports:preview", undo)
    return run, previewed(undo)


def test_an_undo_shows_three_buckets_and_who_is_kept(client: Client, group: Group, editor: User) -> None:
    run, undo = undo_of(client, group, editor)

    page = client.get(url("imports:preview", undo))

    text = page.content.decode()
    assert (page.context["page"].taken_back, page.context["page"].kept, page.context["page"].impossible_count) == (
        1,
        1,
        0,
    )
    assert "added or edited since" in text
    assert "Undo the import: set back 1" in text
    assert f'<a href="{url("imports:run", run)}">kunden.csv</a>' in text
    csv = client.get(url("imports:kept", undo))
    assert csv.getvalue().decode("utf-8-sig") == ("E-mail;Reason\r\nnew@example.org;added or edited since\r\n")


def test_an_undo_is_carried_out_and_said_in_the_report(client: Client, group: Group, editor: User) -> None:
    run, undo = undo_of(client, group, editor)
    client.post(url("imports:confirm", undo), {"mark": plan_mark(undo)})
    take_pending(group)
    advance(undo)

    report = client.get(url("imports:run", undo)).content.decode()
    assert "The import is undone" in report
    assert "1 person had changed since and stayed as they are." in report
    report = client.get(url("imports:run", run)).content.decode()
    assert "has been undone already" in report
    assert f'<a href="{url("imports:run", undo)}">To the report of the undo</a>' in report
    assert "has been undone already" in client.get(url("backups:undo", run)).content.decode()
    again = client.post(url("backups:undo", run), follow=True)
    assert "has been undone already" in again.content.decode()


def test_a_cancelled_undo_says_so_and_can_be_begun_again(client: Client, group: Group, editor: User) -> None:
    run, undo = undo_of(client, group, editor)
    client.post(url("imports:cancel", undo))
    report = client.get(url("imports:run", undo)).content.decode()
    assert "The undo was cancelled, the list is as it was" in report
    assert url("backups:undo", run) in report


def test_history_tells_restores_from_imports(client: Client, group: Group, backup: Backup) -> None:
    run = sent(client, backup)
    page = client.get(reverse("imports:history", args=[group.account_id])).content.decode()
    assert "Restore: exactly as in the backup" in page
    client.post(url("imports:cancel", run))
    assert "The restore was cancelled" in client.get(url("imports:run", run)).content.decode()


@pytest.mark.parametrize("name", ["backups:restore", "backups:undo", "imports:choose", "imports:kept"])
def test_who_only_reads_changes_nothing(account: Account, client: Client, backup: Backup, name: str) -> None:
    run = sent(client, backup)
    reader = sign_in(make_member(account, Role.READER))
    answer = reader.post(url(name, backup if name == "backups:restore" else run))
    assert answer.status_code == (405 if name == "imports:kept" else 403)


def test_ways_are_those_of_the_wish(client: Client, backup: Backup) -> None:
    ways = client.get(url("backups:restore", backup)).context["form"].fields["way"].choices
    assert [Way(value) for value, _label in ways] == [Way.UPDATE_AND_ADD, Way.EXACT, Way.NEW_LIST, Way.SELECTED]
