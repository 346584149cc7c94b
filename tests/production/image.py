"""`Dockerfile` carried out on a machine of `tests.production.machine`, and what the image says of its processes."""

import fnmatch
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests import environment

CODE = environment.ROOT
BASE_PATH = f"{Path(sys.executable).resolve().parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass
class Image:
    """What an image says: variables, folder, user, and what is run and asked when a service says nothing else."""

    env: dict[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH})
    folder: str = "/"
    user: str = "root"
    command: list[str] = field(default_factory=list)
    check: list[str] = field(default_factory=list)


def build(root: Path) -> Image:
    """Carry out each instruction of `Dockerfile` below `root`, as it stands there. Raises CalledProcessError.

    Both stages are one machine here, so what is copied from one to the other is there already.
    """
    image = Image()
    for name, rest in instructions((CODE / "Dockerfile").read_text()):
        if name == "FROM":
            image = Image()
        elif name == "RUN":
            _run(root, image, rest)
        elif name == "ENV":
            image.env |= dict(pair.split("=", 1) for pair in shlex.split(_with_variables(rest, image)))
        elif name == "COPY" and not rest.startswith("--from"):
            _copy(root, image, *rest.split())
        elif name == "WORKDIR":
            image.folder = rest
            (root / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
        elif name == "USER":
            image.user = rest
        elif name == "HEALTHCHECK":
            image.check = json.loads(rest[rest.index("[") :])
        elif name == "CMD":
            image.command = json.loads(rest)
    return image


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """The instructions with what follows them, comments left out and lines that go on joined."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        name, rest = line.split(maxsplit=1)
        yield name, rest.strip()


def _with_variables(text: str, image: Image) -> str:
    return re.sub(r"\$(\w+)", lambda found: image.env.get(found[1], ""), text)


def _run(root: Path, image: Image, command: str) -> None:
    print(f"  RUN {command[:110]}", flush=True)
    subprocess.run(
        ["chroot", str(root), "/bin/sh", "-c", f"cd {image.folder} && {command}"],
        env=image.env | {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_QUIET": "2"},
        check=True,
    )


def _copy(root: Path, image: Image, source: str, target: str) -> None:
    base = root / (target if target.startswith("/") else f"{image.folder}/{target}").lstrip("/")
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=CODE,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    wanted = [name for name in names if source in {".", name}]
    left_out = (CODE / ".dockerignore").read_text().split()
    for name in wanted:
        if (CODE / name).is_file() and not any(_fits(name, pattern) for pattern in left_out):
            (base / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(CODE / name, base / name)


def _fits(name: str, pattern: str) -> bool:
    return name == pattern or name.startswith(f"{pattern}/") or fnmatch.fnmatch(name, pattern.removeprefix("**/"))
