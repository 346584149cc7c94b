"""The people of accounts, what they use, and what they did, on the admin site.

Left out: password hashes, secrets and their digests, the addresses of people who were invited and have not come, the
network addresses of who did something, and what the audit trail tells beside the action: the names of files stand there
and whatever else people have named. Only what operators did is told whole, as Listkeep alone wrote that.
"""

from functools import partial
from typing import Any, ClassVar

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.holding import hold_account, release_account
from accounts.login_mail import BY_OPERATOR, tell_of_change
from accounts.models import Account, AuditEntry, Invitation, Membership, User, Via
from accounts.operators import IsSet, LookingAdmin, OfAccount, Question, column, link, list_url, moment, titled, to_page
from accounts.queries import second_factors
from accounts.signing_in import remove_second_factor

ACCOUNT = to_page("account", _("account"))


class AccountAdmin(LookingAdmin):
    """Accounts with their switches, and their hold. What fills them: `backups.admin`."""

    actions: Any = ("hold", "release")
    date_hierarchy = "created_at"
    ordering: ClassVar = ["name", "pk"]
    search_fields: ClassVar = ["name", "memberships__user__email"]
    list_select_related: ClassVar[Any] = False
    list_display: Any = (
        column("name", _("name")),
        column("automatic_backups", _("automatic backups"), yes_or_no=True),
        column("daily_backups", _("daily backups"), yes_or_no=True),
        column("retention_days", _("days a backup is kept")),
        column("created_at", _("created")),
        column("held_at", _("on hold since")),
    )
    list_filter: ClassVar[Any] = (
        ("held_at", titled(_("on hold"), IsSet)),
        ("automatic_backups", titled(_("automatic backups"), admin.BooleanFieldListFilter)),
        ("daily_backups", titled(_("daily backups"), admin.BooleanFieldListFilter)),
    )

    @admin.display(description=_("members"))
    def members(self, row: Account) -> str:
        """Leads to who belongs to it."""
        return link(list_url("accounts_membership", account__id__exact=row.pk), gettext("Members"))

    @admin.display(description=_("audit trail"))
    def audit_trail(self, row: Account) -> str:
        """Leads to what happened in it."""
        return link(list_url("accounts_auditentry", account__id__exact=row.pk), gettext("Audit trail"))

    @admin.display(description=_("interface tokens"))
    def tokens(self, row: Account) -> str:
        """Leads to the tokens of its interface."""
        return link(list_url("accounts_apitoken", account__id__exact=row.pk), gettext("Interface tokens"))

    @admin.action(description=_("Put on hold"))
    def hold(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Let nobody change anything of an account."""
        question = Question(
            title=_("Put on hold"),
            text=_(
                "While an account is on hold, its people look at everything and export it, and change nothing; no "
                "import, deletion or backup of it begins, and no backup of it is deleted. What runs already ends."
            ),
            button=_("Put on hold"),
        )
        now, actor_id = timezone.now(), int(str(request.user.pk))
        return self.ask_or_do(
            request, rows, question, lambda account: hold_account(account=account, actor_id=actor_id, now=now)
        )

    @admin.action(description=_("Take off hold"))
    def release(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Let an account go on."""
        question = Question(
            title=_("Take off hold"),
            text=_(
                "Its people may change things again, and what waited begins. Backups whose time was over meanwhile are "
                "deleted within the hour; the ones that are still wanted are to be pinned first."
            ),
            button=_("Take off hold"),
        )
        now, actor_id = timezone.now(), int(str(request.user.pk))
        return self.ask_or_do(
            request, rows, question, lambda account: release_account(account=account, actor_id=actor_id, now=now)
        )

    fields: ClassVar[Any] = (*list_display, "members", "tokens", "audit_trail")
    readonly_fields: ClassVar[Any] = fields


class UserAdmin(LookingAdmin):
    """Who signs in."""

    actions: Any = ("remove_second_factor",)
    date_hierarchy = "date_joined"
    ordering: ClassVar = ["email"]
    search_fields: ClassVar = ["email", "first_name", "last_name"]
    list_select_related: ClassVar[Any] = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Each with the number of accounts that they belong to, and whether a second factor is asked for."""
        places = Membership.objects.filter(user=OuterRef("pk")).order_by().values("user")
        number = places.annotate(number=Count("pk")).values("number")
        found: QuerySet[Any] = (
            super()
            .get_queryset(request)
            .annotate(
                places=Coalesce(Subquery(number), 0),
                has_second_factor=Exists(second_factors().filter(user=OuterRef("pk"))),
            )
        )
        return found

    @admin.action(description=_("Remove the second factor"))
    def remove_second_factor(self, request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
        """Let a person in who has lost telephone, passkeys and recovery codes."""
        question = Question(
            title=_("Remove the second factor"),
            text=_(
                "Their authenticator app, passkeys and recovery codes no longer count: the password alone gets in. Be "
                "sure first that it is they who ask. They are told by e-mail, and it stands in the audit trail of each "
                "of their accounts. Operators are left out."
            ),
            button=_("Remove the second factor"),
        )
        now, actor_id = timezone.now(), int(str(request.user.pk))

        def remove(user: User) -> bool:
            removed = remove_second_factor(user=user, actor_id=actor_id, now=now)
            if removed:
                transaction.on_commit(partial(tell_of_change, request, user, BY_OPERATOR))
            return removed

        return self.ask_or_do(request, rows, question, remove)

    @admin.display(description=_("accounts"), ordering="places")
    def accounts(self, row: Any) -> str:
        """How many, leading to which and in which role."""
        return link(list_url("accounts_membership", user__id__exact=row.pk), str(row.places))

    list_display: Any = (
        column("email", _("e-mail address")),
        column("get_full_name", _("name")),
        column("is_active", _("may sign in"), yes_or_no=True),
        column("is_staff", _("operator"), yes_or_no=True),
        column("last_login", _("last signed in")),
        column("date_joined", _("joined")),
        "accounts",
    )
    list_filter: ClassVar[Any] = (
        ("is_active", titled(_("may sign in"), admin.BooleanFieldListFilter)),
        ("is_staff", titled(_("operator"), admin.BooleanFieldListFilter)),
        ("last_login", titled(_("last signed in"), admin.DateFieldListFilter)),
    )
    fields: ClassVar[Any] = (
        *list_display,
        column("has_second_factor", _("second factor"), yes_or_no=True),
        column("language", _("language")),
    )
    readonly_fields: ClassVar[Any] = fields


class MembershipAdmin(LookingAdmin):
    """Who belongs to which account, and what they may do there."""

    ordering: ClassVar = ["account__name", "user__email"]
    search_fields: ClassVar = ["account__name", "user__email"]
    list_select_related: ClassVar[Any] = ("account", "user")
    list_display: Any = (
        column("created_at", _("since")),
        ACCOUNT,
        to_page("user", _("user")),
        column("role", _("role")),
    )
    list_filter: ClassVar[Any] = (("role", titled(_("role"))), OfAccount)
    fields: ClassVar[Any] = list_display
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: Membership) -> str:
        return f"{row.account}: {row.get_role_display()}"


class InvitationAdmin(LookingAdmin):
    """Who asked somebody to join; whom, is theirs to know."""

    date_hierarchy = "sent_at"
    ordering: ClassVar = ["-sent_at", "pk"]
    search_fields: ClassVar = ["account__name"]
    list_select_related: ClassVar[Any] = ("account", "invited_by")

    @admin.display(description=_("state"))
    def state(self, row: Invitation) -> str:
        """What has become of it."""
        return str(row.state(timezone.now()).label)

    list_display: Any = (
        column("sent_at", _("sent")),
        ACCOUNT,
        column("role", _("role")),
        "state",
        to_page("invited_by", _("invited by")),
        column("expires_at", _("expires")),
    )
    list_filter: ClassVar[Any] = (("role", titled(_("role"))), OfAccount)
    fields: ClassVar[Any] = (
        *list_display,
        column("accepted_at", _("accepted")),
        column("withdrawn_at", _("withdrawn")),
    )
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: Invitation) -> str:
        return f"{row.account}: {moment(row.sent_at)}"


class ApiTokenAdmin(LookingAdmin):
    """The keys of programs; of the secret nothing but its end is known to anybody."""

    date_hierarchy = "created_at"
    ordering: ClassVar = ["-created_at", "pk"]
    search_fields: ClassVar = ["account__name", "name", "created_by__email"]
    list_select_related: ClassVar[Any] = ("account", "created_by")
    list_display: Any = (
        column("name", _("name")),
        ACCOUNT,
        column("scope", _("may")),
        to_page("created_by", _("made by")),
        column("created_at", _("made")),
        column("last_used_at", _("last used")),
        column("expires_at", _("expires")),
        column("revoked_at", _("revoked")),
    )
    list_filter: ClassVar[Any] = (
        ("scope", titled(_("may"))),
        ("revoked_at", titled(_("revoked"), IsSet)),
        OfAccount,
    )
    fields: ClassVar[Any] = (*list_display, column("ending", _("ends with")))
    readonly_fields: ClassVar[Any] = fields


class AuditEntryAdmin(LookingAdmin):
    """What happened in all accounts, and by whom."""

    date_hierarchy = "at"
    ordering: ClassVar = ["-at", "-pk"]
    search_fields: ClassVar = ["account__name", "actor__email"]
    list_select_related: ClassVar[Any] = ("account", "actor")

    @admin.display(description=_("told"))
    def told(self, row: AuditEntry) -> str:
        """What an operator's deed was about."""
        if row.via != Via.OPERATOR:
            return ""
        return "; ".join([row.subject, *(f"{name}: {value}" for name, value in sorted(row.detail.items()))]).strip("; ")

    list_display: Any = (
        column("at", _("when")),
        ACCOUNT,
        column("action", _("action")),
        to_page("actor", _("by")),
        column("via", _("how")),
        "told",
    )
    list_filter: ClassVar[Any] = (
        ("at", titled(_("when"), admin.DateFieldListFilter)),
        ("via", titled(_("how"))),
        ("action", titled(_("action"))),
        OfAccount,
    )
    fields: ClassVar[Any] = list_display
    readonly_fields: ClassVar[Any] = fields

    def title_of(self, row: AuditEntry) -> str:
        return f"{row.get_action_display()}, {moment(row.at)}"
