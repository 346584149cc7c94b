"""What production must not be started with. Each refusal is a sentence that says what to do.

Settings call `refuse_unsafe` when they are read with LISTKEEP_DEBUG=0. Which rights the database's role has only the
database knows: `refuse_unbound_role` asks it when web and workers start, and `config.health` whenever it is asked.
"""

from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections

LEAST_KEY = 50  # characters, as Django's own check has it
LEAST_CHARACTERS = 5  # different ones
LEAST_TOKEN = 20
KNOWN_KEYS = ("django-insecure-", "development-only", "changeme", "secret", "collectstatic")
DEMO_PASSWORD = "listkeep-demo"  # noqa: S105  # of `make run`, known to everybody
IN_NO_NETWORK = {"", "localhost", "127.0.0.1", "::1"}


def refuse_unsafe(
    *,
    secret_key: str,
    allowed_hosts: Sequence[str],
    trusted_origins: Sequence[str],
    missing: Collection[str],
    email_backend: str,
    demo_password: str,
    metrics_token: str,
) -> None:
    """Raise ImproperlyConfigured for the first of these settings that production must not have."""
    refuse_key(secret_key)
    if not allowed_hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS is not set; name the hosts under which people reach Listkeep.")
    if "*" in allowed_hosts:
        raise ImproperlyConfigured("ALLOWED_HOSTS holds *, so links in e-mails could be made to lead anywhere.")
    if any(not origin.startswith("https://") for origin in trusted_origins):
        raise ImproperlyConfigured("CSRF_TRUSTED_ORIGINS holds an origin that is not https://; forms need TLS.")
    if missing:
        names = ", ".join(missing)
        raise ImproperlyConfigured(f"{names} not set; the embedded services are for one machine and no production.")
    if email_backend.endswith((".console.EmailBackend", ".filebased.EmailBackend")):
        raise ImproperlyConfigured("EMAIL_BACKEND writes e-mails, with links that let people in, where others read.")
    if demo_password == DEMO_PASSWORD:
        raise ImproperlyConfigured("LISTKEEP_DEMO_PASSWORD is the one that everybody knows; choose another or none.")
    if metrics_token and len(metrics_token) < LEAST_TOKEN:
        raise ImproperlyConfigured(
            f"LISTKEEP_METRICS_TOKEN has fewer than {LEAST_TOKEN} characters; it can be guessed."
        )


def refuse_key(secret_key: str) -> None:
    """Raise ImproperlyConfigured for a key with which sessions and links in e-mails could be forged."""
    if not secret_key:
        raise ImproperlyConfigured("SECRET_KEY is not set; without it sessions could be forged.")
    if len(secret_key) < LEAST_KEY or len(set(secret_key)) < LEAST_CHARACTERS:
        raise ImproperlyConfigured(f"SECRET_KEY is too simple; make one of {LEAST_KEY} random characters or more.")
    if secret_key.lower().startswith(KNOWN_KEYS):
        raise ImproperlyConfigured("SECRET_KEY is one that stands in a program or a guide; make one of your own.")


def is_bound(alias: str = "default") -> bool:
    """Whether row-level security binds the database's role. Raises what the database raises."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT NOT (rolsuper OR rolbypassrls) FROM pg_roles WHERE rolname = current_user")
        return bool(cursor.fetchone()[0])


UNBOUND = (
    "DATABASE_URL names a role that row-level security does not bind: every customer's data would be open to all. "
    "Make another with `python -m config.database_roles`."
)


def refuse_unbound_role() -> None:
    """Raise ImproperlyConfigured when row-level security does not bind the role that this process works as.

    A database that does not answer refuses nothing: the process waits for it, and `/health/ready` asks again.
    """
    try:
        bound = is_bound()
    except DatabaseError:
        return
    finally:
        connections["default"].close()  # who calls this may fork afterwards
    if not bound:
        raise ImproperlyConfigured(UNBOUND)


@register(Tags.database)
def check_role(*, databases: Sequence[str] | None = None, **_options: Any) -> list[CheckMessage]:
    """An error when the application's role may see past row-level security (`manage.py check --database default`)."""
    if databases and "default" in databases and not is_bound():
        return [Error(UNBOUND, id="listkeep.E001")]
    return []


@register(Tags.security, deploy=True)
def check_redis(**_options: Any) -> list[CheckMessage]:
    """A warning when Redis is reached over a network and asks for no password (`manage.py check --deploy`)."""
    parts = urlsplit(settings.REDIS_URL)
    if parts.scheme == "unix" or parts.password or (parts.hostname or "") in IN_NO_NETWORK:
        return []
    hint = "Give Redis a password and set REDIS_PASSWORD or REDIS_PASSWORD_FILE."
    return [
        CheckWarning(
            "Who reaches Redis can have any task carried out: it asks for no password.", hint, id="listkeep.W001"
        )
    ]
