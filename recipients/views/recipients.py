"""One recipient: what is known of them, edited by hand; signed off and made active again."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.gate import AccountRequest, account_view
from accounts.models import Role
from recipients.deletion import GroupGone, GroupLocked
from recipients.erased import erased_entry
from recipients.masterdata.address import normalise
from recipients.masterdata.file import FieldType
from recipients.models import ErasedAddress, Group, Recipient
from recipients.queries import latest_activities, what_blocks
from recipients.recipient_form import RecipientForm
from recipients.services import (
    AddressBlocked,
    AddressErased,
    AddressTaken,
    ChangedMeanwhile,
    MasterData,
    activate_recipient,
    deactivate_recipient,
    edit_recipient,
    read_master_data,
)
from recipients.views.access import group_or_404, is_editor, require_editor
from recipients.wording import (
    blocked_sentence,
    erased_and_blocked_sentence,
    let_in_again_sentence,
    locked_sentence,
    shown_value,
    status_of,
)

READ_OR_SEND = ["GET", "HEAD", "POST"]


@require_http_methods(READ_OR_SEND)
@account_view(Role.READER)
def recipient(request: AccountRequest, group_id: int, recipient_id: int) -> HttpResponse:
    """Master data to read or edit, status, and what the recipient did."""
    group = group_or_404(request, group_id)
    master = _master_or_404(group, recipient_id)
    if request.method != "POST":
        return _page(request, group, RecipientForm(master=master))
    require_editor(request)
    form = RecipientForm(request.POST, master=master)
    if form.is_valid() and _save(request, group, form):
        return _back_to(master.recipient)
    return _page(request, group, form, status=422)


@require_http_methods(READ_OR_SEND)
@account_view(Role.EDITOR)
def deactivate(request: AccountRequest, group_id: int, recipient_id: int) -> HttpResponse:
    """Asks, then signs a recipient off."""
    recipient = _master_or_404(group_or_404(request, group_id), recipient_id).recipient
    if request.method == "POST":
        return _change(request, recipient, deactivate_recipient, _("%(email)s is deactivated."))
    return render(request, "recipients/deactivate.html", {"group": recipient.group, "recipient": recipient})


@require_http_methods(READ_OR_SEND)
@account_view(Role.EDITOR)
def activate(request: AccountRequest, group_id: int, recipient_id: int) -> HttpResponse:
    """Asks, then makes a recipient active."""
    recipient = _master_or_404(group_or_404(request, group_id), recipient_id).recipient
    if request.method == "POST":
        return _change(request, recipient, activate_recipient, _("%(email)s is active."))
    context = {"group": recipient.group, "recipient": recipient, **_blocking(recipient)}
    return render(request, "recipients/activate.html", context)


def _save(request: AccountRequest, group: Group, form: RecipientForm) -> bool:
    """Save what a valid form changes; on a refusal the form says why."""
    changes = form.changes()
    if not changes:
        messages.success(request, _("The recipient is saved."))
        return True
    erased = _erased_before(group, changes)
    try:
        edit_recipient(
            account_id=group.account_id,
            group_id=group.pk,
            recipient_id=form.master.recipient.id,
            changes=changes,
            seen=form.cleaned_data["seen"],
            actor=request.user,
            now=timezone.now(),
        )
    except AddressTaken:
        form.add_error("email", _("Another recipient of this list has this address."))
    except AddressErased:
        form.add_error("email", erased_and_blocked_sentence())
    except AddressBlocked as refusal:
        way_out = _("Remove the entry there first, or enter another address.")
        form.add_error("email", f"{blocked_sentence(refusal.blocked)} {way_out}")
    except ChangedMeanwhile as conflict:
        form.show_conflict(conflict.present)
    except GroupLocked:
        form.add_error(None, locked_sentence())
    except (GroupGone, Recipient.DoesNotExist) as gone:
        raise Http404 from gone
    else:
        if erased is None:
            messages.success(request, _("The recipient is saved."))
        else:
            messages.warning(request, let_in_again_sentence(erased))
        return True
    return False


def _erased_before(group: Group, changes: dict[str, Any]) -> ErasedAddress | None:
    """What is remembered of an erasure of the address that the recipient is to have."""
    return erased_entry(account_id=group.account_id, email=normalise(changes["email"])) if "email" in changes else None


def _change(request: AccountRequest, recipient: Recipient, change: Callable[..., Recipient], done: str) -> HttpResponse:
    """Change the status and go back to the recipient with the message `done`, or with why it cannot be."""
    try:
        change(
            account_id=recipient.account_id,
            group_id=recipient.group_id,
            recipient_id=recipient.id,
            actor=request.user,
            now=timezone.now(),
        )
    except GroupLocked:
        messages.error(request, locked_sentence())
    except AddressBlocked as refusal:
        refused = _("%(email)s cannot be made active.") % {"email": recipient.email}
        messages.error(request, f"{refused} {blocked_sentence(refusal.blocked)}")
    except (GroupGone, Recipient.DoesNotExist) as gone:
        raise Http404 from gone
    else:
        messages.success(request, done % {"email": recipient.email})
    return _back_to(recipient)


def _back_to(recipient: Recipient) -> HttpResponse:
    return redirect("recipients:recipient", recipient.account_id, recipient.group_id, recipient.id)


def _blocking(recipient: Recipient) -> dict[str, Any]:
    """What a page says of the pattern that blocks a recipient, if one does."""
    account_id = recipient.account_id
    blocked = what_blocks(account_id=account_id, group=recipient.group, email=recipient.email)
    if blocked is None:
        return {"blocked": None}
    there = (
        reverse("recipients:block_list", args=[account_id, blocked.group_id])
        if blocked.group_id
        else reverse("recipients:account_block_list", args=[account_id])
    )
    return {
        "blocked": blocked,
        "blocked_sentence": blocked_sentence(blocked),
        "blocked_href": f"{there}?{urlencode({'q': blocked.pattern})}",
    }


def _master_or_404(group: Group, recipient_id: int) -> MasterData:
    try:
        return read_master_data(group=group, recipient_id=recipient_id)
    except Recipient.DoesNotExist as error:
        raise Http404 from error


def _page(request: AccountRequest, group: Group, form: RecipientForm, status: int = 200) -> HttpResponse:
    master = form.master
    word, kind = status_of(master.recipient)
    context = {
        "group": group,
        "recipient": master.recipient,
        "form": form,
        "status": word,
        "kind": kind,
        "may_edit": is_editor(request) and not group.locked,
        "is_editor": is_editor(request),
        "facts": [
            (field.label, shown_value(FieldType(field.type), master.values.get(field.key)), field.scope)
            for field in master.fields
        ],
        "activities": latest_activities(master.recipient),
        **_blocking(master.recipient),
    }
    return render(request, "recipients/recipient.html", context, status=status)
