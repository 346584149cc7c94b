"""The description of the interface as a page: made of the OpenAPI description, on the server, without a script.

It stands in English, as the interface does, and is open to everybody: it tells nothing of any account.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import override
from ninja import NinjaAPI
from ninja.openapi.docs import DocsBase

from accounts.answers import KEPT_FOR
from accounts.api.gate import MOST_BYTES
from accounts.api.problems import PROBLEMS
from accounts.api.schemas import MOST_A_PAGE, USUAL_PAGE

DEEPEST: Final = 3  # levels of members that are shown


@dataclass(frozen=True)
class Member:
    """A parameter, or a member of a body or an answer: what it is called, where it stands, and what it may be."""

    name: str
    kind: str
    required: bool
    text: str = ""


@dataclass(frozen=True)
class Answer:
    """A success: its status and members."""

    status: int
    text: list[SafeString]
    members: list[Member]


@dataclass(frozen=True)
class Call:
    """One call. `paragraphs`: what it does."""

    id: str
    method: str
    path: str
    paragraphs: list[SafeString]
    parameters: list[Member]
    body_text: list[SafeString]
    body: list[Member]
    answers: list[Answer]


@dataclass(frozen=True)
class Part:
    """The calls about one matter."""

    name: str
    calls: list[Call]


class DescriptionPage(DocsBase):
    """What NinjaAPI shows as its documentation."""

    def render_page(self, request: HttpRequest, api: NinjaAPI, **kwargs: Any) -> HttpResponse:
        """The page."""
        with override("en"):
            context = {
                "parts": parts_of(api.get_openapi_schema()),
                "problems": [(code, status, title) for code, (status, title) in PROBLEMS.items()],
                "description_href": self.get_openapi_url(api, kwargs),
                "most_bytes": MOST_BYTES // 1024**2,
                "usual_page": USUAL_PAGE,
                "most_a_page": MOST_A_PAGE,
                "kept_hours": int(KEPT_FOR.total_seconds() // 3600),
            }
            return render(request, "accounts/interface_description.html", context)


def parts_of(schema: dict[str, Any]) -> list[Part]:
    """All calls of an OpenAPI description, by the matter that they are about."""
    parts: dict[str, list[Call]] = {}
    for path, calls in schema["paths"].items():
        for method, operation in calls.items():
            parts.setdefault(operation["tags"][0], []).append(_call(method, path, operation, schema))
    return [Part(name, calls) for name, calls in parts.items()]


def _call(method: str, path: str, operation: dict[str, Any], schema: dict[str, Any]) -> Call:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    parameters = [
        Member(
            name=one["name"],
            kind=_kind(one["schema"], schema),
            required=one["required"],
            text=_marked_up(one.get("description", "")),
        )
        for one in operation["parameters"]
    ]
    return Call(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        paragraphs=_paragraphs(operation.get("description", "")),
        parameters=parameters,
        body_text=_paragraphs(_resolved(body, schema).get("description", "")),
        body=list(_members(body, schema)),
        answers=[
            _answer(int(status), answer, schema)
            for status, answer in operation["responses"].items()
            if int(status) < 300
        ],
    )


def _answer(status: int, answer: dict[str, Any], schema: dict[str, Any]) -> Answer:
    content = answer.get("content", {})
    told = content.get("application/json", {}).get("schema", {})
    text = _resolved(told, schema).get("description", "") if told else f"A file: {', '.join(content)}."
    return Answer(status, _paragraphs(text), list(_members(told, schema)))


def _members(found: dict[str, Any], schema: dict[str, Any], prefix: str = "", depth: int = 1) -> Iterator[Member]:
    """The members of an object, and of the objects in it."""
    resolved = _resolved(found, schema)
    for name, one in resolved.get("properties", {}).items():
        required = name in resolved.get("required", ())
        yield Member(prefix + name, _kind(one, schema), required, " ".join(one.get("description", "").split()))
        inner = _resolved(one, schema)
        if inner.get("type") == "array":
            inner = _resolved(inner["items"], schema)
        if "properties" in inner and depth < DEEPEST:
            ending = "[]." if _resolved(one, schema).get("type") == "array" else "."
            yield from _members(inner, schema, f"{prefix}{name}{ending}", depth + 1)


def _resolved(found: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """What a reference points at, and the one of two that is not null."""
    for several in ("anyOf", "allOf"):
        rest = [one for one in found.get(several, ()) if one.get("type") != "null"]
        if len(rest) == 1:
            return _resolved(rest[0], schema)
    if "$ref" in found:
        name = found["$ref"].rsplit("/", 1)[-1]
        return _resolved(schema["components"]["schemas"][name], schema)
    return found


def _kind(found: dict[str, Any], schema: dict[str, Any]) -> str:
    """What a member may be, in words."""
    resolved = _resolved(found, schema)
    can_be_null = any(one.get("type") == "null" for one in found.get("anyOf", ()))
    kind = resolved.get("type", "object")
    if isinstance(kind, list):
        words = ", ".join("text" if one == "string" else one for one in kind)
    elif "enum" in resolved or "const" in resolved:
        words = " | ".join(resolved.get("enum", [resolved.get("const")]))
    elif kind == "array":
        words = f"list of {_kind(resolved['items'], schema)}"
    else:
        words = {"string": resolved.get("format", "text"), "boolean": "true | false"}.get(kind, kind)
    words += _limits(resolved)
    if "default" in found and found["default"] not in (None, ""):
        words += f", else {str(found['default']).lower()}"
    return f"{words} or null" if can_be_null else words


def _limits(resolved: dict[str, Any]) -> str:
    for name, unit in (("maxLength", "characters"), ("maxItems", ""), ("maximum", "")):
        if resolved.get(name, 10**9) < 10**9:
            return f", at most {resolved[name]:,} {unit}".rstrip()
    return ""


def _paragraphs(text: str) -> list[SafeString]:
    return [_marked_up(one) for one in text.split("\n\n") if one.strip()]


def _marked_up(text: str) -> SafeString:
    """A text in which what stands between backticks is code."""
    parts = " ".join(text.split()).split("`")
    return format_html_join(
        "", "{}", ((format_html("<code>{}</code>", part) if place % 2 else part,) for place, part in enumerate(parts))
    )
