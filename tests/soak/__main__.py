"""`python -m tests.soak [--tries N] [--seed N] [--storage local|s3]`: break things at random, and check what is left.

On real parts of its own: PostgreSQL, Redis, the Procfile's workers, beat, a local folder or a real S3 server. The same
seed gives the same plan of deeds and faults. Exit code 1 when a promise did not hold; the log says how it came.
"""

import argparse
import logging
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from config.embedded import addresses
from config.embedded.postgres import Postgres
from tests import environment, s3
from tests.soak import failing_storage, journal, marks


def main() -> int:
    """Soak with the arguments of the command line."""
    parser = argparse.ArgumentParser(prog="tests.soak", description="Break Listkeep at random and check what is left.")
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--storage", choices=["local", "s3"], default="local")
    parser.add_argument("--log", type=Path, default=environment.ROOT / "var" / "soak")
    arguments = parser.parse_args()
    name = f"seed-{arguments.seed}-{arguments.storage}"
    arguments.log.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that what was started is ended
    try:
        prepare(arguments.storage)
        violated = soak(arguments.seed, arguments.tries, arguments.log / f"{name}.log")
        if violated:
            shutil.copytree(environment.LOGS, arguments.log / f"{name}-processes", dirs_exist_ok=True)
    finally:
        environment.AT_END.close()
    return int(violated)


def prepare(storage: str) -> None:
    """Start the services and set Django up on them."""
    environment.POSTGRES = Postgres(environment.VAR)  # durable: what was committed must be there after a crash
    url = environment.STORAGE.as_uri()
    if storage == "s3":
        url = s3.start_server().url
    environment.ENVIRONMENT |= {
        "DJANGO_SETTINGS_MODULE": "tests.soak.settings",
        "LISTKEEP_LEASE_SECONDS": "2",
        "STORAGE_URL": url,
    }
    os.environ |= environment.ENVIRONMENT
    # Only the processes that are started say what they are at, and only to them storage fails.
    environment.ENVIRONMENT |= {
        marks.FOLDER: str(environment.FOLDER / "marks"),
        failing_storage.PLAN: str(environment.FOLDER / "storage-plan"),
    }
    environment.STORAGE.mkdir(parents=True)
    for service in (environment.POSTGRES, environment.REDIS):
        environment.AT_END.callback(service.stop)
        service.start()
    django.setup()
    logging.disable()  # what people meet here while services are away stands in the soak's own log
    call_command("migrate", database="owner", verbosity=0)
    connections["owner"].close()
    journal.install(admin_url())


def admin_url() -> str:
    """The address of the database for its superuser."""
    return addresses.admin_url(environment.VAR, name=addresses.DATABASE_NAME)


def soak(seed: int, tries: int, path: Path) -> bool:
    """Do the tries and print what they came to; gives whether a promise did not hold."""
    from tests.soak.checker import Checker  # noqa: PLC0415  # models can be imported only when Django is set up
    from tests.soak.run import make_soak  # noqa: PLC0415  # as above
    from tests.soak.stored import stored_at  # noqa: PLC0415  # as above

    checker = Checker(admin_url(), stored_at(os.environ["STORAGE_URL"]))
    with path.open("w") as log:
        one = make_soak(seed=seed, admin_url=admin_url(), checker=checker, folder=environment.FOLDER, log=log)
        one.breaker.started.end_with_session()
        began = time.monotonic()
        try:
            for number in range(tries):
                one.one_try(number)
                if (number + 1) % 10 == 0 or number + 1 == tries:
                    sys.stderr.write(
                        f"{number + 1} tries, {one.breaker.done.total()} faults, {len(one.violations)} violations,"
                        f" {time.monotonic() - began:.0f} s\n"
                    )
        finally:  # whoever stops it wants to know, too, what it came to so far
            log.write(one.summary() + "\n")
            sys.stdout.write(f"{one.summary()}\nlog {path}\n")
    return bool(one.violations)


if __name__ == "__main__":
    sys.exit(main())
