"""Field mapping: what the page guesses, shows and lets be changed before anything happens."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.tenancy import account_scope
from imports.mapping_page import NEW_FIELDS_SHOWN
from imports.models import Import
from imports.readers import STATUS_TARGET, ColumnMapping, FileProblem, StatusFormat
from imports.wording import FILE_PROBLEMS
from recipients.masterdata.file import FieldType
from recipients.masterdata.labels import Language, export_headers
from recipients.models import Group
from recipients.queries import definitions_of
from tests.factories import make_account, make_field, make_group, make_member, make_recipient, sign_in
from tests.imports.filled_form import Data, form_data, options
from tests.imports.uploads import CSV, draft, drafts, upload
from tests.page_content import Element, errors, notices, read

pytestmark = pytest.mark.django_db

QUERIES = 13


@pytest.fixture
def account(storage: Path) -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


@pytest.fixture
def group(account: Account) -> Group:
    made = make_group(account)
    make_field(account, "Vorname", group=made)
    make_field(account, "Geburtstag", FieldType.DATE, group=made)
    make_field(account, "Umsatz", FieldType.NUMBER, group=made)
    make_field(account, "Anrede", FieldType.GENDER)
    return made


def url_of(run: Import) -> str:
    return reverse("imports:mapping", args=[run.account_id, run.pk])


def shown(client: Client, run: Import) -> Data:
    return form_data(client.get(url_of(run)), "mapping")


def refreshed(client: Client, run: Import, **changes: str) -> Any:
    """The page after a person has changed something and asked to see it."""
    data = shown(client, run) | {name.replace("__", "-"): value for name, value in changes.items()}
    return client.post(url_of(run), data | {"refresh": "1"})


def part(response: Any, element_id: str) -> Element:
    (found,) = [one for one in read(response).all() if one.attributes.get("id") == element_id]
    return found


def new_fields(response: Any) -> list[str]:
    """The columns for which a new field can be made."""
    return [name.text for name in read(response).all(css_class="new-field__name")]


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


# --- guesses, shown as guesses ---


def guess_of(response: Any, target: str) -> str:
    """What the page says of the guess for a target; "" when it says nothing."""
    hints = part(response, f"row-{target}").all(css_class="mapping__guess")
    return hints[0].text if hints else ""


@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("Kontakt;Vorname", ("Guessed from the values", "Guessed: the column has the same name")),
        ("E-Mail;First Name", ("Guessed from the name of the column", "Guessed from the name of the column")),
        ("E-Mail;Ort", ("Guessed from the name of the column", "")),
    ],
)
def test_a_guess_is_shown_as_one(client: Client, group: Group, header: str, hint: tuple[str, str]) -> None:
    run = draft(client, group, f"{header}\na@example.org;Ada\n")
    response = client.get(url_of(run))
    assert (guess_of(response, "email"), guess_of(response, "vorname")) == hint


def test_the_drop_down_is_described_by_its_guess(client: Client, group: Group) -> None:
    (row,) = [part(client.get(url_of(draft(client, group))), "row-vorname")]
    described = row.all("select")[0].attributes["aria-describedby"]
    assert [hint.attributes["id"] for hint in row.all(css_class="mapping__guess")] == [described]


def test_what_the_person_chose_is_no_guess_any_more(client: Client, group: Group) -> None:
    run = draft(client, group)
    assert guess_of(refreshed(client, run, to__vorname__column="4"), "vorname") == ""
    assert guess_of(refreshed(client, run, to__source__alternative="Messe"), "vorname") != ""


def import_done(client: Client, group: Group, content: str = CSV, **changes: str) -> None:
    """Import a file as its page shows it after some changes."""
    run = draft(client, group, content)
    response = next_step(client, run, **changes)
    assert response.status_code == 302, notices(response)
    with account_scope(group.account_id):
        Import.objects.filter(pk=run.pk).update(status=Import.Status.DONE, confirmed_at=timezone.now())


def next_step(client: Client, run: Import, **changes: str) -> Any:
    """Press *Next* after some changes."""
    return client.post(url_of(run), shown(client, run) | {name.replace("__", "-"): v for name, v in changes.items()})


def newest(group: Group) -> Import:
    return drafts(group.account_id)[-1]


def test_a_file_with_the_same_header_is_mapped_as_before(client: Client, group: Group) -> None:
    import_done(client, group, to__vorname__column="4", to__umsatz__column="", to__source__alternative="Messe")
    upload(client, group)
    response = client.get(url_of(newest(group)))
    data = form_data(response, "mapping")
    names = ("to-vorname-column", "to-umsatz-column", "to-source-alternative")
    assert [data[name] for name in names] == ["4", "", "Messe"]
    hint = "As in your last import of such a file"
    assert [guess_of(response, target) for target in ("vorname", "umsatz", "source")] == [hint, "", hint]
    assert "open" in part(response, "registration").attributes


def test_a_mapping_into_another_list_is_recalled_too(client: Client, group: Group, account: Account) -> None:
    import_done(client, group, to__vorname__column="4")
    other = make_group(account, "Andere")
    make_field(account, "Vorname", group=other, key="fn")
    upload(client, other)
    response = client.get(url_of(newest(group)))
    data = form_data(response, "mapping")
    assert (data["to-fn-column"], guess_of(response, "fn")) == (
        "4",
        "As in your last import of such a file into another list",
    )


def test_a_new_list_gets_the_fields_that_such_a_file_filled_before(
    client: Client, group: Group, account: Account
) -> None:
    import_done(client, group, to__umsatz__column="", to__anrede__column="")
    upload(client, make_group(account, "Leer"))
    data = shown(client, newest(group))
    ticked = {name: data[name.replace("create", "label")] for name in data if name.endswith("-create")}
    assert ticked == {"new-1-create": "Vorname", "new-2-create": "Geburtstag"}


def test_an_export_of_ours_is_mapped_as_such_unless_this_very_list_had_it_otherwise(
    client: Client, group: Group, account: Account
) -> None:
    with account_scope(group.account_id):
        headers = export_headers(definitions_of(group), "de")
    content = ";".join(headers.values()) + "\na@example.org;;;;;;;Ada;;;\n"
    import_done(client, group, content, to__source__column="")
    upload(client, group, content)
    assert shown(client, newest(group))["to-source-column"] == ""
    upload(client, make_group(account, "Leer"), content)
    assert shown(client, newest(group))["to-source-column"] == "5"


# --- what is not imported ---


def left_out(response: Any) -> str:
    return part(response, "left-out").text


def test_columns_that_are_not_imported_are_named_in_a_sentence(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;PLZ;Ort\na@example.org;01067;Ulm\n")
    assert left_out(client.get(url_of(run))) == "Not imported: PLZ, Ort"
    assert left_out(refreshed(client, run, new__1__create="on")) == "Not imported: Ort"
    both = {"new__1__create": "on", "new__2__create": "on"}
    assert left_out(refreshed(client, run, **both)) == "All columns are imported."


def test_two_columns_for_one_field_are_refused(client: Client, group: Group) -> None:
    run = draft(client, group)
    sent: dict[str, Any] = {**shown(client, run), "to-vorname-column": ["1", "4"]}
    response = client.post(url_of(run), sent)
    assert response.status_code == 422
    assert errors(response) == ["Two columns cannot fill one field. Choose one."]


def test_one_column_may_fill_two_fields(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Anmeldung\na@example.org;01.02.2024\n")
    moments = {"to__activated_at__column": "1", "to__activated_at__date_format": "dd.mm.yyyy"}
    assert next_step(client, run, **moments).status_code == 302
    mapped = [(entry["target"], entry["column"]) for entry in newest(group).mapping]
    assert mapped == [("email", 0), ("registered_at", 1), ("activated_at", 1)]


# --- statuses ---

STATUS_CSV = "email;status\na@example.org;enabled\nb@example.org;blocklisted\nc@example.org;vip\n"


def test_a_status_is_shown_with_what_it_means(client: Client, group: Group) -> None:
    response = client.get(url_of(draft(client, group, STATUS_CSV)))
    row = part(response, "row-subscription-status")
    assert [cell.text for cell in row.all("li")] == [
        "enabled: active",
        "blocklisted: unsubscribed",
        "vip: not known",
    ]
    assert [doubt.text for doubt in row.all(css_class="mapping__doubt")] == [
        "Nobody can know what “vip” means here. Rows with an unknown status will be rejected."
    ]
    assert "open" in part(response, "registration").attributes


def test_how_a_status_is_told_is_kept(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Wer;Blacklist\na@example.org;ja;nein\nb@example.org;nein;ja\n")
    status = {"column": "1", "shown": "1", "status": "yes_active"}
    changes = {f"to__subscription-status__{name}": value for name, value in status.items()}
    assert next_step(client, run, **changes).status_code == 302
    kept = [ColumnMapping.from_json(entry) for entry in newest(group).mapping]
    assert kept == [
        ColumnMapping("email", 0),
        ColumnMapping(STATUS_TARGET, 1, status=StatusFormat.YES_ACTIVE),
        ColumnMapping("deactivated_at", 2, status=StatusFormat.YES_UNSUBSCRIBED),
    ]


def test_one_status_may_hold_for_all_rows(client: Client, group: Group) -> None:
    run = draft(client, group)
    assert next_step(client, run, **{"to__subscription-status__alternative": "unsubscribed"}).status_code == 302
    kept = [ColumnMapping.from_json(entry) for entry in newest(group).mapping]
    assert kept[1] == ColumnMapping(STATUS_TARGET, None, "unsubscribed")


def test_a_new_field_may_be_called_status(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Status\na@example.org;VIP\n")
    assert next_step(client, run, new__1__create="on").status_code == 302


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_column_that_seems_to_know_of_sign_offs_is_pointed_out(client: Client, group: Group, language: str) -> None:
    run = draft(client, group, "E-Mail;OPT_IN\na@example.org;yes\nb@example.org;no\nc@example.org;\n")
    response = client.get(url_of(run), headers={"Accept-Language": language})
    (notice,) = [text for text in notices(response) if "OPT_IN" in text]
    assert notice.startswith(("The column OPT_IN seems", "Die Spalte OPT_IN scheint"))
    changes = {"to__subscription-status__column": "1", "to__subscription-status__status": "yes_active"}
    assert "OPT_IN" not in " ".join(notices(refreshed(client, run, **changes)))


def test_the_page_needs_the_same_queries_whatever_the_file(
    client: Client, group: Group, django_assert_num_queries: Any
) -> None:
    import_done(client, group)
    header = ";".join(["E-Mail", *(f"Spalte {n}" for n in range(60))])
    for content in (CSV, header + "\na@example.org" + ";x" * 60 + "\n"):
        upload(client, group, content)
        run = newest(group)
        client.get(url_of(run))
        with django_assert_num_queries(QUERIES):
            client.get(url_of(run))


@pytest.mark.parametrize(("columns", "is_folded"), [(8, False), (9, True)])
def test_many_columns_without_a_field_are_folded(
    client: Client, group: Group, columns: int, *, is_folded: bool
) -> None:
    header = ";".join(["E-Mail", *(f"Spalte {n}" for n in range(columns))])
    run = draft(client, group, header + "\na@example.org" + ";x" * columns + "\n")
    folds = part(client.get(url_of(run)), "unused").all("details")
    assert [("open" in fold.attributes) for fold in folds] == [False] * is_folded
    folds = part(refreshed(client, run, new__1__create="on"), "unused").all("details")
    assert [("open" in fold.attributes) for fold in folds] == [True] * is_folded


def test_nothing_is_said_of_columns_when_all_have_a_field(client: Client, group: Group) -> None:
    run = draft(client, group, "E-Mail;Vorname\na@example.org;Ada\n")
    assert "hidden" in part(client.get(url_of(run)), "unused").attributes
