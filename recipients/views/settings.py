"""A list's settings: name, note, lock, automatic backups."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.forms import SwitchForm
from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from recipients.deletion import GroupGone
from recipients.forms import GroupForm
from recipients.models import Group
from recipients.queries import waiting_deletion
from recipients.services import set_group_backups, update_group
from recipients.views.access import group_or_404, is_editor, require_editor


@require_http_methods(["GET", "HEAD", "POST"])
@account_view(Role.READER)
def settings(request: AccountRequest, group_id: int) -> HttpResponse:
    """General settings, the switch of the automatic backups, and the way to the deletion."""
    group = group_or_404(request, group_id)
    if request.method != "POST":
        initial = {"name": group.name, "note": group.note, "locked": group.locked}
        return _page(request, group, GroupForm(initial=initial))
    require_editor(request)
    form = GroupForm(request.POST)
    if not form.is_valid():
        return _page(request, group, form, status=422)
    try:
        update_group(group=group, **form.cleaned_data, actor=request.user, now=timezone.now())
    except GroupGone as gone:
        raise Http404 from gone
    messages.success(request, _("The settings are saved."))
    return redirect("recipients:settings", request.account.pk, group.pk)


@require_POST
@account_view(Role.EDITOR)
def switch_backups(request: AccountRequest, group_id: int) -> HttpResponse:
    """Switches the list's automatic backups; answers htmx with the slider."""
    group = group_or_404(request, group_id)
    form = SwitchForm(request.POST)
    form.full_clean()
    enabled: bool = form.cleaned_data["enabled"]
    try:
        set_group_backups(group=group, enabled=enabled, actor=request.user, now=timezone.now())
    except GroupGone as gone:
        raise Http404 from gone
    if enabled:
        messages.success(request, _("Automatic backups of this list are on."))
    else:
        messages.warning(
            request, _("Automatic backups of this list are off. Imports and deletions run without a backup.")
        )
    if request.htmx:  # type: ignore[attr-defined]  # set by django-htmx's middleware
        return render(request, "recipients/_backups_switch_answer.html", {"group": group, "is_editor": True})
    return redirect("recipients:settings", request.account.pk, group.pk)


def _page(request: AccountRequest, group: Group, form: GroupForm, status: int = 200) -> HttpResponse:
    context = {"group": group, "form": form, "is_editor": is_editor(request), "deletion": waiting_deletion(group)}
    return render(request, "recipients/settings.html", context, status=status)
