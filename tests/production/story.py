"""What is tried on the whole stack, in the order in which a company meets it."""

import contextlib
import json
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config

from tests.production.machine import OWN
from tests.production.stack import DOMAIN, Stack
from tests.visitor import Page, Visitor

EMAIL: Final = "demo@listkeep.example"
PASSWORD: Final = "ein-langes-Passwort-2026"  # noqa: S105  # of the demo account, on a machine that is thrown away
LARGE: Final = 120_000  # rows: more than the queues of small jobs take
PATIENCE: Final = 900.0
COUNT: Final = "SELECT count(*), count(*) FILTER (WHERE values::text LIKE '%Falsch%') FROM recipients_recipient"
STATE: Final = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t"
MANAGE: Final = ("python", "manage.py")
AS_ADMIN: Final = ("-h", "127.0.0.1", "-U", "postgres", "-d", "listkeep")
TABLES: Final = (
    "recipients_recipient",
    "recipients_group",
    "recipients_field",
    "accounts_account",
    "accounts_auditentry",
)


def say(text: str) -> None:
    """Tell what was found."""
    print(f"{time.strftime('%H:%M:%S')}  {text}", flush=True)


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Tell how long a step took."""
    began = time.monotonic()
    yield
    say(f"{name}: {time.monotonic() - began:.1f} s")


class Story:
    """The trial; each method is one chapter and fails with an AssertionError."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.visitor: Visitor | None = None
        self.account = ""

    def tell(self) -> None:
        """All chapters."""
        self.bring_up()
        self.knock()
        self.sign_in()
        self.import_and_restore()
        self.stop_in_the_middle()
        self.back_up_lose_and_restore()
        self.read_the_logs()

    # --- up ---

    def bring_up(self) -> None:
        """Everything up, and well."""
        self.stack.make_secrets()
        with step("all services up and well (docker compose up --wait)"):
            self.stack.up()
            self.stack.wait_until_well()
        say("services: " + ", ".join(self.stack.running))
        checked = self.stack.running["web"].run(*MANAGE, "check", "--deploy", "--fail-level", "WARNING")
        assert checked.returncode == 0, checked.stderr
        say(f"check --deploy: {checked.stdout.decode().strip()}")
        roles = self.ask("SELECT string_agg(DISTINCT usename, ' ') FROM pg_stat_activity WHERE datname = 'listkeep'")
        say(f"roles at the database: {roles}")
        written = self.stack.running["web"].run("touch", "/srv/listkeep/x")
        owner = self.stack.running["web"].run("id", "-u").stdout.decode().strip()
        seen = self.stack.running["web"].run("ls", "/run/secrets").stdout.decode().split()
        assert written.returncode != 0
        assert "database_owner_password" not in seen
        say(f"web runs as user {owner}, cannot write to its image, and sees the secrets {' '.join(seen)}")

    def knock(self) -> None:
        """What the proxy lets in, over TLS."""
        certificate = f"{OWN}/volumes/certificates/caddy/pki/authorities/local/root.crt"
        self.visitor = Visitor(f"https://{DOMAIN}/", trusted=certificate)
        first = Visitor(f"http://{DOMAIN}/", trusted=certificate).get("/auth/login/")
        assert (first.status, first.url) == (200, f"https://{DOMAIN}/auth/login/")
        told = {name: first.headers[name] for name in ("Strict-Transport-Security", "Content-Security-Policy")}
        assert "'unsafe" not in told["Content-Security-Policy"]
        inside = {
            path: self.visitor.get(path).status for path in ("/health/", "/health/ready", "/health/live", "/metrics")
        }
        assert inside == {"/health/": 200, "/health/ready": 404, "/health/live": 404, "/metrics": 404}
        forged = self.visitor.get("/auth/login/", {"X-Request-ID": "forged-by-somebody"}).headers["X-Request-ID"]
        assert forged != "forged-by-somebody"
        say(f"http leads to https; {told}; from outside {inside}")
        token = self.stack.secret("metrics_token")
        metrics = Visitor("http://127.0.0.1:8000/").get(
            "/metrics", {"Host": DOMAIN, "X-Forwarded-Proto": "https", "Authorization": f"Bearer {token}"}
        )
        assert "listkeep_backups" in metrics.text, metrics.text[:300]

    def sign_in(self) -> None:
        """The demo account, made by its command and entered by its form."""
        with step("demo account made in the container of web"):
            made = self.stack.running["web"].run("python", "manage.py", "prepare_demo", LISTKEEP_DEMO_PASSWORD=PASSWORD)
        assert made.returncode == 0, made.stderr.decode()[-3000:]
        page = self.person.sign_in(EMAIL, PASSWORD)
        found = re.search(r"/a/(\d+)/", page.url)
        assert found, (page.url, page.status)
        self.account = found[1]
        say(f"signed in over TLS, at {page.url}; cookies {sorted(one.name for one in self.person.jar if one.secure)}")

    @property
    def person(self) -> Visitor:
        """Who uses the browser."""
        assert self.visitor is not None
        return self.visitor

    # --- an import and a restore ---

    def import_and_restore(self) -> None:
        """A list is made by an import, spoilt by another, and had back."""
        with step(f"import of {LARGE} rows as a new list, through the proxy"):
            page = self.upload(f"/a/{self.account}/recipients/new/", "Anna", name="Kunden der Probe")
            self.wait_for_report(page)
        right = self.ask(COUNT)
        with step(f"import that spoils all {LARGE}"):
            group = self.ask("SELECT id FROM recipients_group WHERE name = 'Kunden der Probe'")
            self.wait_for_report(self.upload(f"/a/{self.account}/recipients/{group}/add/", "Falsch"))
        wrong = self.ask(COUNT)
        assert wrong.endswith(f"|{LARGE}"), wrong
        backup = self.ask(
            "SELECT id FROM backups_backup WHERE group_name = 'Kunden der Probe' ORDER BY requested_at DESC LIMIT 1"
        )
        with step("restore of the backup before it, exactly"):
            self.restore(backup)
        assert self.ask(COUNT) == right
        size = "SELECT pg_total_relation_size('recipients_recipient') / count(*) FROM recipients_recipient"
        say(f"bytes of a recipient with one value, its indexes and dead rows included: {self.ask(size)}")
        say(f"recipients and spoilt ones, before / spoilt / restored: {right} / {wrong} / {self.ask(COUNT)}")

    def upload(self, address: str, first_name: str, **fields: str) -> Page:
        """Upload a file, take the mapping as guessed, start at once; gives the page of the run."""
        chance = random.Random(7)
        rows = [f"person{number}@kunden{chance.randrange(50)}.example;{first_name}" for number in range(LARGE)]
        content = "\n".join(["E-Mail;Merkmal der Probe", *rows]).encode()
        page = self.person.send(self.person.get(address), file=("kunden.csv", content), **fields)
        assert page.url.endswith("/mapping/"), (page.status, page.url, page.text[-2000:])
        new_fields: dict[str, str] = dict.fromkeys(re.findall(r'name="(\S+-create)"', page.text), "on")
        started = self.person.send(page, "/mapping/", None, skip="1", **new_fields)
        assert re.search(r"/imports/[0-9a-f-]+/$", started.url), (started.status, started.url)
        return started

    def restore(self, backup: str) -> None:
        """Ask for a backup back, wait for the preview, confirm it, wait for the report."""
        address = f"/a/{self.account}/backups/{backup}/restore/"
        preview = self.person.send(self.person.get(address), "/restore/", way="exact", begin="1")
        assert preview.url.endswith("/preview/"), (preview.status, preview.url, preview.text[-2000:])
        deadline = time.monotonic() + PATIENCE
        while "hx-get" in preview.text or "/confirm/" not in preview.text:
            assert time.monotonic() < deadline, preview.text[-3000:]
            time.sleep(0.5)
            preview = self.person.get(preview.url)
        self.wait_for_report(self.person.send(preview, "/confirm/"))

    def wait_for_report(self, page: Page) -> None:
        """Wait until the run is over, and see that it is done."""
        run = page.url.rstrip("/").rsplit("/", 1)[1]
        self.wait_for(f"SELECT status IN ('done', 'failed') FROM imports_import WHERE id = '{run}'", "t")
        status = self.ask(f"SELECT status, failure FROM imports_import WHERE id = '{run}'")
        assert status == "done|", status
        assert self.person.get(page.url).status == 200

    # --- a worker that stops ---

    def stop_in_the_middle(self) -> None:
        """A worker is told to stop in the middle of an import: it ends it, or another one goes on at once."""
        group = self.ask("SELECT id FROM recipients_group WHERE name = 'Kunden der Probe'")
        address = f"/a/{self.account}/recipients/{group}/add/"
        for seconds in ("60", "0"):
            self.stack.running.pop("imports").stop()
            worker = self.stack.another("imports", as_name="imports", settings={"LISTKEEP_STOP_SECONDS": seconds})
            worker.wait_until_well()
            page = self.upload(address, f"Neu{seconds}")
            run = page.url.rstrip("/").rsplit("/", 1)[1]
            claimed = f"SELECT status = 'applying' AND claim IS NOT NULL FROM imports_import WHERE id = '{run}'"
            self.wait_for(claimed, "t", rest=0.02)
            other = self.stack.another("imports", as_name="imports-2")
            took = worker.stop()
            state = self.ask(f"SELECT status, interruptions, claim IS NULL FROM imports_import WHERE id = '{run}'")
            code = worker.popen.returncode if worker.popen else None
            ends = [one for one in entries(worker.log.read_text()) if one.get("job") == run and "ended" in one]
            assert ends[-1]["ended"] == {"60": "done", "0": "given back"}[seconds]
            say(
                f"LISTKEEP_STOP_SECONDS={seconds}: the worker ended with {code} after {took:.1f} s and said "
                f"{ends[-1]['ended']!r}; the import was then {state} (status, interruptions, unclaimed)"
            )
            began = time.monotonic()
            self.wait_for_report(page)
            say(f"the import was done {time.monotonic() - began:.1f} s later; the lease is 60 s")
            self.stack.running["imports"] = other
        expected = f"SELECT count(*) FROM recipients_recipient WHERE group_id = {group} AND values::text LIKE '%Neu0%'"
        assert self.ask(expected) == str(LARGE)

    # --- the whole system, lost and had back ---

    def back_up_lose_and_restore(self) -> None:
        """Storage, database, storage; then both volumes are gone; then all of it is back."""
        folder = Path("/srv/saved")
        folder.mkdir()
        with step("storage copied"):
            first = self.copy_bucket(folder)
        with step("database dumped (pg_dump --format custom)"):
            dump = self.stack.running["postgres"].run(
                *("pg_dump", *AS_ADMIN, "--format", "custom"),
                PGPASSWORD=self.stack.secret("database_admin_password"),
            )
        assert dump.returncode == 0, dump.stderr
        with step("storage copied again"):
            second = self.copy_bucket(folder)
        before = {table: self.ask(STATE.format(table)) for table in TABLES}
        say(f"saved: {len(dump.stdout):,} bytes of database, {first} + {second} files")
        say(f"seconds to stop: { {name: round(took, 1) for name, took in self.stack.stop().items()} }")
        self.stack.destroy("postgres", "storage", "redis")
        with step("empty servers up, roles and bucket made anew"):
            self.stack.up("postgres", "redis", "storage")
            self.stack.wait_until_well()
            tools = self.stack.another("migrate", as_name="migrate")
            assert tools.popen is not None
            assert tools.popen.wait() == 0, tools.log.read_text()[-3000:]
        with step("database restored (pg_restore --clean)"):
            saved = Path(OWN) / "volumes/postgres/listkeep.dump"
            saved.write_bytes(dump.stdout)
            saved.chmod(0o644)
            back = self.stack.running["postgres"].run(
                *("pg_restore", *AS_ADMIN, "--clean", "--if-exists", "--exit-on-error", "--single-transaction"),
                "/var/lib/postgresql/listkeep.dump",
                PGPASSWORD=self.stack.secret("database_admin_password"),
            )
            assert back.returncode == 0, back.stderr
        with step("storage restored"):
            self.fill_bucket(folder)
        with step("everything up again"):
            self.stack.running.pop("migrate", None)
            self.stack.up()
            self.stack.wait_until_well()
        after = {table: self.ask(STATE.format(table)) for table in TABLES}
        assert after == before, (before, after)
        say(f"rows of {', '.join(TABLES)} are the same as before")
        verified = self.stack.running["web"].run(*MANAGE, "verify_backups", "--all")
        say(f"verify_backups --all ends with {verified.returncode}: {verified.stdout.decode().strip()[-300:]}")
        assert verified.returncode == 0
        drill = self.stack.running["web"].run(*MANAGE, "rehearse_restore")
        say(f"rehearse_restore ends with {drill.returncode}: {drill.stdout.decode().strip()[-300:]}")
        assert drill.returncode == 0
        backup = self.ask(
            "SELECT id FROM backups_backup WHERE group_name = 'Kunden der Probe' AND status = 'complete'"
            " ORDER BY requested_at LIMIT 1"
        )
        assert self.person.get(f"/a/{self.account}/recipients/").status == 200  # the session is in the database
        with step("restore of a backup in the restored system, through the proxy"):
            self.restore(backup)

    def bucket(self) -> Any:
        """The bucket, as an operator's tool reaches it."""
        return boto3.resource(
            "s3",
            endpoint_url="http://storage:8333",
            aws_access_key_id="listkeep",
            aws_secret_access_key=self.stack.secret("storage_secret_key"),
            region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}),
        ).Bucket("listkeep")

    def copy_bucket(self, folder: Path) -> int:
        """Copy what the copy does not have yet, and delete nothing from it; gives how many files that were."""
        new = 0
        for one in self.bucket().objects.all():
            target = folder / one.key
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                self.bucket().download_file(one.key, str(target))
                new += 1
        return new

    def fill_bucket(self, folder: Path) -> None:
        """Put the copied files back under their names."""
        for path in folder.rglob("*"):
            if path.is_file():
                self.bucket().upload_file(str(path), str(path.relative_to(folder)))

    # --- logs ---

    def read_the_logs(self) -> None:
        """Every line of Listkeep is JSON, and no log holds an address or a name of a file."""
        lines = {}
        for log in sorted((Path(OWN) / "log").glob("*.log")):
            text = log.read_text(errors="replace")
            for secret in ("@kunden", "kunden.csv", "Falsch", EMAIL, PASSWORD):
                assert secret not in text, f"{log.name} holds {secret}"
            if self.stack.services.get(log.stem.split("-")[0], None) and log.stem.split("-")[0] not in {
                "postgres",
                "redis",
                "storage",
                "proxy",
            }:
                plain = [line for line in text.splitlines() if line.strip() and not line.startswith("{")]
                lines[log.stem] = (len(entries(text)), plain[:3])
        say(f"JSON lines, and others, by log: {lines}")

    # --- asking the database ---

    def ask(self, query: str) -> str:
        """What the database says, as its administrator."""
        done = self.stack.running["postgres"].run(
            *("psql", *AS_ADMIN, "-Atc", query),
            PGPASSWORD=self.stack.secret("database_admin_password"),
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().strip()

    def wait_for(self, query: str, answer: str, *, rest: float = 0.3) -> None:
        """Wait until the database gives that answer."""
        deadline = time.monotonic() + PATIENCE
        while self.ask(query) != answer:
            assert time.monotonic() < deadline, f"{query}: waited for in vain"
            time.sleep(rest)


def entries(text: str) -> list[dict[str, Any]]:
    """The lines of a log that are JSON."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
