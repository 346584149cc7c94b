"""My Account > Users: who belongs to the account, their roles, and who leaves it."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms import InvitationForm, RoleForm, SwitchForm
from accounts.gate import AccountRequest, account_view
from accounts.inviting import pending_invitations
from accounts.members import (
    LastOwner,
    NoSuchMember,
    NotAnOwner,
    change_role,
    leave_account,
    remove_member,
    transfer_ownership,
)
from accounts.models import Account, Membership, Role
from accounts.queries import members_of, members_without_second_factor
from accounts.services import NoSecondFactor, set_second_factor_demand

DECIDES = ["GET", "HEAD", "POST"]


@require_safe
@account_view(Role.READER)
def users(request: AccountRequest) -> HttpResponse:
    """The members of the account and what they may do; owners also see who is invited."""
    return users_page(request, InvitationForm())


def users_page(request: AccountRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
    """The page with this form in it."""
    is_owner = request.membership.may(Role.OWNER)
    context: dict[str, Any] = {"members": members_of(request.account.pk), "is_owner": is_owner}
    if is_owner:
        now = timezone.now()
        invitations = [(one, one.state(now)) for one in pending_invitations(request.account.pk)]
        context |= {"form": form, "invitations": invitations, "roles": Role.choices}
    return render(request, "accounts/users.html", context, status=status)


@require_POST
@account_view(Role.OWNER)
def switch_second_factor(request: AccountRequest) -> HttpResponse:
    """Demands a second factor of every member, or no longer; answers htmx with the slider."""
    form = SwitchForm(request.POST)
    form.full_clean()
    enabled = form.cleaned_data["enabled"]
    try:
        set_second_factor_demand(account=request.account, enabled=enabled, actor=request.user, now=timezone.now())
    except NoSecondFactor:
        messages.error(request, _("Set up two-factor login for yourself first: you would be shut out, too."))
    else:
        messages.success(request, _demanded(request) if enabled else _("Two-factor login is left to each member."))
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx's middleware
        return render(request, "accounts/_second_factor_answer.html", {"is_owner": True})
    return redirect("accounts:users", request.account.pk)


def _demanded(request: AccountRequest) -> str:
    without = members_without_second_factor(request.account.pk)
    if not without:
        return _("Two-factor login is demanded of everybody. All members have it.")
    text = ngettext(
        "Two-factor login is demanded of everybody. %(without)d member has none yet and comes in once it is set up.",
        "Two-factor login is demanded of everybody. %(without)d members have none yet and come in once it is set up.",
        without,
    )
    return text % {"without": without}


@require_POST
@account_view(Role.OWNER)
def role(request: AccountRequest, member_id: int) -> HttpResponse:
    """Gives a member another role."""
    member = _member_or_404(request.account, member_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return users_page(request, InvitationForm(), status=422)
    try:
        member = change_role(
            account=request.account,
            member_id=member.pk,
            role=Role(form.cleaned_data["role"]),
            actor=request.user,
            now=timezone.now(),
        )
    except (LastOwner, NoSuchMember, NotAnOwner) as refusal:
        return _refused(request, refusal)
    text = _("%(name)s is now: %(role)s.") % {"name": _name(member), "role": member.get_role_display()}
    messages.success(request, text)
    return redirect("accounts:users", request.account.pk)


@require_http_methods(DECIDES)
@account_view(Role.OWNER)
def remove(request: AccountRequest, member_id: int) -> HttpResponse:
    """Asks, and then takes a member out of the account."""
    member = _member_or_404(request.account, member_id)
    if member.user_id == request.user.pk:
        return redirect("accounts:leave", request.account.pk)
    if request.method != "POST":
        return _confirm_removal(request, member)
    try:
        remove_member(account=request.account, member_id=member.pk, actor=request.user, now=timezone.now())
    except (LastOwner, NoSuchMember, NotAnOwner) as refusal:
        return _refused(request, refusal)
    messages.success(request, _("%(name)s no longer belongs to this account.") % {"name": _name(member)})
    return redirect("accounts:users", request.account.pk)


@require_http_methods(DECIDES)
@account_view(Role.OWNER)
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
def transfer(request: AccountRequest, member_id: int) -> HttpResponse:
    """Asks for the password, asks again, and then makes another member the owner in one's own place."""
    member = _member_or_404(request.account, member_id)
    if member.user_id == request.user.pk:
        raise Http404
    if request.method != "POST":
        return _confirm_transfer(request, member)
    try:
        transfer_ownership(account=request.account, member_id=member.pk, actor=request.user, now=timezone.now())
    except (NoSuchMember, NotAnOwner) as refusal:
        return _refused(request, refusal)
    text = _("%(name)s is now an owner of this account, and you are an editor.") % {"name": _name(member)}
    messages.success(request, text)
    return redirect("accounts:users", request.account.pk)


@require_http_methods(DECIDES)
@account_view(Role.READER, even_without_second_factor=True)
def leave(request: AccountRequest) -> HttpResponse:
    """Asks, and then takes the person themselves out of the account; also who will not set up what it demands."""
    if request.method != "POST":
        return _confirm_leaving(request)
    try:
        leave_account(account=request.account, user=request.user, now=timezone.now())
    except (LastOwner, NoSuchMember) as refusal:
        return _refused(request, refusal)
    messages.success(request, _("You no longer belong to %(account)s.") % {"account": request.account.name})
    return redirect("home")


def _member_or_404(account: Account, member_id: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), account=account, pk=_known(member_id))


def _known(member_id: int) -> int:
    """A number that the database can look for."""
    if member_id >= 2**63:
        raise Http404
    return member_id


def _name(member: Membership) -> str:
    return member.user.get_full_name() or member.user.email


def _refused(request: AccountRequest, refusal: Exception) -> HttpResponse:
    """Back to the members, with the reason."""
    if isinstance(refusal, NotAnOwner):
        raise PermissionDenied
    if isinstance(refusal, NoSuchMember):
        raise Http404
    text = _("An account needs an owner. Make somebody else an owner first.")
    messages.error(request, text)
    return redirect("accounts:users", request.account.pk)


def _confirm_removal(request: AccountRequest, member: Membership) -> HttpResponse:
    name = _name(member)
    return _confirm_page(
        request,
        heading=_("Remove %(name)s") % {"name": name},
        text=_("%(name)s (%(email)s) will no longer see anything of this account, from their next click on.")
        % {"name": name, "email": member.user.email},
        facts=[
            _("What they have done stays, and stays in the audit log with their name."),
            _("Imports and backups that they have started go on."),
            _("Invitations that they have sent and nobody has accepted are withdrawn."),
            _("You can invite them again at any time."),
        ],
        label=_("Remove %(name)s from the account") % {"name": name},
        action=reverse("accounts:remove_member", args=[request.account.pk, member.pk]),
    )


def _confirm_transfer(request: AccountRequest, member: Membership) -> HttpResponse:
    name = _name(member)
    return _confirm_page(
        request,
        heading=_("Transfer the account"),
        text=_("%(name)s (%(email)s) becomes an owner of %(account)s, and you become an editor.")
        % {"name": name, "email": member.user.email, "account": request.account.name},
        facts=[
            _("Owners decide about users, roles, backups and the account's settings. Other owners stay owners."),
            _("Only an owner can give you your role back."),
            _("Invitations that you have sent and nobody has accepted are withdrawn."),
        ],
        label=_("Transfer %(account)s to %(name)s") % {"account": request.account.name, "name": name},
        action=reverse("accounts:transfer_ownership", args=[request.account.pk, member.pk]),
    )


def _confirm_leaving(request: AccountRequest) -> HttpResponse:
    return _confirm_page(
        request,
        heading=_("Leave the account"),
        text=_("You will no longer see anything of %(account)s.") % {"account": request.account.name},
        facts=[
            _("What you have done stays, and stays in the audit log with your name."),
            _("Only an owner of the account can invite you again."),
        ],
        label=_("Leave %(account)s") % {"account": request.account.name},
        action=reverse("accounts:leave", args=[request.account.pk]),
    )


def _confirm_page(request: AccountRequest, **question: Any) -> HttpResponse:
    cancel_href = reverse("accounts:users", args=[request.account.pk])
    return render(request, "accounts/confirm.html", {**question, "cancel_href": cancel_href})
