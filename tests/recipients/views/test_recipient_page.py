"""The page of one recipient, and the two that ask before the status changes."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role
from accounts.tenancy import account_scope
from recipients.masterdata.file import FieldType
from recipients.models import Activity, Contact, Group, Recipient
from recipients.services import edit_recipient
from tests.factories import (
    DAY,
    NOW,
    Value,
    make_account,
    make_activity,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
    sign_in,
)
from tests.page_content import errors, notices, read, rows

pytestmark = pytest.mark.django_db

EMAIL = "anna@example.org"


@pytest.fixture
def account() -> Account:
    account = make_account()
    make_field(account, "Nummer", FieldType.NUMBER)
    return account


@pytest.fixture
def group(account: Account) -> Group:
    group = make_group(account)
    make_field(account, "Vorname", group=group)
    make_field(account, "Umsatz", FieldType.NUMBER, group=group)
    make_field(account, "Geburtstag", FieldType.DATE, group=group)
    make_field(account, "Anrede", FieldType.GENDER, group=group)
    return group


@pytest.fixture
def recipient(group: Group) -> Recipient:
    values: dict[str, Value] = {
        "vorname": "Anna",
        "umsatz": Decimal("1234.50"),
        "geburtstag": "1990-02-28",
        "anrede": "female",
    }
    recipient = make_recipient(group, EMAIL, values=values, tags=["vip", "Presse"], source="Messe")
    make_contact(group.account, EMAIL, {"nummer": 4711})
    return recipient


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


def url(recipient: Recipient, name: str = "recipient") -> str:
    return reverse(f"recipients:{name}", args=[recipient.account_id, recipient.group_id, recipient.id])


def entries(response: Any) -> dict[str, str]:
    """What the form's entries hold, as a browser would send them."""
    (form,) = [form for form in read(response).all("form", "card") if form.attributes.get("method") == "post"]
    found = {field.attributes["name"]: field.attributes.get("value") or "" for field in form.all("input")}
    found |= {field.attributes["name"]: field.text for field in form.all("textarea")}
    for field in form.all("select"):
        chosen = [option for option in field.all("option") if "selected" in option.attributes]
        found[field.attributes["name"]] = chosen[0].attributes["value"] or ""
    return {str(name): str(value) for name, value in found.items() if name != "csrfmiddlewaretoken"}


def stored(recipient: Recipient) -> dict[str, Any]:
    """The row, but for the number of its last change: see tests/recipients/test_change_numbers.py."""
    with account_scope(recipient.account_id):
        row = {**Recipient.objects.values().get(id=recipient.id)}
    del row["changed_in"]
    return row


def contact(account: Account) -> dict[str, Any]:
    with account_scope(account.pk):
        return dict(Contact.objects.values_list("email", "values"))


def test_the_form_holds_what_is_stored(client: Client, recipient: Recipient) -> None:
    held = entries(client.get(url(recipient)))

    assert len(held.pop("seen")) == 32
    assert held == {
        "email": EMAIL,
        "field-vorname": "Anna",
        "field-umsatz": "1234.5",
        "field-geburtstag": "1990-02-28",
        "field-anrede": "female",
        "field-nummer": "4711",
        "tags": "vip, Presse",
        "source": "Messe",
    }


def test_numbers_are_written_in_the_readers_language(client: Client, recipient: Recipient) -> None:
    client.cookies["django_language"] = "de"

    assert entries(client.get(url(recipient)))["field-umsatz"] == "1234,5"


def test_account_wide_values_stand_in_a_block_of_their_own(client: Client, recipient: Recipient) -> None:
    (block,) = read(client.get(url(recipient))).all("fieldset")

    assert block.text.startswith("In all lists These values belong to the address.")
    assert [field.attributes["name"] for field in block.all("input")] == ["field-nummer"]


def test_saving_writes_what_was_changed(client: Client, account: Account, recipient: Recipient) -> None:
    before = stored(recipient)
    sent = entries(client.get(url(recipient)))
    changed = {
        "email": "ANNA.neu@example.org",
        "field-vorname": " Anna Maria ",
        "field-umsatz": "9,876,543.21",
        "field-geburtstag": "",
        "field-anrede": "diverse",
        "field-nummer": "",
        "tags": "vip, Neu",
        "source": "",
    }

    response = client.post(url(recipient), sent | changed, follow=True)

    assert notices(response) == ["The recipient is saved."]
    values = {"vorname": "Anna Maria", "umsatz": Decimal("9876543.21"), "anrede": "diverse"}
    after = {"email": "anna.neu@example.org", "values": values, "tags": ["vip", "Neu"], "source": None}
    assert stored(recipient) == before | after
    assert contact(account) == {}


def test_saving_unchanged_writes_nothing(client: Client, recipient: Recipient) -> None:
    before = stored(recipient)

    response = client.post(url(recipient), entries(client.get(url(recipient))))

    assert (response.status_code, response["Location"]) == (302, url(recipient))
    assert stored(recipient) == before
    with account_scope(recipient.account_id):
        assert Group.objects.get().revision == 1


def test_line_breaks_survive_a_browser(client: Client, group: Group) -> None:
    recipient = make_recipient(group, values={"vorname": "a\nb\r\nc\rd"})
    response = client.get(url(recipient))
    (area,) = read(response).all("textarea")
    sent = entries(response) | {"field-vorname": "a\r\nb\r\nc\r\nd", "source": "Messe"}

    client.post(url(recipient), sent)

    assert area.attributes["name"] == "field-vorname"
    assert (stored(recipient)["values"], stored(recipient)["source"]) == ({"vorname": "a\nb\r\nc\rd"}, "Messe")


@pytest.mark.parametrize(
    ("language", "entry", "typed", "sentence"),
    [
        ("en", "email", "anna(at)example.org", "This is not a valid e-mail address."),
        ("en", "email", "BERT@example.org", "Another recipient of this list has this address."),
        ("en", "email", "", "This field is required."),
        ("en", "field-umsatz", "1,5", "Write the number like this: 1234.5"),
        ("de", "field-umsatz", "1.5", "Schreiben Sie die Zahl so: 1234,5"),
        ("en", "field-umsatz", "abc", "Write the number like this: 1234.5"),
        ("en", "field-umsatz", "9" * 29, "Ensure that there are no more than 28 digits before the decimal point."),
        ("en", "field-umsatz", "0." + "1" * 11, "Ensure that there are no more than 10 decimal places."),
        ("en", "field-geburtstag", "28.02.1990", "Enter a valid date."),
        ("en", "field-anrede", "x", "Select a valid choice. x is not one of the available choices."),
        ("en", "field-vorname", "a\x00b", "This text has a character in it that cannot be stored. Type the text anew."),
        ("en", "field-vorname", "x" * 10_001, "This text is too long: at most 10,000 characters can be stored."),
        ("en", "tags", "x" * 10_001, "This text is too long: at most 10,000 characters can be stored."),
    ],
)
def test_what_cannot_be_saved_is_said_beside_the_entry(
    client: Client, recipient: Recipient, *, language: str, entry: str, typed: str, sentence: str
) -> None:
    make_recipient(recipient.group, "bert@example.org")
    client.cookies["django_language"] = language
    before = stored(recipient)

    response = client.post(url(recipient), entries(client.get(url(recipient))) | {entry: typed})

    assert (response.status_code, errors(response)) == (422, [sentence])
    assert stored(recipient) == before


def test_two_people_do_not_overwrite_each_other_unseen(client: Client, account: Account, recipient: Recipient) -> None:
    sent = entries(client.get(url(recipient))) | {"field-vorname": "Anke"}
    with account_scope(account.pk):
        edit_recipient(
            account_id=account.pk,
            group_id=recipient.group_id,
            recipient_id=recipient.id,
            changes={"vorname": "Anja", "tags": ["vip"]},
            actor=make_member(account),
            now=NOW,
        )

    refused = client.post(url(recipient), sent)

    assert refused.status_code == 422
    assert [notice.split(" Nothing")[0] for notice in notices(refused)] == [
        "Somebody changed this recipient while you were editing."
    ]
    assert errors(refused) == ["By now this is: Anja", "By now this is: vip"]
    assert entries(refused)["field-vorname"] == "Anke"

    assert client.post(url(recipient), entries(refused)).status_code == 302
    assert stored(recipient)["values"]["vorname"] == "Anke"


def test_a_reader_sees_everything_and_no_form(account: Account, recipient: Recipient) -> None:
    page = read(sign_in(make_member(account, Role.READER)).get(url(recipient)))
    facts = {fact.all("dt")[0].text: fact.all("dd")[0].text for fact in page.all("dl")[1].all("div")}

    assert page.all("form", "card") == []
    assert facts == {
        "E-mail": EMAIL,
        "Vorname": "Anna",
        "Umsatz": "1,234.5",
        "Geburtstag": "28 Feb 1990",
        "Anrede": "female",
        "Nummer (in all lists)": "4,711",
        "Tags": "vip, Presse",
        "Source": "Messe",
    }


def test_a_locked_list_shows_no_form_and_takes_no_change(client: Client, account: Account) -> None:
    group = make_group(account)
    recipient = make_recipient(group, EMAIL)
    sent = entries(client.get(url(recipient))) | {"source": "Messe"}
    with account_scope(account.pk):
        Group.objects.filter(pk=group.pk).update(locked=True)

    response = client.post(url(recipient), sent)

    assert (response.status_code, read(response).all("form", "card")) == (422, [])
    assert stored(recipient)["source"] is None
    refusals = [client.post(url(recipient, name), follow=True) for name in ("deactivate", "activate")]
    sentence = "This list is locked against changes. Unlock it under Settings > General, then try again."
    assert [sentence in notices(refusal) for refusal in refusals] == [True, True]
    assert stored(recipient)["deactivated_at"] is None


def test_activities_stand_apart_newest_first_and_at_most_fifty(client: Client, recipient: Recipient) -> None:
    for number in range(51):
        make_activity(recipient, Activity.Kind.CLICKED, at=NOW + timedelta(minutes=number), subject=f"Mailing {number}")
    other = make_recipient(recipient.group)
    make_activity(other, subject="Fremd")

    cells = rows(client.get(url(recipient)))

    assert [row[:2] for row in cells] == [["Clicked", f"Mailing {number}"] for number in range(50, 0, -1)]


def test_status_and_its_dates_are_shown(client: Client, group: Group) -> None:
    page = read(client.get(url(make_recipient(group, bounced_at=NOW + DAY))))
    dates = {fact.all("dt")[0].text: fact.all("dd")[0].text.split(",")[0] for fact in page.all("dl")[0].all("div")}

    assert page.all(css_class="badge")[0].text == "Bounced"
    assert dates == {"Registered": "2 Mar 2026", "Activated": "2 Mar 2026", "Deactivated": "–", "Bounced": "3 Mar 2026"}


@pytest.mark.parametrize(
    ("dates", "offered"),
    [({}, "deactivate"), ({"deactivated_at": NOW}, "activate"), ({"bounced_at": NOW}, "activate")],
)
def test_the_step_that_fits_the_status_is_offered(
    client: Client, group: Group, dates: dict[str, Any], offered: str
) -> None:
    recipient = make_recipient(group, **dates)
    targets = [link.attributes["href"] for link in read(client.get(url(recipient))).all("a")]

    assert [name for name in ("deactivate", "activate") if url(recipient, name) in targets] == [offered]


def test_signing_off_asks_and_then_does(client: Client, recipient: Recipient) -> None:
    question = read(client.get(url(recipient, "deactivate")))
    assert stored(recipient)["deactivated_at"] is None
    (form,) = question.all("div", "confirm")[0].all("form")

    response = client.post(str(form.attributes["action"]), follow=True)

    assert form.text == f"Deactivate {EMAIL}"
    assert notices(response) == [f"{EMAIL} is deactivated."]
    assert stored(recipient)["deactivated_at"] is not None


@pytest.mark.parametrize(
    ("dates", "button", "warning"),
    [
        (
            {"deactivated_at": NOW},
            f"Activate {EMAIL} again",
            "This person signed off on 2 Mar 2026. Activate them only if they asked you to.",
        ),
        (
            {"bounced_at": NOW},
            f"Activate {EMAIL} again",
            "Mail to this address came back on 2 Mar 2026. Activate it only if you know that it works again.",
        ),
        (
            {"activated_at": None},
            f"Activate {EMAIL}",
            "This person has never been activated. Activate them only if they agreed to be written to.",
        ),
    ],
)
def test_activating_warns_asks_and_then_does(
    client: Client, group: Group, dates: dict[str, Any], button: str, warning: str
) -> None:
    recipient = make_recipient(group, EMAIL, **dates)
    question = client.get(url(recipient, "activate"))
    (form,) = read(question).all("div", "confirm")[0].all("form")

    response = client.post(str(form.attributes["action"]), follow=True)

    assert (notices(question), form.text) == ([warning], button)
    assert notices(response) == [f"{EMAIL} is active."]
    with account_scope(group.account_id):
        assert Recipient.objects.get().is_active


def test_activating_warns_of_a_sign_off_behind_a_bounce(client: Client, group: Group) -> None:
    recipient = make_recipient(group, deactivated_at=NOW, bounced_at=NOW + DAY)

    assert notices(client.get(url(recipient, "activate"))) == [
        "This person signed off on 2 Mar 2026. Activate them only if they asked you to.",
        "Mail to this address came back on 3 Mar 2026. Activate it only if you know that it works again.",
    ]


@pytest.mark.parametrize(
    ("name", "dates", "sentence"),
    [
        ("activate", {}, f"{EMAIL} is active already."),
        ("deactivate", {"deactivated_at": NOW}, f"{EMAIL} is deactivated already."),
    ],
)
def test_nothing_is_asked_of_who_has_the_status_already(
    client: Client, group: Group, name: str, dates: dict[str, Any], sentence: str
) -> None:
    response = client.get(url(make_recipient(group, EMAIL, **dates), name))

    assert notices(response) == [f"{sentence} Back to the recipient"]
    assert read(response).all(css_class="confirm") == []


@pytest.mark.parametrize("activities", [1, 3])
def test_the_number_of_queries_stays_the_same(
    client: Client, recipient: Recipient, activities: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(activities):
        make_activity(recipient)

    with django_assert_num_queries(15):  # 11 in production: four are of the savepoint inside the test
        client.get(url(recipient))
