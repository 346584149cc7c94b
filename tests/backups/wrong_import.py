"""A list of customers and the wrong file that was imported into it: what restores and undos are for."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from accounts.models import Account, User
from imports.models import Import
from recipients.masterdata.file import FieldType
from recipients.models import Group
from tests.factories import make_field, make_group, make_recipient
from tests.runs import make_draft, run_through

NAMES = ["anna", "bert", "carla", "dieter", "emil", "frieda", "gustav", "hanna", "ida", "jonas", "käthe", "lukas"]
CITIES = ["Köln", "Aachen", "Zürich", "Łódź", "Ulm", "Berlin"]
PEOPLE, TOUCHED, STRANGERS = 40, 30, 6  # in the list; of these in the wrong file; and in it alone


def address(number: int) -> str:
    """The address of a customer."""
    return f"{NAMES[number % len(NAMES)]}.{number:03}@example.org"


def make_customers(account: Account) -> Group:
    """A list with fields of its own and one of all lists; somebody in it has unsubscribed, somebody bounced."""
    group, now = make_group(account, "Kunden 2026", note="Messe und Website"), timezone.now()
    for label, kind in (("Vorname", FieldType.TEXT), ("Ort", FieldType.TEXT), ("Umsatz", FieldType.NUMBER)):
        make_field(account, label, kind, group=group)
    make_field(account, "Geburtstag", FieldType.DATE)
    for number in range(PEOPLE):
        dates = {"deactivated_at": now - timedelta(days=90)} if number % 13 == 7 else {}
        dates |= {"bounced_at": now - timedelta(days=40)} if number % 17 == 9 else {}
        make_recipient(
            group,
            address(number),
            values={
                "vorname": NAMES[number % len(NAMES)].title(),
                "ort": CITIES[number % len(CITIES)],
                "umsatz": Decimal(number * 37) / 4,
            },
            tags=["VIP"] if number % 9 == 0 else [],
            source="Website",
            **dates,
        )
    return group


def import_wrong_file(group: Group, actor: User) -> Import:
    """First names and cities change places, strangers come in, and one of them gets a birthday, seen in all lists."""
    lines = [f"{address(number)};{CITIES[number % len(CITIES)]};{address(number)[:-16]};" for number in range(TOUCHED)]
    lines += [f"neu.{number}@example.org;Neu;Bonn;{'2001-02-03' if number == 0 else ''}" for number in range(STRANGERS)]
    text = "\n".join(["E-Mail;Vorname;Ort;Geburtstag", *lines]) + "\n"
    return run_through(make_draft(group, text, targets=("email", "vorname", "ort", "geburtstag")), actor)
