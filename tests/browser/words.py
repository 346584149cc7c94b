"""The words of the pages that a person follows, in both languages, as `interface.md` and the help article have them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """What a person reads and clicks."""

    locale: str
    language: str
    email: str
    password: str
    sign_in: str
    profile: str
    my_account: str
    recipients: str
    upload: str
    add_data: str
    mapping: str
    next: str
    preview: str
    done: str
    account: str
    first_list: str
    restored_list: str
    fields: str
    block_list: str
    to_block: str
    block: str
    imports: str
    backups: str
    settings: str
    users: str
    extras: str
    audit_log: str
    new_list: str
    interfaces: str
    place_of_use: str
    read_and_write: str
    make_token: str


GERMAN = Words(
    locale="de-DE",
    language="de",
    email="E-Mail",
    password="Passwort",
    sign_in="Anmelden",
    profile="Profil",
    my_account="Mein Account",
    recipients="Empfänger",
    upload="Upload",
    add_data="Daten hinzufügen",
    mapping="Datenfeldzuweisung",
    next="Weiter",
    preview="Vorschau",
    done="Der Import ist fertig",
    account="Blumen Berger GmbH",
    first_list="Kunden 2026",
    restored_list="Kunden 2026, wiederhergestellt",
    fields="Felder",
    block_list="Blacklist",
    to_block="Adressen und Muster",
    block="Auf die Blacklist setzen",
    imports="Importe",
    backups="Backups",
    settings="Einstellungen",
    users="Benutzer",
    extras="Extras",
    audit_log="Protokoll",
    new_list="Neue Empfängerliste",
    interfaces="Schnittstellen",
    place_of_use="Wo wird es verwendet?",
    read_and_write="Lesen und schreiben",
    make_token="Token erstellen",  # a button
)

ENGLISH = Words(
    locale="en-GB",
    language="en",
    email="Email",
    password="Password",
    sign_in="Sign in",
    profile="Profile",
    my_account="My Account",
    recipients="Recipients",
    upload="Upload",
    add_data="Add data",
    mapping="Field mapping",
    next="Next",
    preview="Preview",
    done="The import is done",
    account="Flowers Berger Ltd",
    first_list="Customers 2026",
    restored_list="Customers 2026, brought back",
    fields="Fields",
    block_list="Block list",
    to_block="Addresses and patterns",
    block="Add to the block list",
    imports="Imports",
    backups="Backups",
    settings="Settings",
    users="Users",
    extras="Extras",
    audit_log="Audit log",
    new_list="New recipient list",
    interfaces="Interfaces",
    place_of_use="Where is it used?",
    read_and_write="Read and write",
    make_token="Make token",  # a button
)
