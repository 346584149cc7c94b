"""What people do in a soak, through the services that the pages call."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import psycopg
from celery import current_app
from django.utils import timezone

from accounts.tenancy import account_scope
from backups.on_demand import request_on_demand
from backups.pinning import pin_backup, unpin_backup
from backups.verification import request_verification
from recipients.deleting import Chosen
from recipients.deletion import (
    request_clearing,
    request_deletion,
    request_field_deletion,
    request_recipients_deletion,
)
from recipients.listing import Choice, Status
from recipients.models import Deletion, Group, Recipient
from recipients.queries import fields_of
from recipients.services import (
    activate_recipient,
    block_addresses,
    deactivate_recipient,
    edit_recipient,
    unblock_addresses,
    update_group,
)
from tests.soak.book import Removal
from tests.soak.importing import import_rows, restore_by_hand
from tests.soak.people import NUMBER, Hand, People, by_hand
from tests.soak.plan import Deed
from tests.soak.restoring import restore, undo

PATTERN = "*@gesperrt.example"  # blocks nobody who is in any file


def do(people: People, deed: Deed) -> str:
    """Do it; says what came of it."""
    return DEEDS[deed.what](Hand(people, deed))


def asked(hand: Hand, request: Callable[[], Deletion], removal: Removal) -> str:
    """Ask for a deletion, and say so to the checker before anybody can carry it out."""
    with account_scope(hand.account.pk):
        deletion = request()
        hand.checker.removals.setdefault(deletion.pk, removal)
    return f"deletion {str(deletion.pk)[:8]}, {deletion.kind}"


def delete_list(hand: Hand) -> str:
    """Delete the list."""
    now = timezone.now()
    return asked(hand, lambda: request_deletion(group=hand.group, actor=hand.actor, now=now), Removal(everybody=True))


def clear(hand: Hand) -> str:
    """Delete all recipients of the list."""
    now = timezone.now()
    return asked(hand, lambda: request_clearing(group=hand.group, actor=hand.actor, now=now), Removal(everybody=True))


def delete_recipients(hand: Hand) -> str:
    """Delete those who bounced, or some who were ticked."""
    with account_scope(hand.account.pk):
        pairs = list(Recipient.objects.filter(group=hand.group).order_by("id").values_list("id", "email"))
    if hand.chance.random() < 0.5 or not pairs:
        chosen, removal = Chosen(choice=Choice(status=Status.BOUNCED)), Removal(bounced=True)
    else:
        ticked = hand.chance.sample(pairs, min(len(pairs), hand.chance.randint(1, 50)))
        chosen = Chosen(ids=tuple(number for number, _email in ticked))
        removal = Removal(ids=frozenset(chosen.ids or ()))
    now = timezone.now()
    return asked(
        hand,
        lambda: request_recipients_deletion(group=hand.group, chosen=chosen, actor=hand.actor, now=now),
        removal,
    )


def delete_field(hand: Hand) -> str:
    """Delete a field of the list, or an account-wide one."""
    with account_scope(hand.account.pk):
        fields = sorted(fields_of(hand.group), key=lambda one: one.key)
    if not fields:
        return "not done: no field"
    one = hand.chance.choice(fields)
    now = timezone.now()
    return asked(hand, lambda: request_field_deletion(field=one, actor=hand.actor, now=now), Removal(field=one.key))


def edit(hand: Hand) -> str:
    """Edit some recipients one after the other."""
    done = []
    for _one in range(hand.chance.randint(1, 6)):
        with account_scope(hand.account.pk):
            found = Recipient.objects.filter(group=hand.group).order_by("id")
            number = found.count()
            place = hand.chance.randrange(number) if number else 0
            person = next(iter(found[place : place + 1]), None)  # nobody, when all were deleted meanwhile
            keys = {one.key for one in fields_of(hand.group)}
        if person is None:
            return "not done: nobody there"
        done.append(edit_one(hand, person, keys))
        hand.rest(0.15)
    return ", ".join(done)


def edit_one(hand: Hand, person: Recipient, keys: set[str]) -> str:
    """Change one recipient as their page does; gives in which way."""
    chance = hand.chance
    who: Any = {"account_id": hand.account.pk, "group_id": hand.group.pk, "recipient_id": person.id}
    who |= {"actor": hand.actor, "now": timezone.now()}
    changes: list[dict[str, Any]] = [
        {"vorname": f"Von Hand {chance.randrange(100)}"},
        {"punkte": Decimal(chance.randrange(10_000)) / 4, "geburtstag": None},
        {"tags": ["von hand", "neu"][: chance.randrange(3)], "source": chance.choice(["Telefon", None])},
        {NUMBER: Decimal(chance.randrange(1_000))},
        {"email": f"umgezogen{chance.getrandbits(40)}@example.org"},
    ]
    how = chance.randrange(len(changes) + 2)
    if how < len(changes):
        wanted = {name: value for name, value in changes[how].items() if name in keys | {"tags", "source", "email"}}
        with by_hand(hand.account, person.id):
            edit_recipient(changes=wanted, **who)
        return "edited"
    with by_hand(hand.account, person.id):
        (deactivate_recipient if how == len(changes) else activate_recipient)(**who)
    return "signed off" if how == len(changes) else "signed up"


def block(hand: Hand) -> str:
    """Put a pattern on a block list, or take it off."""
    change = hand.chance.choice([block_addresses, unblock_addresses])
    with by_hand(hand.account):
        group = hand.chance.choice([None, Group.objects.get(pk=hand.group.pk)])
        change(account=hand.account, group=group, patterns=[PATTERN], actor=hand.actor, now=timezone.now())
    return "done"


def rename(hand: Hand) -> str:
    """Write another note."""
    with by_hand(hand.account):
        group, note = Group.objects.get(pk=hand.group.pk), f"Notiz {hand.chance.randrange(100)}"
        update_group(group=group, name=group.name, note=note, locked=False, actor=hand.actor, now=timezone.now())
    return "done"


def back_up(hand: Hand) -> str:
    """Ask for a backup on demand."""
    with account_scope(hand.account.pk):
        group = Group.objects.get(pk=hand.group.pk)
        backup = request_on_demand(group=group, actor=hand.actor, now=timezone.now())
    return f"backup {str(backup.pk)[:8]}"


def verify(hand: Hand) -> str:
    """Have a backup verified."""
    backup = hand.some_backup()
    if backup is None:
        return "not done: no backup"
    with account_scope(hand.account.pk):
        request_verification(backup=backup, actor_id=hand.actor.pk, now=timezone.now())
    return f"backup {str(backup.pk)[:8]}"


def pin(hand: Hand) -> str:
    """Pin a backup, or unpin one that is pinned."""
    backup = hand.some_backup()
    if backup is None:
        return "not done: no backup"
    now = timezone.now()
    if backup.pk in hand.checker.pinned:
        hand.checker.pinned.discard(backup.pk)
        unpin_backup(account_id=hand.account.pk, backup_id=backup.pk, actor=hand.actor, now=now)
        return f"backup {str(backup.pk)[:8]} unpinned"
    pin_backup(account_id=hand.account.pk, backup_id=backup.pk, reason="Soak", actor=hand.actor, now=now)
    hand.checker.pinned.add(backup.pk)
    return f"backup {str(backup.pk)[:8]}"


def rehearse(_hand: Hand) -> str:
    """Have a restore rehearsed, as beat does each night."""
    current_app.send_task("backups.rehearse_restore", retry=False)
    return "asked for"


def purge(hand: Hand) -> str:
    """Let a month go by for some backups, and have what is due purged."""
    with psycopg.connect(hand.checker.admin_url) as admin:
        query = "SELECT id FROM backups_backup WHERE status = 'complete' AND expires_at > now() ORDER BY id"
        found = [backup_id for (backup_id,) in admin.execute(query)]
        old = hand.chance.sample(found, len(found) // 2)
        hand.checker.aged.update(old)
        admin.execute(
            """
            UPDATE backups_backup SET requested_at = requested_at - interval '31 days',
                completed_at = completed_at - interval '31 days', expires_at = expires_at - interval '31 days'
            WHERE id = ANY (%s)
            """,
            [old],
        )
    current_app.send_task("backups.purge_backups", retry=False)
    return f"{len(old)} backups have become old"


DEEDS: dict[str, Callable[[Hand], str]] = {
    "import": import_rows,
    "restore_by_hand": restore_by_hand,
    "restore": restore,
    "undo": undo,
    "delete_list": delete_list,
    "clear": clear,
    "delete_recipients": delete_recipients,
    "delete_field": delete_field,
    "edit": edit,
    "block": block,
    "rename": rename,
    "back_up": back_up,
    "verify": verify,
    "pin": pin,
    "rehearse": rehearse,
    "purge": purge,
}
