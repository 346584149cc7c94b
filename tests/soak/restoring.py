"""Restores and undos of a soak: begun as their pages do, previewed, confirmed, at times cancelled a moment later."""

from django.utils import timezone

from accounts.tenancy import account_scope
from backups.models import Backup
from backups.restoring import CannotRestore, prepare_restore
from backups.undoing import prepare_undo
from imports.confirming import cancel_import, confirm_import
from imports.models import Import
from imports.preview import options_of
from imports.restore_runs import change_wish
from imports.restoring import FieldAction, FieldChoice, Way, Wish
from recipients.queries import fields_of
from tests.soak.book import GivenBackup
from tests.soak.checker import rows_in
from tests.soak.people import Hand


def restore(hand: Hand) -> str:
    """Bring some backup of the list back into it, in one of the ways."""
    chance = hand.chance
    with account_scope(hand.account.pk):
        found = Backup.objects.filter(group=hand.group, status=Backup.Status.COMPLETE).order_by("pk")
        backups = list(found.select_related("group"))
        present = {one.key for one in fields_of(hand.group)}
    if not backups:
        return "not done: no backup"
    backup = chance.choice(backups)
    data = hand.checker.stored.read("backups", backup.file_key)
    if data is None:
        return "not done: purged meanwhile"
    rows = rows_in(data)
    way = chance.choice([Way.UPDATE_AND_ADD, Way.EXACT, Way.EXACT, Way.SELECTED])
    emails = tuple(sorted(chance.sample(sorted(rows), min(len(rows), 20)))) if way is Way.SELECTED and rows else None
    wish = Wish(
        way=way,
        emails=emails,
        exact_status=chance.random() < 0.2,
        clear_empty=chance.random() < 0.5,
        overwrite_account_values=chance.random() < 0.4,
    )
    now = timezone.now()
    with account_scope(hand.account.pk):
        described = {key for row in rows.values() for key in row}
        choices = [FieldChoice(key, FieldAction.LEAVE_OUT) for key in sorted(described - present)]
        run = prepare_restore(
            backup=backup,
            wish=Wish.from_json(wish.to_json() | {"fields": [vars(one) for one in choices]}),
            actor=hand.actor,
            now=now,
        )
        keys = frozenset(one["target"] for one in run.mapping)
        told = {email: row for email, row in rows.items() if emails is None or email in emails}
        given = GivenBackup(rows=told, keys=keys, options=options_of(run), restored=backup.pk)
        hand.checker.given_backups[run.pk] = given
    return f"backup {str(backup.pk)[:8]} {way.value} by {go_on(hand, run)}"


def undo(hand: Hand) -> str:
    """Take back the last import or restore of the list that can be taken back."""
    with account_scope(hand.account.pk):
        done = Import.objects.filter(group=hand.group, status=Import.Status.DONE).select_related("group")
        runs = list(done.order_by("-finished_at")[:3])
    for run in runs:
        try:
            with account_scope(hand.account.pk):
                taken_back = begin_undo(hand, run)
        except CannotRestore as refused:
            last = refused.code
            continue
        return f"undo of {str(run.pk)[:8]} by {go_on(hand, taken_back)}"
    return f"not done: {last}" if runs else "not done: no import"


def begin_undo(hand: Hand, run: Import) -> Import:
    """An undo of which nothing is done yet. In the caller's transaction, before any worker begins."""
    chance = hand.chance
    made = prepare_undo(run=run, actor=hand.actor, now=timezone.now())
    changes = {"exact_status": chance.random() < 0.2, "take_changed": chance.random() < 0.3}
    change_wish(run=made, wish=Wish.from_json(made.restore | changes))
    known: Import = Import.objects.select_related("group", "undoes").get(pk=made.pk)
    rows = {}
    if known.backup_id is not None:
        backup = Backup.objects.get(pk=known.backup_id)
        rows = rows_in(hand.checker.stored.read("backups", backup.file_key) or b"")
    hand.checker.given_backups[known.pk] = GivenBackup(
        rows=rows,
        keys=frozenset(one["target"] for one in known.mapping),
        options=options_of(known),
        restored=known.backup_id or known.pk,
    )
    return known


def go_on(hand: Hand, run: Import) -> str:
    """Confirm the run, after its preview or before it; at times it is cancelled a moment later."""
    about = f"{run.kind} {str(run.pk)[:8]}"
    if hand.chance.random() < 0.6:
        hand.rest(0.8)
    with account_scope(run.account_id):
        confirm_import(run=Import.objects.get(pk=run.pk), actor=hand.actor, now=timezone.now())
    if hand.chance.random() < 0.12:
        hand.rest(0.8)
        with account_scope(run.account_id):
            run = Import.objects.select_related("group").get(pk=run.pk)
            stopped = cancel_import(run=run, actor=hand.actor, now=timezone.now())
        about += ", cancelled" if stopped else ", cancelled too late"
    return about
