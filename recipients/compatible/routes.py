"""Every call that is covered, by method and path, and what is known of the reference but not covered."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from recipients.compatible import attributes, blacklist, debug, everywhere, extras, groups, receivers
from recipients.compatible.refusals import Refusal


@dataclass(frozen=True)
class Route:
    """One call: parts in braces stand for anything. `writes`: tokens need the right; `is_open`: no token is needed."""

    method: str
    pattern: str
    run: Callable[..., Any]
    writes: bool
    is_open: bool = False

    def __str__(self) -> str:
        return f"{self.method} {self.pattern}"


@dataclass(frozen=True)
class Found:
    """The route of a path, with the parts that its pattern leaves open."""

    route: Route
    parts: dict[str, str]

    def __str__(self) -> str:
        return str(self.route)


def _reads(method: str, pattern: str, run: Callable[..., Any]) -> Route:
    return Route(method, pattern, run, writes=False)


def _missing(method: str, pattern: str) -> Route:
    def refuse(call: Any, **parts: str) -> Any:
        raise Refusal(501, "Listkeep does not cover this call")

    return Route(method, pattern, refuse, writes=False)


def _writes(method: str, pattern: str, run: Callable[..., Any]) -> Route:
    return Route(method, pattern, run, writes=True)


_RECEIVERS: Final = "groups/{group}/receivers"
_RECEIVER: Final = "groups/{group}/receivers/{receiver}"
# Of two that fit a path the first counts.
ROUTES: Final = (
    Route("GET", "debug/ping", debug.ping, writes=False, is_open=True),
    _reads("GET", "debug/whoami", debug.who_am_i),
    _reads("GET", "debug/ttl", debug.time_to_live),
    _reads("GET", "debug/validate", debug.validate),
    _reads("GET", "debug/exchange", debug.exchange),
    _reads("POST", "debug/exchange", debug.exchange),
    _reads("DELETE", "oauth/token", debug.end),
    _reads("GET", "groups", groups.list_groups),
    _writes("POST", "groups", groups.make_group),
    _reads("GET", "groups/{group}", groups.read_group),
    _writes("PUT", "groups/{group}", groups.change_group),
    _writes("DELETE", "groups/{group}", groups.delete_group),
    _writes("DELETE", "groups/{group}/clear", groups.clear_group),
    _reads("GET", "groups/{group}/stats", groups.read_stats),
    _reads("GET", "groups/{group}/attributes", attributes.list_group_attributes),
    _writes("POST", "groups/{group}/attributes", attributes.make_group_attribute),
    _reads("GET", _RECEIVERS, receivers.list_receivers),
    _writes("POST", _RECEIVERS, receivers.add_receivers),
    _writes("POST", f"{_RECEIVERS}/insert", receivers.insert_receivers),
    _writes("POST", f"{_RECEIVERS}/upsert", receivers.upsert_receivers),
    _writes("POST", f"{_RECEIVERS}/upsertplus", receivers.upsert_receivers),
    _writes("PUT", f"{_RECEIVERS}/update", receivers.update_receivers),
    _writes("PUT", f"{_RECEIVERS}/updateplus", receivers.update_receivers_plus),
    _writes("POST", f"{_RECEIVERS}/delete", receivers.delete_receivers),
    _reads("GET", _RECEIVER, receivers.read_receiver),
    _writes("PUT", _RECEIVER, receivers.change_receiver),
    _writes("DELETE", _RECEIVER, receivers.delete_receiver),
    _writes("PUT", f"{_RECEIVER}/activate", receivers.activate),
    _writes("PUT", f"{_RECEIVER}/setactive", receivers.activate),
    _writes("PUT", f"{_RECEIVER}/deactivate", receivers.deactivate),
    _writes("PUT", f"{_RECEIVER}/setinactive", receivers.deactivate),
    _writes("PUT", f"{_RECEIVER}/attributes/{{attribute}}", extras.set_value),
    _writes("POST", f"{_RECEIVER}/tags", extras.add_tags),
    _reads("GET", f"{_RECEIVER}/events", extras.list_events),
    _writes("POST", f"{_RECEIVER}/events", extras.add_event),
    _reads("GET", f"{_RECEIVER}/orders", extras.list_orders),
    _missing("POST", f"{_RECEIVER}/orders"),
    _writes("POST", "receivers/delete", everywhere.delete_several),
    _reads("POST", "receivers/isvalid", everywhere.valid_among),
    _reads("GET", "receivers/{receiver}", everywhere.read_anywhere),
    _writes("DELETE", "receivers/{receiver}", everywhere.delete_anywhere),
    _reads("GET", "receivers/{receiver}/groups", everywhere.groups_of_receiver),
    _writes("PUT", "receivers/{receiver}/attributes/{attribute}", extras.set_value),
    _writes("POST", "receivers/{receiver}/tags", extras.add_tags),
    _reads("GET", "tags/count", everywhere.count_tag),
    _reads("GET", "attributes", attributes.list_attributes),
    _writes("POST", "attributes", attributes.make_attribute),
    _writes("PUT", "attributes/{attribute}", attributes.change_attribute),
    _writes("DELETE", "attributes/{attribute}", attributes.delete_attribute),
    _reads("GET", "blacklist", blacklist.list_blocked),
    _writes("POST", "blacklist", blacklist.block),
    _writes("PUT", "blacklist", blacklist.block_again),
    _reads("POST", "blacklist/validate", blacklist.not_blocked_among),
    _reads("GET", "blacklist/{email}", blacklist.read_blocked),
    _writes("PUT", "blacklist/{email}", blacklist.block_again),
    _writes("DELETE", "blacklist/{email}", blacklist.unblock),
)
# What the reference has and Listkeep has not, by the beginning of the path.
NOT_COVERED: Final = tuple(
    path.split("/")
    for path in (
        "clients",
        "mailings",
        "reports",
        "mycontent",
        "automation",
        "forms",
        "bounces",
        "login",
        "groups/{group}/filters",
        "receivers/filter",
        "receivers/bounced",
        "receivers/clone",
        "receivers/email",
    )
)
_SPLIT: Final = [(route, route.pattern.split("/")) for route in ROUTES]


def find_route(method: str, path: str) -> Found | Refusal:
    """The call that a path is, with or without `.json` and slashes at its end; or the refusal that it gets."""
    if "\x00" in path:
        return Refusal(404)
    segments = [one.removesuffix(".json") for one in path.split("/") if one]
    if any(_fits(beyond, segments[: len(beyond)]) for beyond in NOT_COVERED):
        return Refusal(501, "Listkeep does not cover this call")
    fitting = [(route, pattern) for route, pattern in _SPLIT if _fits(pattern, segments)]
    for route, pattern in fitting:
        if route.method == method:
            return Found(route, {p[1:-1]: s for p, s in zip(pattern, segments, strict=True) if p.startswith("{")})
    return Refusal(405 if fitting else 404)


def _fits(pattern: list[str], segments: list[str]) -> bool:
    return len(pattern) == len(segments) and all(
        part == segment or part.startswith("{") for part, segment in zip(pattern, segments, strict=True)
    )
