"""What a page may show and a member may change."""

from django.core.exceptions import PermissionDenied
from django.http import Http404

from accounts.gate import AccountRequest
from accounts.models import Role
from recipients.deleted_lists import ListDeleted
from recipients.models import Group


def group_or_404(request: AccountRequest, group_id: int) -> Group:
    """A list of the account. Raises Http404, of a list that was deleted ListDeleted."""
    group: Group | None = Group.objects.filter(account_id=request.account.pk, pk=group_id).first()
    if group is None:
        raise Http404
    if group.deleted_at is not None:
        raise ListDeleted(group)
    group.account = request.account
    return group


def is_editor(request: AccountRequest) -> bool:
    """Whether the member may change lists and recipients."""
    return request.membership.may(Role.EDITOR)


def require_editor(request: AccountRequest) -> None:
    """Answer 403 to who may see a page but not send its form."""
    if not is_editor(request):
        raise PermissionDenied
