"""The admin site: for operators alone, who see the state of all accounts and no recipient's data, and change nothing.

Its views work across accounts, through the one door (`accounts.tenancy.across_accounts`): here, where every view of
the site passes, and nowhere else. Who is not signed in goes to the login; who is no operator gets 404.
"""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, URLResolver, include, path
from django.utils.translation import gettext_lazy as _

from accounts.gate import to_login
from accounts.models import Via
from accounts.origin import through
from accounts.tenancy import across_accounts
from backups.admin import BackupAdmin, RestoreDrillAdmin
from backups.models import Backup, RestoreDrill


class OperatorSite(AdminSite):
    """Only the pages that look: an overview, and a list and a page for each model."""

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
        words = path("jsi18n/", self.admin_view(self.i18n_javascript), name="jsi18n")  # what Django's scripts say
        return [index, words, *models, path("<str:app_label>/", self.admin_view(self.app_index), name="app_list")]


site = OperatorSite(name="admin")
site.register(Backup, BackupAdmin)
site.register(RestoreDrill, RestoreDrillAdmin)
