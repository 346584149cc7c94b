"""Block lists: the account's and each list's own, looked through, extended and shortened."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from recipients.blocking_form import BlockedListingForm, BlockForm
from recipients.deletion import GroupGone, GroupLocked
from recipients.masterdata.address import is_valid
from recipients.models import Group
from recipients.queries import BlockedPage, blocked_page, count_blocked, what_blocks
from recipients.services import TooManyOtherPatterns, block_addresses, unblock_addresses
from recipients.views.access import group_or_404, is_editor, require_editor
from recipients.wording import locked_sentence, too_many_patterns_sentence

READ_OR_SEND = ["GET", "HEAD", "POST"]


@require_http_methods(READ_OR_SEND)
@vary_on_headers("HX-Request")
@account_view(Role.READER)
def account_block_list(request: AccountRequest) -> HttpResponse:
    """What must not come into any list of the account."""
    return _show_or_extend(request, None)


@require_http_methods(READ_OR_SEND)
@vary_on_headers("HX-Request")
@account_view(Role.READER)
def block_list(request: AccountRequest, group_id: int) -> HttpResponse:
    """What must not come into one list."""
    return _show_or_extend(request, group_or_404(request, group_id))


@require_POST
@account_view(Role.EDITOR)
def account_unblock(request: AccountRequest) -> HttpResponse:
    """Takes entries off the account's block list."""
    return _shorten(request, None)


@require_POST
@account_view(Role.EDITOR)
def unblock(request: AccountRequest, group_id: int) -> HttpResponse:
    """Takes entries off a list's block list."""
    return _shorten(request, group_or_404(request, group_id))


def _show_or_extend(request: AccountRequest, group: Group | None) -> HttpResponse:
    if request.method != "POST":
        return _page(request, group, BlockForm())
    require_editor(request)
    form = BlockForm(request.POST)
    if form.is_valid() and _extend(request, group, form):
        return _back(request, group)
    return _page(request, group, form, status=422)


def _extend(request: AccountRequest, group: Group | None, form: BlockForm) -> bool:
    """Block what a valid form holds; whether all of it could be. The form keeps the rest."""
    entries = form.cleaned_data["entries"]
    try:
        new = block_addresses(
            account=request.account, group=group, patterns=entries.patterns, actor=request.user, now=timezone.now()
        )
    except TooManyOtherPatterns:
        form.add_error("entries", too_many_patterns_sentence())
        return False
    except GroupLocked:
        form.add_error(None, locked_sentence())
        return False
    except GroupGone as gone:
        raise Http404 from gone
    if entries.patterns:
        level = messages.SUCCESS if new else messages.INFO
        messages.add_message(request, level, _blocked_sentence(entries.patterns, new))
    if entries.refused:
        form.leave_refused(entries.refused)
    return not entries.refused


def _shorten(request: AccountRequest, group: Group | None) -> HttpResponse:
    patterns = [pattern for pattern in request.POST.getlist("pattern") if "\x00" not in pattern]
    try:
        count = unblock_addresses(
            account=request.account, group=group, patterns=patterns, actor=request.user, now=timezone.now()
        )
    except GroupLocked:
        messages.error(request, locked_sentence())
    except GroupGone as gone:
        raise Http404 from gone
    else:
        if not patterns:
            messages.warning(request, _("Tick the entries that you want to remove."))
        elif len(patterns) == count == 1:
            messages.success(request, _("“%(pattern)s” is no longer blocked.") % {"pattern": patterns[0]})
        else:
            sentence = ngettext("%(count)s entry has been removed.", "%(count)s entries have been removed.", count)
            messages.success(request, sentence % {"count": number_format(count)})
    return _back(request, group, search=request.POST.get("q", ""))


def _blocked_sentence(patterns: list[str], new: int) -> str:
    if len(patterns) == 1:
        sentence = _("“%(pattern)s” is blocked from now on.") if new else _("“%(pattern)s” is blocked already.")
        return sentence % {"pattern": patterns[0]}
    if new == 0:
        return _("All of these are blocked already.")
    added = ngettext("%(count)s entry has been added.", "%(count)s entries have been added.", new)
    sentence = added % {"count": number_format(new)}
    known = len(patterns) - new
    if not known:
        return sentence
    already = ngettext("%(count)s is blocked already.", "%(count)s are blocked already.", known)
    return f"{sentence} {already % {'count': number_format(known)}}"


def _back(request: AccountRequest, group: Group | None, *, search: str = "") -> HttpResponse:
    there = (
        redirect("recipients:block_list", request.account.pk, group.pk)
        if group
        else redirect("recipients:account_block_list", request.account.pk)
    )
    if search:
        there["Location"] += f"?{urlencode({'q': search})}"
    return there


def _page(request: AccountRequest, group: Group | None, form: BlockForm, status: int = 200) -> HttpResponse:
    listing = BlockedListingForm(request.GET)
    if not listing.is_valid():
        raise Http404
    choice = listing.cleaned_data
    search: str = choice["q"]
    account_id = request.account.pk
    page = blocked_page(
        account_id=account_id, group=group, search=search, after=choice["after"], before=choice["before"]
    )
    is_address = is_valid(search)
    context: dict[str, Any] = {
        "group": group,
        "listing": listing,
        "search": search,
        "page": page,
        "links": _links(page, search),
        "is_address": is_address,
        "blocked_by": what_blocks(account_id=account_id, group=group, email=search) if is_address else None,
        "count": count_blocked(account_id=account_id, group=group),
        "may_change": is_editor(request) and not (group and group.locked),
    }
    if request.htmx and request.method != "POST":  # type: ignore[attr-defined]  # set by django-htmx's middleware
        return render(request, "recipients/_blocked.html", context)
    context |= {"form": form, "is_editor": is_editor(request)}
    if group is None:
        return render(request, "recipients/account_block_list.html", context, status=status)
    context["account_wide_count"] = count_blocked(account_id=account_id, group=None)
    return render(request, "recipients/block_list.html", context, status=status)


def _links(page: BlockedPage, search: str) -> dict[str, str]:
    """The addresses of the neighbouring pages, by their names."""
    base = {"q": search} if search else {}
    links = {}
    if page.previous is not None:
        links["previous"] = f"?{urlencode(base | {'before': page.previous})}"
    if page.next is not None:
        links["next"] = f"?{urlencode(base | {'after': page.next})}"
    return links
