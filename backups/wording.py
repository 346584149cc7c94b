"""What people read about backups that could not be made: a sentence for each code, and the next step."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy

from backups.models import Backup

FAILURES: Final[dict[str, Promise]] = {
    "group_deleted": gettext_lazy("The list was deleted before its backup could be made."),
    "interrupted": gettext_lazy("The backup was interrupted several times and has been given up."),
    "storage_unavailable": gettext_lazy("The place where backups are kept could not be reached at several attempts."),
    "internal": gettext_lazy("The backup could not be made. The fault is ours and has been recorded."),
}

CONSEQUENCES: Final[dict[str, Promise]] = {
    Backup.Trigger.IMPORT: gettext_lazy(
        "So the import was not carried out, and the list is as it was. Start the import again later."
    ),
    Backup.Trigger.GROUP_DELETION: gettext_lazy(
        "So the list was not deleted. Delete it again later if you still want to."
    ),
    Backup.Trigger.CLEARING: gettext_lazy("So the list was not emptied. Empty it again later if you still want to."),
    Backup.Trigger.RECIPIENTS_DELETION: gettext_lazy(
        "So the recipients were not deleted. Delete them again later if you still want to."
    ),
    Backup.Trigger.FIELD_DELETION: gettext_lazy(
        "So the field was not deleted. Delete it again later if you still want to."
    ),
    Backup.Trigger.ON_DEMAND: gettext_lazy("The list is as it was. Have it backed up again later."),
    Backup.Trigger.DAILY: gettext_lazy("The list is as it was. The daily backup is tried again within some hours."),
    Backup.Trigger.RESTORE: gettext_lazy(
        "So nothing was restored, and the list is as it was. Start the restore again later."
    ),
}

ATTEMPTS: Final[dict[str, Promise]] = {
    "storage_unavailable": gettext_lazy("The place where backups are kept does not answer. It is tried again shortly."),
    "internal": gettext_lazy("The first attempt did not work. It is tried again shortly."),
}


def failure_sentence(backup: Backup) -> str:
    """Why a backup failed, what that means for what it was made for, and the next step."""
    cause = FAILURES.get(backup.failure, FAILURES["internal"])
    if backup.failure == "group_deleted":
        return str(cause)
    return f"{cause} {CONSEQUENCES[backup.trigger]}"


def attempt_sentence(backup: Backup) -> str:
    """Why a pending backup is tried again; empty when it is at its first attempt."""
    return str(ATTEMPTS.get(backup.failure, ATTEMPTS["internal"])) if backup.failure else ""


PIN_REFUSALS: Final[dict[str, Promise]] = {
    "being_deleted": gettext_lazy(
        "This backup can no longer be pinned: its time is over and it is being deleted. Have a new one made, or pin a"
        " younger one."
    ),
    "nothing_to_pin": gettext_lazy("Only a complete backup can be pinned."),
    "already_pinned": gettext_lazy("Somebody has pinned this backup already. Their reason stands beside it."),
}


def pin_refusal_sentence(code: str) -> str:
    """Why a backup cannot be pinned, and the next step."""
    return str(PIN_REFUSALS[code])


DAMAGES: Final[dict[str, Promise]] = {
    Backup.Damage.MISSING: gettext_lazy("Its file is no longer in storage, so it cannot be downloaded or restored."),
    Backup.Damage.DIFFERS: gettext_lazy(
        "Its file is not the one that was kept: the checksum differs. It is not given out, because wrong data could be"
        " in it."
    ),
}


def damage_sentence(backup: Backup) -> str:
    """What is wrong with a backup's file, what is safe, and the next step."""
    return f"{DAMAGES[backup.damage]} {damage_advice()}"


def damage_advice() -> str:
    """What is safe when a backup's file is damaged or missing, and the next step."""
    return gettext(
        "The list itself is not affected. Have it backed up now, and tell the people who run Listkeep for you: a copy"
        " of the storage may still hold the file."
    )
