"""Groups, their fields and recipients, account-wide values and activities.

All are tenant tables. Recipient, Contact and Activity are the big ones: each of their keys holds the account, so that
they can be partitioned or distributed by it. References between tenant tables are made in the migrations, over
(account, id); hence `db_constraint=False` here.
"""

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from recipients.exact_json import ExactJSONDecoder
from recipients.jobs import SMALL_LIST, Job
from recipients.masterdata.address import MAX_ADDRESS_LENGTH
from recipients.masterdata.blocklist import MAX_PATTERN_LENGTH, Kind
from recipients.masterdata.file import FieldDefinition, FieldScope, FieldType
from recipients.querysets import BOUNCED, INACTIVE, GroupQuerySet, RecipientQuerySet


class Group(models.Model):
    """A list of recipients. A deleted one stays as an empty row, so that its backups and imports keep their name."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="groups")
    name = models.CharField(_("name"), max_length=200)
    note = models.TextField(_("note on the origin of the recipients"), blank=True, max_length=5000)
    locked = models.BooleanField(_("locked"), default=False)
    automatic_backups = models.BooleanField(_("automatic backups"), default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True)
    last_backup_at = models.DateTimeField(null=True)
    # Raised by every write to the group's master data; a backup is exact when it holds the group's present revision.
    revision = models.BigIntegerField(default=0)
    recipient_count = models.BigIntegerField(default=0)
    active_count = models.BigIntegerField(default=0)

    objects = GroupQuerySet.as_manager()

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "id"], name="recipients_group_id_in_account"),
            models.CheckConstraint(
                condition=models.Q(active_count__gte=0, recipient_count__gte=models.F("active_count")),
                name="recipients_group_counts_agree",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["account", "name"], name="recipients_group_by_name")]

    def __str__(self) -> str:
        return self.name

    def settings_for_backup(self) -> dict[str, Any]:
        """The settings that a backup keeps beside the name and the note."""
        return {"locked": self.locked, "automatic_backups": self.automatic_backups}


class Field(models.Model):
    """A data field: of one list, or account-wide when it has no group."""

    TYPES: ClassVar = [
        (FieldType.TEXT.value, _("Text")),
        (FieldType.NUMBER.value, _("Number")),
        (FieldType.DATE.value, _("Date")),
        (FieldType.GENDER.value, _("Gender")),
    ]

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="fields")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="fields", db_constraint=False)
    key = models.CharField(max_length=63)
    label = models.CharField(_("name"), max_length=100)
    type = models.CharField(_("type"), max_length=10, choices=TYPES, default=FieldType.TEXT.value)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "group", "key"], name="recipients_field_key_once", nulls_distinct=False
            ),
            models.UniqueConstraint(
                "account", "group", Lower("label"), name="recipients_field_label_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=models.Q(key__regex=r"^[a-z][a-z0-9_]*$"), name="recipients_field_key_is_a_plain_word"
            ),
            models.CheckConstraint(
                condition=models.Q(type__in=[t.value for t in FieldType]), name="recipients_field_type_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def scope(self) -> FieldScope:
        """Whether the field belongs to one list or to the whole account."""
        return FieldScope.ACCOUNT if self.group_id is None else FieldScope.LIST

    def definition(self) -> FieldDefinition:
        """The field as master-data files describe it."""
        return FieldDefinition(key=self.key, label=self.label, type=FieldType(self.type), scope=self.scope)


class Recipient(models.Model):
    """One address in one list. `values` maps the keys of list fields to values; a key that is absent has no value.

    Values: text as a string, a number as a number, a date as YYYY-MM-DD, gender as its code.
    """

    pk = models.CompositePrimaryKey("account_id", "id")  # in the database the id comes first: ADR 25
    id = models.BigIntegerField(
        db_default=models.Func(models.Value("recipients_recipient_id"), function="nextval"), editable=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    group = models.ForeignKey(
        Group, on_delete=models.CASCADE, related_name="recipients", db_constraint=False, db_index=False
    )
    email = models.CharField(_("e-mail"), max_length=MAX_ADDRESS_LENGTH, db_collation="C")
    registered_at = models.DateTimeField(_("registered"), null=True)
    activated_at = models.DateTimeField(_("activated"), null=True)
    deactivated_at = models.DateTimeField(_("deactivated"), null=True)
    bounced_at = models.DateTimeField(_("bounced"), null=True)
    source = models.TextField(_("source"), null=True)  # noqa: DJ001  # absent is null here as in the master-data file
    tags = ArrayField(models.TextField(), default=list)
    values = models.JSONField(default=dict, decoder=ExactJSONDecoder)
    # The number of the last change to this row (recipients.revision.next_change): later changes have higher numbers.
    changed_in = models.BigIntegerField(default=0, db_default=0, editable=False)

    objects = RecipientQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "group", "email"], name="recipients_recipient_address_once"),
        ]
        # So that a page of the few is found among a million; partial, so that imports of active people do not pay.
        indexes: ClassVar = [
            models.Index(fields=["account", "group", "email"], condition=BOUNCED, name="recipients_recipient_bounced"),
            models.Index(
                fields=["account", "group", "email"], condition=INACTIVE, name="recipients_recipient_inactive"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_active(self) -> bool:
        """Whether mail may go to this recipient: activated, not deactivated, not bounced."""
        return self.activated_at is not None and self.deactivated_at is None and self.bounced_at is None


class Contact(models.Model):
    """The account-wide values of one address: one row an address, seen in every list that has it."""

    pk = models.CompositePrimaryKey("account_id", "email")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    email = models.CharField(max_length=MAX_ADDRESS_LENGTH, db_collation="C")
    values = models.JSONField(default=dict, decoder=ExactJSONDecoder)
    changed_in = models.BigIntegerField(default=0, db_default=0, editable=False)  # as in Recipient

    def __str__(self) -> str:
        return self.email


class Activity(models.Model):
    """Something that a recipient did (opened, clicked). Never part of a backup."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("Opened")
        CLICKED = "clicked", _("Clicked")
        RECEIVED = "received", _("Received")

    pk = models.CompositePrimaryKey("account_id", "id")
    id = models.BigIntegerField(
        db_default=models.Func(models.Value("recipients_activity_id"), function="nextval"), editable=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    recipient_id = models.BigIntegerField()
    kind = models.CharField(max_length=20, choices=Kind)
    at = models.DateTimeField()
    subject = models.CharField(max_length=300, blank=True)  # the mailing's subject or the link

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["account", "recipient_id", "-at"], name="recipients_activity_latest"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class BlockedAddress(models.Model):
    """A pattern of addresses that must not come into one list, or into none of the account when it has no group."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    group = models.ForeignKey(
        Group, null=True, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    pattern = models.CharField(max_length=MAX_PATTERN_LENGTH, db_collation="C")
    # Patterns of the kind "other" are tried one by one, whichever address is asked about; the rest is looked up.
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    blocked_at = models.DateTimeField()
    blocked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "group", "pattern"], name="recipients_blocked_pattern_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=(
                    models.Q(kind=Kind.ADDRESS.value, pattern__regex=r"^[^*]+$")
                    | models.Q(kind=Kind.DOMAIN.value, pattern__regex=r"^\*@[^*]+$")
                    | models.Q(kind=Kind.ENDING.value, pattern__regex=r"^\*@\*[^*]+$")
                    | (
                        models.Q(kind=Kind.OTHER.value, pattern__regex=r"\*")
                        & ~models.Q(pattern__regex=r"^\*@\*?[^*]+$")
                    )
                ),
                name="recipients_blocked_kind_is_the_patterns",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["account", "group"], condition=models.Q(kind=Kind.OTHER.value), name="recipients_blocked_other"
            ),
        ]

    def __str__(self) -> str:
        return self.pattern


class Removal(models.Model):
    """An address that a job (an import that deletes, a restore) took out of its list: what an undo needs to know.

    Forgotten with the backup that the job made.
    """

    pk = models.CompositePrimaryKey("account_id", "job_id", "email")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    job_id = models.UUIDField()
    email = models.CharField(max_length=MAX_ADDRESS_LENGTH, db_collation="C")

    def __str__(self) -> str:
        return self.email


class ErasedAddress(models.Model):
    """That somebody was erased from an account (GDPR Art. 17): the address as a digest that only the account can make.

    Whatever comes in or is brought back is compared with it.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)  # HMAC-SHA256 of the canonical address, by Account.erasure_key
    erased_at = models.DateTimeField()
    erased_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    blocked = models.BooleanField(default=False)  # it stood on a block list: nobody lets it in again

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "digest"], name="recipients_erased_address_once"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id}: {self.erased_at:%Y-%m-%d}"


class Deletion(Job):
    """A deletion that was asked for: carried out when the backups of what it changes are complete.

    Of what a program asks for through an interface there are none, so that it is carried out at once.

    Of a group; of all its recipients, or of those in `selection`; or of a field, named in `selection`: an account-wide
    one has no group, and changes every list of the account.
    """

    class Kind(models.TextChoices):
        GROUP = "group", _("List")
        CLEARING = "clearing", _("All recipients of the list")
        RECIPIENTS = "recipients", _("Recipients")
        FIELD = "field", _("Field")

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for the backup")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    task = "recipients.advance_deletion"
    queue = "imports"
    large = models.Q(recipient_count__gt=SMALL_LIST)
    worked_on: ClassVar = [Status.WAITING.value]
    asked_for_at = "requested_at"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="deletions")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="deletions", db_constraint=False)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.GROUP)
    interface = models.CharField(max_length=10, default="browser")  # a recipients.holds.Interface
    selection = models.JSONField(default=dict)  # what is deleted, as recipients.deletion reads it
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    recipient_count = models.BigIntegerField(default=0)
    misses = models.PositiveSmallIntegerField(default=0)  # so often writers overtook the backup
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("deletion")
        verbose_name_plural = _("deletions")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account", "group"],
                condition=models.Q(status="waiting"),
                name="recipients_deletion_one_at_a_time",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(group__isnull=False) | models.Q(kind="field"),
                name="recipients_deletion_only_fields_are_of_no_group",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id}: {self.status}"
