"""Restoring: which of a backup's fields still mean the same, and the run of an import that brings the backup back.

What the person decides is an `imports.restoring.Wish`. The run reads the backup with `backups.restore_source`; preview,
safety backup, progress, cancelling and report are those of every import.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from django.db import transaction

from accounts.models import User
from backups.downloads import DownloadRefused, FileDamaged, open_without_erased, refuse_unmade
from backups.exports.rows import described_without
from backups.models import Backup
from imports.confirming import CannotImport
from imports.models import Import
from imports.new_fields import NewField, NewFieldRefused, PlannedField, plan_fields
from imports.readers import ColumnMapping
from imports.restore_runs import start_restore
from imports.restoring import FieldAction, FieldChoice, Way, Wish
from recipients.masterdata.file import (
    Description,
    FieldDefinition,
    FieldScope,
    FieldType,
    MasterDataError,
    MasterDataFile,
)
from recipients.masterdata.labels import folded
from recipients.models import Field, Group
from recipients.queries import definitions_of, patterns_of
from recipients.services import FieldRefused
from recipients.services.fields import BASE_NAMES, MAX_LABEL_LENGTH
from recipients.services.groups import prepare_group

LONGEST_NAME: Final = 200  # of a list


class CannotRestore(Exception):
    """A backup cannot be brought back so. `code` says why; pages turn it into a sentence."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class FieldQuestion:
    """A field of a backup, what is there of it today, and what may become of its values.

    `state`: `same`, `renamed` (its label today is `present_label`), `deleted`, or `retyped` (the list has another field
    in its place, called `present_label`).
    """

    key: str
    label: str
    type: FieldType
    scope: FieldScope
    state: str
    present_label: str
    options: tuple[FieldAction, ...]
    default: FieldChoice


def describe(*, backup: Backup) -> Description:
    """Whose data a backup holds, read from its verified file. Raises CannotRestore.

    What the verification found stands in the backup's row, in the caller's transaction.
    """
    try:
        refuse_unmade(backup)
        with ExitStack() as opened:
            file, left_out = open_without_erased(backup, opened)
            try:
                return described_without(opened.enter_context(MasterDataFile.open(file)).description, left_out)
            except MasterDataError as error:
                raise FileDamaged from error
    except DownloadRefused as refused:
        raise CannotRestore(refused.code) from refused


def field_questions(*, account_id: int, group: Group | None, fields: Sequence[FieldDefinition]) -> list[FieldQuestion]:
    """What is there today of each field of a backup, in `group` or, without it, in a new list."""
    if group is None:
        wide = Field.objects.filter(account_id=account_id, group__isnull=True).order_by("position", "id")
        present = [field.definition() for field in wide]
    else:
        present = list(definitions_of(group))
    by_key = {field.key: field for field in present}
    by_label = {folded(field.label): field for field in present if field.key not in {one.key for one in fields}}
    return [_question(field, by_key.get(field.key), by_label.get(folded(field.label))) for field in fields]


def _question(
    field: FieldDefinition, same_key: FieldDefinition | None, same_label: FieldDefinition | None
) -> FieldQuestion:
    def asked(state: str, there: FieldDefinition | None, *options: FieldAction) -> FieldQuestion:
        target = there.key if there is not None and options[0] is FieldAction.MATCH else ""
        default = FieldChoice(field.key, options[0], target)
        label = there.label if there is not None else ""
        return FieldQuestion(field.key, field.label, field.type, field.scope, state, label, options, default)

    for there in (same_key, same_label):
        if there is not None and (there.type, there.scope) == (field.type, field.scope):
            state = "same" if there.label == field.label else "renamed"
            return asked(state, there, FieldAction.MATCH, FieldAction.LEAVE_OUT)
    if same_key is None:
        return asked("deleted", None, FieldAction.CREATE, FieldAction.LEAVE_OUT)
    convertible = same_key.type is FieldType.TEXT and same_key.scope is field.scope
    convert = (FieldAction.CONVERT,) if convertible else ()
    return asked("retyped", same_key, FieldAction.CREATE, *convert, FieldAction.LEAVE_OUT)


@transaction.atomic
def prepare_restore(*, backup: Backup, wish: Wish, actor: User, now: datetime) -> Import:
    """A run that brings a backup back as `wish` says, its preview being made; nothing changes until it is confirmed.

    A field for which the wish has no choice gets the default one. Raises CannotRestore; then nothing is left but what
    the verification of the backup found.
    """
    described = describe(backup=backup)
    if wish.emails == () or wish.columns == ():
        raise CannotRestore("nothing_chosen")
    try:
        with transaction.atomic():
            group = _target(backup, wish, described, now)
            is_new = wish.way is Way.NEW_LIST
            questions = field_questions(
                account_id=backup.account_id, group=None if is_new else group, fields=described.fields
            )
            wish = replace(
                wish,
                fields=_choices(questions, wish),
                recipients=backup.recipient_count or 0,
                taken_at=backup.requested_at,
            )
            planned, mapping = _plan_fields(group, wish, described.fields, actor, now)
            return start_restore(
                group=group,
                wish=wish,
                planned=planned,
                mapping=mapping,
                name=backup.group_name,
                backup_id=backup.pk,
                actor=actor,
                now=now,
            )
    except CannotImport as refused:
        raise CannotRestore(refused.code) from refused
    except NewFieldRefused as refused:
        raise CannotRestore("field_refused") from refused


def _target(backup: Backup, wish: Wish, described: Description, now: datetime) -> Group:
    """The list that the backup comes into."""
    group: Group = Group.objects.select_related("account").get(account_id=backup.account_id, pk=backup.group_id)
    if wish.way is not Way.NEW_LIST:
        return group
    name = wish.new_name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise CannotRestore("no_name")
    return prepare_group(
        account=group.account,
        name=name,
        note=described.group_note,
        automatic_backups=bool(described.group_settings.get("automatic_backups", True)),
        # Who was blocked then stays so, and who was blocked since.
        patterns={*described.block_list, *patterns_of(group)},
        now=now,
    )


def _choices(questions: Sequence[FieldQuestion], wish: Wish) -> tuple[FieldChoice, ...]:
    """For each field the person's choice, if it is one of those that were offered, or the default."""
    chosen = {one.key: one for one in wish.fields}
    choices = []
    for question in questions:
        choice = chosen.get(question.key, question.default)
        if wish.columns is not None and question.key not in wish.columns:
            choice = FieldChoice(question.key, FieldAction.LEAVE_OUT)
        elif choice.action not in question.options or choice.action is FieldAction.MATCH:
            choice = question.default
        elif choice.action is FieldAction.CONVERT:
            choice = replace(choice, target=question.key)
        choices.append(choice)
    return tuple(choices)


def _plan_fields(
    group: Group, wish: Wish, fields: Sequence[FieldDefinition], actor: User, now: datetime
) -> tuple[list[PlannedField], list[ColumnMapping]]:
    """The fields that are made again, and for each field of the backup, by its place, which one gets its values."""
    taken = {folded(field.label) for field in definitions_of(group)} | BASE_NAMES
    mapping, new = [], []
    for place, (field, choice) in enumerate(zip(fields, wish.fields, strict=True)):
        if choice.action is FieldAction.CREATE:
            label = _free_label(field.label, taken)
            taken.add(folded(label))
            new.append(NewField(position=place, label=label, type=field.type, scope=field.scope))
        elif choice.action is not FieldAction.LEAVE_OUT:
            mapping.append(ColumnMapping(target=choice.target, column=place))
    with _as_if_present(group):
        try:
            planned, made = plan_fields(group=group, new_fields=new, actor=actor, now=now)
        except FieldRefused as refused:
            raise CannotRestore("field_refused") from refused
    return planned, [*mapping, *made]


def _free_label(label: str, taken: set[str]) -> str:
    """The label, with a number where something else is called so by now."""
    number, free = 1, label
    while folded(free) in taken:
        number += 1
        ending = f" ({number})"
        free = label[: MAX_LABEL_LENGTH - len(ending)] + ending
    return free


@contextmanager
def _as_if_present(group: Group) -> Iterator[None]:
    """Let fields be planned for a list that is not there yet: it is again as it was after the block."""
    point = transaction.savepoint()
    try:
        Group.objects.filter(account_id=group.account_id, pk=group.pk).update(deleted_at=None)
        yield
    finally:
        transaction.savepoint_rollback(point)
