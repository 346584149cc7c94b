"""What the environment says: each setting by its name, as text, truth, list or number, and secrets from files.

A secret may stand in a file in place of the environment, which other programs and crash reports can see: NAME_FILE
is the file's path then. The addresses of parts take their password from a variable of its own, or from its file, so
that it may hold any character and is known to nobody but the process that opens it.
"""

import os
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

PASSWORDS = {
    "DATABASE_URL": "DATABASE_PASSWORD",
    "DATABASE_OWNER_URL": "DATABASE_OWNER_PASSWORD",
    "DATABASE_ADMIN_URL": "DATABASE_ADMIN_PASSWORD",
    "REDIS_URL": "REDIS_PASSWORD",
    "STORAGE_URL": "STORAGE_SECRET_KEY",
}


def env_bool(name: str, *, default: bool) -> bool:
    """The truth of an environment variable: 1, true, yes, on are true; 0, false, no, off are false."""
    value = os.environ.get(name, "").strip().lower()
    if value == "":
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name} is {value!r}; use 1 or 0.")


def env_list(name: str, default: list[str]) -> list[str]:
    """A comma-separated environment variable as a list without blanks."""
    value = os.environ.get(name, "")
    return [part.strip() for part in value.split(",") if part.strip()] or default


def env_number(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number from the environment. Raises ImproperlyConfigured outside of `least` to `most`."""
    value = os.environ.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise ImproperlyConfigured(f"{name} is {value!r}; use a whole number from {least} to {most}.")
    return int(value)


def env_secret(name: str) -> str:
    """A secret: what the variable holds, or the file that NAME_FILE names, without the line's end; empty without both.

    Raises ImproperlyConfigured when both are set, or the file cannot be read or is empty.
    """
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if not path:
        return value
    if value:
        raise ImproperlyConfigured(f"{name} and {name}_FILE are both set; which of them holds is not clear.")
    try:
        content = Path(path).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name}_FILE names {path}, which cannot be read: {type(error).__name__}."
        ) from error
    if not content:
        raise ImproperlyConfigured(f"{name}_FILE names {path}, which is empty.")
    return content


def env_url(name: str) -> str:
    """The address of a part, with the password that a variable or file of its own holds; empty without an address.

    Raises ImproperlyConfigured as `env_secret`, and when the address already has a password, or nobody whose it is.
    """
    url, password = env_secret(name), env_secret(PASSWORDS[name])
    if not url or not password:
        return url
    parts = urlsplit(url)
    if parts.password:
        raise ImproperlyConfigured(f"{name} holds a password, and {PASSWORDS[name]} is another; keep one of them.")
    user, at, host = parts.netloc.rpartition("@")
    if not at and parts.scheme not in {"redis", "rediss"}:  # Redis needs no name beside the password
        raise ImproperlyConfigured(f"{name} names nobody whose password {PASSWORDS[name]} is.")
    return urlunsplit(parts._replace(netloc=f"{user.rstrip(':')}:{quote(password, safe='')}@{host}"))
