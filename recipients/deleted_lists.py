"""What somebody gets who comes to a page of a list that was deleted, as by the back button or an old bookmark.

It is still 404, but it says which list that was and leads to what is kept of it. `views.access` raises it, within the
account's gate, so that nobody learns of another account's lists.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from recipients.models import Group


class ListDeleted(Http404):
    """The list is no longer there. `group`: as it was."""

    def __init__(self, group: Group) -> None:
        super().__init__("the list was deleted")
        self.group = group


class DeletedListMiddleware:
    """Answers ListDeleted."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page that leads to the list's backups; None for every other exception."""
        if not isinstance(exception, ListDeleted):
            return None
        group = exception.group
        backups = f"{reverse('backups:overview', args=[group.account_id])}?{urlencode({'group': group.pk})}"
        return render(request, "recipients/deleted.html", {"group": group, "backups_href": backups}, status=404)
