"""A company that uses the stack through the proxy: it signs in, imports, and has backups restored."""

import random
import re
import time
from typing import Final

from tests.production.database import PATIENCE, Database
from tests.production.machine import OWN
from tests.production.stack import DOMAIN
from tests.visitor import Page, Visitor

EMAIL: Final = "demo@listkeep.example"
PASSWORD: Final = "ein-langes-Passwort-2026"  # noqa: S105  # of the demo account, on a machine that is thrown away
LARGE: Final = 120_000  # rows: more than the queues of small jobs take
LIST: Final = "Kunden der Probe"
CERTIFICATE: Final = f"{OWN}/volumes/certificates/caddy/pki/authorities/local/root.crt"


class Company:
    """The demo account, in the hands of its owner."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.person = Visitor(f"https://{DOMAIN}/", trusted=CERTIFICATE)
        self.account = ""

    def sign_in(self) -> Page:
        """Sign in by the form; gives the page that is shown then."""
        page = self.person.sign_in(EMAIL, PASSWORD)
        found = re.search(r"/a/(\d+)/", page.url)
        assert found, (page.url, page.status)
        self.account = found[1]
        return page

    def come_back(self) -> None:
        """Trust the certificate that the proxy has now, and keep the cookies."""
        cookies = list(self.person.jar)
        self.person = Visitor(f"https://{DOMAIN}/", trusted=CERTIFICATE)
        for cookie in cookies:
            self.person.jar.set_cookie(cookie)

    @property
    def group(self) -> str:
        """The id of its list."""
        return self.database.ask(f"SELECT id FROM recipients_group WHERE name = '{LIST}'")

    def with_value(self, value: str) -> str:
        """How many recipients of its list have that value."""
        return self.database.ask(
            f"SELECT count(*) FROM recipients_recipient WHERE group_id = {self.group} AND values::text LIKE '%{value}%'"
        )

    def backup_before(self, run: str) -> str:
        """The id of the backup that was made before an import."""
        return self.database.ask(
            f"SELECT id FROM backups_backup WHERE change_id = '{run}' AND status = 'complete'"
            " ORDER BY requested_at DESC LIMIT 1"
        )

    def upload_new(self, value: str) -> Page:
        """Upload a file as a new list, of LARGE addresses that all have one value; gives the page of the run."""
        return self._upload(f"/a/{self.account}/recipients/new/", value, name=LIST)

    def upload(self, value: str) -> Page:
        """Upload a file into the list that is there; as `upload_new`."""
        return self._upload(f"/a/{self.account}/recipients/{self.group}/add/", value)

    def _upload(self, address: str, value: str, **fields: str) -> Page:
        """Upload a file, take the mapping as guessed, start at once."""
        chance = random.Random(7)
        rows = [f"person{number}@kunden{chance.randrange(50)}.example;{value}" for number in range(LARGE)]
        content = "\n".join(["E-Mail;Merkmal der Probe", *rows]).encode()
        page = self.person.send(self.person.get(address), file=("kunden.csv", content), **fields)
        assert page.url.endswith("/mapping/"), (page.status, page.url, page.text[-2000:])
        new_fields: dict[str, str] = dict.fromkeys(re.findall(r'name="(\S+-create)"', page.text), "on")
        started = self.person.send(page, "/mapping/", None, skip="1", **new_fields)
        assert re.search(r"/imports/[0-9a-f-]+/$", started.url), (started.status, started.url)
        return started

    def restore(self, backup: str) -> str:
        """Ask for a backup back exactly, wait for the preview, confirm it, wait for the report; gives the run."""
        address = f"/a/{self.account}/backups/{backup}/restore/"
        preview = self.person.send(self.person.get(address), "/restore/", way="exact", begin="1")
        assert preview.url.endswith("/preview/"), (preview.status, preview.url, preview.text[-2000:])
        deadline = time.monotonic() + PATIENCE
        while "hx-get" in preview.text or "/confirm/" not in preview.text:
            assert time.monotonic() < deadline, preview.text[-3000:]
            time.sleep(0.5)
            preview = self.person.get(preview.url)
        return self.wait_for_report(self.person.send(preview, "/confirm/"))

    def wait_for_report(self, page: Page) -> str:
        """Wait until the run is over, and see that it is done; gives its id."""
        run = run_of(page)
        self.database.wait_for(f"SELECT status IN ('done', 'failed') FROM imports_import WHERE id = '{run}'", "t")
        status = self.database.ask(f"SELECT status, failure FROM imports_import WHERE id = '{run}'")
        assert status == "done|", status
        assert self.person.get(page.url).status == 200
        return run


def run_of(page: Page) -> str:
    """The id of the run that a page is about."""
    return page.url.rstrip("/").rsplit("/", 1)[1]
