"""Somebody is about to delete most of a list, unsubscribed people among them: the preview warns, and they turn back."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Role
from tests.browser import scene as scenes
from tests.browser.person import Person
from tests.browser.words import ENGLISH, GERMAN, Words
from tests.factories import DAY, NOW, make_account, make_field, make_group, make_member, make_recipient, make_user

WARNINGS = {
    "de": ["Der größte Teil der Liste würde gelöscht", "Die Liste wüsste nicht mehr, dass 8 Personen abgemeldet"],
    "en": ["Most of the list would be deleted", "The list would forget that 8 people have unsubscribed"],
}
WORDS = {
    "de": ("Löschen", "40 Empfänger löschen", "Zurück zur Zuordnung", "Deaktivieren", "32 Empfänger deaktivieren"),
    "en": ("Delete", "Delete 40 recipients", "Back to the mapping", "Deactivate", "Deactivate 32 recipients"),
}


@pytest.mark.parametrize(
    ("browser_locale", "words"), [(GERMAN.locale, GERMAN), (ENGLISH.locale, ENGLISH)], ids=["de", "en"]
)
@pytest.mark.usefixtures("workers")
def test_who_is_warned_can_turn_back(
    live_url: str, page: Page, words: Words, take_picture: Callable[[str], None], tmp_path: Path
) -> None:
    account = make_account(words.account)
    make_member(account, Role.OWNER, make_user(scenes.EMAIL, password=scenes.PASSWORD))
    group = make_group(account, words.first_list)
    make_field(account, "Vorname", group=group)
    for number in range(42):
        gone = NOW + DAY if number % 5 == 0 else None
        make_recipient(group, f"person{number}@example.org", values={"vorname": "Jürgen"}, deactivated_at=gone)
    file = tmp_path / "abmeldungen.csv"
    file.write_text("E-Mail\n" + "".join(f"person{number}@example.org\n" for number in range(40)))
    delete, delete_all, back, deactivate, deactivate_all = WORDS[words.language]

    person = Person(page, live_url, words, take_picture)
    person.sign_in(scenes.EMAIL, scenes.PASSWORD)
    person.open_list(words.first_list)
    person.open_tab(words.add_data)
    person.choose_file(file)
    page.get_by_role("radio", name=delete, exact=False).check()
    person.go_on_to_the_preview()
    for warning in WARNINGS[words.language]:
        expect(page.get_by_text(warning)).to_be_visible()
    expect(page.get_by_role("button", name=delete_all)).to_be_visible()
    person.picture("import-preview-warnings")

    page.get_by_role("button", name=back).click()
    expect(page.get_by_role("radio", name=delete, exact=False)).to_be_checked()
    assert len(scenes.people_in(group)) == 42
    page.get_by_role("radio", name=deactivate, exact=False).check()
    person.go_on_to_the_preview()
    expect(page.get_by_role("button", name=deactivate_all)).to_be_visible()
    person.agree_and_wait()
    people = scenes.people_in(group)
    assert (len(people), [email for email, one in people.items() if one["active"]]) == (42, ["person41@example.org"])
