"""The start page and the pages of My Account."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import services
from accounts.forms import AccountNameForm, MyDataForm, RetentionForm, SwitchForm
from accounts.gate import AccountRequest, account_view
from accounts.language import remember_language
from accounts.models import Role
from accounts.queries import accounts_of, audit_entries_of, members_of
from accounts.services import change_person, rename_account, set_automatic_backups, set_daily_backups
from accounts.tenancy import user_scope

AUDIT_ENTRIES_A_PAGE = 50


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Leads to the lists of the person's first account; says so to who belongs to none."""
    user_id = cast("int", request.user.pk)  # somebody: login_required
    with user_scope(user_id):
        accounts = accounts_of(user_id)
    if not accounts:
        return render(request, "accounts/no_account.html")
    return redirect("recipients:groups", accounts[0].pk)


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.READER)
def my_data(request: AccountRequest) -> HttpResponse:
    """The person's own data, which every member may change; the account's name below."""
    if request.method != "POST":
        return _my_data_page(request, _my_data_form(request), _account_name_form(request))
    form = MyDataForm(request.POST)
    if not form.is_valid():
        return _my_data_page(request, form, _account_name_form(request), status=422)
    change_person(user=request.user, **form.cleaned_data)
    language = request.user.language
    with translation.override(language or translation.get_language()):
        messages.success(request, _("Your data is saved."))
    response = redirect("accounts:settings", request.account.pk)
    remember_language(response, language)
    return response


@require_POST
@account_view(Role.OWNER)
def rename(request: AccountRequest) -> HttpResponse:
    """Gives the account another name."""
    form = AccountNameForm(request.POST)
    if not form.is_valid():
        return _my_data_page(request, _my_data_form(request), form, status=422)
    rename_account(account=request.account, name=form.cleaned_data["name"], actor=request.user, now=timezone.now())
    messages.success(request, _("The account is now called %(name)s.") % {"name": request.account.name})
    return redirect("accounts:settings", request.account.pk)


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


@require_safe
@account_view(Role.READER)
def users(request: AccountRequest) -> HttpResponse:
    """The members of the account and what they may do."""
    return render(request, "accounts/users.html", {"members": members_of(request.account.pk)})


@require_safe
@account_view(Role.READER)
def audit_log(request: AccountRequest) -> HttpResponse:
    """What happened in the account, newest first."""
    pages = Paginator(audit_entries_of(request.account.pk), AUDIT_ENTRIES_A_PAGE)
    return render(request, "accounts/audit_log.html", {"page": pages.get_page(request.GET.get("page"))})


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


def _my_data_form(request: AccountRequest) -> MyDataForm:
    """The form of the person's own data."""
    person = request.user
    return MyDataForm(
        initial={"first_name": person.first_name, "last_name": person.last_name, "language": person.language}
    )


def _account_name_form(request: AccountRequest) -> AccountNameForm | None:
    """The form of the account's name, for owners."""
    if not request.membership.may(Role.OWNER):
        return None
    return AccountNameForm(initial={"name": request.account.name})


def _my_data_page(
    request: AccountRequest, form: MyDataForm, account_form: AccountNameForm | None, status: int = 200
) -> HttpResponse:
    context = {"form": form, "account_form": account_form}
    return render(request, "accounts/my_data.html", context, status=status)
