"""Through which interface somebody acts: the audit trail names the token beside the person who made it.

Set by the interface's gate around a request; what is recorded meanwhile says so in its detail, as `token`, and that it
came through an interface.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from accounts.models import Via
from accounts.origin import through

_token_name: ContextVar[str] = ContextVar("token_name", default="")


@contextmanager
def acting_through(token_name: str) -> Iterator[None]:
    """Have everything that is recorded in the block name the token."""
    before = _token_name.set(token_name)
    try:
        with through(Via.INTERFACE):
            yield
    finally:
        _token_name.reset(before)


def token_detail() -> dict[str, str]:
    """What an entry of the audit trail says of the token in use; nothing when there is none."""
    name = _token_name.get()
    return {"token": name} if name else {}
