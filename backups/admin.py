"""Backups and what belongs to them on the admin site, and what fills accounts; no recipient's data.

Neither the imported file's name nor the reason of a pin is shown: people write anything there. Of an erasure there is
no address.
"""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.admin import AccountAdmin
from accounts.models import Account
from accounts.operators import (
    IsSet,
    LookingAdmin,
    OfAccount,
    Question,
    column,
    link,
    list_url,
    moment,
    titled,
    to_page,
    url_of,
)
from accounts.templatetags.listkeep_format import NOTHING
from accounts.templatetags.listkeep_format import size as in_units
from backups.closing import closure_of
from backups.closure_admin import ClosingActions
from backups.models import Backup, Export, RestoreDrill
from backups.operating import request_purge, verify_for_operator
from backups.usage import with_usage
from recipients.job_admin import JobAdmin

ACCOUNT = to_page("account", _("account"))
GROUP = to_page("group", _("list"))


def in_bytes(name: str, label: Any) -> Any:
    """A column with a size."""

    def show(row: Any) -> Any:
        size = getattr(row, name)
        return None if size is None else in_units(size)

    show.__name__ = name
    show.short_description = label  # type: ignore[attr-defined]  # as Django's admin has it
    show.admin_order_field = name  # type: ignore[attr-defined]
    return show


class AccountWithUsageAdmin(ClosingActions, AccountAdmin):
    """Accounts with what they keep, and their closing."""

    actions: Any = (*AccountAdmin.actions, "close", "reopen")

    @admin.display(description=_("closing"))
    def closing(self, row: Account) -> str:
        """How its closing goes, leading to it."""
        found = closure_of(row.pk)
        return link(url_of(found), found.get_status_display()) if found else NOTHING

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Each with its usage."""
        return with_usage(super().get_queryset(request))

    def _leading(self, model: str, row: Account, text: Any) -> str:
        return link(list_url(model, account__id__exact=row.pk), text)

    @admin.display(description=_("lists"), ordering="list_count")
    def lists(self, row: Any) -> str:
        """How many, leading to them."""
        return self._leading("recipients_group", row, row.list_count)

    @admin.display(description=_("backups"), ordering="backup_count")
    def backups(self, row: Any) -> str:
        """How many, leading to them."""
        return self._leading("backups_backup", row, row.backup_count)

    @admin.display(description=_("jobs"))
    def jobs(self, row: Any) -> str:
        """Leads to what is done for it."""
        models = {
            "imports_import": gettext("Imports"),
            "recipients_deletion": gettext("Deletions"),
            "backups_export": gettext("Exports"),
            "backups_erasure": gettext("Erasures"),
            "backups_closure": gettext("Closings"),
        }
        return format_html_join(", ", "{}", ((self._leading(model, row, text),) for model, text in models.items()))

    @admin.action(description=_("Take off hold"))
    def release(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Let accounts go on; one that is being closed is to be reopened for that."""
        if any(closure_of(pk) for pk in rows.values_list("pk", flat=True)):
            text = _("An account that is being closed stays on hold. Reopen it instead, or choose only the others.")
            self.message_user(request, text, messages.ERROR)
            return None
        return super().release(request, rows)

    usage: ClassVar = (
        "lists",
        column("recipient_count", _("recipients")),
        "backups",
        in_bytes("backup_bytes", _("room for backups")),
    )
    list_display: Any = (*AccountAdmin.list_display, *usage)
    fields: ClassVar[Any] = (*AccountAdmin.fields, *usage, "closing", "jobs")
    readonly_fields: ClassVar[Any] = fields


class BackupAdmin(JobAdmin):
    """Backups."""

    actions: Any = ("verify", "retry", "purge")
    date_hierarchy = "requested_at"
    ordering: ClassVar = ["-requested_at", "pk"]
    search_fields: ClassVar = ["account__name", "group_name", "=id"]
    list_select_related: ClassVar[Any] = ("account", "group")
    list_display: Any = (
        column("requested_at", _("asked for")),
        ACCOUNT,
        column("group_name", _("list")),
        column("trigger", _("because of")),
        column("status", _("state")),
        column("damage", _("damage")),
        column("recipient_count", _("recipients")),
        in_bytes("size", _("size")),
        column("expires_at", _("kept until")),
        column("pinned_at", _("pinned")),
        column("verified_at", _("verified")),
    )
    list_filter: ClassVar[Any] = (
        ("status", titled(_("state"))),
        ("trigger", titled(_("because of"))),
        ("damage", titled(_("damage"))),
        ("pinned_at", titled(_("pinned"), IsSet)),
        OfAccount,
    )
    fields: ClassVar[Any] = (
        *list_display,
        GROUP,
        column("completed_at", _("complete")),
        column("failure", _("reason")),
        column("attempts", _("attempts")),
        column("retry_at", _("tried again")),
        column("verification_requested_at", _("verification asked for")),
        column("revision", _("revision")),
        column("active_count", _("active")),
        column("file_key", _("file")),
        column("sha256", "SHA-256"),
        *JobAdmin.job_fields,
    )
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: Backup) -> str:
        return f"{row.group_name}, {moment(row.requested_at)}"

    @admin.action(description=_("Verify now"))
    def verify(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Have files read again."""
        question = Question(
            title=_("Verify now"),
            text=_("The file of each complete backup is read again by a worker, and compared with what was kept."),
            button=_("Verify now"),
        )
        now, actor_id = timezone.now(), int(str(request.user.pk))
        return self.ask_or_do(
            request, rows, question, lambda backup: verify_for_operator(backup=backup, actor_id=actor_id, now=now)
        )

    @admin.action(description=_("Delete what is due now"))
    def purge(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Delete backups whose time is over, and no others."""
        question = Question(
            title=_("Delete what is due now"),
            text=_(
                "Those of these backups whose time is over are deleted, with their files, before the hourly purge "
                "comes to them. One whose time is not over, a pinned one and one of an account on hold stays."
            ),
            button=_("Delete what is due"),
        )
        now, actor_id = timezone.now(), int(str(request.user.pk))
        return self.ask_or_do(
            request, rows, question, lambda backup: request_purge(backup=backup, actor_id=actor_id, now=now)
        )


class ExportAdmin(JobAdmin):
    """Export files that are made in the background, a day long."""

    date_hierarchy = "requested_at"
    ordering: ClassVar = ["-requested_at", "pk"]
    search_fields: ClassVar = ["account__name", "group__name", "=id"]
    list_select_related: ClassVar[Any] = ("account", "group", "requested_by")
    list_display: Any = (
        column("requested_at", _("asked for")),
        ACCOUNT,
        GROUP,
        column("format", _("format")),
        column("status", _("state")),
        column("failure", _("reason")),
        column("recipient_count", _("recipients")),
        in_bytes("size", _("size")),
        column("expires_at", _("kept until")),
    )
    list_filter: ClassVar[Any] = (
        ("status", titled(_("state"))),
        ("format", titled(_("format"), admin.AllValuesFieldListFilter)),
        OfAccount,
    )
    fields: ClassVar[Any] = (
        *list_display,
        to_page("requested_by", _("by")),
        column("completed_at", _("complete")),
        column("retry_at", _("tried again")),
        column("file_key", _("file")),
        *JobAdmin.job_fields,
    )
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: Export) -> str:
        return f"{row.format}, {moment(row.requested_at)}: {row.get_status_display()}"


class ErasureAdmin(JobAdmin):
    """The removal of erased people from files."""

    date_hierarchy = "requested_at"
    ordering: ClassVar = ["-requested_at", "pk"]
    search_fields: ClassVar = ["account__name", "=id"]
    list_select_related: ClassVar[Any] = ("account", "requested_by")
    list_display: Any = (
        column("requested_at", _("asked for")),
        ACCOUNT,
        column("status", _("state")),
        column("failure", _("reason")),
        column("list_count", _("lists")),
        column("backup_count", _("backups written anew")),
        column("finished_at", _("ended")),
    )
    list_filter: ClassVar[Any] = (("status", titled(_("state"))), OfAccount)
    fields: ClassVar[Any] = (
        *list_display,
        to_page("requested_by", _("by")),
        column("retry_at", _("tried again")),
        *JobAdmin.job_fields,
    )
    readonly_fields: ClassVar[Any] = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without the address."""
        return super().get_queryset(request).defer("email", "digest")


class RestoreDrillAdmin(LookingAdmin):
    """Rehearsals of restores."""

    date_hierarchy = "started_at"
    ordering: ClassVar = ["-started_at"]
    search_fields: ClassVar = ["account__name", "group_name"]
    list_display: Any = (
        column("started_at", _("begun")),
        ACCOUNT,
        column("group_name", _("list")),
        column("result", _("result")),
        column("recipient_count", _("recipients")),
        column("difference_count", _("differences")),
        column("failure", _("reason")),
    )
    list_filter: ClassVar[Any] = (("result", titled(_("result"))), OfAccount)
    fields: ClassVar[Any] = (*list_display, column("finished_at", _("ended")))
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: RestoreDrill) -> str:
        return f"{row.group_name}, {moment(row.started_at)}"
