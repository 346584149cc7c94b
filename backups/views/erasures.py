"""Erasing a person: the address, the question with its numbers, and how far the erasures of the account are.

For owners alone: it cannot be taken back, reaches into every list and every backup, and answers for a legal request.
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from backups.erasure_wording import course_of, erased_sentence, question_of
from backups.forms import ErasureForm
from backups.models import Erasure
from recipients.erasing import erase_person, find_person
from recipients.models import Recipient
from recipients.views.access import group_or_404

ERASURES_A_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@vary_on_headers("HX-Request")
@account_view(Role.OWNER)
def erase(request: AccountRequest) -> HttpResponse:
    """Takes the address, asks, and with `erase` erases; below, the erasures until now."""
    if request.method != "POST":
        return _page(request, ErasureForm())
    is_confirmed = "erase" in request.POST
    form = ErasureForm({"email": request.POST.get("erase" if is_confirmed else "email", "")})
    if not form.is_valid():
        return _page(request, form, status=422)
    email = form.cleaned_data["email"]
    if not is_confirmed:
        return _question(request, email, cancel_href=reverse("backups:erase", args=[request.account.pk]))
    lists = erase_person(account=request.account, email=email, actor=request.user, now=timezone.now())
    messages.success(request, erased_sentence(lists))
    return redirect("backups:erase", request.account.pk)


@require_safe
@account_view(Role.OWNER)
def erase_recipient(request: AccountRequest, group_id: int, recipient_id: int) -> HttpResponse:
    """Asks whether one recipient of a list is to be erased from the whole account."""
    group = group_or_404(request, group_id)
    found = Recipient.objects.of(account_id=request.account.pk, group_id=group.pk).filter(id=recipient_id).first()
    if found is None:
        raise Http404
    back = reverse("recipients:recipient", args=[request.account.pk, group.pk, recipient_id])
    return _question(request, found.email, cancel_href=back)


def _question(request: AccountRequest, email: str, *, cancel_href: str) -> HttpResponse:
    found = find_person(account_id=request.account.pk, email=email)
    context = {
        "email": found.email,
        "question": question_of(found, account_id=request.account.pk),
        "action": reverse("backups:erase", args=[request.account.pk]),
        "cancel_href": cancel_href,
    }
    return render(request, "backups/erase_question.html", context)


def _page(request: AccountRequest, form: ErasureForm, status: int = 200) -> HttpResponse:
    erasures = (
        Erasure.objects.filter(account_id=request.account.pk)
        .select_related("requested_by")
        .order_by("-requested_at", "-pk")
    )
    page = Paginator(erasures, ERASURES_A_PAGE).get_page(request.GET.get("page"))
    courses = [course_of(erasure) for erasure in page]
    context = {
        "form": form,
        "page": page,
        "courses": courses,
        "is_running": any(course.is_running for course in courses),
    }
    part = request.htmx.target == "erasures"  # type: ignore[attr-defined]  # set by django-htmx's middleware
    return render(request, "backups/_erasures.html" if part else "backups/erase.html", context, status=status)
