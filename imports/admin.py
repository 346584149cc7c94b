"""Imports on the admin site: states, times and figures.

The file's name, its columns, their mapping, the preview's samples and the values given for all rows are not shown:
people write anything there, and recipients stand in them.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from accounts.operators import OfAccount, column, moment, titled, to_page
from imports.models import Import
from recipients.job_admin import JobAdmin

FIGURES = {  # of a report: numbers all
    "rows": _("Rows in the file"),
    "added": _("Added"),
    "changed": _("Changed"),
    "unchanged": _("Unchanged"),
    "removed": _("Deleted"),
    "rejected": _("Rejected"),
}
NOT_SHOWN = (
    *("file_name", "sniffed", "source", "mapping", "new_fields", "entered", "restore", "compared", "preview"),
    "failure_detail",
)


class ImportAdmin(JobAdmin):
    """Imports, restores and undos."""

    date_hierarchy = "created_at"
    ordering: ClassVar = ["-created_at", "pk"]
    search_fields: ClassVar = ["account__name", "group__name", "=id"]
    list_select_related: ClassVar[Any] = ("account", "group", "requested_by")

    @admin.display(description=_("figures"))
    def figures(self, row: Import) -> str:
        """The numbers of the report, as far as there are any."""
        numbers = [(words, row.report.get(name)) for name, words in FIGURES.items()]
        return ", ".join(f"{words}: {number_format(value)}" for words, value in numbers if isinstance(value, int))

    list_display: Any = (
        column("created_at", _("uploaded")),
        to_page("account", _("account")),
        to_page("group", _("list")),
        column("kind", _("kind")),
        column("mode", _("mode")),
        column("status", _("state")),
        column("failure", _("reason")),
        column("finished_at", _("ended")),
        "figures",
    )
    list_filter: ClassVar[Any] = (
        ("status", titled(_("state"))),
        ("kind", titled(_("kind"))),
        ("mode", titled(_("mode"))),
        OfAccount,
    )
    fields: ClassVar[Any] = (
        *list_display,
        to_page("requested_by", _("by")),
        column("interface", _("how")),
        column("file_size", _("bytes of the file")),
        column("previewed_at", _("preview made")),
        column("confirmed_at", _("confirmed")),
        column("read_at", _("file read")),
        *JobAdmin.job_fields,
    )
    readonly_fields: ClassVar[Any] = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the columns that no page here shows."""
        return super().get_queryset(request).defer(*NOT_SHOWN)

    def title_of(self, row: Import) -> str:
        return f"{row.get_kind_display()}, {moment(row.created_at)}: {row.get_status_display()}"
