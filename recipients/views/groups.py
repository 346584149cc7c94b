"""The lists of an account, and one list's recipients."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from accounts.templatetags.table_cells import opening_of
from recipients.forms import ListingForm
from recipients.listing import Choice, RecipientPage, Status, read_page
from recipients.masterdata.file import FieldScope, FieldType
from recipients.models import Field, Recipient
from recipients.queries import contact_values, fields_of, groups_of, waiting_deletion
from recipients.views.access import group_or_404, is_editor
from recipients.wording import shown_value, status_of

GROUPS_A_PAGE = 100
FIELDS_SHOWN = 3


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    recipient: Recipient
    status: str
    kind: str
    texts: list[str]


@require_safe
@account_view(Role.READER)
def groups(request: AccountRequest) -> HttpResponse:
    """All lists of the account, by name."""
    page = Paginator(groups_of(request.account.pk), GROUPS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "recipients/groups.html", {"page": page, "is_editor": is_editor(request)})


@require_safe
@vary_on_headers("HX-Request")
@account_view(Role.READER)
def group(request: AccountRequest, group_id: int) -> HttpResponse:
    """One list's recipients: a page of the table, or to htmx the table alone or the rows that go on from it."""
    found = group_or_404(request, group_id)
    form = ListingForm(request.GET)
    if not form.is_valid():
        raise Http404
    choice = form.choice()
    page = read_page(group=found, choice=choice)
    fields = fields_of(found)[:FIELDS_SHOWN]
    may_delete = is_editor(request) and not found.locked
    context = {
        "group": found,
        "form": form,
        "page": page,
        "asked": choice,
        "fields": fields,
        "openings": [opening_of(field.label, "number" * (field.type == FieldType.NUMBER)) for field in fields],
        "rows": rows_of(page.recipients, fields),
        "total": _total(found.recipient_count, found.active_count, choice),
        "links": _links(page),
        "may_delete": may_delete,
        "columns": len(fields) + 3 + may_delete,
    }
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx's middleware
        goes_on = bool(choice.looked_at)
        return render(request, f"recipients/{'_rows' if goes_on else '_recipients'}.html", context)
    context |= {"is_editor": is_editor(request), "deletion": waiting_deletion(found)}
    return render(request, "recipients/group.html", context)


def rows_of(recipients: list[Recipient], fields: list[Field]) -> list[Row]:
    """Recipients with the values of some fields, account-wide ones included."""
    account_wide = {}
    if recipients and any(field.scope is FieldScope.ACCOUNT for field in fields):
        emails = [recipient.email for recipient in recipients]
        account_wide = contact_values(account_id=recipients[0].account_id, emails=emails)
    rows = []
    for recipient in recipients:
        values = {**recipient.values, **account_wide.get(recipient.email, {})}
        texts = [shown_value(FieldType(field.type), values.get(field.key)) for field in fields]
        status, kind = status_of(recipient)
        rows.append(Row(recipient=recipient, status=status, kind=kind, texts=texts))
    return rows


def _total(recipient_count: int, active_count: int, choice: Choice) -> int | None:
    """How many recipients the choice has, where the list knows without counting."""
    if choice.search:
        return None
    return {Status.ALL: recipient_count, Status.ACTIVE: active_count}.get(choice.status)


def _links(page: RecipientPage) -> dict[str, str]:
    """The addresses that lead on from a page, by their names."""
    choice = page.choice
    base: dict[str, str | int] = {}
    if choice.search:
        base["q"] = choice.search
    if choice.status is not Status.ALL:
        base["status"] = choice.status.value
    links = {
        "inside": _query(base | {"inside": "on"}),
        "all": _query({key: base[key] for key in base if key != "status"}),
    }
    if choice.inside:
        base["inside"] = "on"
    links["first"] = _query(base)
    if page.previous is not None:
        links["previous"] = _query(base | {"before": page.previous})
    if page.next is not None:
        links["next"] = _query(base | {"after": page.next})
    if page.stopped_at is not None:
        links["on"] = _query(base | {"after": page.stopped_at, "looked_at": page.looked_at})
    return links


def _query(parameters: dict[str, str | int]) -> str:
    return f"?{urlencode(parameters)}"
