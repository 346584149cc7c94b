"""The help article on restoring recipients from a backup, sentence by sentence, as its German reader follows it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from backups.models import Backup
from backups.retention import purge_due_backups
from recipients.models import Group
from tests.browser import scene as scenes
from tests.browser.person import Person
from tests.browser.scene import People, Scene
from tests.browser.words import GERMAN
from tests.processes import Process
from tests.runs import backups_of


@pytest.mark.parametrize("browser_locale", [GERMAN.locale])
def test_the_article_is_followed_in_german(
    live_url: str, page: Page, workers: list[Process], take_picture: Callable[[str], None], tmp_path: Path
) -> None:
    scene = scenes.set_up(GERMAN, tmp_path)
    person = Person(page, live_url, GERMAN, take_picture)

    # „Wiederherstellung von Empfängerdaten mittels Backup“
    first, people = change_and_delete(person, scene)
    exported = find_and_download(person, tmp_path)
    restored = restore(person, scene, exported)
    assert scenes.people_in(restored) == people
    switch_for_all_lists(person, scene, restored)
    thirty_days(person, first)
    important_notes(person, scene, restored)
    person.look_at_the_other_pages(GERMAN.restored_list, "ada@example.org")


def change_and_delete(person: Person, scene: Scene) -> tuple[Backup, People]:
    # „Loggen Sie sich in Ihren Account ein …“ (der Anfang von Schritt 1: ohne Anmeldung geht nichts)
    person.sign_in(scenes.EMAIL, scenes.PASSWORD)
    person.picture("recipients-groups")

    # „Damit Ihre Daten stets gesichert sind, erstellt [Listkeep] bei jedem Importvorgang und dem Löschen von Gruppen
    #  automatisch ein Backup der Daten.“ Zuerst der Importvorgang:
    before = scenes.people_in(scene.group)
    person.open_list("Kunden 2026")
    person.picture("recipients-list")
    person.open_tab("Daten hinzufügen")
    person.picture("import-file")
    person.choose_file(scene.file)
    assert [person.assigned(label) for label in scenes.FIELDS] == list(scenes.FIELDS)
    person.picture("import-mapping")
    person.go_on_to_the_preview()
    person.picture("import-preview")
    labels = ("Zeilen in der Datei", "Hinzugefügt", "Geändert", "Unverändert")
    assert [person.figure(label) for label in labels] == ["3", "2", "1", "0"]
    expect(person.page.get_by_role("button", name="2 Empfänger hinzufügen und 1 ändern")).to_be_visible()
    person.agree_and_wait()
    person.picture("import-report")
    assert [person.figure(label) for label in labels] == ["3", "2", "1", "0"]
    (first,) = backups_of(scene.group)
    assert (first.status, first.recipient_count) == (Backup.Status.COMPLETE, len(before))
    people = scenes.people_in(scene.group)
    assert (len(people), scenes.activities_in(scene.group)) == (6, 2)

    # „… und dem Löschen von Gruppen …“
    person.open_list("Kunden 2026")
    person.open_tab("Einstellungen")
    person.picture("list-settings")
    person.page.get_by_role("link", name="Liste „Kunden 2026“ mit 6 Empfängern löschen …").click()
    person.picture("list-delete")
    person.page.get_by_role("button", name="Liste „Kunden 2026“ mit 6 Empfängern löschen").click()
    expect(person.page.get_by_text("Die Liste „Kunden 2026“ mit 6 Empfängern ist gelöscht")).to_be_visible(
        timeout=60_000
    )
    person.picture("list-deleted")
    assert scenes.people_in(scene.group) == {}
    return first, people


def find_and_download(person: Person, folder: Path) -> Path:
    # „Sie können die Stammdaten bei Bedarf jederzeit einsehen und wiederherstellen. So geht's“
    # „Backups finden und herunterladen“
    # „1. … klicken Sie rechts oben auf das Profil-Icon > Mein Account.“
    # „2. Unter dem Reiter Extras klicken Sie auf Backups.“
    person.open_my_account("Extras", "Backups")
    person.picture("backups-overview")

    # „3. Hier finden Sie eine Übersicht der gespeicherten Daten. Die Backups werden nach Gruppen und Datum sortiert.“
    rows = person.backup_rows()
    expect(rows).to_have_count(2)
    expect(person.page.get_by_role("rowheader").filter(has_text="Kunden 2026")).to_contain_text("gelöscht")
    expect(rows.nth(0)).to_contain_text("Liste gelöscht")
    expect(rows.nth(1)).to_contain_text("Import von neue-kunden.csv")

    # „Sie können links über die drei Punkte eine Export-Datei herunterladen.“
    menu = rows.nth(0).locator("td").nth(0).locator("summary")
    menu.click()
    with person.page.expect_download() as downloading:
        person.page.get_by_role("link", name="Export-Datei herunterladen (CSV)").first.click()
    exported = folder / downloading.value.suggested_filename
    downloading.value.save_as(exported)
    return exported


def restore(person: Person, scene: Scene, exported: Path) -> Group:
    # „Daten wiederherstellen“
    # „Für die Wiederherstellung der Daten können Sie einen einfachen Importvorgang durchführen:“
    # „1. Klicken Sie links im Menü auf Empfänger und auf den Button Neue Empfängerliste“
    person.open_recipients()
    person.page.get_by_role("link", name="Neue Empfängerliste").first.click()
    person.page.get_by_label("Name der Liste").fill(GERMAN.restored_list)

    # „2. Laden Sie über Datei auswählen ihr vorher exportiertes Backup hoch und klicken Sie auf Upload.“
    expect(person.page.get_by_text("Datei auswählen")).to_be_visible()
    person.choose_file(exported)

    # „3. Klappen Sie etwas weiter unten die Anmeldeinformationen auf und ordnen Sie die Datenfelder … zu:“
    fold = person.page.locator("details", has=person.page.get_by_text("Anmeldeinformationen", exact=False))
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    wanted = ["Registriert am", "Aktiviert am", "Deaktiviert am", "Bounced am", "Quelle", "Tags"]
    assert [person.assigned(label) for label in wanted] == wanted
    person.picture("import-restore-mapping")

    # „4. Zusätzlich sollten Sie unbedingt die Funktion Aktualisieren und Hinzufügen verwendet werden …“
    person.page.get_by_role("radio", name="Aktualisieren und Hinzufügen").check()
    # „… Klicken Sie abschließend auf Weiter.“
    person.go_on_and_wait()

    # „5. Die Daten wurden importiert und befinden Sie wieder unter dem Menüpunkt Empfänger bei Ihren anderen
    #  Empfängerlisten.“
    person.open_list(GERMAN.restored_list)
    return scenes.list_named(scene.account, GERMAN.restored_list)


def switch_for_all_lists(person: Person, scene: Scene, restored: Group) -> None:
    # „Automatische Backups aktivieren/deaktivieren“
    # „Über das Profil Icon unter Mein Account > Einstellungen > Datenschutz können Sie die automatischen Backups über
    #  den Schieberegler rechts aktivieren und deaktivieren.“
    person.open_my_account("Einstellungen", "Datenschutz")
    person.picture("account-privacy")
    person.switch("Automatische Backups")
    person.import_into(GERMAN.restored_list, scene.file)
    assert backups_of(restored) == []
    person.open_my_account("Einstellungen", "Datenschutz")
    person.switch("Automatische Backups")


def thirty_days(person: Person, first: Backup) -> None:
    # „Diese Backups werden 30 Tage lang gespeichert und anschließend automatisch gelöscht.“
    due = first.expires_at
    assert due is not None
    assert first.completed_at is not None
    assert due - first.completed_at == timedelta(days=30)
    scenes.let_thirty_days_pass(first)
    assert purge_due_backups(now=timezone.now()).purged == 1
    person.open_my_account("Extras", "Backups")
    expect(person.backup_rows()).to_have_count(1)


def important_notes(person: Person, scene: Scene, restored: Group) -> None:
    # „Hinweis: Backups werden nicht bei Nutzung von externen Schnittstellen (wie z. B. … API etc.) angelegt.“
    shop = person.make_token("Blumenladen")
    assert shop.import_people(restored.pk, "shop@example.org", "ada@example.org") == 1
    assert backups_of(restored) == []

    # „Wichtige Hinweise:“
    # „1. Die Aktivitäten der Empfänger (Öffnungen, Klicks etc.) werden nicht mitgesichert. Es erfolgt ausschließlich
    #  eine Sicherung der Stammdaten (z. B. E-Mail, Vor- und Nachname etc.).“
    assert scenes.activities_in(restored) == 0

    # „2. Die Backup-Funktion kann auch gruppenabhängig eingestellt werden. Sie können für einzelne Gruppen die
    #  Funktion unter Einstellungen > Allgemeines innerhalb der Gruppen abschalten.“
    person.open_list(GERMAN.restored_list)
    person.open_tab("Einstellungen", "Allgemeines")
    person.switch("Automatische Backups")
    person.import_into(GERMAN.restored_list, scene.file)
    assert backups_of(restored) == []
    person.open_list(GERMAN.restored_list)
    person.open_tab("Einstellungen", "Allgemeines")
    person.switch("Automatische Backups")
    person.import_into(GERMAN.restored_list, scene.file)
    assert [backup.status for backup in backups_of(restored)] == [Backup.Status.COMPLETE]

    # „3. Beachten Sie, dass die Backup-Funktion den normalen Import von Daten verlangsamen kann.“
    # `make bench` misst das.
    # „4. Erfolgt ein Import / Löschvorgang über Schnittstellen (z. B. API), wird kein Backup durchgeführt.“
    # „5. Bei Nutzung von externen Schnittstellen … werden keine Backups erstellt.“
    made = scenes.list_with_number(scene.account, shop.make_list("Aus dem Laden"))
    assert shop.import_people(made.pk, "eins@example.org", "zwei@example.org") == 2
    assert shop.delete_list(made.pk) == 2
    assert backups_of(made) == []
