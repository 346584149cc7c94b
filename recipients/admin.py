"""Lists and deletions on the admin site: names, numbers and states; no note, and nobody who stands in a list."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.operators import IsSet, LookingAdmin, OfAccount, column, link, list_url, moment, titled, to_page
from recipients.job_admin import JobAdmin
from recipients.models import Deletion, Group

ACCOUNT = to_page("account", _("account"))


class GroupAdmin(LookingAdmin):
    """Lists, deleted ones too."""

    date_hierarchy = "created_at"
    ordering: ClassVar = ["account__name", "name", "pk"]
    search_fields: ClassVar = ["account__name", "name"]

    @admin.display(description=_("imports"))
    def imports(self, row: Group) -> str:
        """Leads to its imports."""
        return link(list_url("imports_import", group__id__exact=row.pk), gettext("Imports"))

    @admin.display(description=_("backups"))
    def backups(self, row: Group) -> str:
        """Leads to its backups."""
        return link(list_url("backups_backup", group__id__exact=row.pk), gettext("Backups"))

    @admin.display(description=_("deletions"))
    def deletions(self, row: Group) -> str:
        """Leads to its deletions."""
        return link(list_url("recipients_deletion", group__id__exact=row.pk), gettext("Deletions"))

    list_display: Any = (
        column("name", _("name")),
        ACCOUNT,
        column("recipient_count", _("recipients")),
        column("active_count", _("active")),
        column("automatic_backups", _("automatic backups"), yes_or_no=True),
        column("locked", _("locked"), yes_or_no=True),
        column("changed_at", _("changed")),
        column("last_backup_at", _("last backup")),
        column("deleted_at", _("deleted")),
    )
    list_filter: ClassVar[Any] = (
        ("automatic_backups", titled(_("automatic backups"), admin.BooleanFieldListFilter)),
        ("locked", titled(_("locked"), admin.BooleanFieldListFilter)),
        ("deleted_at", titled(_("deleted"), IsSet)),
        OfAccount,
    )
    fields: ClassVar[Any] = (
        *list_display,
        column("created_at", _("created")),
        column("revision", _("revision")),
        "imports",
        "backups",
        "deletions",
    )
    readonly_fields: ClassVar[Any] = fields


class DeletionAdmin(JobAdmin):
    """Deletions; what of a list was deleted is not told, only how many."""

    date_hierarchy = "requested_at"
    ordering: ClassVar = ["-requested_at", "pk"]
    search_fields: ClassVar = ["account__name", "group__name"]
    list_select_related: ClassVar[Any] = ("account", "group")

    list_display: Any = (
        column("requested_at", _("asked for")),
        ACCOUNT,
        to_page("group", _("list")),
        column("kind", _("of")),
        column("status", _("state")),
        column("failure", _("reason")),
        column("recipient_count", _("recipients")),
        column("finished_at", _("ended")),
    )
    list_filter: ClassVar[Any] = (("status", titled(_("state"))), ("kind", titled(_("of"))), OfAccount)
    fields: ClassVar[Any] = (*list_display, *JobAdmin.job_fields)
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: Deletion) -> str:
        return f"{row.get_kind_display()}, {moment(row.requested_at)}: {row.get_status_display()}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what was chosen to be deleted: there may be many, and they are nobody's business here."""
        return super().get_queryset(request).defer("selection")
