"""Where an import is: draft, preview, or run. Whoever comes to another of its pages is led there."""

from django.http import HttpResponse
from django.shortcuts import redirect, resolve_url
from django_htmx.http import HttpResponseClientRedirect

from accounts.gate import AccountRequest
from accounts.models import Role
from imports.models import Import

IN_PREVIEW = (Import.Status.PREVIEWING, Import.Status.PREVIEWED)


def to_place(request: AccountRequest, run: Import) -> HttpResponse:
    """Lead to the page where the import is now; a part of a page that asked for itself takes the whole page there."""
    page = "imports:run"
    if run.status in IN_PREVIEW:
        page = "imports:preview"
    elif run.status == Import.Status.DRAFT and request.membership.may(Role.EDITOR):
        page = "imports:mapping"
    url = resolve_url(page, request.account.pk, run.pk)
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)  # type: ignore[attr-defined]


def asks_again(request: AccountRequest) -> bool:
    """Whether a page has been open for a while and asks how things are now, by htmx or by loading itself again."""
    return bool(request.htmx) or "again" in request.GET  # type: ignore[attr-defined]
