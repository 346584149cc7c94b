"""What the frame of every page shows of an account that is being closed."""

from functools import cached_property

from django.http import HttpRequest

from accounts.context import Navigation
from accounts.tenancy import account_scope
from backups.closing import closure_of
from backups.models import Closure


class Closing:
    """Asks the database only on pages of an account that is on hold, as one that is being closed is."""

    def __init__(self, request: HttpRequest) -> None:
        self._navigation = Navigation(request)

    @cached_property
    def closure(self) -> Closure | None:
        """The closing of the page's account that is under way."""
        account = self._navigation.account
        if account is None or account.held_at is None:
            return None
        with account_scope(account.pk):  # pages of no account have none; the account is one of the person's own
            return closure_of(account.pk)


def closing(request: HttpRequest) -> dict[str, Closing]:
    """`closing` for every template."""
    return {"closing": Closing(request)}
