"""`make run`: everything that Listkeep needs, started on this machine, and stopped in good order by Ctrl-C.

PostgreSQL and Redis start from their wheels unless DATABASE_URL and REDIS_URL name real ones. Then the database is
brought up to date, the demo account is made, and web, workers and beat run until the first of them ends.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

from honcho.environ import parse_procfile
from honcho.manager import Manager

from config.database_roles import ADDRESSES, RoleTooPowerfulError, ensure_roles
from config.embedded.folders import FolderRefusedError
from config.embedded.postgres import Postgres, PostgresFailedError
from config.embedded.redis_server import RedisFailedError, RedisServer
from config.embedded.single import AlreadyRunningError, end_leftovers, environment, only_stack
from config.environment import env_url
from config.translations import compile_catalogs

ROOT = Path(__file__).resolve().parent.parent.parent
PROCFILE = ROOT / "Procfile"
FIRST_PORT = 8000
PORTS = 100  # how many are tried from the first one on
ANTICIPATED = (
    AlreadyRunningError,
    FolderRefusedError,
    PostgresFailedError,
    RedisFailedError,
    RoleTooPowerfulError,
)


class StepFailedError(Exception):
    """A preparing command failed; it has said why."""


def main() -> int:
    """Run the stack until it is stopped; the exit code is 0 after Ctrl-C, 1 when it failed or a part ended."""
    started = float(os.environ.get("LISTKEEP_STARTED", time.time()))
    var_dir = Path(os.environ.get("LISTKEEP_VAR", ROOT / "var")).resolve()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        with only_stack(var_dir), services(var_dir):
            return run(var_dir, started)
    except KeyboardInterrupt:
        return 0
    except (*ANTICIPATED, StepFailedError) as error:
        say(str(error))
        return 1


def interrupt(signum: int, frame: FrameType | None) -> NoReturn:
    """End as Ctrl-C does, so that everything is stopped in order."""
    raise KeyboardInterrupt


@contextmanager
def services(var_dir: Path) -> Iterator[None]:
    """PostgreSQL and Redis for the block, each embedded unless the environment names a real one."""
    left = end_leftovers(var_dir)
    if left:
        say(f"Ended {left} processes that an earlier start had left behind.")
    with ExitStack() as stack:
        if not os.environ.get("DATABASE_URL"):
            postgres = Postgres(var_dir)
            stack.callback(postgres.stop)
            postgres.start()
        elif os.environ.get(ADDRESSES[0]):
            admin_url, owner_url, app_url = (env_url(name) for name in ADDRESSES)
            ensure_roles(admin_url=admin_url, owner_url=owner_url, app_url=app_url)
        if not os.environ.get("REDIS_URL"):
            redis = RedisServer(var_dir)
            stack.callback(redis.stop)
            redis.start()
        stack.callback(ignore_interrupts)
        yield


def ignore_interrupts() -> None:
    """Let a second Ctrl-C not break off the orderly stop of the servers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def run(var_dir: Path, started: float) -> int:
    """Prepare the database and the demo, then run the Procfile's processes until one of them ends or a signal comes."""
    port = free_port(int(os.environ.get("PORT", FIRST_PORT)))
    bin_dir = str(Path(sys.executable).parent)
    env = os.environ | environment(var_dir) | {"LISTKEEP_VAR": str(var_dir), "PORT": str(port)}
    env |= {"PATH": f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}", "PYTHONUNBUFFERED": "1"}
    env.setdefault("LOG_LEVEL", "WARNING")
    # On a machine where everybody is root, Celery's advice to take another user would bury the address and the login.
    env.setdefault("PYTHONWARNINGS", "ignore:You're running the worker with superuser privileges")
    compile_catalogs(ROOT)
    manage(env, "migrate", "--database=owner", "--verbosity=0")
    demo = manage(env, "prepare_demo", "--skip-checks")  # `migrate` has made them
    manager = Manager()
    for name, command in parse_procfile(PROCFILE.read_text()).processes.items():
        manager.add_process(name, command, env=env, cwd=str(ROOT))
    announce = (f"http://127.0.0.1:{port}/", demo, started)
    threading.Thread(target=announce_when_ready, args=announce, daemon=True).start()
    manager.loop()
    return 0 if manager.returncode in {130, 143} else 1


def manage(env: dict[str, str], *arguments: str) -> str:
    """Run a command of `manage.py` and return what it prints. Raises StepFailedError."""
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    done = subprocess.run(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise StepFailedError(f"{done.stdout}\n`manage.py {' '.join(arguments)}` failed; see above.")
    return done.stdout.strip()


def free_port(first: int) -> int:
    """The first port from `first` on that nobody listens on; says so when it is another. Raises StepFailedError."""
    for port in range(first, first + PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue  # somebody listens there
        if port != first:
            say(f"Port {first} is taken; Listkeep uses {port}.")
        return port
    raise StepFailedError(f"The ports {first} to {first + PORTS - 1} are all taken; set PORT to a free one.")


def announce_when_ready(url: str, demo: str, started: float) -> None:
    """Wait for the first page and say where it is, how to sign in and how long it took."""
    while (status := first_page(url)) is None:
        time.sleep(0.1)
    seconds = time.time() - started
    line = "-" * 72
    state = "is ready" if status == 200 else f"answers with error {status} (see above)"
    say(f"\n{line}\nListkeep {state} after {seconds:.0f} seconds: {url}\n\n{demo}\n\nCtrl-C stops it.\n{line}\n")


def first_page(url: str) -> int | None:
    """The HTTP status of the first page, or None while nobody answers."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (urllib.error.URLError, ConnectionError):
        return None


def say(text: str) -> None:
    """Print for the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
