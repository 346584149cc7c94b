"""New recipient list: the list comes into being with the first file that can be read."""

from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from accounts.tenancy import account_scope
from recipients.models import Group
from tests.factories import make_account, make_member, sign_in
from tests.imports.uploads import drafts, file, files_in, groups
from tests.page_content import errors, read

pytestmark = pytest.mark.django_db


@pytest.fixture
def account() -> Account:
    return make_account()


@pytest.fixture
def client(account: Account) -> Client:
    return sign_in(make_member(account))


def url_of(account: Account) -> str:
    return reverse("imports:new_list", args=[account.pk])


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", ["Neue Empfängerliste", "Datei auswählen", "Upload"]),
        ("en", ["New recipient list", "Choose file", "Upload"]),
    ],
)
def test_the_page_has_the_words_of_the_article(
    client: Client, account: Account, language: str, words: list[str]
) -> None:
    page = read(client.get(url_of(account), headers={"Accept-Language": language}))
    (form,) = [form for form in page.all("form") if form.attributes.get("enctype") == "multipart/form-data"]
    (zone,) = form.all(css_class="drop-zone")
    assert [page.all("h1")[0].text, zone.all("label")[0].text, form.all("button")[0].text] == words


def test_a_file_makes_the_list_and_its_draft(client: Client, account: Account, storage: Path) -> None:
    response = client.post(url_of(account), {"name": "Presse", "note": "Messe 2026", "file": file()})
    (found,) = drafts(account.pk)
    assert response.headers["Location"] == reverse("imports:mapping", args=[account.pk, found.pk])
    with account_scope(account.pk):
        group = Group.objects.get()
    assert (group.name, group.note, group.recipient_count, found.group_id) == ("Presse", "Messe 2026", 0, group.pk)
    assert files_in(storage) == [found.file_key]


@pytest.mark.parametrize("content", [b"", b"\x89PNG\r\n\x1a\n" + bytes(range(256))], ids=["empty", "image"])
def test_an_unreadable_file_leaves_no_list(client: Client, account: Account, storage: Path, content: bytes) -> None:
    response = client.post(url_of(account), {"name": "Presse", "file": file(content)})
    assert response.status_code == 422
    assert (groups(account), drafts(account.pk), files_in(storage)) == ([], [], [])


def test_what_was_entered_stays_when_the_file_cannot_be_read(client: Client, account: Account) -> None:
    page = read(client.post(url_of(account), {"name": "Presse", "note": "Messe", "file": file(b"")}))
    (name,) = [field for field in page.all("input") if field.attributes.get("name") == "name"]
    (note,) = [field for field in page.all("textarea") if field.attributes.get("name") == "note"]
    assert (name.attributes["value"], note.text) == ("Presse", "Messe")


def test_a_storage_that_takes_nothing_leaves_no_list(client: Client, account: Account, storage: Path) -> None:
    (storage / "imports").write_text("a file where the folder should be")
    response = client.post(url_of(account), {"name": "Presse", "file": file()})
    assert response.status_code == 422
    assert (groups(account), drafts(account.pk)) == ([], [])


def test_a_list_needs_a_name(client: Client, account: Account, storage: Path) -> None:
    response = client.post(url_of(account), {"name": " ", "file": file()})
    assert (response.status_code, errors(response)) == (422, ["This field is required."])
    assert (groups(account), files_in(storage)) == ([], [])
