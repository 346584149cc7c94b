"""The throw-away place of one test session: its folders and the addresses of its own services, in the environment.

Importing this module sets the environment, because Django's settings read it once. It starts nothing.
"""

import atexit
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import psutil

from config.embedded import addresses
from config.embedded.postgres import Postgres
from config.embedded.redis_server import RedisServer

ROOT = Path(__file__).resolve().parent.parent
MEMORY = Path("/dev/shm")  # noqa: S108  # a folder of a private name is made in it
ROOM = 12 * 1024**3  # bytes, for all processes of a session


def _folder(*, in_memory: bool) -> Path:
    """A new folder; the database's user passes through it when the tests run as root.

    In memory, if the system has a folder there with room, a database's tables are emptied in a third of the time.
    """
    roomy = MEMORY.is_dir() and min(shutil.disk_usage(MEMORY).free, psutil.virtual_memory().available) > ROOM
    made = Path(tempfile.mkdtemp(prefix="listkeep-test-", dir=MEMORY if in_memory and roomy else None))
    made.chmod(0o711)
    return made


FOLDER = _folder(in_memory=False)
SERVICES = _folder(in_memory=True)
VAR = SERVICES / "var"
STORAGE = FOLDER / "storage"  # on the disk: that storing takes its time is what tests of faults catch
LOGS = VAR / "log"
STATIC = FOLDER / "static"
SCRATCH = FOLDER / "scratch"  # the temporary files of started processes, so that killed ones leave nothing
SCRATCH.mkdir()
STATIC.mkdir()  # stays empty; the middleware of static files warns when it is missing

POSTGRES = Postgres(VAR, ephemeral=True)
REDIS = RedisServer(VAR)

# Everything that settings read is named here, so that a developer's own environment cannot leak into the tests.
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "tests.settings",
    "LISTKEEP_VAR": str(VAR),
    "LISTKEEP_DEBUG": "1",
    "LISTKEEP_LEASE_SECONDS": "3",
    "LISTKEEP_SWEEP_SECONDS": "1",
    "LISTKEEP_IDLE_TRANSACTION_SECONDS": "3600",  # of the tests, which wait for what others do; PROGRAMS have their own
    "LISTKEEP_STOP_SECONDS": "1",
    "DATABASE_URL": addresses.database_url(VAR, role="app"),
    "DATABASE_OWNER_URL": addresses.database_url(VAR, role="owner"),
    "REDIS_URL": addresses.redis_url(VAR),
    "STORAGE_URL": STORAGE.as_uri(),
    "STATIC_ROOT": str(STATIC),
    "TIME_ZONE": "Europe/Berlin",
    "LOG_LEVEL": "INFO",
}
UNSET = [
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "CSRF_TRUSTED_ORIGINS",
    "EMAIL_BACKEND",
    "LISTKEEP_EMAIL_VERIFICATION",
    "LISTKEEP_DEMO_PASSWORD",
]

os.environ.update(ENVIRONMENT)
for name in UNSET:
    os.environ.pop(name, None)


def remove_folders() -> None:
    """Remove everything that the session wrote."""
    for folder in (SERVICES, FOLDER):
        shutil.rmtree(folder)


# What is started adds here how it ends; it ends in reverse order, whichever of it fails to.
AT_END = ExitStack()
AT_END.callback(remove_folders)
atexit.register(AT_END.close)  # for a session that fails before pytest has its own end
