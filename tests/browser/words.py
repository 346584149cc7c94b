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
    extras: str
    backups: str
    settings: str
    privacy: str
    automatic_backups: str
    recipients: str
    new_list: str
    list_name: str
    upload: str
    add_data: str
    mapping: str
    registration: str
    registered: str
    activated: str
    deactivated: str
    bounced: str
    source: str
    tags: str
    create_field: str
    update_and_add: str
    next: str
    done: str
    download: str
    complete: str
    general: str
    delete_link: str
    delete_button: str
    deleted_heading: str
    deleted_badge: str
    reason_import: str
    reason_deleted: str
    account: str
    first_list: str
    restored_list: str
    show_actions: str


GERMAN = Words(
    locale="de-DE",
    language="de",
    email="E-Mail",
    password="Passwort",
    sign_in="Anmelden",
    profile="Profil",
    my_account="Mein Account",
    extras="Extras",
    backups="Backups",
    settings="Einstellungen",
    privacy="Datenschutz",
    automatic_backups="Automatische Backups",
    recipients="Empfänger",
    new_list="Neue Empfängerliste",
    list_name="Name der Liste",
    upload="Upload",
    add_data="Daten hinzufügen",
    mapping="Datenfeldzuweisung",
    registration="Anmeldeinformationen",
    registered="Registriert am",
    activated="Aktiviert am",
    deactivated="Deaktiviert am",
    bounced="Bounced am",
    source="Quelle",
    tags="Tags",
    create_field="Neues Feld anlegen",
    update_and_add="Aktualisieren und Hinzufügen",
    next="Weiter",
    done="Der Import ist fertig",
    download="Export-Datei herunterladen (CSV)",
    complete="Vollständig",
    general="Allgemeines",
    delete_link="Liste „Kunden 2026“ mit 6 Empfängern löschen …",
    delete_button="Liste „Kunden 2026“ mit 6 Empfängern löschen",
    deleted_heading="Die Liste „Kunden 2026“ mit 6 Empfängern ist gelöscht",
    deleted_badge="gelöscht",
    reason_import="Import von neue-kunden.csv",
    reason_deleted="Liste gelöscht",
    account="Blumen Berger GmbH",
    first_list="Kunden 2026",
    restored_list="Kunden 2026, wiederhergestellt",
    show_actions="Aktionen für das Backup",
)

ENGLISH = Words(
    locale="en-GB",
    language="en",
    email="Email",
    password="Password",
    sign_in="Sign in",
    profile="Profile",
    my_account="My Account",
    extras="Extras",
    backups="Backups",
    settings="Settings",
    privacy="Data privacy",
    automatic_backups="Automatic backups",
    recipients="Recipients",
    new_list="New recipient list",
    list_name="Name of the list",
    upload="Upload",
    add_data="Add data",
    mapping="Field mapping",
    registration="Registration information",
    registered="Registered at",
    activated="Activated at",
    deactivated="Deactivated at",
    bounced="Bounced at",
    source="Source",
    tags="Tags",
    create_field="Create a new field",
    update_and_add="Update and add",
    next="Next",
    done="The import is done",
    download="Download export file (CSV)",
    complete="Complete",
    general="General",
    delete_link="Delete the list “Customers 2026” with 6 recipients …",
    delete_button="Delete the list “Customers 2026” with 6 recipients",
    deleted_heading="The list “Customers 2026” with 6 recipients is deleted",
    deleted_badge="deleted",
    reason_import="Import of neue-kunden.csv",
    reason_deleted="List deleted",
    account="Flowers Berger Ltd",
    first_list="Customers 2026",
    restored_list="Customers 2026, brought back",
    show_actions="Actions for the backup",
)
