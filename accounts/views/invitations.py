"""Inviting people to an account, and what they find behind the link in the mail."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import complete_signup
from django.contrib import messages
from django.db import transaction
from django.db.models import BigIntegerField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import InvitationForm, InvitedSignupForm
from accounts.gate import AccountRequest, account_view
from accounts.inviting import (
    AlreadyInvited,
    AlreadyMember,
    AnotherAddress,
    NotOpen,
    NotSent,
    SentJustNow,
    accept,
    find_invitation,
    invite,
    renew,
    withdraw,
)
from accounts.mail import MAIL_FAILURES
from accounts.models import Invitation, InvitationState, Role, User
from accounts.tenancy import account_scope
from accounts.views.users import users_page


@require_POST
@account_view(Role.OWNER)
def send(request: AccountRequest) -> HttpResponse:
    """Invites somebody by e-mail."""
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return users_page(request, form, status=422)
    email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
    try:
        with transaction.atomic():
            invitation, secret = invite(
                account=request.account, email=email, role=role, actor=request.user, now=timezone.now()
            )
            _mail(request, invitation, secret)
    except (NotSent, *MAIL_FAILURES) as refusal:
        form.add_error("email", _why_not(refusal))
        return users_page(request, form, status=422)
    messages.success(request, _sent(invitation))
    return redirect("accounts:users", request.account.pk)


@require_POST
@account_view(Role.OWNER)
def send_again(request: AccountRequest, invitation_id: int) -> HttpResponse:
    """Sends another message with another link; the old one no longer counts."""
    invitation = _invitation_or_404(request, invitation_id)
    try:
        with transaction.atomic():
            _mail(request, invitation, renew(invitation=invitation, actor=request.user, now=timezone.now()))
    except NotOpen:
        messages.error(request, _("This invitation is over: it was accepted or withdrawn meanwhile."))
    except (NotSent, *MAIL_FAILURES) as refusal:
        messages.error(request, _why_not(refusal))
    else:
        messages.success(request, _sent(invitation))
    return redirect("accounts:users", request.account.pk)


@require_POST
@account_view(Role.OWNER)
def take_back(request: AccountRequest, invitation_id: int) -> HttpResponse:
    """Withdraws an invitation."""
    invitation = _invitation_or_404(request, invitation_id)
    try:
        withdraw(invitation=invitation, actor=request.user, now=timezone.now())
    except NotOpen:
        messages.error(request, _("This invitation is over: it was accepted or withdrawn meanwhile."))
    else:
        text = _("The invitation to %(email)s is withdrawn. Its link no longer works.") % {"email": invitation.email}
        messages.success(request, text)
    return redirect("accounts:users", request.account.pk)


@sensitive_post_parameters("password1", "password2")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, to_account: int, secret: str) -> HttpResponse:
    """What somebody finds behind the link, signed in or not; joins them when they say so."""
    if to_account > BigIntegerField.MAX_BIGINT:
        return _over(request, None)
    with account_scope(to_account):
        invitation = find_invitation(account_id=to_account, secret=secret, lock=request.method == "POST")
        if invitation is None or invitation.state(timezone.now()) is not InvitationState.OPEN:
            return _over(request, invitation)
        if invitation.account.held_at is not None:
            return _told(request, "held", invitation, status=409)
        if not request.user.is_authenticated:
            return _answer_of_a_visitor(request, invitation)
        return _answer_of_a_person(request, invitation, request.user)


def _answer_of_a_person(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    """Asks who is signed in with the address whether they join, and lets them."""
    if request.method != "POST":
        return _invited(request, invitation, is_for_me=user.email.lower() == invitation.email)
    try:
        accept(invitation=invitation, user=user, now=timezone.now())
    except AnotherAddress:
        return _invited(request, invitation, is_for_me=False, status=422)
    except NotOpen:
        return _over(request, invitation)
    _say_welcome(request, invitation)
    return redirect(_lists_of(invitation))


def _answer_of_a_visitor(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The way to the login for who has one; a form that makes one, and joins, for who has none."""
    if User.objects.filter(email=invitation.email).exists():
        return _invited(request, invitation)
    form = InvitedSignupForm(request.POST or None, email=invitation.email)
    if not form.is_valid():
        return _invited(request, invitation, form=form, status=422 if form.is_bound else 200)
    get_adapter(request).stash_verified_email(request, invitation.email)  # the mail has proved it
    with transaction.atomic():
        user = form.save(request)
        accept(invitation=invitation, user=user, now=timezone.now())
    _say_welcome(request, invitation)
    signed_in: HttpResponse = complete_signup(request, user, None, _lists_of(invitation))
    return signed_in


def _invited(
    request: HttpRequest,
    invitation: Invitation,
    *,
    is_for_me: bool = True,
    form: InvitedSignupForm | None = None,
    status: int = 200,
) -> HttpResponse:
    inviter = invitation.invited_by
    context: dict[str, Any] = {
        "invitation": invitation,
        "inviter": (inviter.get_full_name() or inviter.email) if inviter else "",
        "is_for_me": is_for_me,
        "form": form,
    }
    return render(request, "accounts/invitation.html", context, status=status)


def _over(request: HttpRequest, invitation: Invitation | None) -> HttpResponse:
    """Says what has become of the invitation; nothing of an account to who does not know the secret."""
    if invitation is None:
        return _told(request, "", None, status=404)
    return _told(request, invitation.state(timezone.now()), invitation, status=410)


def _told(request: HttpRequest, state: str, invitation: Invitation | None, *, status: int) -> HttpResponse:
    context = {"state": state, "invitation": invitation, "account": invitation.account if invitation else None}
    return render(request, "accounts/invitation_over.html", context, status=status)


def _say_welcome(request: HttpRequest, invitation: Invitation) -> None:
    messages.success(request, _("You now belong to %(account)s.") % {"account": invitation.account.name})


def _lists_of(invitation: Invitation) -> str:
    return reverse("recipients:groups", args=[invitation.account_id])


def _mail(request: AccountRequest, invitation: Invitation, secret: str) -> None:
    """Send the link, in the language in which it was asked for; the invitation is undone when that fails."""
    place = reverse("invitation", args=[invitation.account_id, secret])
    context = {
        "account": request.account,
        "invitation": invitation,
        "inviter": request.user.get_full_name() or request.user.email,
        "link": request.build_absolute_uri(place),
    }
    get_adapter(request).send_mail("accounts/email/invitation", invitation.email, context)


def _invitation_or_404(request: AccountRequest, invitation_id: int) -> Invitation:
    if invitation_id > BigIntegerField.MAX_BIGINT:
        raise Http404
    return get_object_or_404(
        Invitation.objects.select_related("account"), account_id=request.account.pk, pk=invitation_id
    )


def _sent(invitation: Invitation) -> str:
    return _("An invitation is on its way to %(email)s. It is valid for seven days.") % {"email": invitation.email}


def _why_not(refusal: Exception) -> str:
    if isinstance(refusal, AlreadyMember):
        return _("This person belongs to the account already.")
    if isinstance(refusal, AlreadyInvited):
        return _("This person is invited already. Below, you can send the invitation again.")
    if isinstance(refusal, SentJustNow):
        return _("A message went to this address just now. Wait ten minutes before you send another one.")
    if isinstance(refusal, NotSent):
        return _("You have sent many invitations today. Send more tomorrow.")
    return _("The mail server did not take the message, so nobody was invited. Try it again later.")
