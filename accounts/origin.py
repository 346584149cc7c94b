"""From where something comes: the way, and the network address of who asks; `services.record` writes both down.

Kept in a context variable, so that no service has to be handed the request. Outside of a request it is Listkeep itself
that acts, as its workers do, on whoever's behalf.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.models import Via


@dataclass(frozen=True)
class Origin:
    """The way, and the address in its canonical notation; None when there is none."""

    via: Via
    address: str | None = None


NOBODY = Origin(Via.LISTKEEP)
_current: ContextVar[Origin] = ContextVar("origin", default=NOBODY)


def current_origin() -> Origin:
    """From where what happens now comes."""
    return _current.get()


@contextmanager
def through(via: Via) -> Iterator[None]:
    """What happens inside came this way, from the address of the request around it.

    For who answers requests that are not a browser's: `with through(Via.INTERFACE):` around the work.
    """
    with _set(replace(_current.get(), via=via)):
        yield


class OriginMiddleware:
    """Takes each request for a browser's, until `through` says otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with _set(Origin(Via.BROWSER, address_of(request))):
            return self.get_response(request)


def address_of(request: HttpRequest) -> str | None:
    """The address that a request came from; None when it is not an address, as on a socket without a network.

    Each of our own proxies (`TRUSTED_PROXIES` of them) adds to `X-Forwarded-For` from whom it got the request. What
    stands before these, anybody may have written.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    hops = [*(hop.strip() for hop in forwarded if hop.strip()), request.META.get("REMOTE_ADDR", "")]
    return _canonical(hops[max(len(hops) - 1 - settings.TRUSTED_PROXIES, 0)])


def _canonical(text: str) -> str | None:
    """An address without port and zone; IPv4 as such, also where it came over IPv6."""
    try:
        found = ip_address(text)
    except ValueError:
        try:
            found = ip_address(urlsplit(f"//{text}").hostname or "")
        except ValueError:
            return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(found).partition("%")[0]
    return str(found)


@contextmanager
def _set(origin: Origin) -> Iterator[None]:
    token = _current.set(origin)
    try:
        yield
    finally:
        _current.reset(token)
