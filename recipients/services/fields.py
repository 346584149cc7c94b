"""Data fields: made and renamed, at most 45 seen in a list, no two of one name in a list."""

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Value
from django.db.models.functions import Lower

from accounts.models import Account, AuditAction, User
from accounts.services import record
from recipients.masterdata.file import MAX_FIELDS, RESERVED_KEYS, FieldType
from recipients.masterdata.labels import BASE_LABELS, folded
from recipients.masterdata.values import normalise_text
from recipients.models import Field, Group
from recipients.revision import lock_all_groups, lock_fields, raise_all_revisions, raise_revision
from recipients.services.groups import lock_to_change

MAX_KEY_LENGTH = 63
MAX_LABEL_LENGTH = 100
BASE_NAMES = frozenset(folded(label) for labels in BASE_LABELS.values() for label in labels.values())
# What decomposing leaves whole, in the spelling that people use where the letter is missing.
SPELLED_OUT = str.maketrans(
    {
        "ä": "ae",
        "ö": "oe",
        "ü": "ue",
        "ß": "ss",
        "æ": "ae",
        "ø": "oe",
        "œ": "oe",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ł": "l",
    }
)


class FieldRefused(Exception):
    """A field cannot be made, or not be called so."""


class TooManyFields(FieldRefused):
    """A list would show more than MAX_FIELDS fields. `group_name` names the list that is full."""

    def __init__(self, group_name: str) -> None:
        super().__init__(group_name)
        self.group_name = group_name


class FieldLabelTaken(FieldRefused):
    """Something else in a list is called so already: a field, or what every list has, such as the e-mail address.

    `group_name` names another list whose own field has the name, when an account-wide field was asked for.
    """

    def __init__(self, label: str, group_name: str = "") -> None:
        super().__init__(label)
        self.label = label
        self.group_name = group_name


class FieldKeyTaken(FieldRefused):
    """A field that is seen together with the new one, or what every list has, has the key that was asked for."""


@transaction.atomic
def create_field(
    *,
    account: Account,
    group: Group | None,
    label: str,
    type: FieldType,  # noqa: A002  # called as the model's column is
    actor: User | None,
    now: datetime,
    key: str | None = None,
) -> Field:
    """A new field at the end of a list's own fields, or without `group` of the account-wide ones.

    Without `key` its key is made from the label and is no other field's of the account; with it, it is just that, and
    fields of other lists may have the same. ValueError for a blank or too long label. `actor` None: the account's
    person who asked for it is no longer there.
    Raises TooManyFields, FieldLabelTaken, FieldKeyTaken, and for a list GroupLocked or GroupGone; then nothing has
    changed.
    """
    text = _label(label)
    _lock_fields(account.pk, group)
    if key is not None:
        _refuse_taken_key(account.pk, group, key)
    _refuse_taken_label(account.pk, group, text)
    _refuse_too_many(account.pk, group)
    siblings = Field.objects.filter(account_id=account.pk, group=group)
    last: int | None = siblings.aggregate(last=Max("position"))["last"]
    field = Field.objects.create(
        account_id=account.pk,
        group=group,
        key=key or key_for(text, taken=set(Field.objects.filter(account_id=account.pk).values_list("key", flat=True))),
        label=text,
        type=type.value,
        position=0 if last is None else last + 1,
        created_at=now,
    )
    _note(field, group, AuditAction.FIELD_CREATED, actor, now)
    return field


@transaction.atomic
def rename_field(*, field: Field, label: str, actor: User, now: datetime) -> None:
    """Give a field another label; its key and its values stay. The same label again changes nothing.

    Raises FieldLabelTaken, and for a list's field GroupLocked or GroupGone; then nothing has changed.
    """
    text = _label(label)
    _lock_fields(field.account_id, field.group)
    if not Field.objects.filter(account_id=field.account_id, pk=field.pk).exclude(label=text).exists():
        return
    _refuse_taken_label(field.account_id, field.group, text, apart_from=field)
    Field.objects.filter(account_id=field.account_id, pk=field.pk).update(label=text)
    field.label = text
    _note(field, field.group, AuditAction.FIELD_CHANGED, actor, now)


def key_for(label: str, *, taken: Collection[str]) -> str:
    """A key for a field: the label as a plain lower-case word, with a number where that is taken or reserved."""
    spelled = unicodedata.normalize("NFKC", label).lower().translate(SPELLED_OUT)
    letters = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    word = re.sub(r"[^a-z0-9]+", "_", letters).strip("_")
    if not word[:1].isalpha():
        word = f"field_{word}".rstrip("_")
    number, key = 1, word[:MAX_KEY_LENGTH].rstrip("_")
    while key in taken or key in RESERVED_KEYS:
        number += 1
        key = f"{word[: MAX_KEY_LENGTH - len(f'_{number}')].rstrip('_')}_{number}"
    return key


def _label(label: str) -> str:
    text = normalise_text(label)
    if text is None or len(text) > MAX_LABEL_LENGTH:
        raise ValueError(f"A label has 1 to {MAX_LABEL_LENGTH} characters.")
    return text


def _lock_fields(account_id: int, group: Group | None) -> None:
    """Let nobody else make or rename a field of the account meanwhile, nor write to the lists that show this one."""
    lock_fields(account_id=account_id)
    if group is None:
        lock_all_groups(account_id=account_id)
    else:
        lock_to_change(account_id=account_id, group_id=group.pk)


def _refuse_taken_label(account_id: int, group: Group | None, label: str, apart_from: Field | None = None) -> None:
    if folded(label) in BASE_NAMES:
        raise FieldLabelTaken(label)
    seen_together = _of_present_lists(account_id)
    if group is not None:
        seen_together = seen_together.filter(Q(group=group) | Q(group__isnull=True))
    if apart_from is not None:
        seen_together = seen_together.exclude(pk=apart_from.pk)
    # Compared as the constraint `recipients_field_label_once` does.
    same = (
        seen_together.annotate(lower=Lower("label")).filter(lower=Lower(Value(label))).select_related("group").first()
    )
    if same is not None:
        elsewhere = same.group if group is None else None
        raise FieldLabelTaken(label, elsewhere.name if elsewhere else "")


def _refuse_taken_key(account_id: int, group: Group | None, key: str) -> None:
    """An account-wide field is seen in every list, a list's own one beside the account-wide ones."""
    seen_together = Field.objects.filter(account_id=account_id, key=key)
    if group is not None:
        seen_together = seen_together.filter(Q(group=group) | Q(group__isnull=True))
    if key in RESERVED_KEYS or seen_together.exists():
        raise FieldKeyTaken(key)


def _refuse_too_many(account_id: int, group: Group | None) -> None:
    account_wide = Field.objects.filter(account_id=account_id, group__isnull=True).count()
    groups = Group.objects.present().filter(account_id=account_id)
    if group is not None:
        groups = groups.filter(pk=group.pk)
    full = groups.annotate(own=Count("fields")).filter(own__gte=MAX_FIELDS - account_wide).order_by("pk").first()
    if full is not None:
        raise TooManyFields(full.name)
    if account_wide >= MAX_FIELDS:  # an account may have fields before it has a list
        raise TooManyFields("")


def _of_present_lists(account_id: int) -> QuerySet[Field]:
    return Field.objects.filter(Q(group__isnull=True) | Q(group__deleted_at__isnull=True), account_id=account_id)


def _note(field: Field, group: Group | None, action: AuditAction, actor: User | None, now: datetime) -> None:
    """Raise the revisions of the lists that show the field (backups describe it), and add to the audit trail."""
    if group is None:
        raise_all_revisions(account_id=field.account_id, now=now)
    else:
        raise_revision(group=group, now=now)
    record(
        account_id=field.account_id,
        actor_id=actor.pk if actor else None,
        action=action,
        subject=field.label,
        now=now,
        list=group.name if group else None,
        type=field.type,
    )
