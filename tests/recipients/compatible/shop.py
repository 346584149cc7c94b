"""A customer with a shop: an account with lists, recipients, fields, a block list and activities, and its client.

`word` stands in each text of it.
"""

from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import Account, ApiToken, Role, User
from accounts.tenancy import account_scope
from accounts.tokens import create_token
from backups.models import Backup
from recipients.masterdata.file import FieldType
from recipients.models import Field, Group, Recipient
from tests.factories import (
    DAY,
    NOW,
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
)
from tests.recipients.compatible.client import RestClient, Transport, in_process


@dataclass
class Shop:
    """What was made; `client` has the token of `secret`, which may write."""

    word: str
    account: Account
    owner: User
    group: Group
    other_group: Group
    city: Field
    points: Field
    anna: Recipient
    secret: str
    client: RestClient

    @property
    def client_id(self) -> str:
        """The first part of the secret."""
        return f"lk_{self.account.pk}"

    def email(self, name: str) -> str:
        """An address of this customer."""
        return f"{name}@{self.word}.example"

    def recipient(self, name: str, group: Group | None = None) -> Recipient:
        """One of its recipients as they are now."""
        asked = group or self.group
        with account_scope(self.account.pk):
            rows = Recipient.objects.of(account_id=self.account.pk, group_id=asked.pk)
            found: Recipient = rows.get(email=self.email(name))
        return found

    def emails(self, group: Group | None = None) -> list[str]:
        """Who is in a list, without the domain."""
        asked = group or self.group
        with account_scope(self.account.pk):
            rows = Recipient.objects.of(account_id=self.account.pk, group_id=asked.pk).order_by("email")
            return [one.email.partition("@")[0] for one in rows]

    def backups(self) -> int:
        """How many backups there are, whatever their state."""
        with account_scope(self.account.pk):
            return Backup.objects.count()

    def receivers(self, rest: str = "", group: Group | None = None) -> str:
        """The path of a list's receivers."""
        return f"groups/{(group or self.group).pk}/receivers{rest}"

    def write(self, way: str, *rows: Any) -> list[Any]:
        """A batch through `insert`, `upsert`, `upsertplus`, `update` or `updateplus`."""
        method = "PUT" if way.startswith("update") else "POST"
        answer: list[Any] = self.client.call(method, self.receivers(f"/{way}"), list(rows))
        return answer


def make_shop(word: str = "laden", *, send: Transport | None = None) -> Shop:
    """A customer in whose first list Anna is active, Bernd has signed off, Clara is pending and Dora bounced.

    Anna is in the second list as well. Automatic backups are on everywhere.
    """
    account = make_account(name=f"Firma {word}")
    owner = make_member(account, Role.OWNER)
    group, other_group = (
        make_group(account, f"Kunden {word}", note=f"Aus {word}"),
        make_group(account, f"Presse {word}"),
    )
    city = make_field(account, f"Ort {word}", key="ort", group=group)
    points = make_field(account, f"Punkte {word}", FieldType.NUMBER, key="punkte")
    make_field(account, "Geburtstag", FieldType.DATE, key="geburtstag", group=group)
    make_field(account, "Anrede", FieldType.GENDER, key="anrede", group=group)
    anna = make_recipient(
        group, f"anna@{word}.example", values={"ort": word}, tags=[f"shop.{word}"], source=f"Laden {word}"
    )
    make_recipient(other_group, f"anna@{word}.example")
    make_recipient(group, f"bernd@{word}.example", deactivated_at=NOW + DAY)
    make_recipient(group, f"clara@{word}.example", activated_at=None)
    make_recipient(group, f"dora@{word}.example", bounced_at=NOW + DAY)
    make_contact(account, f"anna@{word}.example", {"punkte": 7})
    make_blocked(account, f"*@spam.{word}.example", blocked_by=owner)
    make_activity(anna, at=NOW, subject=f"Betreff {word}")
    secret = make_secret(account, owner)
    client = RestClient(send or in_process())
    answer = client.authorise(f"lk_{account.pk}", secret)
    assert answer.status == 200, answer
    return Shop(word, account, owner, group, other_group, city, points, anna, secret, client)


def make_secret(account: Account, actor: User, scope: ApiToken.Scope = ApiToken.Scope.WRITE) -> str:
    """The secret of a new token."""
    with account_scope(account.pk):
        return create_token(
            account=account, name="Shop", scope=scope, expires_at=None, actor=actor, now=timezone.now()
        )[1]
