"""Where the embedded services of one checkout listen: known from the path of its `var` folder alone.

Sockets stand in a private folder of the system's temporary directory, because a socket's path may have at most 107
bytes and a checkout's path can be longer. Nothing here starts a service; settings import this.
"""

import hashlib
import tempfile
from pathlib import Path
from typing import Literal

DATABASE_NAME = "listkeep"
ADMIN_ROLE = "postgres"
ROLES = {"app": "listkeep_app", "owner": "listkeep_owner"}


def socket_dir(var_dir: Path) -> Path:
    """The folder of the sockets of the services that keep their data in `var_dir`."""
    digest = hashlib.sha256(str(var_dir.resolve()).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"listkeep-{digest}"


def database_url(var_dir: Path, *, role: Literal["app", "owner"], name: str = DATABASE_NAME) -> str:
    """The URL of the embedded database for a role: `app` is bound by row-level security, `owner` migrates."""
    host = str(socket_dir(var_dir)).replace("/", "%2F")
    return f"postgresql://{ROLES[role]}@{host}/{name}"


def admin_url(var_dir: Path, *, name: str = "postgres") -> str:
    """The URL of the embedded database for its superuser, who makes the roles and the database."""
    host = str(socket_dir(var_dir)).replace("/", "%2F")
    return f"postgresql://{ADMIN_ROLE}@{host}/{name}"


def redis_url(var_dir: Path) -> str:
    """The URL of the embedded Redis."""
    return f"unix://{socket_dir(var_dir)}/redis.sock"
