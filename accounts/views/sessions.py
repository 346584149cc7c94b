"""Where a person is signed in; the list itself is allauth's."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import BigIntegerField
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.signing_in import end_session


@login_required
@require_POST
def end(request: HttpRequest, session_id: int) -> HttpResponse:
    """Signs the person out in one other place."""
    known = session_id <= BigIntegerField.MAX_BIGINT
    if not known or not end_session(user=cast("User", request.user), session_id=session_id):
        raise Http404
    messages.success(request, _("You are signed out there."))
    return redirect("usersessions_list")
