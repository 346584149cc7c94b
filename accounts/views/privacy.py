"""My Account > Settings > Data privacy: the account's switches and how long backups are kept."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts import services
from accounts.forms import RetentionForm, SwitchForm
from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from accounts.services import set_automatic_backups, set_daily_backups


@require_safe
@account_view(Role.READER)
def privacy(request: AccountRequest) -> HttpResponse:
    """Data privacy: which backups are made without being asked for, and how long backups are kept."""
    return _privacy_page(request, RetentionForm(initial={"days": request.account.retention_days}))


@require_POST
@account_view(Role.OWNER)
def switch_automatic_backups(request: AccountRequest) -> HttpResponse:
    """Switches the automatic backups; answers htmx with the slider."""
    enabled = _is_enabled(request)
    set_automatic_backups(account=request.account, enabled=enabled, actor=request.user, now=timezone.now())
    if enabled:
        messages.success(request, _("Automatic backups are on."))
    else:
        messages.warning(
            request, _("Automatic backups are off. Imports and deletions run without a backup from now on.")
        )
    return _switched(request, "accounts/_automatic_backups_answer.html")


@require_POST
@account_view(Role.OWNER)
def switch_daily_backups(request: AccountRequest) -> HttpResponse:
    """Switches the daily backups; answers htmx with the slider."""
    enabled = _is_enabled(request)
    set_daily_backups(account=request.account, enabled=enabled, actor=request.user, now=timezone.now())
    if enabled:
        messages.success(request, _("Daily backups are on."))
    else:
        messages.success(request, _("Daily backups are off. Those made so far are kept for their time."))
    return _switched(request, "accounts/_daily_backups_answer.html")


@require_POST
@account_view(Role.OWNER)
def change_retention(request: AccountRequest) -> HttpResponse:
    """Has backups kept for another number of days."""
    form = RetentionForm(request.POST)
    if not form.is_valid():
        return _privacy_page(request, form, status=422)
    days, before = form.cleaned_data["days"], request.account.retention_days
    services.change_retention(account=request.account, days=days, actor=request.user, now=timezone.now())
    if days < before:
        text = ngettext(
            "New backups are kept for %(days)d day. Those made so far stay as long as was promised.",
            "New backups are kept for %(days)d days. Those made so far stay as long as was promised.",
            days,
        )
    else:
        text = ngettext("Backups are kept for %(days)d day.", "Backups are kept for %(days)d days.", days)
    messages.success(request, text % {"days": days})
    return redirect("accounts:privacy", request.account.pk)


def _is_enabled(request: AccountRequest) -> bool:
    """Where the slider was moved to."""
    form = SwitchForm(request.POST)
    form.full_clean()
    enabled: bool = form.cleaned_data["enabled"]
    return enabled


def _switched(request: AccountRequest, answer: str) -> HttpResponse:
    """The answer to a moved slider: to htmx the slider itself, else the page."""
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx's middleware
        return render(request, answer, {"is_owner": True})
    return redirect("accounts:privacy", request.account.pk)


def _privacy_page(request: AccountRequest, form: RetentionForm, status: int = 200) -> HttpResponse:
    context = {"is_owner": request.membership.may(Role.OWNER), "retention_form": form}
    return render(request, "accounts/privacy.html", context, status=status)
