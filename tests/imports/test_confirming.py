"""Next: the choices are kept, and a preview is made or the import starts — once, whole or not at all."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, User
from accounts.tenancy import account_scope
from imports.models import Import
from recipients.masterdata.file import FieldType
from recipients.models import Deletion, Field, Group
from tests.factories import make_account, make_field, make_group, make_member, sign_in
from tests.imports.filled_form import Data, form_data
from tests.imports.uploads import draft, drafts
from tests.page_content import errors, notices, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(storage: Path) -> Account:
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
    make_field(account, "Vorname", group=made)
    make_field(account, "Geburtstag", FieldType.DATE, group=made)
    make_field(account, "Umsatz", FieldType.NUMBER, group=made)
    make_field(account, "Anrede", FieldType.GENDER)
    return made


@pytest.fixture
def run(client: Client, group: Group) -> Import:
    return draft(client, group)


def url_of(run: Import) -> str:
    return reverse("imports:mapping", args=[run.account_id, run.pk])


def shown(client: Client, run: Import) -> Data:
    return form_data(client.get(url_of(run)), "mapping")


def next_step(client: Client, run: Import, **changes: str) -> Any:
    """Press *Next* after some changes."""
    return client.post(url_of(run), shown(client, run) | changed(changes))


def changed(changes: dict[str, str]) -> Data:
    return {name.replace("__", "-"): value for name, value in changes.items()}


def fresh(run: Import) -> Import:
    (now,) = drafts(run.account_id)
    return now


def fields(group: Group) -> list[tuple[str, str, str, bool]]:
    with account_scope(group.account_id):
        found = Field.objects.order_by("pk")
        return [(field.key, field.label, field.type, field.group_id == group.pk) for field in found]


FIELDS = [
    ("vorname", "Vorname", "text", True),
    ("geburtstag", "Geburtstag", "date", True),
    ("umsatz", "Umsatz", "number", True),
    ("anrede", "Anrede", "gender", False),
]


def entry(target: str, column: int | None, **more: str) -> dict[str, Any]:
    notations = dict.fromkeys(["date_format", "decimal", "status"])
    return {"target": target, "column": column, "alternative": None, **notations, **more}


def test_next_keeps_what_was_chosen_and_has_a_preview_made(client: Client, editor: User, run: Import) -> None:
    response = next_step(
        client,
        run,
        mode="update",
        empty_cells="clear",
        tags_mode="replace",
        account_values="fill",
        to__anrede__alternative="diverse",
    )
    assert response.headers["Location"] == reverse("imports:preview", args=[run.account_id, run.pk])
    now = fresh(run)
    assert (now.status, now.requested_by_id, now.confirmed_at) == (Import.Status.PREVIEWING, editor.pk, None)
    assert (now.mode, now.empty_cells, now.tags_mode, now.account_values) == ("update", "clear", "replace", "fill")
    assert now.mapping == [
        entry("email", 0),
        entry("vorname", 1),
        entry("geburtstag", 2, date_format="dd.mm.yyyy"),
        entry("umsatz", 3, decimal="comma"),
        entry("anrede", None, alternative="diverse"),
    ]
    assert now.source == run.source


def test_an_import_may_start_without_a_preview(client: Client, run: Import) -> None:
    response = next_step(client, run, skip="1")
    assert response.headers["Location"] == reverse("imports:run", args=[run.account_id, run.pk])
    assert fresh(run).status == Import.Status.READING


def test_nobody_is_turned_active_by_a_form(client: Client, run: Import) -> None:
    next_step(client, run, reactivate="on")
    assert fresh(run).reactivate is False


def planned(run: Import) -> list[tuple[str, str, str, str]]:
    """The fields that the import will make."""
    return [(one["key"], one["label"], one["type"], one["scope"]) for one in fresh(run).new_fields]


def test_a_new_field_is_planned_in_place(client: Client, run: Import) -> None:
    next_step(client, run, new__4__create="on", new__4__label="Postleitzahl", new__4__type="text")
    assert (planned(run), fields(run.group)) == ([("postleitzahl", "Postleitzahl", "text", "list")], FIELDS)
    assert fresh(run).mapping[-1] == entry("postleitzahl", 4)


def test_five_hundred_columns_can_be_imported(client: Client, group: Group) -> None:
    header = ["E-Mail", *(f"Spalte {n}" for n in range(499))]
    run = draft(client, group, ";".join(header) + "\na@example.org" + ";x" * 499 + "\n")
    next_step(client, run, to__vorname__column="499", new__1__create="on")
    assert fresh(run).mapping == [entry("email", 0), entry("vorname", 499), entry("spalte_0", 1)]


def test_a_new_field_may_belong_to_all_lists(client: Client, run: Import) -> None:
    next_step(client, run, new__4__create="on", new__4__scope="account", new__4__type="number", new__4__decimal="point")
    assert (planned(run), fields(run.group)) == ([("plz", "PLZ", "number", "account")], FIELDS)
    assert fresh(run).mapping[-1] == entry("plz", 4, decimal="point")


@pytest.mark.parametrize(
    ("target", "entered", "kept"),
    [
        ("vorname", "  Leserin ", "Leserin"),
        ("umsatz", "1,234.50", "1234.5"),
        ("geburtstag", "1980-12-31", "1980-12-31"),
        ("registered_at", "2024-03-01T10:15", "2024-03-01T10:15:00+01:00"),
        ("tags", "a, b,,a", "a, b"),
        ("source", "Messe", "Messe"),
    ],
)
def test_a_value_for_all_rows_is_kept_as_the_reader_takes_it(
    client: Client, run: Import, target: str, entered: str, kept: str
) -> None:
    next_step(client, run, **{f"to__{target}__column": "", f"to__{target}__alternative": entered})
    (found,) = [one for one in fresh(run).mapping if one["target"] == target]
    assert found == entry(target, None, alternative=kept)


def test_a_column_goes_before_the_value_for_all_rows(client: Client, run: Import) -> None:
    next_step(client, run, to__vorname__alternative="Leserin")
    assert entry("vorname", 1) in fresh(run).mapping


def test_a_column_chosen_without_scripts_is_read_as_it_is_likely_written(client: Client, run: Import) -> None:
    next_step(client, run, to__registered_at__column="2", to__geburtstag__column="")
    assert entry("registered_at", 2, date_format="dd.mm.yyyy") in fresh(run).mapping


def test_without_an_address_nothing_starts(client: Client, run: Import) -> None:
    response = next_step(client, run, to__email__column="")
    assert (response.status_code, errors(response)) == (422, ["Choose the column that holds the e-mail addresses."])
    assert notices(response)[0].startswith("Something is missing or does not fit.")
    assert fresh(run).status == Import.Status.DRAFT


@pytest.mark.parametrize("label", ["Vorname", "vorname ", "Anrede", "E-mail"])
def test_two_columns_for_one_field_are_refused(client: Client, run: Import, label: str) -> None:
    response = next_step(client, run, new__4__create="on", new__4__label=label)
    sentence = "There is a field of this name already. Choose it above, or take another name."
    assert (response.status_code, errors(response)) == (422, [sentence])
    assert (fields(run.group), fresh(run).status) == (FIELDS, Import.Status.DRAFT)


def test_two_new_fields_of_one_name_are_refused(client: Client, run: Import) -> None:
    changes = {"to__vorname__column": "", "refresh": "1"}
    data = form_data(client.post(url_of(run), shown(client, run) | changed(changes)), "mapping")
    data |= {"new-1-create": "on", "new-1-label": "Neu", "new-4-create": "on", "new-4-label": "neu"}
    response = client.post(url_of(run), data)
    assert errors(response) == ["There is a field of this name already. Choose it above, or take another name."]
    assert fields(run.group) == FIELDS


def test_a_name_that_another_lists_field_has_is_refused_for_all_lists(
    client: Client, account: Account, run: Import
) -> None:
    make_field(account, "Rabatt", group=make_group(account, "Presse"))
    response = next_step(client, run, new__4__create="on", new__4__label="Rabatt", new__4__scope="account")
    assert errors(response) == [
        "The list “Presse” has a field of this name. Take another name, or create it for this list."
    ]
    assert fresh(run).status == Import.Status.DRAFT


def test_a_new_field_needs_a_name(client: Client, run: Import) -> None:
    response = next_step(client, run, new__4__create="on", new__4__label=" ")
    assert errors(response) == ["Give the field a name."]


def test_more_fields_than_a_list_can_have_are_refused(client: Client, account: Account, storage: Path) -> None:
    group = make_group(account, "Voll")
    for number in range(44):
        make_field(account, f"Feld{number}", group=group)
    run = draft(client, group, "E-Mail;X;Y\na@example.org;1;2\n")
    response = next_step(client, run, new__1__create="on", new__2__create="on")
    assert errors(response) == ["A list has at most 45 fields. Create fewer."]
    assert len(fields(group)) == 44


@pytest.mark.parametrize(("target", "entered"), [("umsatz", "viel"), ("geburtstag", "gestern"), ("anrede", "?")])
def test_a_value_that_does_not_fit_is_told_beside_its_field(
    client: Client, run: Import, target: str, entered: str
) -> None:
    response = next_step(client, run, **{f"to__{target}__column": "", f"to__{target}__alternative": entered})
    (row,) = [one for one in read(response).all() if one.attributes.get("id") == f"row-{target}"]
    assert (response.status_code, len(row.all(css_class="field__error"))) == (422, 1)


def test_an_error_in_registration_information_unfolds_it(client: Client, run: Import) -> None:
    response = next_step(client, run, to__bounced_at__alternative="gestern")
    (fold,) = [one for one in read(response).all("details") if one.attributes.get("id") == "registration"]
    assert "open" in fold.attributes


def test_a_locked_list_is_told(client: Client, run: Import) -> None:
    with account_scope(run.account_id):
        Group.objects.update(locked=True)
    response = next_step(client, run)
    assert notices(response)[0] == "The list is locked. Unlock it in its settings, then try again."
    assert (response.status_code, fresh(run).status) == (422, Import.Status.DRAFT)


def test_a_locked_list_gets_no_new_field(client: Client, run: Import) -> None:
    with account_scope(run.account_id):
        Group.objects.update(locked=True)
    response = next_step(client, run, new__4__create="on")
    assert notices(response)[0] == "The list is locked. Unlock it in its settings, then try again."
    assert (fields(run.group), fresh(run).status) == (FIELDS, Import.Status.DRAFT)


def test_a_list_that_is_about_to_be_deleted_is_told(client: Client, run: Import) -> None:
    with account_scope(run.account_id):
        Deletion.objects.create(account_id=run.account_id, group=run.group, requested_at=timezone.now())
    response = next_step(client, run)
    assert notices(response)[0] == "The list has been deleted, or is about to be. Import the file into a new list."


@pytest.mark.parametrize("kind", ["clearing", "recipients", "field"])
def test_a_list_of_which_something_is_being_deleted_is_told(client: Client, run: Import, kind: str) -> None:
    with account_scope(run.account_id):
        Deletion.objects.create(account_id=run.account_id, group=run.group, kind=kind, requested_at=timezone.now())
    response = next_step(client, run)
    assert notices(response)[0] == (
        "Something of this list is just being deleted. Wait until that is over, then try again."
    )


def test_a_second_import_waits_for_the_first_and_makes_no_field(client: Client, group: Group, run: Import) -> None:
    next_step(client, run, skip="1")
    with account_scope(group.account_id):
        Import.objects.update(created_at=timezone.now() - timedelta(hours=1))
    client.post(reverse("imports:upload", args=[group.account_id, group.pk]), {"text": "E-Mail;Z\nb@example.org;1\n"})
    second = drafts(group.account_id)[-1]
    response = next_step(client, second, new__1__create="on")
    assert notices(response)[0] == (
        "Another import into this list has not ended yet. Wait until it has, then try again."
    )
    assert (fields(group), drafts(group.account_id)[-1].status) == (FIELDS, Import.Status.DRAFT)


@pytest.mark.parametrize(
    ("button", "page", "status"), [({}, "preview", "previewing"), ({"skip": "1"}, "run", "reading")]
)
def test_pressing_next_twice_goes_on_once(client: Client, run: Import, button: Data, page: str, status: str) -> None:
    data = shown(client, run) | button | {"new-4-create": "on"}
    answers = [client.post(url_of(run), data) for _ in range(2)]
    assert [answer.headers["Location"] for answer in answers] == [
        reverse(f"imports:{page}", args=[run.account_id, run.pk])
    ] * 2
    assert (planned(run), fresh(run).status) == ([("plz", "PLZ", "text", "list")], status)


@pytest.mark.parametrize(("button", "page"), [({}, "preview"), ({"skip": "1"}, "run")])
def test_the_mapping_of_an_import_that_went_on_leads_to_where_it_is(
    client: Client, run: Import, button: Data, page: str
) -> None:
    next_step(client, run, **button)
    assert client.get(url_of(run)).headers["Location"] == reverse(f"imports:{page}", args=[run.account_id, run.pk])


def test_who_comes_back_from_the_preview_finds_the_mapping_as_it_was_entered(client: Client, run: Import) -> None:
    data = shown(client, run) | changed(
        {
            "to__geburtstag__column": "",
            "to__anrede__alternative": "diverse",
            "new__4__create": "on",
            "new__4__label": "Postleitzahl",
            "mode": "update",
            "tags_mode": "replace",
        }
    )
    client.post(url_of(run), data)
    client.post(reverse("imports:back_to_mapping", args=[run.account_id, run.pk]))
    assert fresh(run).status == Import.Status.DRAFT
    marks = [name for name in data if name.endswith("-shown")]  # which column a notation is shown for
    again = shown(client, run)
    assert {name: again.get(name) for name in data if name not in marks} == {
        name: value for name, value in data.items() if name not in marks
    }


def test_another_way_of_reading_is_shown_before_the_import_starts(client: Client, run: Import) -> None:
    response = next_step(client, run, source__encoding="cp850")
    assert (response.status_code, notices(response)[0]) == (
        422,
        "The file has been read anew. Look at the columns, then press “Next” again.",
    )
    assert fresh(run).status == Import.Status.DRAFT
    client.post(url_of(run), form_data(response, "mapping"))
    assert (fresh(run).status, fresh(run).source["encoding"]) == (Import.Status.PREVIEWING, "cp850")


def test_a_second_tab_imports_what_it_shows(client: Client, run: Import) -> None:
    first_tab = shown(client, run)
    client.post(url_of(run), first_tab | {"source-delimiter": "comma", "refresh": "1"})
    assert fresh(run).source["delimiter"] == ","
    client.post(url_of(run), first_tab)
    assert (fresh(run).status, fresh(run).source) == (Import.Status.PREVIEWING, run.source)


def test_a_file_that_is_gone_is_told(client: Client, run: Import, storage: Path) -> None:
    (storage / "imports" / run.file_key).unlink()
    response = next_step(client, run, source__encoding="cp850")
    assert notices(response)[0] == "The uploaded file is no longer there. Upload it again."


def test_a_made_up_column_is_refused(client: Client, run: Import) -> None:
    response = next_step(client, run, to__vorname__column="99")
    assert (response.status_code, fresh(run).status) == (422, Import.Status.DRAFT)
