"""What the frame of every page shows: the account, the person's other accounts, the section of the left menu."""

from functools import cached_property

from django.http import HttpRequest

from accounts.models import Account
from accounts.queries import accounts_of
from accounts.tenancy import user_scope

SECTIONS = {"recipients", "imports"}
PAGES_OF_RECIPIENTS = {"imports:new_list"}  # besides every page of a list, whichever app it is of
ENTRIES_OF_THEIR_OWN = {"recipients:account_block_list": "block_list", "backups:erase": "erase"}  # inside a section


class Navigation:
    """Asks the database only when a page shows it, so that the page of an error needs none."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @cached_property
    def accounts(self) -> list[Account]:
        """The accounts that the person belongs to, by name."""
        if not self._request.user.is_authenticated:
            return []
        user_id = self._request.user.pk
        if self._inside is not None:  # the gate's scope shows the person's own memberships too
            return accounts_of(user_id)
        with user_scope(user_id):
            return accounts_of(user_id)

    @property
    def account(self) -> Account | None:
        """The account of the page; on pages that belong to none (the password, say) the person's first one."""
        return self._inside or next(iter(self.accounts), None)

    @property
    def has_several(self) -> bool:
        """Whether there is an account to change to."""
        return len(self.accounts) > 1

    @property
    def section(self) -> str:
        """The entry of the left menu that the page belongs to; empty when it belongs to none."""
        match = self._request.resolver_match
        if match is None:
            return ""
        if match.view_name in ENTRIES_OF_THEIR_OWN:
            return ENTRIES_OF_THEIR_OWN[match.view_name]
        if "group_id" in match.kwargs or match.view_name in PAGES_OF_RECIPIENTS:
            return "recipients"
        return match.app_name if match.app_name in SECTIONS else ""

    @property
    def _inside(self) -> Account | None:
        return getattr(self._request, "account", None)


def navigation(request: HttpRequest) -> dict[str, Navigation]:
    """`navigation` for every template."""
    return {"navigation": Navigation(request)}
