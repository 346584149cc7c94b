"""The whole system is backed up while it works, lost, and had back: by the commands of `docs/operations.md`."""

import re
from pathlib import Path
from typing import Final

from tests import environment
from tests.production.company import EMAIL, LARGE, Company, run_of
from tests.production.engine import Engine
from tests.production.handbook import blocks_of
from tests.production.machine import SAVED
from tests.production.stack import Stack
from tests.production.telling import say, step

OF_CUSTOMERS: Final = {
    *("accounts_account", "accounts_auditentry", "accounts_membership", "accounts_user"),
    *("backups_backup", "imports_import", "recipients_contact", "recipients_field", "recipients_group"),
    "recipients_recipient",
}
FOUND: Final = re.compile(r"Intact: (\d+)\. Damaged: 0\. Missing: 0\. Not verified: 0\.")


def back_up_lose_and_restore(stack: Stack, engine: Engine, company: Company, *, right: str, backup: str) -> None:
    """Save the system in the middle of an import, lose it, restore it; nothing is lost, and the import goes on.

    `right` is the master data that `backup` holds.
    """
    copy_bucket, dump_database = blocks_of("Back up the whole system")
    restore, start, let_in = blocks_of("Restore the whole system")
    with step("1. bucket copied"):
        engine.type(copy_bucket)
    run = import_that_stands_still(stack, company)
    before = company.database.tables()
    with step("2. database dumped"):
        engine.type(dump_database)
    saved = company.database.tables()
    assert {name for name in saved if before[name] == saved[name]} >= OF_CUSTOMERS
    with step("3. bucket copied again"):
        engine.type(copy_bucket)
    dump = max(Path(SAVED).glob("*.dump"))
    files = [path for path in (Path(SAVED) / "bucket").rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files)
    say(f"saved: {dump.stat().st_size:,} bytes of database, {len(files)} files of {size:,} bytes")
    stack.lose()
    with step("an empty machine, servers, roles, bucket, dump and files"):
        engine.type(restore)
    compare(before, saved, company.database.tables())
    with step("everything up, but the proxy; verified and rehearsed"):
        told = engine.type(start)
    verified = FOUND.search(told)
    assert verified, told[-3000:]
    kept = "SELECT count(DISTINCT (account_id, file_key)) FROM backups_backup WHERE status = 'complete'"
    assert verified[1] == company.database.ask(kept)
    assert re.search(r": equal, recipients: \d+, differences: 0$", told, re.MULTILINE), told[-3000:]
    say(" / ".join(line for line in told.splitlines() if "Intact" in line or "equal" in line))
    with step("the proxy too"):
        engine.type(let_in)
    use_restored(company, run, right=right, backup=backup)


def restore_an_older_dump(stack: Stack, engine: Engine) -> None:
    """A dump that an older version made is restored by the same commands, and brought up to date."""
    _copy_bucket, dump_database = blocks_of("Back up the whole system")
    restore, _start, let_in = blocks_of("Restore the whole system")
    stack.lose()
    older = sorted(path.stem for path in (environment.ROOT / "backups/migrations").glob("0*.py"))[-2]
    tables = f"python manage.py migrate --database=owner --no-input backups {older}"
    with step(f"a database as before the last migration ({older})"):
        engine.type("docker compose up --detach --wait postgres redis storage")
        engine.type(
            "docker compose run --rm migrate sh -c"
            f" 'python -m config.database_roles && python -m config.storage_bucket && {tables}'"
        )
        engine.type(dump_database)
    stack.lose()
    with step("its dump restored, and brought up to date"):
        engine.type(restore)
        engine.type(let_in)


def import_that_stands_still(stack: Stack, company: Company) -> str:
    """Begin an import, and freeze its worker while it applies the rows, as if it took hours; gives the run."""
    run = run_of(company.upload("Spaet"))
    applying = f"SELECT status = 'applying' AND claim IS NOT NULL FROM imports_import WHERE id = '{run}'"
    company.database.wait_for(applying, "t", rest=0.02)
    stack.running["imports"].freeze()
    assert company.database.ask(applying) == "t", "the import was over before its worker stood still"
    return run


def compare(before: dict[str, str], saved: dict[str, str], after: dict[str, str]) -> None:
    """Fail unless every table is back as it was when the dump was taken.

    What beat and its tasks wrote in these seconds, before or after the dump, may be as it was before or afterwards.
    """
    assert set(after) == set(saved)
    different = {name: (before[name], saved[name], after[name]) for name in after}
    different = {name: three for name, three in different.items() if three[2] not in three[:2]}
    assert different == {}
    rows = sum(int(one.split(" ")[0]) for one in after.values())
    changed = sorted(name for name in saved if before[name] != saved[name])
    say(f"{len(after)} tables with {rows:,} rows are as they were; written to meanwhile: {changed}")


def use_restored(company: Company, run: str, *, right: str, backup: str) -> None:
    """People still are who they were, the import that was under way ends by itself, backups can be restored."""
    company.come_back()
    page = company.person.get("/")
    assert (page.status, EMAIL in page.text or f"/a/{company.account}/" in page.url) == (200, True), page.url
    assert "/auth/login/" not in page.url
    newcomer = Company(company.database)
    newcomer.sign_in()
    assert newcomer.account == company.account
    say("who was signed in still is, and the password lets in")
    with step("the import that was under way ends by itself"):
        company.wait_for_report(company.person.get(f"/a/{company.account}/imports/{run}/"))
    interruptions = company.database.ask(f"SELECT interruptions FROM imports_import WHERE id = '{run}'")
    assert (company.with_value("Spaet"), interruptions) == (str(LARGE), "1")
    assert company.backup_before(run)
    with step("restore of a backup in the restored system, through the proxy"):
        company.restore(backup)
    assert company.database.master_data(company.group) == right
