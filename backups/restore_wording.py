"""Why a backup cannot be brought back, or an import not be undone: a sentence for each code, and the next step."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from imports.wording import CANNOT_IMPORT

REFUSALS: Final[dict[str, Promise]] = {
    **CANNOT_IMPORT,
    "import_running": gettext_lazy(
        "An import into this list, or another restore, has not ended yet. Wait until it has, then try again."
    ),
    "group_deleted": gettext_lazy("The list has been deleted. Restore it from its backups instead."),
    "group_present": gettext_lazy("The list is there again already."),
    "no_name": gettext_lazy("Give the new list a name."),
    "nothing_chosen": gettext_lazy("Choose at least one recipient or field."),
    "field_refused": gettext_lazy(
        "A field of the backup cannot be made again: the list has as many fields as it may have. Leave some out."
    ),
    "pending": gettext_lazy("This backup is still being made. Try again when it is complete."),
    "failed": gettext_lazy("This backup could not be made; there is nothing to restore."),
    "missing": gettext_lazy("The file of this backup is missing. Restore another backup."),
    "damaged": gettext_lazy("The file of this backup is damaged. Restore another backup."),
    "storage": gettext_lazy(
        "The place where backups are kept does not answer. Nothing has changed. Try again shortly."
    ),
    "not_done": gettext_lazy("Only what is done can be undone."),
    "too_old": gettext_lazy("This import is too old to be undone in one step. Its backup can still be restored."),
    "undone": gettext_lazy("This has been undone already."),
    "redone": gettext_lazy("This was undone, and the undo was taken back: it holds again. Undo the last step instead."),
    "no_backup": gettext_lazy("This import made no backup, so it cannot be undone: automatic backups were off."),
    "backup_purged": gettext_lazy("The backup that was made before is no longer kept, so this cannot be undone."),
    "backup_damaged": gettext_lazy("The backup that was made before is damaged, so this cannot be undone."),
}


def refusal_sentence(code: str) -> str:
    """The sentence for a code of `backups.restoring.CannotRestore`, in the present language."""
    return str(REFUSALS[code])
