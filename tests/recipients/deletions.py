"""Deletions for tests: asked for as their pages do, their backups made, carried out; all in this process."""

from collections.abc import Callable, Sequence

from django.utils import timezone

from accounts.models import User
from accounts.tenancy import account_scope
from backups.downloads import open_download
from backups.exports.options import Options
from backups.models import Backup
from recipients.deleting import Chosen
from recipients.deletion import (
    advance_deletion,
    request_clearing,
    request_deletion,
    request_field_deletion,
    request_recipients_deletion,
)
from recipients.holds import Interface
from recipients.listing import Choice
from recipients.models import Deletion, Field, Group, Recipient
from tests.recipients.masterdata.model import Row
from tests.runs import take_pending


def ask_to_delete(group: Group, actor: User, interface: Interface = Interface.BROWSER) -> Deletion:
    """Ask for the deletion of a list."""
    with account_scope(group.account_id):
        return request_deletion(group=group, actor=actor, now=timezone.now(), interface=interface)


def ask_to_clear(group: Group, actor: User, interface: Interface = Interface.BROWSER) -> Deletion:
    """Ask for the deletion of all recipients of a list."""
    with account_scope(group.account_id):
        return request_clearing(group=group, actor=actor, now=timezone.now(), interface=interface)


def ask_to_delete_recipients(
    group: Group, actor: User, *, emails: Sequence[str] | None = None, choice: Choice | None = None
) -> Deletion:
    """Ask for the deletion of the recipients with these addresses, or of those that a choice finds."""
    with account_scope(group.account_id):
        if choice is None:
            rows = Recipient.objects.of(account_id=group.account_id, group_id=group.pk)
            chosen = Chosen(ids=tuple(rows.filter(email__in=emails).values_list("id", flat=True)))
        else:
            chosen = Chosen(choice=choice)
        return request_recipients_deletion(group=group, chosen=chosen, actor=actor, now=timezone.now())


def ask_to_delete_field(field: Field, actor: User, interface: Interface = Interface.BROWSER) -> Deletion:
    """Ask for the deletion of a field."""
    with account_scope(field.account_id):
        return request_field_deletion(field=field, actor=actor, now=timezone.now(), interface=interface)


def step(deletion: Deletion) -> Deletion:
    """Do the next step of a deletion; gives it as it is then."""
    advance_deletion(account_id=deletion.account_id, deletion_id=deletion.pk)
    return as_it_is(deletion)


def as_it_is(deletion: Deletion) -> Deletion:
    """The deletion as it is now."""
    with account_scope(deletion.account_id):
        found: Deletion = Deletion.objects.get(pk=deletion.pk)
    return found


def carry_out(deletion: Deletion, *groups: Group) -> Deletion:
    """Make the pending backups of the lists and do the deletion's step; gives it as it is then."""
    for group in groups:
        take_pending(group)
    return step(deletion)


def backups_for(deletion: Deletion) -> list[Backup]:
    """The backups that were made for a deletion, by list and time."""
    with account_scope(deletion.account_id):
        return list(Backup.objects.filter(change_id=deletion.pk).order_by("group_id", "requested_at"))


def exported(backup: Backup) -> str:
    """The export file of a backup, as a person downloads it."""
    download = open_download(backup=backup, form="csv", options=Options(language="de"))
    try:
        return b"".join(download).decode("utf-8-sig")
    finally:
        download.close()


def without(rows: dict[str, Row], is_gone: Callable[[str], bool]) -> dict[str, Row]:
    """The rows but for those whose address is gone."""
    return {email: row for email, row in rows.items() if not is_gone(email)}
