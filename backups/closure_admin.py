"""Closings of accounts on the admin site: how each goes, and what stays of those that are over. No recipient's data.

The name of the file is not shown: whoever named the account may have written anything.
"""

from typing import Any, ClassVar, Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from accounts.operators import LookingAdmin, OfAccount, Question, column, titled, to_page
from accounts.templatetags.listkeep_format import absolute
from backups.closing import DELETED_AFTER, close_account, closure_of, reopen_account
from backups.models import ClosedAccount, Closure
from recipients.job_admin import JobAdmin

LEAVE_OUT: Final = "leave_out_unreadable"  # a choice of the question
FAILURES: Final = {
    "backup_damaged": _(
        "The file of a backup is damaged. Put the right one back from a copy of the storage and try again, or reopen "
        "the account and close it without such backups."
    ),
    "backup_missing": _(
        "The file of a backup is missing. Put it back from a copy of the storage and try again, or reopen the account "
        "and close it without such backups."
    ),
    "storage_unavailable": _("Storage did not answer. It is tried again; when it has been given up, by you."),
    "interrupted": _("The process died several times. See its log, then try again."),
    "changing": _("A list had changed while it was exported. It is tried again."),
    "file_changed": _("The export was not whole any more in storage, or a list had changed. It is made anew."),
    "internal": _("An error that stands in the log. It is tried again; when it has been given up, by you."),
}
GOES_ON: Final = _(
    "The closing is taken back: the account is taken off hold, its people may change things again, what waited begins, "
    "and the file with its export is deleted. Backups whose time was over meanwhile are deleted within the hour. Once "
    "the deletion has begun there is nothing to reopen."
)
STAYS_ON_HOLD: Final = _(
    "The closing is taken back, and the file with its export is deleted. The account was on hold before it was closed "
    "and stays so until you take it off hold. Once the deletion has begun there is nothing to reopen."
)


class ClosureAdmin(JobAdmin):
    """Closings that are under way, or were just taken back."""

    ordering: ClassVar = ["-requested_at", "pk"]
    search_fields: ClassVar = ["account__name", "=id"]
    list_select_related: ClassVar[Any] = ("account", "requested_by")

    @admin.display(description=_("reason"), ordering="failure")
    def reason(self, row: Closure) -> str:
        """Why it rests or has failed, and what to do."""
        return str(FAILURES[row.failure]) if row.failure else ""

    @admin.display(description=_("backups left out"))
    def left_out(self, row: Closure) -> str:
        """How many had no readable file."""
        return number_format(row.report.get("unreadable", 0))

    list_display: Any = (
        column("requested_at", _("asked for")),
        to_page("account", _("account")),
        column("status", _("state")),
        "reason",
        column("completed_at", _("export complete")),
        column("delete_at", _("deleted from")),
        to_page("requested_by", _("by")),
    )
    list_filter: ClassVar[Any] = (("status", titled(_("state"))), OfAccount)
    fields: ClassVar[Any] = (
        *list_display,
        column("told_at", _("owners told")),
        column("list_count", _("lists")),
        column("recipient_count", _("recipients")),
        column("backup_count", _("backups")),
        "left_out",
        column("size", _("bytes of the file")),
        column("sha256", "SHA-256"),
        column("retry_at", _("tried again")),
        *JobAdmin.job_fields,
    )
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: Closure) -> str:
        return f"{row.account}: {row.get_status_display()}"


class ClosedAccountAdmin(LookingAdmin):
    """What stays of accounts that are gone."""

    ordering: ClassVar = ["-requested_at", "pk"]
    search_fields: ClassVar = ["=account_number"]
    list_select_related: ClassVar[Any] = ("requested_by",)
    list_display: Any = (
        column("account_number", _("account number")),
        column("requested_at", _("asked for")),
        to_page("requested_by", _("by")),
        column("deleted_at", _("deleted")),
        column("list_count", _("lists")),
        column("recipient_count", _("recipients")),
        column("backup_count", _("backups")),
    )
    fields: ClassVar[Any] = (
        *list_display,
        column("exported_at", _("export complete")),
        column("begun_at", _("deletion begun")),
        column("member_count", _("members")),
        column("user_count", _("logins deleted with it")),
    )
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: ClosedAccount) -> str:
        return gettext("Account %(number)d") % {"number": row.account_number}


class ClosingActions:
    """What operators do to one account: close it, and take that back. For an admin of accounts with their usage."""

    ask_or_do: Any
    message_user: Any

    @admin.action(description=_("Close the account"))
    def close(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Have everything exported, and the account deleted 30 days after that."""
        account = self._only_one(request, rows)
        if account is None:
            return None
        if closure_of(account.pk) is not None:
            self.message_user(request, _("This account is being closed already."), messages.WARNING)
            return None
        now, actor_id = timezone.now(), int(str(request.user.pk))
        question = Question(
            title=_("Close the account"),
            text=_what_closing_means(account, now),
            button=_("Close the account and begin its export"),
            choices=[(LEAVE_OUT, _("Leave out backups whose files are damaged or missing, instead of stopping there"))],
        )
        link = request.build_absolute_uri(reverse("backups:closing", args=[account.pk]))
        return self.ask_or_do(  # type: ignore[no-any-return]
            request,
            rows,
            question,
            lambda row: close_account(
                account=row,
                actor_id=actor_id,
                language=translation.get_language() or "en",
                link=link,
                leave_out_unreadable=LEAVE_OUT in request.POST,
                now=now,
            ),
        )

    @admin.action(description=_("Reopen the account"))
    def reopen(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Take a closing back."""
        account = self._only_one(request, rows)
        if account is None:
            return None
        closure = closure_of(account.pk)
        question = Question(
            title=_("Reopen the account"),
            text=STAYS_ON_HOLD if closure is not None and closure.held_before else GOES_ON,
            button=_("Reopen the account"),
        )
        now, actor_id = timezone.now(), int(str(request.user.pk))
        return self.ask_or_do(  # type: ignore[no-any-return]
            request, rows, question, lambda row: reopen_account(account=row, actor_id=actor_id, now=now)
        )

    def _only_one(self, request: HttpRequest, rows: QuerySet[Any]) -> Any:
        """The account that is meant; None, with a message, when several are chosen."""
        chosen: list[Account] = list(rows[:2])
        if len(chosen) != 1:
            self.message_user(request, _("Choose one account: each is closed or reopened by itself."), messages.ERROR)
            return None
        return chosen[0]


def _what_closing_means(account: Any, now: Any) -> str:
    """What will happen to an account with its usage, and when."""
    return gettext(
        "The account is put on hold at once. Everything that it has (lists: %(lists)s, recipients: %(recipients)s, "
        "backups: %(backups)s, and all the rest) is put into one file for its owners. They get a mail when it is "
        "ready. %(days)d days after that, on %(at)s at the earliest, the account is deleted for good, with its "
        "backups, its audit trail, and the logins of people who belong to no other account. Until then it can be "
        "reopened. If the export cannot be made, nothing is deleted."
    ) % {
        "lists": number_format(account.list_count, force_grouping=True),
        "recipients": number_format(account.recipient_count, force_grouping=True),
        "backups": number_format(account.backup_count, force_grouping=True),
        "days": DELETED_AFTER.days,
        "at": absolute(now + DELETED_AFTER),
    }
