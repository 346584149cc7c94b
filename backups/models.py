"""Backup: the catalogue of backups. The files stand in the storage `backups`."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from recipients.jobs import SMALL_LIST, Job
from recipients.models import Group


class Backup(Job):
    """One backup of one group's master data.

    `pending` until it is taken; `complete` only when its file is durable in storage and its checksum is known (the row
    turns last); `failed` when it could not be made; `purging` from the moment it is due until its file is gone, when
    the row goes too. Backups of the same revision of a group share one file.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Being made")
        COMPLETE = "complete", _("Complete")
        FAILED = "failed", _("Failed")
        PURGING = "purging", _("Being deleted")

    class Trigger(models.TextChoices):
        IMPORT = "import", _("Import")
        GROUP_DELETION = "group_deletion", _("List deleted")
        RECIPIENTS_DELETION = "recipients_deletion", _("Recipients deleted")
        CLEARING = "clearing", _("List emptied")
        FIELD_DELETION = "field_deletion", _("Field deleted")
        ON_DEMAND = "on_demand", _("On demand")
        DAILY = "daily", _("Daily")
        RESTORE = "restore", _("Before a restore")

    class Damage(models.TextChoices):
        MISSING = "missing", _("File missing")
        DIFFERS = "differs", _("File damaged")

    task = "backups.take_backup"
    queue = "backups"
    large = models.Q(group__recipient_count__gt=SMALL_LIST)
    worked_on: ClassVar = [Status.PENDING.value]
    asked_for_at = "requested_at"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="backups")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="backups", db_constraint=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    trigger = models.CharField(max_length=20, choices=Trigger)
    change_id = models.UUIDField(null=True)  # the job that waits for this backup
    label = models.CharField(max_length=255, blank=True)  # the imported file's name
    group_name = models.CharField(max_length=200)  # as it was then
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(null=True)

    # Known when complete.
    completed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    revision = models.BigIntegerField(null=True)  # the group's revision that the file holds
    recipient_count = models.BigIntegerField(null=True)
    active_count = models.BigIntegerField(null=True)
    file_key = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField(null=True)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)  # hexadecimal, over the file's bytes

    # A pinned backup is not purged.
    pinned_at = models.DateTimeField(null=True)
    pinned_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    pin_reason = models.CharField(_("reason"), max_length=200, blank=True)

    # What the last verification found: the file read again, and its checksum compared.
    verified_at = models.DateTimeField(null=True)
    damage = models.CharField(max_length=10, choices=Damage, blank=True)
    # Since then its file is to be read again; by nobody when the nightly sample asks. Null when nobody waits for it.
    verification_requested_at = models.DateTimeField(null=True)
    verification_requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        verbose_name = _("backup")
        verbose_name_plural = _("backups")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "id"], name="backups_backup_id_in_account"),
            models.CheckConstraint(
                condition=~models.Q(status="complete")
                | models.Q(
                    completed_at__isnull=False,
                    expires_at__isnull=False,
                    revision__isnull=False,
                    recipient_count__isnull=False,
                    size__isnull=False,
                    sha256__regex="^[0-9a-f]{64}$",
                )
                & ~models.Q(file_key=""),
                name="backups_backup_complete_is_whole",
            ),
            models.UniqueConstraint(
                fields=["account", "change_id", "group"],
                condition=models.Q(status="pending"),
                name="backups_backup_one_pending_per_change",
            ),
            models.UniqueConstraint(
                fields=["account", "group", "trigger"],
                condition=models.Q(status="pending", change_id__isnull=True),
                name="backups_backup_one_pending_for_itself",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "group", "-requested_at"], name="backups_backup_newest_of_group"),
            models.Index(fields=["account", "change_id"], name="backups_backup_of_change"),
            models.Index(fields=["expires_at"], condition=models.Q(status="complete"), name="backups_backup_due"),
            models.Index(fields=["claimed_until"], condition=models.Q(status="pending"), name="backups_backup_open"),
            models.Index(fields=["account", "file_key"], name="backups_backup_by_file"),
            models.Index(
                fields=["verified_at"], condition=models.Q(status="complete"), name="backups_backup_to_be_verified"
            ),
            models.Index(
                fields=["verification_requested_at"],
                condition=models.Q(verification_requested_at__isnull=False),
                name="backups_backup_being_verified",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_name}: {self.status}"

    @property
    def leads_to_import(self) -> bool:
        """Whether what it was made for has a report: an import, or a restore, which is one."""
        return self.change_id is not None and self.trigger in (self.Trigger.IMPORT, self.Trigger.RESTORE)


class Export(Job):
    """An export file that is made in the background because it takes long: of a backup, or of a list as it is now.

    `pending` until its file stands in storage; then `complete`, until `expires_at`, when row and file go; or `failed`.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Being made")
        COMPLETE = "complete", _("Complete")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    task = "backups.make_export"
    queue = "files"
    while_held = True
    begun_anew_after = frozenset({"internal", "interrupted", "storage_unavailable"})
    large = models.Q(recipient_count__gt=SMALL_LIST)
    worked_on: ClassVar = [Status.PENDING.value]
    asked_for_at = "requested_at"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="exports")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="exports", db_constraint=False)
    backup = models.ForeignKey(
        Backup, null=True, on_delete=models.CASCADE, related_name="exports", db_constraint=False
    )  # none: the list as it is
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    format = models.CharField(max_length=10)  # backups.downloads.Format
    options = models.JSONField(default=dict)  # the language of its headers and so on
    recipient_count = models.BigIntegerField(default=0)  # about to be written, then written
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    retry_at = models.DateTimeField(null=True)

    # Known when complete.
    completed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    file_key = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField(null=True)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes: ClassVar = [
            models.Index(fields=["account", "-requested_at"], name="backups_export_newest_first"),
            models.Index(fields=["expires_at"], condition=models.Q(status="complete"), name="backups_export_due"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name or self.format}: {self.status}"


class Erasure(Job):
    """The removal of an erased person from the files of an account's backups: `waiting` until the last was rewritten.

    The address stands here only while files that may hold it are left; until then it is left out wherever they are
    shown, exported or restored, by its digest.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Being erased")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    task = "backups.advance_erasure"
    queue = "files"
    begun_anew_after = frozenset({"internal", "interrupted", "storage_unavailable"})
    large = models.Q(backup_count__gte=0)  # each: many files may have to be written
    worked_on: ClassVar = [Status.WAITING.value]
    asked_for_at = "requested_at"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="erasures")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    email = models.CharField(max_length=254, blank=True)  # canonical; empty from the end on
    digest = models.BinaryField(max_length=32)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    list_count = models.IntegerField(default=0)  # lists that the person stood in
    backup_count = models.IntegerField(default=0)  # backups whose files were rewritten
    report = models.JSONField(default=dict)  # figures, without the person

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes: ClassVar = [
            models.Index(fields=["account", "-requested_at"], name="backups_erasure_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.requested_at:%Y-%m-%d %H:%M}: {self.status}"


class RestoreDrill(models.Model):
    """A rehearsal: a backup was applied to an empty list that nobody sees, taken again, and compared row by row."""

    class Result(models.TextChoices):
        EQUAL = "equal", _("Everything came back")
        DIFFERENT = "different", _("Something did not come back")
        FAILED = "failed", _("Could not be carried out")

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="restore_drills")
    backup = models.ForeignKey(
        Backup, null=True, on_delete=models.SET_NULL, related_name="restore_drills", db_constraint=False
    )
    group_name = models.CharField(max_length=200)  # as it was in the backup
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    result = models.CharField(max_length=10, choices=Result)
    recipient_count = models.BigIntegerField(null=True)  # compared
    difference_count = models.BigIntegerField(null=True)  # recipients that did not come back as they were
    failure = models.CharField(max_length=60, blank=True)  # a code that the page turns into a sentence

    class Meta:
        verbose_name = _("restore drill")
        verbose_name_plural = _("restore drills")
        indexes: ClassVar = [
            models.Index(fields=["account", "-started_at"], name="backups_drill_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.group_name}: {self.result}"


class Closure(Job):
    """The closing of an account: all that it has is put into one file, and 30 days after that the account is deleted.

    `exporting` until the file stands in storage; `waiting` for the day; then `verifying` that the file is still the one
    that was made and holds what the account has; `deleting` from then on, when nothing can be taken back. The row goes
    with the account, or, `reopened`, with its file. `failed`: there is no file, and nothing is deleted.
    """

    class Status(models.TextChoices):
        EXPORTING = "exporting", _("Export being made")
        WAITING = "waiting", _("Waiting for its day")
        VERIFYING = "verifying", _("Export being verified")
        DELETING = "deleting", _("Being deleted")
        FAILED = "failed", _("Failed")
        REOPENED = "reopened", _("Taken back")

    WITH_FILE: ClassVar = [Status.WAITING.value, Status.VERIFYING.value, Status.DELETING.value]

    task = "backups.advance_closure"
    queue = "files"
    while_held = True
    begun_anew_after = frozenset(
        {
            *("internal", "interrupted", "storage_unavailable", "changing", "file_changed"),
            *("backup_damaged", "backup_missing"),
        }
    )
    large = models.Q(recipient_count__gte=0)  # each: every file of the account may have to be read
    worked_on: ClassVar = [Status.EXPORTING.value, Status.VERIFYING.value, Status.DELETING.value]
    asked_for_at = "requested_at"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="closures")
    status = models.CharField(max_length=10, choices=Status, default=Status.EXPORTING)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    language = models.CharField(max_length=2)  # of the file's words: an owner's
    link = models.CharField(max_length=500)  # to its page, for the mail
    leave_out_unreadable = models.BooleanField(default=False)  # backups whose files are damaged or missing
    held_before = models.BooleanField(default=False, db_default=False)  # a hold that outlives the closing
    retry_at = models.DateTimeField(null=True)
    list_count = models.IntegerField(default=0)
    recipient_count = models.BigIntegerField(default=0)
    backup_count = models.IntegerField(default=0)
    report = models.JSONField(default=dict)  # what the steps need of each other; no recipient's data

    # Known from `waiting` on.
    completed_at = models.DateTimeField(null=True)
    delete_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)  # since then the owners have their mail
    file_key = models.CharField(max_length=200, blank=True)
    file_name = models.CharField(max_length=255, blank=True)
    size = models.BigIntegerField(null=True)  # bytes
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name = _("closing of an account")
        verbose_name_plural = _("closings of accounts")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["account"], condition=~models.Q(status="reopened"), name="backups_closure_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["waiting", "verifying", "deleting"])
                | models.Q(
                    completed_at__isnull=False,
                    delete_at__gt=models.F("completed_at"),
                    size__isnull=False,
                    sha256__regex="^[0-9a-f]{64}$",
                )
                & ~models.Q(file_key=""),
                name="backups_closure_deletes_after_its_export",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requested_at:%Y-%m-%d %H:%M}: {self.status}"


class ClosedAccount(models.Model):
    """That an account was closed: what stays of it, for operators. It belongs to no account and holds nobody's data."""

    account_number = models.BigIntegerField(unique=True)
    requested_at = models.DateTimeField()
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    exported_at = models.DateTimeField()
    begun_at = models.DateTimeField()  # the deletion
    deleted_at = models.DateTimeField(null=True)  # null while the deletion goes on
    list_count = models.IntegerField()
    recipient_count = models.BigIntegerField()
    backup_count = models.IntegerField()
    member_count = models.IntegerField(null=True)
    user_count = models.IntegerField(null=True)  # of these, whose login went too

    class Meta:
        verbose_name = _("closed account")
        verbose_name_plural = _("closed accounts")

    def __str__(self) -> str:
        return f"{self.account_number}: {self.requested_at:%Y-%m-%d}"
