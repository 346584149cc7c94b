"""A whole customer: an account with members, lists, recipients, imports and backups, to be seen by nobody else.

Every table that belongs to accounts gets a row of it, every page something to show. `secret` is a word that stands in
each text of it: in names, addresses, values, file names, in the uploaded files and in the backups' files.
"""

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Account, ApiAnswer, ApiToken, AuditAction, Invitation, Membership, Role, User
from accounts.services import record
from accounts.tenancy import account_scope
from accounts.tokens import create_token
from backups.exports.options import Options
from backups.models import Backup, ClosedAccount, Closure, Erasure, Export, RestoreDrill
from backups.taking import take_in_lock
from imports.models import Import
from recipients.erased import digest_of, key_of
from recipients.holds import Change, ChangeKind, Interface
from recipients.masterdata.file import FieldType, sha256_of
from recipients.models import Activity, Contact, Deletion, ErasedAddress, Field, Group, Recipient, Removal
from recipients.scratch import scratch_folder
from recipients.storage import put
from tests.customer_imports import make_imports
from tests.factories import (
    make_account,
    make_activity,
    make_blocked,
    make_contact,
    make_field,
    make_group,
    make_member,
    make_recipient,
    make_user,
)


@dataclass(frozen=True)
class Customer:
    """An account and what is in it. Both lists have recipients; `deleted` is a list that is gone but for its backup."""

    secret: str
    account: Account
    members: dict[Role, User]
    member_ids: list[int]  # of their memberships
    invitation: Invitation
    group: Group
    other_group: Group
    deleted: Group
    field: Field
    account_wide_field: Field
    recipient: Recipient
    other_recipient: Recipient
    contact: Contact
    activity: Activity
    backup: Backup
    backup_of_deleted: Backup
    deletion: Deletion
    drill: RestoreDrill
    closure: Closure  # whose export is ready; the account is not on hold, so that everything else can be tried on it
    exports: list[Export]  # of the backup, one of each member's
    imports: dict[str, Import]  # by status; and an undo
    token: ApiToken
    token_secret: str


def make_customer(secret: str) -> Customer:
    """A customer whose texts all have `secret`, a word of small letters, in them."""
    account = make_account(name=f"Firma {secret}")
    members = {
        role: make_member(
            account, role, make_user(f"{role}@{secret}.example", first_name=f"Vor{secret}", last_name=role.label)
        )
        for role in Role
    }
    owner = members[Role.OWNER]
    groups = [make_group(account, f"{name} {secret}", note=secret) for name in ("Kunden", "Presse", "Messe")]
    group, other_group, deleted = groups
    list_field = make_field(account, f"Ort {secret}", key="ort", group=group)
    account_wide = make_field(account, f"Nummer {secret}", FieldType.NUMBER, key="nummer")
    recipients = [make_recipients(one, secret) for one in groups]
    contact = make_contact(account, recipients[0][0].email, {"nummer": 4711})
    make_blocked(account, f"*@{secret}.example.org", blocked_by=owner)
    make_blocked(account, f"spam@{secret}.example", group=group, blocked_by=owner)
    activity = make_activity(recipients[0][0], Activity.Kind.OPENED, subject=f"Betreff {secret}")
    backup, backup_of_deleted = (make_backup(one, owner, label=f"{secret}.csv") for one in (group, deleted))
    deletion = delete_group(deleted, owner)
    drill = make_drill(backup)
    make_erasure(account, owner)
    closure = make_closure(account, owner, secret)
    token, token_secret = make_token(account, owner, secret)
    invitation = make_invitation(account, owner, f"neu@{secret}.example")
    return Customer(
        secret=secret,
        account=account,
        members=members,
        member_ids=member_ids_of(account),
        invitation=invitation,
        group=group,
        other_group=other_group,
        deleted=deleted,
        field=list_field,
        account_wide_field=account_wide,
        recipient=recipients[0][0],
        other_recipient=recipients[0][1],
        contact=contact,
        activity=activity,
        backup=backup,
        backup_of_deleted=backup_of_deleted,
        deletion=deletion,
        drill=drill,
        closure=closure,
        exports=[make_export_file(backup, member, secret) for member in members.values()],
        imports=make_imports(group, owner, secret),
        token=token,
        token_secret=token_secret,
    )


def make_token(account: Account, owner: User, secret: str) -> tuple[ApiToken, str]:
    """A token that may write, with its secret, and what one of its requests was answered."""
    now = timezone.now()
    with account_scope(account.pk):
        token, token_secret = create_token(
            account=account,
            name=f"Shop {secret}",
            scope=ApiToken.Scope.WRITE,
            expires_at=None,
            actor=owner,
            now=now,
        )
        ApiAnswer.objects.create(
            account=account,
            token=token,
            key=secret,
            digest=b"of a request",
            status=200,
            content=f'"{secret}"',
            answered_at=now,
        )
    return token, token_secret


def make_erasure(account: Account, owner: User) -> None:
    """Somebody who was erased, from the backups too; and somebody whom an import removed."""
    now = timezone.now()
    with account_scope(account.pk):
        digest = digest_of(key=key_of(account.pk), email="weg@example.org")
        ErasedAddress.objects.create(account=account, digest=digest, erased_at=now, erased_by=owner)
        Erasure.objects.create(
            account=account,
            status=Erasure.Status.DONE,
            digest=digest,
            requested_at=now,
            requested_by=owner,
            finished_at=now,
        )
        Removal.objects.create(account=account, job_id=uuid.uuid4(), email="entfernt@example.org")


def member_ids_of(account: Account) -> list[int]:
    """The memberships of all members."""
    with account_scope(account.pk):
        return list(Membership.objects.order_by("pk").values_list("pk", flat=True))


def make_invitation(account: Account, owner: User, email: str) -> Invitation:
    """Somebody who was asked to join and has not answered yet."""
    now = timezone.now()
    with account_scope(account.pk):
        return Invitation.objects.create(
            account=account,
            email=email,
            role=Role.EDITOR,
            digest=hashlib.sha256(email.encode()).digest(),
            invited_by=owner,
            created_at=now,
            sent_at=now,
            expires_at=now + timedelta(days=7),
        )


@contextmanager
def rolled_back() -> Iterator[None]:
    """A transaction, or a part of one, that leaves nothing behind."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def make_recipients(group: Group, secret: str) -> list[Recipient]:
    """Three recipients of a list: an active one with a value, one who signed off, one without any date."""
    return [
        make_recipient(
            group, f"anna@{secret}.example", values={"ort": secret}, tags=[secret], source=f"Formular {secret}"
        ),
        make_recipient(group, f"bernd@{secret}.example", deactivated_at=timezone.now()),
        make_recipient(group, f"clara@{secret}.example", registered_at=None, activated_at=None),
    ]


def make_backup(group: Group, actor: User, *, label: str = "") -> Backup:
    """A complete backup of a list as it is now, with its file in the storage."""
    with account_scope(group.account_id):
        change = Change(
            kind=ChangeKind.IMPORT,
            id=uuid.uuid4(),
            group=Group.objects.select_related("account").get(pk=group.pk),
            interface=Interface.BROWSER,
            requested_by_id=actor.pk,
            label=label,
        )
        return take_in_lock(change=change, now=timezone.now())


def make_export_file(backup: Backup, actor: User, secret: str) -> Export:
    """A complete export of a backup that somebody has asked for, with its file in the storage."""
    now = timezone.now()
    with scratch_folder() as folder, account_scope(backup.account_id):
        path = folder / "export.csv"
        path.write_text(secret)
        export = Export(
            account_id=backup.account_id,
            group=backup.group,
            backup=backup,
            status=Export.Status.COMPLETE,
            format="csv",
            options=Options(language="de").to_json(),
            requested_at=now,
            requested_by=actor,
            completed_at=now,
            expires_at=now + timedelta(hours=24),
            file_name=f"Kunden {secret}.csv",
            size=path.stat().st_size,
            sha256=sha256_of(path),
        )
        export.file_key = f"{backup.account_id}/exports/{export.pk}.{export.pk.hex}.csv"
        put("backups", export.file_key, path)
        export.save(force_insert=True)
    return export


def make_closure(account: Account, owner: User, secret: str) -> Closure:
    """A closing whose export stands in the storage; and that some other account was closed before."""
    now = timezone.now()
    with scratch_folder() as folder, account_scope(account.pk):
        path = folder / "account.zip"
        path.write_text(secret)
        closure = Closure(
            account=account,
            status=Closure.Status.WAITING,
            requested_at=now,
            requested_by=owner,
            language="de",
            link="https://listkeep.example/",
            told_at=now,
            completed_at=now,
            delete_at=now + timedelta(days=30),
            file_name=f"{account.name}.zip",
            size=path.stat().st_size,
            sha256=sha256_of(path),
            report={"revisions": {}},
        )
        closure.file_key = f"{account.pk}/exports/{closure.pk}.{closure.pk.hex}.zip"
        put("backups", closure.file_key, path)
        closure.save(force_insert=True)
    ClosedAccount.objects.create(
        account_number=10**9 + account.pk,
        requested_at=now,
        exported_at=now,
        begun_at=now,
        deleted_at=now,
        list_count=1,
        recipient_count=3,
        backup_count=2,
    )
    return closure


def make_drill(backup: Backup) -> RestoreDrill:
    """A restore drill of a backup, in which everything came back."""
    now = timezone.now()
    with account_scope(backup.account_id):
        return RestoreDrill.objects.create(
            account_id=backup.account_id,
            backup=backup,
            group_name=backup.group_name,
            started_at=now,
            finished_at=now,
            result=RestoreDrill.Result.EQUAL,
            recipient_count=backup.recipient_count,
            difference_count=0,
        )


def delete_group(group: Group, actor: User) -> Deletion:
    """The done deletion of a list; the list's row stays, without recipients."""
    now = timezone.now()
    with account_scope(group.account_id):
        Recipient.objects.filter(group=group).delete()
        Group.objects.filter(pk=group.pk).update(deleted_at=now, recipient_count=0, active_count=0)
        group.refresh_from_db()
        record(
            account_id=group.account_id,
            actor_id=actor.pk,
            action=AuditAction.GROUP_DELETED,
            subject=group.name,
            now=now,
        )
        return Deletion.objects.create(
            account_id=group.account_id,
            group=group,
            status=Deletion.Status.DONE,
            requested_at=now,
            requested_by=actor,
            finished_at=now,
        )
