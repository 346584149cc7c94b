"""The interface as a whole: calls behind the gate, problems for all that goes wrong, and its description (OpenAPI)."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, Final

from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from ninja.types import DictStrAny
from psycopg.errors import LockNotAvailable

from accounts.api.exact import ExactParser
from accounts.api.gate import KEY_HEADER, Bearer, through_the_gate
from accounts.api.problems import CONTENT_TYPE, PROBLEMS, Problem, problem_response, status_name

logger = logging.getLogger(__name__)

PROBLEMS_BESIDE: Final = (
    "x-problems-beside"  # in a call's `openapi_extra`: statuses of problems that others do not have
)
_OF_ALL: Final = (400, 401, 404, 422, 429, 500)
_OF_WRITES: Final = (403, 409, 413)
MOST_ERRORS: Final = 100  # that a problem names
Call = Callable[..., Any]
_PROBLEM: Final[DictStrAny] = {
    "title": "Problem",
    "description": "A problem as RFC 9457 has it. `code` is what programs go by.",
    "type": "object",
    "required": ["type", "title", "status", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "enum": sorted(PROBLEMS)},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["member", "message"],
                "properties": {"member": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
_KEY_PARAMETER: Final[DictStrAny] = {
    "in": "header",
    "name": KEY_HEADER,
    "required": False,
    "description": "The same key with the same request within a day is carried out once and answered the same.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


class Interface(NinjaAPI):
    """The calls of all apps; `add_router` adds some."""

    def __init__(self, **options: Any) -> None:
        super().__init__(auth=Bearer(), parser=ExactParser(), **options)
        self.add_decorator(through_the_gate, mode="view")
        self.add_decorator(_without_unknown_parameters, mode="operation")

    def set_default_exception_handlers(self) -> None:
        """All that a call may end in, as problems."""
        self.add_exception_handler(Exception, _ended)

    def get_openapi_operation_id(self, operation: Operation) -> str:
        """The name of the call's function: no two calls have the same."""
        return str(operation.view_func.__name__)

    @property
    def urls(self) -> tuple[list[URLResolver | URLPattern], str, str]:
        """The addresses of all calls, and of the description."""
        patterns, app_name, namespace = super().urls
        for one in patterns:
            if isinstance(one, URLPattern):
                one.callback = _without_pages(one.callback)
        return patterns, app_name, namespace

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """The problem that an exception is; the gate undoes what the call has changed."""
        request.ends_in_a_problem = True  # type: ignore[attr-defined]  # of ApiRequest
        return super().on_exception(request, exc)

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The description, with the problems that each call may end in and the key that each write takes."""
        schema = super().get_openapi_schema(**options)
        schema["components"]["schemas"]["Problem"] = _PROBLEM
        for path in schema["paths"].values():
            for method, operation in path.items():
                is_write = method != "get"
                if is_write:
                    operation["parameters"].append(_KEY_PARAMETER)
                statuses = {*_OF_ALL, *operation.pop(PROBLEMS_BESIDE, ()), *(_OF_WRITES if is_write else ())}
                for status in sorted(statuses):
                    operation["responses"].setdefault(status, _problem_of(status))
        return schema


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """What an address below `api/` answers that is none of a call."""
    return problem_response("not_found")


def _without_pages(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view, whose answers to what it does not know are problems, too, and no pages."""

    @wraps(view)
    def watched(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Http404:
            return problem_response("not_found")
        if isinstance(response, HttpResponseNotAllowed):
            return problem_response("method_not_allowed", headers={"Allow": response["Allow"]})
        return response

    return watched


def _without_unknown_parameters(call: Call) -> Call:
    """The call, which refuses parameters in its address that it does not know.

    A filter that is misspelt would filter nothing, and a program would take everybody for those whom it asked for.
    """
    operation: Operation = call._ninja_operation  # type: ignore[attr-defined]  # noqa: SLF001  # Ninja has no other way
    of_query = [model for model in operation.models if model.__ninja_param_source__ == "query"]
    known = {name for model in of_query for name in model.__ninja_flatten_map__}

    @wraps(call)
    def strict(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if unknown := sorted(request.GET.keys() - known):
            errors = [{"member": name, "message": "There is no such parameter."} for name in unknown[:MOST_ERRORS]]
            raise Problem("invalid", errors=errors)
        return call(request, *args, **kwargs)

    return strict


def _problem_of(status: int) -> DictStrAny:
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {"description": status_name(status), "content": content}


def _ended(request: HttpRequest, error: Any) -> HttpResponse:
    """What a call answers that was ended by an exception; what was not thought of is logged."""
    match error:
        case Problem():
            return error.response()
        case ValidationError():
            return problem_response("invalid", errors=_errors_of(error))
        case Http404():
            return problem_response("not_found")
        case HttpError():
            return problem_response("malformed")
        case OperationalError() if isinstance(error.__cause__, LockNotAvailable):
            return problem_response("list_busy", headers={"Retry-After": "10"})
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return problem_response("internal")


def _errors_of(error: ValidationError) -> list[dict[str, str]]:
    """Which members are wrong; the first hundred of them."""
    return [{"member": _member(one["loc"]), "message": str(one["msg"])} for one in error.errors[:MOST_ERRORS]]


def _member(place: tuple[str | int, ...]) -> str:
    """The name of a member, such as `recipients.3.email`, or where all of it is wrong `body`."""
    inner = place[2:] if place[0] == "body" else place[1:]
    return ".".join(str(part) for part in inner or place[:1])
