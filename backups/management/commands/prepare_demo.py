"""`manage.py prepare_demo`: an account to try Listkeep with; `make run` prints how to sign in."""

from datetime import timedelta
from typing import Any, Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Account, User
from accounts.queries import accounts_of
from accounts.services import create_account
from accounts.tenancy import user_scope
from backups.management.demo.activities import make_activities
from backups.management.demo.files import CUSTOMERS, FAIR, NEWSLETTER, demo_files
from backups.management.demo.history import DemoFailed, delete_list, import_file

EMAIL: Final = "demo@listkeep.example"
ACCOUNT: Final = "Beispiel GmbH"
OPENED: Final = timedelta(days=29)
FAIR_DELETED: Final = timedelta(days=1)


class Command(BaseCommand):
    """Makes the demo account, as far as it is missing, and prints its e-mail address and password."""

    help = "Make an account to try Listkeep with, and print how to sign in."

    def handle(self, *args: Any, **options: Any) -> None:
        password: str = settings.DEMO_PASSWORD
        if not password:
            raise CommandError(
                "LISTKEEP_DEMO_PASSWORD is not set; outside of debug mode the demo has no other password."
            )
        owner = _owner(password)
        account = _account(owner)
        try:
            _make_history(account, owner)
        except DemoFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Demo: {EMAIL} / {password}")


def _owner(password: str) -> User:
    """The demo's person, who can sign in with `password`."""
    owner = User.objects.filter(email=EMAIL).first()
    if owner is None:
        owner = User.objects.create_user(EMAIL, password, first_name="Jana", last_name="Köster")
    elif not owner.check_password(password):
        owner.set_password(password)
        owner.save(update_fields=["password"])
    EmailAddress.objects.get_or_create(user=owner, email=EMAIL, defaults={"verified": True, "primary": True})
    return owner


def _account(owner: User) -> Account:
    with user_scope(owner.pk):
        accounts = accounts_of(owner.pk)
    return accounts[0] if accounts else create_account(name=ACCOUNT, owner=owner, now=timezone.now() - OPENED)


def _make_history(account: Account, owner: User) -> None:
    files = demo_files(timezone.localtime())
    for file in files:
        if file.ago < FAIR_DELETED:
            delete_list(account=account, actor=owner, name=FAIR, ago=FAIR_DELETED)
        import_file(account=account, actor=owner, file=file)
    for name in (CUSTOMERS, NEWSLETTER):
        make_activities(account=account, list_name=name, now=timezone.now())
