"""A person in front of the browser: what they click, by the words that they read."""

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.program import Program
from tests.browser.words import Words

PATIENCE = 60_000  # milliseconds for work that workers do


class Person:
    """Somebody who uses Listkeep in their language."""

    def __init__(self, page: Page, live_url: str, words: Words, take_picture: Callable[[str], None]) -> None:
        self.page = page
        self.url = live_url
        self.words = words
        self._take_picture = take_picture

    def picture(self, name: str) -> None:
        """Keep a picture of the page for the documentation."""
        self._take_picture(f"{name}-{self.words.language}")

    def sign_in(self, email: str, password: str) -> None:
        """Open Listkeep and sign in."""
        self.page.goto(self.url)
        self.picture("sign-in")
        self.page.get_by_label(self.words.email, exact=True).fill(email)
        self.page.get_by_label(self.words.password, exact=True).fill(password)
        self.page.get_by_role("button", name=self.words.sign_in).click()

    def open_recipients(self) -> None:
        """Click Recipients in the menu at the left."""
        self.page.get_by_role("navigation").get_by_role("link", name=self.words.recipients, exact=True).first.click()

    def open_list(self, name: str) -> None:
        """Open a list from the lists."""
        self.open_recipients()
        self.page.get_by_role("link", name=name, exact=True).click()

    def open_tab(self, *names: str) -> None:
        """Open a tab, and one inside it."""
        for name in names:
            self.page.locator(".tabs").get_by_role("link", name=name, exact=True).click()

    def open_my_account(self, *tabs: str) -> None:
        """Click the profile icon at the top right, My Account, and tabs in it."""
        self.page.get_by_label(self.words.profile, exact=True).click()
        self.page.get_by_role("link", name=self.words.my_account, exact=True).click()
        self.open_tab(*tabs)

    def choose_file(self, path: Path) -> None:
        """Choose a file and upload it."""
        self.page.locator("input[type=file]").set_input_files(path)
        self.page.get_by_role("button", name=self.words.upload, exact=True).click()
        expect(self.page.get_by_role("heading", name=self.words.mapping, level=1)).to_be_visible()

    def assigned(self, label: str) -> str:
        """The column that is chosen for a field of the mapping."""
        chosen: str = self.page.get_by_label(label, exact=True).locator("option:checked").inner_text()
        return chosen.strip()

    def go_on_to_the_preview(self) -> None:
        """Click Next and wait for the preview."""
        self.page.get_by_role("button", name=self.words.next, exact=True).click()
        expect(self.page.get_by_role("heading", name=self.words.preview, level=1)).to_be_visible()
        expect(self.page.locator(".decision")).to_be_visible(timeout=PATIENCE)

    def agree_and_wait(self) -> None:
        """Click the preview's button that starts the import, and wait for the report."""
        self.page.locator("#confirm").click()
        expect(self.page.get_by_text(self.words.done)).to_be_visible(timeout=PATIENCE)

    def go_on_and_wait(self) -> None:
        """Go on from the mapping through the preview, and wait for the report."""
        self.go_on_to_the_preview()
        self.agree_and_wait()

    def figure(self, label: str) -> str:
        """A figure of the preview or the report."""
        stat = self.page.locator(".stats > *").filter(has=self.page.get_by_text(label, exact=True))
        value: str = stat.locator("dd").first.inner_text()
        return value.split("\n", 1)[0].strip()

    def backup_rows(self) -> Locator:
        """The backups in the overview, as they stand below each other."""
        return self.page.locator("tr[id^=backup-]")

    def switch(self, name: str) -> None:
        """Move a slider, and wait until it is saved."""
        self.page.wait_for_load_state()  # before its script has run, a slider moves and saves nothing
        slider = self.page.get_by_role("switch", name=name)
        on = slider.is_checked()
        with self.page.expect_response(lambda response: response.request.method == "POST"):
            slider.click()
        expect(self.page.get_by_role("switch", name=name)).to_be_checked(checked=not on)

    def import_into(self, name: str, file: Path) -> None:
        """Import a file into a list as it is guessed."""
        self.open_list(name)
        self.open_tab(self.words.add_data)
        self.choose_file(file)
        self.go_on_and_wait()

    def make_token(self, where: str) -> Program:
        """Make a token that may write, for a program that then has it."""
        words = self.words
        self.open_my_account(words.extras, words.interfaces)
        self.page.get_by_label(words.place_of_use).fill(where)
        self.page.get_by_label(words.read_and_write).check()
        self.page.get_by_role("button", name=words.make_token).click()
        secret = self.page.locator(".secret")
        expect(secret).to_be_visible()  # what is hidden, as all is until the page is loaded, has no text
        return Program(self.url, secret.inner_text().strip())

    def look_at_the_other_pages(self, name: str, email: str) -> None:
        """Open the pages that the article does not lead to, one after the other, and keep a picture of each."""
        words = self.words
        self.open_list(name)
        self.page.get_by_role("link", name=email, exact=True).click()
        self.look_at(email, "recipient")
        for tabs, picture in (
            ([words.settings, words.fields], "list-fields"),
            ([words.settings, words.block_list], "list-blocklist"),
            ([words.imports], "list-imports"),
            ([words.backups], "list-backups"),
        ):
            self.open_list(name)
            self.open_tab(*tabs)
            self.look_at(name, picture)
        self.page.get_by_role("link", name=words.block_list, exact=True).first.click()
        self.page.get_by_label(words.to_block, exact=True).fill("*@throwaway.example\nspam@example.net")
        self.page.get_by_role("button", name=words.block, exact=True).click()
        self.look_at(words.block_list, "account-blocklist")
        self.open_recipients()
        self.page.get_by_role("link", name=words.new_list).first.click()
        self.look_at(words.new_list, "list-new")
        self.page.get_by_role("link", name=words.imports, exact=True).first.click()
        self.look_at(words.imports, "imports-history")
        for tabs, picture in (
            ([], "account-my-data"),
            ([words.users], "account-users"),
            ([words.extras, words.audit_log], "account-audit-log"),
        ):
            self.open_my_account(*tabs)
            self.look_at(words.my_account, picture)

    def look_at(self, heading: str, picture: str) -> None:
        """See that the page has the heading, and keep a picture of it."""
        expect(self.page.get_by_role("heading", name=heading, level=1, exact=True)).to_be_visible()
        self.picture(picture)
