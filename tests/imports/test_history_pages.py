"""The imports of an account and of a list, newest first, fifty a page."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Role, User
from accounts.tenancy import account_scope
from backups.models import Backup
from imports.models import Import
from imports.queries import IMPORTS_A_PAGE, Place
from imports.restoring import Way, Wish
from recipients.models import Group
from tests.backups.catalogue import make_backup
from tests.factories import DAY, NOW, make_account, make_group, make_member, make_user, sign_in
from tests.page_content import read, rows

pytestmark = pytest.mark.django_db

REPORT = {"rows": 10, "added": 7, "changed": 2, "unchanged": 0, "rejected": 1}


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
    return make_group(account)


def make_runs(group: Group, names: list[str], *, at: datetime = NOW, **fields: Any) -> list[Import]:
    """Done imports, each a minute after the one before."""
    given = {"status": "done", "report": REPORT, "file_size": 1, **fields}
    with account_scope(group.account_id):
        return [
            Import.objects.create(
                account_id=group.account_id,
                group=group,
                file_name=name,
                created_at=at + timedelta(minutes=minute),
                confirmed_at=None if given["status"] == "draft" else at + timedelta(minutes=minute),
                **given,
            )
            for minute, name in enumerate(names)
        ]


def history(account: Account, query: str = "") -> str:
    return reverse("imports:history", args=[account.pk]) + query


def of_group(group: Group) -> str:
    return reverse("imports:group_history", args=[group.account_id, group.pk])


def names(response: Any) -> list[str]:
    """The names of the files, from top to bottom."""
    return [cell.all("a")[0].text for cell in read(response).all("td", "table__main")]


def links(response: Any) -> dict[str, str]:
    """The ways to newer and older imports."""
    return {
        link.attributes["rel"] or "": link.attributes["href"] or ""
        for link in read(response).all("a", "pagination__link")
    }


def test_each_import_stands_with_its_figures(client: Client, account: Account, editor: User, group: Group) -> None:
    make_runs(group, ["kunden.csv"], requested_by=editor)
    (cells,) = rows(client.get(history(account)))
    assert cells[:-1] == ["kunden.csv Update and add", "Kunden 2026", "Done", "7", "2", "1"]
    assert cells[-1].startswith("2 Mar 2026, 10:30 ")
    assert cells[-1].endswith(" by Erika Berger")


def test_the_newest_stands_first(client: Client, account: Account, group: Group) -> None:
    make_runs(group, ["1", "2", "3"])
    assert names(client.get(history(account))) == ["3", "2", "1"]


def test_a_list_shows_its_own(client: Client, account: Account, group: Group) -> None:
    make_runs(group, ["eigene.csv"])
    make_runs(make_group(account, "Presse"), ["fremde.csv"])
    response = client.get(of_group(group))
    assert names(response) == ["eigene.csv"]
    (tab,) = [link for link in read(response).all("a", "tabs__link") if link.attributes.get("aria-current") == "page"]
    assert tab.text == "Imports"


def test_a_deleted_lists_imports_keep_its_name(client: Client, account: Account, group: Group) -> None:
    make_runs(group, ["kunden.csv"])
    with account_scope(account.pk):
        Group.objects.update(deleted_at=NOW)
    (cells,) = rows(client.get(history(account)))
    assert cells[1] == "Kunden 2026 deleted"


def test_what_has_not_ended_claims_no_figures(client: Client, account: Account, group: Group) -> None:
    make_runs(group, ["a"], status="reading", report={"rows": 3})
    (cells,) = rows(client.get(history(account)))
    assert cells[2:6] == ["Reading the file", "–", "–", "–"]


@pytest.mark.parametrize(("role", "leads_to"), [(Role.EDITOR, "imports:mapping"), (Role.READER, "imports:run")])
def test_a_draft_leads_editors_back_to_its_mapping(account: Account, group: Group, role: Role, leads_to: str) -> None:
    (run,) = make_runs(group, ["entwurf.csv"], status="draft", report={})
    page = read(sign_in(make_member(account, role)).get(history(account)))
    (link,) = page.all(css_class="table__main")[0].all("a")
    assert link.attributes["href"] == reverse(leads_to, args=[account.pk, run.pk])


@pytest.mark.parametrize("status", ["previewing", "previewed"])
@pytest.mark.parametrize("role", [Role.EDITOR, Role.READER])
def test_an_import_in_its_preview_leads_there(account: Account, group: Group, role: Role, status: str) -> None:
    (run,) = make_runs(group, ["kunden.csv"], status=status, report={})
    page = read(sign_in(make_member(account, role)).get(history(account)))
    (link,) = page.all(css_class="table__main")[0].all("a")
    assert link.attributes["href"] == reverse("imports:preview", args=[account.pk, run.pk])


def test_who_was_taken_away_is_told(client: Client, account: Account, group: Group) -> None:
    make_runs(group, ["abmeldungen.csv"], mode="delete", report=REPORT | {"removed": 312})
    (cells,) = rows(client.get(history(account)))
    assert (cells[0], cells[3:6]) == ("abmeldungen.csv Delete: 312 recipients were deleted.", ["–", "–", "1"])


def test_fifty_stand_on_a_page_and_the_others_can_be_reached_and_left(
    client: Client, account: Account, group: Group
) -> None:
    total = 2 * IMPORTS_A_PAGE + 5
    make_runs(group, [str(n) for n in range(total)])
    everything = [str(n) for n in reversed(range(total))]
    first = client.get(history(account))
    second = client.get(history(account, links(first)["next"]))
    third = client.get(history(account, links(second)["next"]))
    assert names(first) + names(second) + names(third) == everything
    assert (set(links(first)), set(links(third))) == ({"next"}, {"prev"})
    back = client.get(history(account, links(third)["prev"]))
    assert names(back) == names(second)
    start = client.get(history(account, links(back)["prev"]))
    assert (names(start), set(links(start))) == (names(first), {"next"})


def test_imports_of_one_instant_are_each_shown_once(client: Client, account: Account, group: Group) -> None:
    for name in range(IMPORTS_A_PAGE + 3):
        make_runs(group, [str(name)])
    first = client.get(history(account))
    second = client.get(history(account, links(first)["next"]))
    shown = names(first) + names(second)
    assert sorted(shown, key=int) == [str(n) for n in range(IMPORTS_A_PAGE + 3)]


@pytest.mark.parametrize("query", ["?before=gestern", "?after=2026-03-02T09:30:00_x", "?before=2026-03-02T09:30:00_"])
def test_a_place_that_cannot_be_is_not_there(client: Client, account: Account, query: str) -> None:
    assert client.get(history(account, query)).status_code == 404


def test_a_place_is_read_back_from_its_text(group: Group) -> None:
    (run,) = make_runs(group, ["a"])
    assert Place.from_text(str(Place.of(run))) == Place.of(run)


def test_an_empty_history_says_what_it_is_for_and_has_the_first_step(client: Client, account: Account) -> None:
    (state,) = read(client.get(history(account))).all(css_class="empty-state")
    assert state.all("h2")[0].text == "Nothing has been imported yet"
    assert state.all("a")[0].attributes["href"] == reverse("imports:new_list", args=[account.pk])


def test_a_lists_empty_history_leads_to_its_first_import(client: Client, group: Group) -> None:
    (state,) = read(client.get(of_group(group))).all(css_class="empty-state")
    assert state.all("a")[0].attributes["href"] == reverse("imports:upload", args=[group.account_id, group.pk])


def test_a_reader_is_shown_no_step_that_they_may_not_take(account: Account, group: Group) -> None:
    reader = sign_in(make_member(account, Role.READER))
    for url in (history(account), of_group(group)):
        (state,) = read(reader.get(url)).all(css_class="empty-state")
        assert state.all("a") == []


@pytest.mark.parametrize("number", [1, 3])
def test_the_pages_cost_the_same_queries_for_one_import_and_for_three(
    client: Client, editor: User, group: Group, number: int, django_assert_num_queries: Any
) -> None:
    make_runs(group, [str(n) for n in range(number)], requested_by=editor)
    with django_assert_num_queries(10):
        client.get(history(group.account))
    with django_assert_num_queries(11):
        client.get(of_group(group))


def undo(run: Import, **fields: Any) -> Import:
    """A done undo of a run."""
    given = {"kind": "undo", "undoes": run, "mode": "exact", "restore": Wish(way=Way.UNDO).to_json(), **fields}
    (made,) = make_runs(run.group, [run.file_name], **given)
    return made


def undo_links(response: Any) -> list[tuple[str, str | None]]:
    """The ways to undo something, from top to bottom."""
    return [(link.text, link.attributes["href"]) for link in read(response).all("a") if link.text.startswith("Undo")]


def test_what_can_be_undone_leads_editors_there(account: Account, client: Client, group: Group) -> None:
    (run,) = make_runs(group, ["kunden.csv"], change_number=1, report=REPORT | {"was_empty": True})
    make_runs(group, ["alt.csv"])
    to_undo = ("Undo … kunden.csv", reverse("backups:undo", args=[account.pk, run.pk]))
    for url in (history(account), of_group(group)):
        assert undo_links(client.get(url)) == [to_undo]
    assert undo_links(sign_in(make_member(account, Role.READER)).get(history(account))) == []


@pytest.mark.parametrize("changes", [{"status": "purging"}, {"damage": "missing"}, None])
def test_what_has_lost_its_backup_leads_nowhere(
    account: Account, client: Client, group: Group, changes: dict[str, str] | None
) -> None:
    backup = make_backup(group)
    make_runs(group, ["kunden.csv"], change_number=1, report=REPORT | {"backup": str(backup.pk)})
    assert len(undo_links(client.get(history(account)))) == 1
    with account_scope(account.pk):
        found = Backup.objects.filter(pk=backup.pk)
        found.delete() if changes is None else found.update(**changes)
    assert undo_links(client.get(history(account))) == []


def test_what_has_been_undone_says_so(client: Client, account: Account, group: Group) -> None:
    (run,) = make_runs(group, ["kunden.csv"], change_number=1, report=REPORT | {"was_empty": True})
    undo(run, status="previewed", report={}, at=NOW + timedelta(hours=1))
    assert rows(client.get(history(account)))[1][2] == "Done"
    undo(run, report=REPORT | {"removed": 1, "rejected": 0}, at=NOW + DAY)

    cells = rows(client.get(history(account)))

    assert cells[0][:6] == ["kunden.csv Undo of an import. 1 recipient was removed.", group.name, "Done", "7", "2", "–"]
    assert cells[2][:3] == ["kunden.csv Update and add", group.name, "Done undone"]
    assert undo_links(client.get(history(account))) == []


def test_restores_and_undos_are_told_by_what_they_bring_or_take_back(
    client: Client, account: Account, group: Group
) -> None:
    (restore,) = make_runs(group, ["Kunden"], kind="restore", mode="exact", restore=Wish(way=Way.EXACT).to_json())
    first = undo(restore, at=NOW + DAY)
    undo(first, at=NOW + 2 * DAY)
    assert [cells[0] for cells in rows(client.get(history(account)))] == [
        "Kunden Undo of an undo",
        "Kunden Undo of a restore",
        "Kunden Restore: exactly as in the backup",
    ]


@pytest.mark.parametrize("number", [1, 100])
def test_the_pages_cost_the_same_queries_however_many_can_be_undone(
    client: Client, editor: User, group: Group, number: int, django_assert_num_queries: Any
) -> None:
    for place in range(number):
        report = REPORT | {"backup": str(make_backup(group).pk)}
        (run,) = make_runs(group, [str(place)], requested_by=editor, change_number=place, report=report)
        undo(run, status="failed", report={}, change_number=None, requested_by=editor)
    with django_assert_num_queries(12):
        client.get(history(group.account))
    with django_assert_num_queries(13):
        client.get(of_group(group))
