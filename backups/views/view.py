"""What a backup holds: its recipients in pages, and one of them with all values."""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from accounts.templatetags.listkeep_format import day
from accounts.templatetags.table_cells import opening_of
from backups.downloads import DownloadRefused
from backups.forms import RowsForm
from backups.models import Backup
from backups.suppressing import suppression_for
from backups.viewing import BY_STATUS, PAGE, Asked, Rows, read_recipient, read_rows
from backups.views.download import backup_or_404, refusal_page
from recipients.erased import Erased
from recipients.listing import Status
from recipients.masterdata.file import STATUS_COLUMNS, Description, FieldDefinition, FieldType
from recipients.masterdata.values import format_number
from recipients.models import Recipient
from recipients.wording import shown_value, status_of

FIELDS_ON_PHONE: Final = 3  # the others stand on the recipient's own page there


@dataclass(frozen=True)
class Column:
    """A column of the table: its label then, the address that sorts by it, and the start tag of its cells."""

    key: str
    label: str
    is_number: bool
    href: str
    sorted: str  # "ascending", "descending" or ""
    opening: SafeString


@dataclass(frozen=True)
class Row:
    """One line of the table. `texts` are the values of the columns after address and status."""

    email: str
    href: str
    status: str
    kind: str
    texts: list[str]


@require_safe
@vary_on_headers("HX-Request")
@account_view(Role.READER)
def view(request: AccountRequest, backup_id: UUID) -> HttpResponse:
    """A page of the backup's recipients; to htmx the table alone; one recipient when the address names one."""
    backup = backup_or_404(request, backup_id)
    if backup.status != Backup.Status.COMPLETE:
        return refusal_page(request, backup, str(backup.status))
    erased = who_is_left_out(backup)
    form = RowsForm(request.GET)
    if not form.is_valid():
        raise Http404
    try:
        if form.cleaned_data["recipient"]:
            return _recipient(request, backup, erased, form.cleaned_data["recipient"])
        rows = read_rows(backup=backup, erased=erased, asked=form.asked())
    except DownloadRefused as refused:
        return refusal_page(request, backup, refused.code)
    return _page(request, backup, form, rows)


def who_is_left_out(backup: Any) -> Erased:
    """Who must not be seen of a backup. The row is read again after that, because it may have got another file.

    In this order: while somebody is left out the file may hold them, and one that was written anew does not.
    """
    erased = suppression_for(backup)
    try:
        backup.refresh_from_db(fields=["file_key", "sha256", "size", "recipient_count", "active_count", "damage"])
    except Backup.DoesNotExist as error:
        raise Http404 from error
    return erased


def _page(request: AccountRequest, backup: Any, form: RowsForm, rows: Rows) -> HttpResponse:
    asked = form.asked()
    columns = _columns(rows.description, asked)
    shown = [column for column in columns if column.key not in ("email", BY_STATUS)]
    is_editor = request.membership.may(Role.EDITOR)
    context = {
        "backup": backup,
        "group": backup.group,
        "form": form,
        "asked": asked,
        "columns": columns,
        "openings": [column.opening for column in shown],
        "rows": [_row(rows.description, row, shown) for row in rows.rows],
        "page": Paginator(range(rows.total), PAGE).get_page(rows.page),
        "query": f"{query}&" if (query := _query(asked)) else "",
        "total": rows.total,
        "recipients": rows.recipients,
        "is_editor": is_editor,
    }
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx's middleware
        return render(request, "backups/_view_rows.html", context)
    return render(request, "backups/view.html", context)


def _recipient(request: AccountRequest, backup: Any, erased: Erased, email: str) -> HttpResponse:
    description, found = read_recipient(backup=backup, erased=erased, email=email)
    if found is None:
        raise Http404
    status, kind = _status(found)
    context = {
        "backup": backup,
        "group": backup.group,
        "email": email,
        "status": status,
        "kind": kind,
        "dates": [(label, found[key]) for key, label in _dates().items()],
        "facts": [(one.label, _shown(one, found[one.key]), one.scope) for one in description.fields],
        "tags": shown_value(FieldType.TEXT, found["tags"]),
        "source": shown_value(FieldType.TEXT, found["source"]),
    }
    return render(request, "backups/view_recipient.html", context)


def _columns(description: Description, asked: Asked) -> list[Column]:
    fields = {field.key: field for field in description.fields}
    labels = {"email": gettext("E-mail"), BY_STATUS: gettext("Status")}
    labels |= {field.key: field.label for field in description.fields}
    labels |= {**_dates(), "source": gettext("Source"), "tags": gettext("Tags")}
    on_phone = {*list(fields)[:FIELDS_ON_PHONE], "registered_at"}
    columns = []
    for key, label in labels.items():
        is_sorted = asked.sort == key
        is_number = key in fields and fields[key].type is FieldType.NUMBER
        turned = is_sorted and not asked.descending
        columns.append(
            Column(
                key=key,
                label=label,
                is_number=is_number,
                href=f"?{_query(asked, sort=key, descending=turned)}",
                sorted=("descending" if asked.descending else "ascending") if is_sorted else "",
                opening=opening_of(
                    label, " ".join(["number"] * is_number + ["backup-rows__wide"] * (key not in on_phone))
                ),
            )
        )
    return columns


def _dates() -> dict[str, str]:
    labels = (gettext("Registered"), gettext("Activated"), gettext("Deactivated"), gettext("Bounced"))
    return dict(zip(STATUS_COLUMNS, labels, strict=True))


def _row(description: Description, values: dict[str, Any], columns: list[Column]) -> Row:
    status, kind = _status(values)
    fields = {field.key: field for field in description.fields}
    texts = []
    for column in columns:
        value = values[column.key]
        if column.key in fields:
            text = _shown(fields[column.key], value)
        elif column.key in STATUS_COLUMNS:
            text = day(value)
        else:
            text = shown_value(FieldType.TEXT, value)
        texts.append(text)
    return Row(values["email"], f"?{urlencode({'recipient': values['email']})}", status, kind, texts)


def _status(values: dict[str, Any]) -> tuple[str, str]:
    return status_of(Recipient(**{key: values[key] for key in STATUS_COLUMNS}))


def _shown(field: FieldDefinition, value: Any) -> str:
    """A value as Arrow gives it, in the reader's language."""
    if value is None or field.type in (FieldType.TEXT, FieldType.GENDER):
        return shown_value(field.type, value)
    return shown_value(field.type, value.isoformat() if field.type is FieldType.DATE else format_number(value))


def _query(asked: Asked, *, sort: str | None = None, descending: bool | None = None) -> str:
    """The choice as an address's query, its page left out."""
    sort = asked.sort if sort is None else sort
    descending = asked.descending if descending is None else descending
    parts = {
        "q": asked.search,
        "status": "" if asked.status is Status.ALL else asked.status.value,
        "sort": "" if sort == "email" else sort,
        "down": "on" if descending else "",
    }
    return urlencode({name: value for name, value in parts.items() if value})
