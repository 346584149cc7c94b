"""My Account > Settings > My data: the person's own data, and the account's name."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import AccountNameForm, MyDataForm
from accounts.gate import AccountRequest, account_view
from accounts.language import remember_language
from accounts.models import Role
from accounts.services import change_person, rename_account


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
