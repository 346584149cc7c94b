"""The folders of the embedded services, and the operating system's user who may enter them."""

import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

NOBODY = "nobody"  # PostgreSQL refuses to run as root; this user stands on every machine and owns nothing else


class FolderRefusedError(Exception):
    """A folder that must be private belongs to somebody else, or cannot be entered."""


@dataclass(frozen=True)
class RunAs:
    """How to start a program as the user who owns the database's files.

    `prefix` stands before the program; `switch` tells that the process has to change its user before it starts.
    """

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    switch: bool = False


def database_user(*reached: Path) -> RunAs:
    """The user for PostgreSQL: oneself, or `nobody` when one is root; able to enter every folder in `reached`.

    A checkout below a folder that only root may enter (such as root's home) stays closed to everybody: the database
    then gets the one capability to pass through it. Raises FolderRefusedError where that cannot be given.
    """
    if os.geteuid() != 0:
        return RunAs(uid=os.geteuid(), gid=os.getegid())
    user = pwd.getpwnam(NOBODY)
    closed = [path for path in reached if not open_to_all(path)]
    if not closed:
        return RunAs(user.pw_uid, user.pw_gid, switch=True)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise FolderRefusedError(
            f"PostgreSQL does not run as root, and other users may not enter {closed[0]}. "
            "Start Listkeep as an ordinary user, or move its folder to a place that others may enter."
        )
    identity = ("--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--clear-groups")
    capability = ("--inh-caps", "+dac_override", "--ambient-caps", "+dac_override")
    # access(2) heeds the capability of another user than root only so; PostgreSQL looks at its programs with it.
    heeded = ("--securebits", "+no_setuid_fixup")
    return RunAs(user.pw_uid, user.pw_gid, prefix=(setpriv, *identity, *capability, *heeded, "--"))


def open_to_all(path: Path) -> bool:
    """Whether every user may pass through the folders above `path`."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def login_name() -> str:
    """The name under which the operating system knows the user who runs this process."""
    return pwd.getpwuid(os.geteuid()).pw_name


def private_folder(path: Path, *, owner: RunAs) -> Path:
    """Make `path` a folder that only `owner` (and root) may enter.

    Raises FolderRefusedError when something else stands there: its name is known to all users of the machine.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), owner.uid}:
        raise FolderRefusedError(f"{path} belongs to another user; remove it, or set LISTKEEP_VAR to another folder.")
    path.chmod(0o700)
    if os.geteuid() == 0:
        os.chown(path, owner.uid, owner.gid)
    return path


def remove_if_empty(path: Path) -> None:
    """Remove a private folder that the last service has left, so that none stays in the system's temporary folder."""
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()
