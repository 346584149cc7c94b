"""`manage.py verify_backups`: reads backups' files again and says of each whether it is the one that was kept."""

import sys
from collections import Counter
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from accounts.templatetags.listkeep_format import absolute
from accounts.tenancy import across_accounts
from backups.sampling import some_files, tonights_files
from backups.verification import Outcome, verify_files

# The worst that was found decides.
EXIT_CODES: Final = {Outcome.DIFFERS: 3, Outcome.MISSING: 4, Outcome.UNAVAILABLE: 5, Outcome.INTACT: 0}
WORDS: Final = {
    Outcome.INTACT: "intact",
    Outcome.DIFFERS: "DAMAGED: not the file that was kept",
    Outcome.MISSING: "MISSING: there is no file",
    Outcome.UNAVAILABLE: "not verified: the storage does not answer",
}


class Command(BaseCommand):
    """Verifies backups and writes down what it finds, as the nightly verification does."""

    help = (
        "Read the files of backups again and compare them with the catalogue: the sample that is due tonight unless"
        " told otherwise. Files that several backups point at are read once. Ends with 0 when all are intact, 3 when"
        " one is damaged, 4 when one is missing (and none damaged), 5 when the storage did not answer for one (and"
        " none was found damaged or missing)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--account", type=int, metavar="ID", help="all backups of this account")
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument("--all", action="store_true", help="all backups")
        chosen.add_argument(
            "--sample", type=int, metavar="N", help="the N files that were not read for the longest time"
        )

    def handle(self, *args: Any, account: int | None, sample: int | None, **options: Any) -> None:
        now = timezone.now()
        with across_accounts("an operator verifies backups"):
            if account is None and sample is None and not options["all"]:
                files = tonights_files(now=now)
            else:
                files = some_files(now=now, number=sample, account_id=account)
        found: Counter[Outcome] = Counter()
        for backup, outcome in verify_files(files, now=now):
            found[outcome] += 1
            name = f"{backup.account.name} / {backup.group_name} / {absolute(backup.requested_at)} ({backup.pk})"
            self.stdout.write(f"{name}: {WORDS[outcome]}")
        self.stdout.write(
            f"Intact: {found[Outcome.INTACT]}. Damaged: {found[Outcome.DIFFERS]}."
            f" Missing: {found[Outcome.MISSING]}. Not verified: {found[Outcome.UNAVAILABLE]}."
        )
        if code := next((EXIT_CODES[outcome] for outcome in EXIT_CODES if found[outcome]), 0):
            sys.exit(code)
