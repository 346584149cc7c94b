"""Import: one row per run, from the uploaded file to the report."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from recipients.jobs import SMALL_FILE, SMALL_LIST, Job
from recipients.models import Group


class Import(Job):
    """One import into one group.

    `draft` until the columns are mapped; `previewing` (read, and counted what would change) and `previewed`, unless the
    person skips that; once confirmed `reading` (file → master-data file), `waiting` (for the backup), `applying` (one
    transaction), and an end: `done`, `failed` with a code in `failure`, or `cancelled`.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Not started")
        PREVIEWING = "previewing", _("Preview is being made")
        PREVIEWED = "previewed", _("Preview")
        READING = "reading", _("Reading the file")
        WAITING = "waiting", _("Waiting for the backup")
        APPLYING = "applying", _("Applying")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    class Kind(models.TextChoices):
        FILE = "file", _("File")
        RESTORE = "restore", _("Restore")
        UNDO = "undo", _("Undo")

    class Mode(models.TextChoices):
        ADD = "add", _("Add only")
        UPDATE = "update", _("Update only")
        UPDATE_AND_ADD = "update_and_add", _("Update and add")
        DEACTIVATE = "deactivate", _("Deactivate")
        DELETE = "delete", _("Delete")
        EXACT = "exact", _("Exactly as in the backup")

    class EmptyCells(models.TextChoices):
        KEEP = "keep", _("An empty cell keeps what is stored")
        CLEAR = "clear", _("An empty cell clears what is stored")

    class TagsMode(models.TextChoices):
        ADD = "add", _("The file’s tags are added")
        REPLACE = "replace", _("The file’s tags replace all others")

    class AccountValues(models.TextChoices):
        OVERWRITE = "overwrite", _("The file’s values replace the present ones")
        FILL = "fill", _("Only where there is no value yet")

    RUNNING: ClassVar = [Status.READING.value, Status.WAITING.value, Status.APPLYING.value]
    UNCONFIRMED: ClassVar = [Status.DRAFT.value, Status.PREVIEWING.value, Status.PREVIEWED.value]

    task = "imports.advance_import"
    queue = "imports"
    # A small file may hold many rows, packed; they are counted when it has been read.
    # A restore's file is a backup, packed tighter than any upload: it says how many recipients it holds.
    large = (
        models.Q(file_size__gt=SMALL_FILE)
        | models.Q(report__rows__gt=SMALL_LIST)
        | models.Q(restore__recipients__gt=SMALL_LIST)
    )
    worked_on: ClassVar = [Status.PREVIEWING.value, *RUNNING]
    asked_for_at = "created_at"

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="imports")
    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="imports", db_constraint=False)
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    interface = models.CharField(max_length=10, default="browser")  # a recipients.holds.Interface
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.FILE)  # where the rows come from
    backup_id = models.UUIDField(null=True)  # of the backup that is brought back; none: the list was empty then
    undoes = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="undone_by", db_constraint=False
    )  # the import that is taken back
    restore = models.JSONField(default=dict)  # imports.restoring.Wish: what of the backup is wanted, and how
    change_number = models.BigIntegerField(null=True)  # of the change that the rows made (Recipient.changed_in)

    file_name = models.CharField(max_length=255)
    file_size = models.BigIntegerField()  # bytes
    file_key = models.CharField(max_length=200)  # the uploaded file in the storage `imports`
    rows_key = models.CharField(max_length=200, blank=True)  # the master-data file read from it
    rejected_key = models.CharField(max_length=200, blank=True)  # the rows that could not be read
    kept_key = models.CharField(max_length=200, blank=True)  # whom an undo leaves as they are, and why
    compared = models.JSONField(default=dict)  # imports.compared: how a restore's rows differ from the list
    sniffed = models.JSONField(default=dict)  # imports.readers: what the file looks like
    source = models.JSONField(default=dict)  # imports.readers.Source: how it is read
    mapping = models.JSONField(default=list)  # imports.readers.ColumnMapping, one per mapped column
    new_fields = models.JSONField(default=list)  # imports.new_fields.PlannedField, made when the rows are applied
    entered = models.JSONField(default=dict)  # the mapping page as it was sent, to be shown again
    header_mark = models.CharField(max_length=32, blank=True)  # equal for files with the same header

    mode = models.CharField(_("mode"), max_length=20, choices=Mode, default=Mode.UPDATE_AND_ADD)
    reactivate = models.BooleanField(default=False)  # the person asked to turn people active again
    readmit_erased = models.BooleanField(default=False)  # the person asked to let erased people in again
    empty_cells = models.CharField(max_length=10, choices=EmptyCells, default=EmptyCells.KEEP)
    tags_mode = models.CharField(max_length=10, choices=TagsMode, default=TagsMode.ADD)
    account_values = models.CharField(max_length=10, choices=AccountValues, default=AccountValues.OVERWRITE)
    block_list_mark = models.CharField(max_length=32, blank=True)  # of the block list that the rows were read with
    preview = models.JSONField(default=dict)  # imports.preview.Preview; its samples go when the import ends
    misses = models.PositiveSmallIntegerField(default=0)  # so often writers overtook the backup
    report = models.JSONField(default=dict)  # figures: recipients.masterdata.apply.Outcome and the reader's

    created_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    previewed_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "id"], name="imports_import_id_in_account"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["account", "-created_at"], name="imports_import_newest_first"),
            models.Index(fields=["account", "group", "-created_at"], name="imports_import_newest_of_group"),
            models.Index(
                fields=["account", "header_mark", "-confirmed_at"],
                condition=~models.Q(header_mark=""),
                name="imports_import_same_header",
            ),
            models.Index(fields=["account", "undoes"], name="imports_import_undone"),
            models.Index(
                fields=["claimed_until"],
                condition=models.Q(status__in=["previewing", "reading", "waiting", "applying"]),
                name="imports_import_running",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name}: {self.status}"

    @property
    def is_running(self) -> bool:
        """Confirmed and not yet ended."""
        return self.status in self.RUNNING
