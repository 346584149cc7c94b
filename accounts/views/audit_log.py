"""My Account > Extras > Audit log."""

from tempfile import TemporaryFile

from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from accounts.audit_export import write_entries
from accounts.audit_log import Page, Place, page_of, people_in, wanted_entries
from accounts.forms import AuditLogForm
from accounts.gate import AccountRequest, account_view
from accounts.models import AuditAction, Role
from accounts.services import record


@require_safe
@account_view(Role.READER)
def audit_log(request: AccountRequest) -> HttpResponse:
    """What happened in the account, newest first; owners see the addresses too."""
    form = _form(request)
    wanted = form.wanted()
    page = page_of(account_id=request.account.pk, wanted=wanted, **_places(request))
    context = {
        "form": form,
        "wanted": wanted,
        "page": page,
        "query": _query(form),
        **_hrefs(form, page),
        "is_owner": request.membership.may(Role.OWNER),
    }
    return render(request, "accounts/audit_log.html", context)


@require_GET
@account_view(Role.OWNER)
def download(request: AccountRequest) -> FileResponse:
    """The wanted entries as a CSV file, which is read whole before the first byte goes out."""
    now = timezone.now()
    file = TemporaryFile()  # noqa: SIM115  # the response closes it
    try:
        entries = wanted_entries(account_id=request.account.pk, wanted=_form(request).wanted())
        count = write_entries(entries, file)
        record(
            account_id=request.account.pk,
            actor_id=request.user.pk,
            action=AuditAction.AUDIT_LOG_DOWNLOADED,
            subject="",
            now=now,
            entries=count,
        )
    except BaseException:
        file.close()
        raise
    file.seek(0)
    name = f"{_('audit-log')}-{timezone.localtime(now):%Y-%m-%d}.csv"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")
    response["Cache-Control"] = "private, no-store"
    return response


def _form(request: AccountRequest) -> AuditLogForm:
    return AuditLogForm(request.GET, people=people_in(account_id=request.account.pk))


def _places(request: AccountRequest) -> dict[str, Place]:
    """The place that the address asks to read on from."""
    try:
        return {name: Place.from_text(request.GET[name]) for name in ("before", "after") if name in request.GET}
    except ValueError as error:
        raise Http404 from error


def _query(form: AuditLogForm) -> str:
    """The filter as a part of an address."""
    query = QueryDict(mutable=True)
    for name in form.fields:
        if value := form.data.get(name, ""):
            query[name] = value
    return query.urlencode()


def _hrefs(form: AuditLogForm, page: Page) -> dict[str, str]:
    """Where the ways to newer and older entries lead, with the same filter."""
    rest = f"&{_query(form)}" if _query(form) else ""
    places = {"newer_href": ("after", page.newer), "older_href": ("before", page.older)}
    hrefs = {}
    for href, (name, place) in places.items():
        if place is not None:
            query = QueryDict(mutable=True)
            query[name] = str(place)
            hrefs[href] = f"?{query.urlencode()}{rest}"
    return hrefs
