"""The admin site: for operators alone, who see the state of all accounts and no recipient's data.

What they can do is asked twice, done by the apps' own services, and stands in the account's audit trail.

Its views work across accounts, through the one door (`accounts.tenancy.across_accounts`): here, where every view of
the site passes, and nowhere else. Who is not signed in goes to the login; who is no operator gets 404.
"""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.db.models import Model
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse, TemplateResponse
from django.urls import URLPattern, URLResolver, include, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.admin import ApiTokenAdmin, AuditEntryAdmin, InvitationAdmin, MembershipAdmin, UserAdmin
from accounts.gate import to_login
from accounts.models import Account, ApiToken, AuditEntry, Invitation, Membership, User, Via
from accounts.operators import LookingAdmin
from accounts.origin import through
from accounts.tenancy import across_accounts
from backups.admin import AccountWithUsageAdmin, BackupAdmin, ErasureAdmin, ExportAdmin, RestoreDrillAdmin
from backups.closure_admin import ClosedAccountAdmin, ClosureAdmin
from backups.models import Backup, ClosedAccount, Closure, Erasure, Export, RestoreDrill
from config.admin_health import findings
from imports.admin import ImportAdmin
from imports.models import Import
from recipients.admin import DeletionAdmin, GroupAdmin
from recipients.models import Deletion, Group


class OperatorSite(AdminSite):
    """An overview, the health of the whole, and a list and a page for each model."""

    site_header = _("Listkeep: operation")
    site_title = _("Listkeep: operation")
    index_title = _("State")
    final_catch_all_view = False
    enable_nav_sidebar = False

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002  # as Django has it
        """`view` for operators, in a scope in which the rows of all accounts exist, until its answer is whole."""
        inside = super().admin_view(view, cacheable)

        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                return to_login(request)
            if not self.has_permission(request):
                raise Http404
            with across_accounts("an operator looks at the admin site"), through(Via.OPERATOR):
                response = inside(request, *args, **kwargs)
                return response.render() if isinstance(response, SimpleTemplateResponse) else response

        return gated

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """The overview, and the pages of each model; signing in and out is Listkeep's own."""
        models = [
            path(f"{model._meta.app_label}/{model._meta.model_name}/", include(admin.urls))
            for model, admin in self._registry.items()
        ]
        index = path("", self.admin_view(self.index), name="index")
        health = path("health/", self.admin_view(self.health), name="health")
        words = path("jsi18n/", self.admin_view(self.i18n_javascript), name="jsi18n")  # what Django's scripts say
        of_app = path("<str:app_label>/", self.admin_view(self.app_index), name="app_list")
        return [index, health, words, *models, of_app]

    def health(self, request: HttpRequest) -> TemplateResponse:
        """How Listkeep as a whole is."""
        context = {**self.each_context(request), "title": _("Health"), **findings(now=timezone.now())}
        return TemplateResponse(request, "admin/health.html", context)


ADMINS: dict[type[Model], type[LookingAdmin]] = {
    Account: AccountWithUsageAdmin,
    User: UserAdmin,
    Membership: MembershipAdmin,
    Invitation: InvitationAdmin,
    ApiToken: ApiTokenAdmin,
    AuditEntry: AuditEntryAdmin,
    Group: GroupAdmin,
    Deletion: DeletionAdmin,
    Import: ImportAdmin,
    Backup: BackupAdmin,
    Export: ExportAdmin,
    Erasure: ErasureAdmin,
    RestoreDrill: RestoreDrillAdmin,
    Closure: ClosureAdmin,
    ClosedAccount: ClosedAccountAdmin,
}
site = OperatorSite(name="admin")
site.disable_action("delete_selected")
for model, model_admin in ADMINS.items():
    site.register(model, model_admin)
