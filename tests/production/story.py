"""What is tried on the whole stack, in the order in which a company meets it."""

import json
import re
from pathlib import Path
from typing import Any, Final

from tests.production.company import CERTIFICATE, EMAIL, LARGE, PASSWORD, Company, run_of
from tests.production.database import Database
from tests.production.engine import Engine
from tests.production.handbook import blocks_of
from tests.production.loss import back_up_lose_and_restore, restore_an_older_dump
from tests.production.machine import OPERATOR, OWN
from tests.production.stack import DOMAIN, Stack
from tests.production.telling import say, step
from tests.visitor import Visitor

OPERATOR_EMAIL: Final = "betrieb@listkeep.example"
MANAGE: Final = ("python", "manage.py")
# What nobody's log may hold: an address, the name of a file, values of recipients, who signs in and how.
PRIVATE: Final = ("@kunden", "kunden.csv", "Anna", "Falsch", "Spaet", EMAIL, PASSWORD, OPERATOR_EMAIL)
TOLD_PLAINLY: Final = {"postgres", "redis", "storage", "proxy", "migrate", "migrate-run"}
# What Celery says in words of its own when a worker stops; and what `unshare` says when its container is killed.
OF_CELERY: Final = re.compile(
    r"worker: Warm shutdown \(MainProcess\)|Process '\S+' pid:\d+ exited with 'signal 15 \(SIGTERM\)'|unshare: .+"
)


class Story:
    """The trial; each method is one chapter and fails with an AssertionError."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.engine = Engine(stack)
        self.database = Database(stack)

    def tell(self) -> None:
        """All chapters."""
        self.install()
        self.look_inside()
        self.knock()
        company = self.sign_in()
        right, backup = self.import_and_restore(company)
        self.stop_in_the_middle(company)
        back_up_lose_and_restore(self.stack, self.engine, company, right=right, backup=backup)
        self.stop()
        self.read_the_logs()
        restore_an_older_dump(self.stack, self.engine)

    # --- up ---

    def install(self) -> None:
        """Everything up, and well, by the commands that an operator types."""
        self.stack.check_out()
        _clone, settings, start, administrator = blocks_of("Install")
        self.engine.type(settings)
        with (Path(OPERATOR) / ".env").open("a") as file:
            file.write("CADDY_CERTIFICATES=local_certs\n")  # as .env.example says: no public authority is within reach
        with step("all services up and well"):
            self.engine.type(start)
        self.engine.answer(administrator, OPERATOR_EMAIL, PASSWORD, PASSWORD)
        assert self.database.ask("SELECT email FROM accounts_user WHERE is_superuser") == OPERATOR_EMAIL
        say("services: " + ", ".join(self.stack.running))

    def look_inside(self) -> None:
        """What production's checks say, which roles work at the database, and what a container may."""
        web = self.stack.running["web"]
        checked = web.run(*MANAGE, "check", "--deploy", "--fail-level", "WARNING")
        assert checked.returncode == 0, checked.stderr
        say(f"check --deploy: {checked.stdout.decode().strip()}")
        roles = self.database.ask(
            "SELECT string_agg(DISTINCT usename, ' ') FROM pg_stat_activity"
            " WHERE datname = 'listkeep' AND pid <> pg_backend_pid()"
        )
        assert roles == "listkeep_app"
        owner = web.run("id", "-u").stdout.decode().strip()
        seen = web.run("ls", "/run/secrets").stdout.decode().split()
        assert web.run("touch", "/srv/listkeep/x").returncode != 0
        assert owner == "10001"
        assert not [name for name in seen if "owner" in name or "admin" in name]
        say(f"role at the database: {roles}; web runs as {owner}, cannot write to its image, sees {' '.join(seen)}")

    def knock(self) -> None:
        """What the proxy lets in, over TLS."""
        visitor = Visitor(f"https://{DOMAIN}/", trusted=CERTIFICATE)
        first = Visitor(f"http://{DOMAIN}/", trusted=CERTIFICATE).get("/auth/login/")
        assert (first.status, first.url) == (200, f"https://{DOMAIN}/auth/login/")
        told = {name: first.headers[name] for name in ("Strict-Transport-Security", "Content-Security-Policy")}
        assert "'unsafe" not in told["Content-Security-Policy"]
        inside = {path: visitor.get(path).status for path in ("/health/", "/health/ready", "/health/live", "/metrics")}
        assert inside == {"/health/": 200, "/health/ready": 404, "/health/live": 404, "/metrics": 404}
        forged = visitor.get("/auth/login/", {"X-Request-ID": "forged-by-somebody"}).headers["X-Request-ID"]
        assert forged != "forged-by-somebody"
        say(f"http leads to https; {told}; from outside {inside}")
        token = self.stack.secret("metrics_token")
        metrics = Visitor("http://127.0.0.1:8000/").get(
            "/metrics", {"Host": DOMAIN, "X-Forwarded-Proto": "https", "Authorization": f"Bearer {token}"}
        )
        assert "listkeep_backups" in metrics.text, metrics.text[:300]

    def sign_in(self) -> Company:
        """The demo account, made by its command and entered by its form."""
        with step("demo account made in the container of web"):
            made = self.stack.running["web"].run(*MANAGE, "prepare_demo", LISTKEEP_DEMO_PASSWORD=PASSWORD)
        assert made.returncode == 0, made.stderr.decode()[-3000:]
        company = Company(self.database)
        page = company.sign_in()
        secure = sorted(one.name for one in company.person.jar if one.secure)
        assert len(secure) == len(list(company.person.jar))
        say(f"signed in over TLS, at {page.url}; cookies {secure}")
        return company

    # --- an import and a restore ---

    def import_and_restore(self, company: Company) -> tuple[str, str]:
        """A list is made by an import, spoilt by another, and had back; gives its master data and their backup."""
        with step(f"import of {LARGE} rows as a new list, through the proxy"):
            company.wait_for_report(company.upload_new("Anna"))
        right = self.database.master_data(company.group)
        assert company.with_value("Anna") == str(LARGE)
        with step(f"import that spoils all {LARGE}"):
            run = company.wait_for_report(company.upload("Falsch"))
        wrong = self.database.master_data(company.group)
        assert (company.with_value("Falsch"), wrong == right) == (str(LARGE), False)
        backup = company.backup_before(run)
        with step("restore of the backup before it, exactly"):
            company.restore(backup)
        restored = self.database.master_data(company.group)
        assert (restored, company.with_value("Falsch")) == (right, "0")
        say(f"master data (recipients, digest) before / spoilt / restored: {right} / {wrong} / {restored}")
        file = company.person.get(f"/a/{company.account}/backups/{backup}/download/csv/")
        assert (file.status, file.text.count("@kunden"), file.text.count("Anna")) == (200, LARGE, LARGE)
        say(f"the backup's export file, downloaded through the proxy: {len(file.body):,} bytes")
        return right, backup

    # --- a worker that stops ---

    def stop_in_the_middle(self, company: Company) -> None:
        """A worker is told to stop in the middle of an import: it ends it, or another one goes on at once."""
        for seconds, expected in (("60", "done"), ("0", "given back")):
            self.stack.running.pop("imports").stop()
            worker = self.stack.another("imports", as_name="imports", settings={"LISTKEEP_STOP_SECONDS": seconds})
            worker.wait_until_well()
            page = company.upload(f"Neu{seconds}")
            run = run_of(page)
            claimed = f"SELECT status = 'applying' AND claim IS NOT NULL FROM imports_import WHERE id = '{run}'"
            self.database.wait_for(claimed, "t", rest=0.02)
            other = self.stack.another("imports", as_name="imports-2")
            took = worker.stop()
            ends = [one["ended"] for one in entries(worker.log.read_text()) if one.get("job") == run and "ended" in one]
            assert worker.popen is not None
            assert (ends[-1], worker.popen.returncode) == (expected, 0)
            with step("the import was over after that"):
                company.wait_for_report(page)
            state = "SELECT status, interruptions, claim IS NULL FROM imports_import WHERE id = '{}'"
            assert self.database.ask(state.format(run)) == "done|0|t"
            elsewhere = [one for one in entries(other.log.read_text()) if one.get("job") == run and "ended" in one]
            assert bool(elsewhere) == (expected == "given back")
            assert company.with_value(f"Neu{seconds}") == str(LARGE)
            say(
                f"LISTKEEP_STOP_SECONDS={seconds}: the worker stopped after {took:.1f} s and had {ends[-1]!r}; "
                f"another had {[one['ended'] for one in elsewhere]}; no interruption was counted"
            )
            self.stack.running["imports"] = other

    # --- down ---

    def stop(self) -> None:
        """Everything stops in good order and in time."""
        took = self.stack.stop()
        say(f"seconds to stop: { {name: round(seconds, 1) for name, (seconds, _code) in took.items()} }")
        assert {name: code for name, (_seconds, code) in took.items() if code} == {}

    # --- logs ---

    def read_the_logs(self) -> None:
        """Every line of Listkeep is JSON, and no log holds what is private."""
        lines: dict[str, int] = {}
        plain: set[str] = set()
        for log in sorted((Path(OWN) / "log").glob("*.log")):
            text = log.read_text(errors="replace")
            assert [secret for secret in PRIVATE if secret in text] == [], log.name
            if log.stem not in TOLD_PLAINLY:
                lines[log.stem] = len(entries(text))
                plain |= {line for line in text.splitlines() if line and not line.startswith("{")}
        say(f"JSON lines by log: {lines}; others: {sorted(plain)}")
        assert [line for line in plain if not OF_CELERY.fullmatch(line)] == []


def entries(text: str) -> list[dict[str, Any]]:
    """The lines of a log that are JSON."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
