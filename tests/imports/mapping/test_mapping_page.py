"""Field mapping: what the page shows and lets be changed before anything happens."""

from pathlib import Path

import pytest
from django.test import Client

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.mapping_page import NEW_FIELDS_SHOWN
from imports.models import Import
from imports.readers import FileProblem
from imports.wording import FILE_PROBLEMS
from recipients.masterdata.labels import Language, export_headers
from recipients.models import Group
from recipients.queries import definitions_of
from tests.factories import make_account, make_group, make_member, make_recipient, sign_in
from tests.imports.filled_form import form_data, options
from tests.imports.mapping.shown import (
    list_with_fields,
    new_fields,
    part,
    refreshed,
    shown,
    url_of,
)
from tests.imports.uploads import draft, drafts
from tests.page_content import Element, notices, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    return list_with_fields(account)


def test_columns_find_their_fields_by_name(client: Client, group: Group) -> None:
    data = shown(client, draft(client, group))
    chosen = {name: value for name, value in data.items() if name.endswith("-column")}
    assert chosen == {
        "to-email-column": "0",
        "to-subscription-status-column": "",
        "to-registered_at-column": "",
        "to-activated_at-column": "",
        "to-deactivated_at-column": "",
        "to-bounced_at-column": "",
        "to-source-column": "",
        "to-tags-column": "",
        "to-vorname-column": "1",
        "to-geburtstag-column": "2",
        "to-umsatz-column": "3",
        "to-anrede-column": "",
    }


def test_dates_and_numbers_are_guessed_from_the_cells(client: Client, group: Group) -> None:
    data = shown(client, draft(client, group))
    assert (data["to-geburtstag-date_format"], data["to-umsatz-decimal"]) == ("dd.mm.yyyy", "comma")


def test_one_wrong_cell_does_not_change_how_the_others_are_read(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Geburtstag;Umsatz\na@example.org;31.12.1980;1,5\nb@example.org;nie;viel\n")
    response = client.get(url_of(run))
    data = form_data(response, "mapping")
    assert (data["to-geburtstag-date_format"], data["to-umsatz-decimal"]) == ("dd.mm.yyyy", "comma")
    doubts = [doubt.text for doubt in read(response).all(css_class="mapping__doubt")]
    assert doubts == ["Some values of this column are not written so. Their rows will be rejected."] * 2


def test_three_values_stand_beside_each_column(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Vorname\n" + "".join(f"p{n}@example.org;Name {n}\n" for n in range(5)))
    row = part(client.get(url_of(run)), "row-vorname")
    assert [cell.text for cell in row.all("li")] == ["Name 0", "Name 1", "Name 2"]


def test_each_drop_down_offers_the_files_columns(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Ort;Ort;\na@example.org;Ulm;Bonn;x\n")
    expected = ["– not imported –", "E-Mail", "Ort (Column 2)", "Ort (Column 3)", "Column 4"]
    assert options(client.get(url_of(run)), "to-vorname-column") == expected


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_header_that_listkeep_exported_maps_itself(client: Client, group: Group, language: Language) -> None:
    with account_scope(group.account_id):
        headers = export_headers(definitions_of(group), language)
    run = draft(client, group, ";".join(headers.values()) + "\na@example.org;;;;;;;Ada;;;female\n")
    response = client.get(url_of(run))
    chosen = {name: value for name, value in form_data(response, "mapping").items() if name.endswith("-column")}
    mapped = {f"to-{target}-column": str(place) for place, target in enumerate(headers)}
    assert chosen == {"to-subscription-status-column": "", **mapped}
    assert new_fields(response) == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Datenfeldzuweisung", "Anmeldeinformationen", "Aktualisieren und Hinzufügen", "Weiter"]),
        ("en", ["Field mapping", "Registration information", "Update and add", "Next"]),
    ],
)
def test_the_page_has_the_words_of_the_article(client: Client, group: Group, language: str, words: list[str]) -> None:
    run = draft(client, group)
    response = client.get(url_of(run), headers={"Accept-Language": language})
    page = read(response)
    modes = [title.text for title in page.all(css_class="choice-card__title")]
    summary = part(response, "registration").all("summary")[0].text
    button = part(response, "mapping").all("button")[0].text
    assert [
        page.all("h1")[0].text,
        summary.rpartition(" no")[0] or summary.rpartition(" nichts")[0],
        modes[2],
        button,
    ] == words


def test_registration_information_is_folded_and_says_how_much_is_assigned(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Registriert am;Abgemeldet am\na@example.org;01.02.2024;\n")
    fold = part(client.get(url_of(run)), "registration")
    assert ("open" in fold.attributes, part_text(fold, "registration-count")) == (False, "2 assigned")
    labels = [label.text for label in fold.all("label", "field__label") if label.attributes["for"] != ""]
    assert [label for label in labels if label.endswith(("at", "Source", "Status", "Tags"))] == [
        "Status",
        "Registered at",
        "Activated at",
        "Deactivated at",
        "Bounced at",
        "Source",
        "Tags",
    ]


def part_text(element: Element, element_id: str) -> str:
    (found,) = [one for one in element.all() if one.attributes.get("id") == element_id]
    return found.text


def test_update_and_add_is_chosen_and_nobody_is_turned_active(client: Client, group: Group) -> None:
    data = shown(client, draft(client, group))
    assert (data["mode"], "reactivate" in data) == ("update_and_add", False)


def test_columns_that_no_field_takes_are_named(client: Client, group: Group) -> None:
    response = client.get(url_of(draft(client, group)))
    assert new_fields(response) == ["PLZ"]
    assert "new-4-create" not in form_data(response, "mapping")


def test_a_list_without_fields_gets_all_of_them_unless_the_person_objects(client: Client, account: Account) -> None:
    run = draft(client, make_group(account, "Leer"))
    data = shown(client, run)
    made = {name: value for name, value in data.items() if name.endswith(("-create", "-type")) and name[:4] == "new-"}
    assert made == {
        "new-1-create": "on",
        "new-1-type": "text",
        "new-2-create": "on",
        "new-2-type": "date",
        "new-3-create": "on",
        "new-3-type": "number",
        "new-4-create": "on",
        "new-4-type": "text",
    }


def test_no_more_fields_are_proposed_than_a_list_can_have(client: Client, account: Account) -> None:
    header = ["E-Mail", *(f"Spalte {n}" for n in range(60))]
    run = draft(client, make_group(account, "Leer"), ";".join(header) + "\na@example.org" + ";x" * 60 + "\n")
    assert sum(name.endswith("-create") for name in shown(client, run)) == 45


def test_five_hundred_columns_can_be_looked_at_and_changed(client: Client, group: Group) -> None:
    header = ["E-Mail", *(f"Spalte {n}" for n in range(499))]
    run = draft(client, group, ";".join(header) + "\na@example.org" + ";x" * 499 + "\n")
    response = refreshed(client, run, to__vorname__column="499")
    assert (response.status_code, form_data(response, "mapping")["to-vorname-column"]) == (200, "499")
    text = part(response, "unused").text
    assert text.startswith("498 columns have no field yet")
    assert "Spalte 100, Spalte 101, " in text
    assert len(new_fields(response)) == NEW_FIELDS_SHOWN


def test_a_new_field_gets_the_type_that_its_likes_have(client: Client, account: Account, group: Group) -> None:
    run = draft(client, make_group(account, "Leer"), "E-Mail;Umsatz\na@example.org;12\n")
    assert shown(client, run)["new-1-type"] == "number"


def test_choosing_a_column_shows_its_values_and_how_it_is_written(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Wann\na@example.org;12/31/1980\n")
    response = refreshed(client, run, to__geburtstag__column="1")
    assert response.status_code == 200
    assert [cell.text for cell in part(response, "row-geburtstag").all("li")] == ["12/31/1980"]
    assert form_data(response, "mapping")["to-geburtstag-date_format"] == "mm/dd/yyyy"
    assert new_fields(response) == []


def test_a_notation_that_the_person_chose_stays(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Geburtstag\na@example.org;01/02/1980\n")
    response = refreshed(client, run, to__geburtstag__date_format="mm/dd/yyyy")
    assert form_data(response, "mapping")["to-geburtstag-date_format"] == "mm/dd/yyyy"


def test_a_column_that_is_given_up_can_become_a_new_field(client: Client, group: Group) -> None:
    response = refreshed(client, draft(client, group), to__vorname__column="")
    assert new_fields(response) == ["Vorname", "PLZ"]


def test_a_column_that_is_given_up_does_not_come_back_as_a_field_by_itself(client: Client, account: Account) -> None:
    run = draft(client, make_group(account, "Leer"), "E-Mail;Quelle\na@example.org;Messe\n")
    response = refreshed(client, run, to__source__column="")
    assert (new_fields(response), "new-1-create" in form_data(response, "mapping")) == (["Quelle"], False)


def test_what_was_entered_is_shown_again(client: Client, group: Group) -> None:
    run = draft(client, group)
    changes = {
        "to__source__alternative": "Messe",
        "new__4__create": "on",
        "new__4__label": "Postleitzahl",
        "new__4__scope": "account",
        "mode": "add",
        "tags_mode": "replace",
    }
    data = form_data(refreshed(client, run, **changes), "mapping")
    wanted = {name.replace("__", "-"): value for name, value in changes.items()}
    assert {name: data[name] for name in wanted} == wanted


def test_looking_changes_nothing(client: Client, group: Group) -> None:
    run = draft(client, group)
    refreshed(client, run, new__4__create="on")
    (now,) = drafts(group.account_id)
    assert (now.status, now.mapping, now.sniffed) == (Import.Status.DRAFT, [], run.sniffed)


def test_another_encoding_is_read_at_once(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Vorname\na@example.org;Jürgen\n".encode("windows-1252"))
    response = refreshed(client, run, source__encoding="cp850")
    assert [cell.text for cell in part(response, "row-vorname").all("li")] == ["J³rgen"]
    (now,) = drafts(group.account_id)
    assert now.source["encoding"] == "cp850"


def test_another_delimiter_gives_other_columns(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Vorname,Ort\na@example.org;Ada,Ulm\n")
    response = refreshed(client, run, source__delimiter="comma")
    assert options(response, "to-email-column")[1:] == ["E-Mail;Vorname", "Ort"]


def test_a_first_row_that_is_no_header_becomes_a_row(client: Client, group: Group) -> None:
    run = draft(client, group)
    data = shown(client, run) | {"refresh": "1"}
    del data["source-has_header"]
    response = client.post(url_of(run), data)
    assert options(response, "to-email-column")[1:] == [f"Column {n}" for n in range(1, 6)]
    assert [cell.text for cell in part(response, "row-email").all("li")][1:] == ["ada@example.org", "eva@example.org"]


def test_choices_stay_when_the_file_is_read_otherwise_but_has_as_many_columns(client: Client, group: Group) -> None:
    run = draft(client, group)
    response = refreshed(client, run, source__encoding="cp850", to__vorname__column="4")
    assert form_data(response, "mapping")["to-vorname-column"] == "4"


def test_a_new_field_is_called_as_its_column_is_read_now(client: Client, account: Account) -> None:
    run = draft(client, make_group(account, "Leer"), "E-Mail;Straße;Größe\na@example.org;x;y\n".encode("windows-1252"))
    wrong = form_data(refreshed(client, run, source__encoding="cp850", new__2__label="Meine"), "mapping")
    right = client.post(url_of(run), wrong | {"source-encoding": "windows-1252", "refresh": "1"})
    data = form_data(right, "mapping")
    assert (wrong["new-1-label"], data["new-1-label"], data["new-2-label"]) == ("Stra▀e", "Straße", "Meine")
    assert (data["new-1-create"], data["new-2-create"]) == ("on", "on")


def test_a_way_of_reading_that_does_not_fit_is_told_and_leaves_the_old_one(client: Client, group: Group) -> None:
    run = draft(client, group)
    response = refreshed(client, run, source__encoding="klingon")
    (now,) = drafts(group.account_id)
    assert (response.status_code, now.source) == (422, run.source)


def test_a_file_that_cannot_be_read_in_the_chosen_way_is_told_with_the_place(client: Client, group: Group) -> None:
    run = draft(client, group, '"E-Mail",Ort\na@example.org,Ulm\n')
    response = refreshed(client, run, source__delimiter="semicolon")
    assert (response.status_code, notices(response)[0]) == (
        422,
        f"{FILE_PROBLEMS[FileProblem.BROKEN_HEADER]} The place: line 1, column 1.",
    )


@pytest.mark.parametrize(
    ("automatic", "recipients", "sentence"),
    [
        (True, 1, "Before anything changes, Listkeep backs up the list as it is now."),
        (True, 0, "The list is empty, so there is nothing that the import could overwrite."),
        (False, 1, "Automatic backups are switched off for this list."),
    ],
)
def test_the_page_says_what_is_safe(
    client: Client, account: Account, *, automatic: bool, recipients: int, sentence: str
) -> None:
    group = make_group(account, automatic_backups=automatic)
    for _ in range(recipients):
        make_recipient(group)
    (said,) = notices(client.get(url_of(draft(client, group))))
    assert said.startswith(sentence)


def test_columns_are_the_persons_words_not_markup(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;<b>fett</b>\na@example.org;<i>schräg</i>\n")
    content = client.get(url_of(run)).content
    assert (b"<b>fett" in content, b"<i>schr" in content) == (False, False)


def test_a_cell_with_a_nul_is_shown(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Vorname\na@example.org;A\x00da\n")
    assert [cell.text for cell in part(client.get(url_of(run)), "row-vorname").all("li")] == ["A\ufffdda"]
