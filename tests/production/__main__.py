"""`make production-trial`: the production shape as a whole, outside containers, on a machine made for it.

It carries out `Dockerfile`, brings up every service of `docker-compose.yml` with its own command, and does to it what
happens in production (`tests.production.story`). It needs root, Linux, and Debian's and Python's packages, for Redis
and Caddy. It takes some minutes; `ARGS="--keep FOLDER"` keeps what was installed there for another time.
"""

import os
import pickle
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests import environment
from tests.production.image import build
from tests.production.machine import forget_earlier, install_servers, make_root, name_hosts
from tests.production.stack import DOMAIN, Stack
from tests.production.story import Story
from tests.production.telling import say

NAMESPACES = (
    "--mount",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
    "--uts",
    "--ipc",
    "--propagation",
    "private",
)


def main(arguments: list[str]) -> int:
    """Begin it, or go on within the namespaces; the exit code is 0 when everything came about."""
    if arguments[:1] == ["build"]:
        return build_and_go_on(Path(arguments[1]))
    if arguments[:1] == ["tell"]:
        name_hosts(DOMAIN)
        Story(Stack(pickle.loads(Path("/srv/image").read_bytes()))).tell()  # noqa: S301  # written a moment ago
        say("everything came about")
        return 0
    if os.geteuid() != 0:
        sys.stderr.write("The trial makes namespaces and mounts: it needs root.\n")
        return 1
    kept = arguments[:1] == ["--keep"]
    place = Path(arguments[1]).resolve() if kept else Path(tempfile.mkdtemp(prefix="listkeep-trial-"))
    place.mkdir(exist_ok=True)
    place.chmod(0o711)
    try:
        command = [*("unshare", *NAMESPACES), sys.executable, "-m", "tests.production", "build", str(place)]
        return subprocess.run(command, cwd=environment.ROOT, check=False).returncode
    finally:
        shutil.rmtree(place / "own" if kept else place)


def build_and_go_on(place: Path) -> int:
    """The machine with its image; then the story, in its root and in a network of its own."""
    root = make_root(place)
    if not (root / "opt/caddy").exists():
        say("Redis and Caddy for the machine")
        install_servers(root)
    forget_earlier(root)
    say("Dockerfile")
    image = build(root)
    (root / "srv/image").write_bytes(pickle.dumps(image))
    command = ["unshare", "--net", "chroot", str(root), "/bin/sh", "-c"]
    script = f"cd {environment.ROOT} && exec {sys.executable} -m tests.production tell"
    return subprocess.run([*command, script], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
