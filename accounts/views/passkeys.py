"""What allauth's pages of passkeys do otherwise here: one list, on the two-factor page, and errors where one stands."""

from typing import Any

from allauth.mfa.webauthn.views import ReauthenticateWebAuthnView, RemoveWebAuthnView
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy

from accounts.passkey_forms import ReauthenticateForm
from accounts.queries import is_only_factor


@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """Passkeys stand on the page of two-factor login, with what else there is."""
    return redirect("mfa_index")


class RemovePasskeyView(RemoveWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Says before the last one is removed what goes with it."""

    success_url = reverse_lazy("mfa_index")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "is_only": is_only_factor(self.object)}


class ReauthenticatePasskeyView(ReauthenticateWebAuthnView):  # type: ignore[misc]  # allauth has no types
    """Says on the page itself that an answer was refused, and asks again: the person is signed in."""

    def form_invalid(self, form: ReauthenticateForm) -> HttpResponse:
        response: HttpResponse = self.render_to_response(self.get_context_data(form=form))
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **kwargs}


remove = RemovePasskeyView.as_view()
reauthenticate = ReauthenticatePasskeyView.as_view()
