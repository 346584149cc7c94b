"""The help article's English twin, sentence by sentence, as its reader follows it."""

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
from tests.browser.words import ENGLISH
from tests.processes import Process
from tests.runs import backups_of


@pytest.mark.parametrize("browser_locale", [ENGLISH.locale])
def test_the_article_is_followed_in_english(
    live_url: str, page: Page, workers: list[Process], take_picture: Callable[[str], None], tmp_path: Path
) -> None:
    scene = scenes.set_up(ENGLISH, tmp_path)
    person = Person(page, live_url, ENGLISH, take_picture)

    # “Restoring recipients’ data from a backup”
    first, people = change_and_delete(person, scene)
    exported = find_and_download(person, tmp_path)
    restored = restore(person, scene, exported)
    assert scenes.people_in(restored) == people
    switch_for_all_lists(person, scene, restored)
    thirty_days(person, first)
    important_notes(person, scene, restored)
    person.look_at_the_other_pages(ENGLISH.restored_list, "ada@example.org")


def change_and_delete(person: Person, scene: Scene) -> tuple[Backup, People]:
    # “Log in to your account …” (the beginning of step 1: nothing works without it)
    person.sign_in(scenes.EMAIL, scenes.PASSWORD)
    person.picture("recipients-groups")

    # “So that your data is always safe, a backup of it is made automatically at each import …”
    before = scenes.people_in(scene.group)
    person.open_list("Customers 2026")
    person.picture("recipients-list")
    person.open_tab("Add data")
    person.picture("import-file")
    person.choose_file(scene.file)
    assert [person.assigned(label) for label in scenes.FIELDS] == list(scenes.FIELDS)
    person.picture("import-mapping")
    person.go_on_to_the_preview()
    person.picture("import-preview")
    labels = ("Rows in the file", "Added", "Changed", "Unchanged")
    assert [person.figure(label) for label in labels] == ["3", "2", "1", "0"]
    expect(person.page.get_by_role("button", name="Add 2 recipients and change 1")).to_be_visible()
    person.agree_and_wait()
    person.picture("import-report")
    assert [person.figure(label) for label in labels] == ["3", "2", "1", "0"]
    (first,) = backups_of(scene.group)
    assert (first.status, first.recipient_count) == (Backup.Status.COMPLETE, len(before))
    people = scenes.people_in(scene.group)
    assert (len(people), scenes.activities_in(scene.group)) == (6, 2)

    # “… and when a list is deleted.”
    person.open_list("Customers 2026")
    person.open_tab("Settings")
    person.picture("list-settings")
    person.page.get_by_role("link", name="Delete the list “Customers 2026” with 6 recipients …").click()
    person.picture("list-delete")
    person.page.get_by_role("button", name="Delete the list “Customers 2026” with 6 recipients").click()
    deleted = person.page.get_by_text("The list “Customers 2026” with 6 recipients is deleted")
    expect(deleted).to_be_visible(timeout=60_000)
    person.picture("list-deleted")
    assert scenes.people_in(scene.group) == {}
    return first, people


def find_and_download(person: Person, folder: Path) -> Path:
    # “You can look at the master data and restore it whenever you need to. This is how.”
    # “Find and download backups”
    # “1. … click the profile icon at the top right > My Account.”
    # “2. On the tab Extras click Backups.”
    person.open_my_account("Extras", "Backups")
    person.picture("backups-overview")

    # “3. Here you find an overview of the stored data. The backups are sorted by list and date.”
    rows = person.backup_rows()
    expect(rows).to_have_count(2)
    expect(person.page.get_by_role("rowheader").filter(has_text="Customers 2026")).to_contain_text("deleted")
    expect(rows.nth(0)).to_contain_text("List deleted")
    expect(rows.nth(1)).to_contain_text("Import of neue-kunden.csv")

    # “At the left, behind the three dots, you can download an export file.”
    rows.nth(0).locator("td").nth(0).locator("summary").click()
    with person.page.expect_download() as downloading:
        person.page.get_by_role("link", name="Download export file (CSV)").first.click()
    exported = folder / downloading.value.suggested_filename
    downloading.value.save_as(exported)
    return exported


def restore(person: Person, scene: Scene, exported: Path) -> Group:
    # “Restore data”
    # “To restore the data, a plain import is all you need:”
    # “1. Click Recipients in the menu at the left and then the button New recipient list”
    person.open_recipients()
    person.page.get_by_role("link", name="New recipient list").first.click()
    person.page.get_by_label("Name of the list").fill(ENGLISH.restored_list)

    # “2. With Choose file, choose the backup that you have exported, and click Upload.”
    expect(person.page.get_by_text("Choose file")).to_be_visible()
    person.choose_file(exported)

    # “3. A little further down, unfold the registration information and assign the fields …:”
    fold = person.page.locator("details", has=person.page.get_by_text("Registration information", exact=False))
    if fold.get_attribute("open") is None:
        fold.locator("summary").click()
    wanted = ["Registered at", "Activated at", "Deactivated at", "Bounced at", "Source", "Tags"]
    assert [person.assigned(label) for label in wanted] == wanted
    person.picture("import-restore-mapping")

    # “4. Be sure to use the function Update and add, so that the recipients’ data is restored rightly.”
    person.page.get_by_role("radio", name="Update and add").check()
    # “At the end click Next.”
    person.go_on_and_wait()

    # “5. The data has been imported and stands under Recipients again, beside your other lists.”
    person.open_list(ENGLISH.restored_list)
    return scenes.list_named(scene.account, ENGLISH.restored_list)


def switch_for_all_lists(person: Person, scene: Scene, restored: Group) -> None:
    # “Switch automatic backups on and off”
    # “With the profile icon, under My Account > Settings > Data privacy, the slider at the right switches the automatic
    #  backups on and off.”
    person.open_my_account("Settings", "Data privacy")
    person.picture("account-privacy")
    person.switch("Automatic backups")
    person.import_into(ENGLISH.restored_list, scene.file)
    assert backups_of(restored) == []
    person.open_my_account("Settings", "Data privacy")
    person.switch("Automatic backups")


def thirty_days(person: Person, first: Backup) -> None:
    # “These backups are kept for 30 days and then deleted automatically.”
    assert first.expires_at is not None
    assert first.completed_at is not None
    assert first.expires_at - first.completed_at == timedelta(days=30)
    scenes.let_thirty_days_pass(first)
    assert purge_due_backups(now=timezone.now()).purged == 1
    person.open_my_account("Extras", "Backups")
    expect(person.backup_rows()).to_have_count(1)


def important_notes(person: Person, scene: Scene, restored: Group) -> None:
    # “Note: no backups are made when external interfaces are used (such as … an API).”
    shop = person.make_token("Flower shop")
    assert shop.import_people(restored.pk, "shop@example.org", "ada@example.org") == 1
    assert backups_of(restored) == []

    # “1. The recipients’ activities (openings, clicks) are not backed up. Only the master data is.”
    assert scenes.activities_in(restored) == 0

    # “2. Backups can also be set for each list. Under Settings > General inside a list you can switch them off for it.”
    person.open_list(ENGLISH.restored_list)
    person.open_tab("Settings", "General")
    person.switch("Automatic backups")
    person.import_into(ENGLISH.restored_list, scene.file)
    assert backups_of(restored) == []
    person.open_list(ENGLISH.restored_list)
    person.open_tab("Settings", "General")
    person.switch("Automatic backups")
    person.import_into(ENGLISH.restored_list, scene.file)
    assert [backup.status for backup in backups_of(restored)] == [Backup.Status.COMPLETE]

    # “3. Backups may slow down the import of data.” `make bench` measures by how much.
    # “4. An import or a deletion through an interface makes no backup.”
    made = scenes.list_with_number(scene.account, shop.make_list("From the shop"))
    assert shop.import_people(made.pk, "one@example.org", "two@example.org") == 2
    assert shop.delete_list(made.pk) == 2
    assert backups_of(made) == []
