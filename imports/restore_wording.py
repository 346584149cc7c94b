"""What people read about restores and undos: their kinds, what was chosen, why somebody stays as they are."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.templatetags.listkeep_format import isolated
from imports.figures import shown
from imports.models import Import
from imports.restoring import Way, wish_of

WAYS: Final[dict[Way, Promise]] = {
    Way.UPDATE_AND_ADD: gettext_lazy("Restore: update and add"),
    Way.EXACT: gettext_lazy("Restore: exactly as in the backup"),
    Way.NEW_LIST: gettext_lazy("Restore as a new list"),
    Way.REVIVE: gettext_lazy("Restore of the deleted list"),
    Way.SELECTED: gettext_lazy("Restore of a selection"),
}
UNDOS: Final[dict[Import.Kind, Promise]] = {
    Import.Kind.FILE: gettext_lazy("Undo of an import"),
    Import.Kind.RESTORE: gettext_lazy("Undo of a restore"),
    Import.Kind.UNDO: gettext_lazy("Undo of an undo"),
}
UNDO_ACTIONS: Final[dict[Import.Kind, Promise]] = {
    Import.Kind.FILE: gettext_lazy("Undo the import: %(what)s"),
    Import.Kind.RESTORE: gettext_lazy("Undo the restore: %(what)s"),
    Import.Kind.UNDO: gettext_lazy("Undo the undo: %(what)s"),
}
UNDONE: Final[dict[Import.Kind, Promise]] = {
    Import.Kind.FILE: gettext_lazy("The import is undone"),
    Import.Kind.RESTORE: gettext_lazy("The restore is undone"),
    Import.Kind.UNDO: gettext_lazy("The undo is undone"),
}
KEPT_REASONS: Final[dict[str, Promise]] = {
    "edited": gettext_lazy("edited since"),
    "signed_off": gettext_lazy("unsubscribed or bounced since"),
    "added": gettext_lazy("added or edited since"),
    "deleted": gettext_lazy("deleted since"),
}
FAILURES: Final[dict[str, Promise]] = {
    "backup_missing": gettext_lazy(
        "The file of the backup is no longer in storage. Restore another backup of the list, and tell whoever runs "
        "Listkeep for you: a copy of the storage may still hold the file."
    ),
    "backup_damaged": gettext_lazy(
        "The file of the backup is damaged: its checksum differs. It is not restored, because wrong data could be in "
        "it. Restore another backup of the list, and tell whoever runs Listkeep for you."
    ),
    "backup_purged": gettext_lazy(
        "The time of the backup is over, and it has been deleted. Restore a later backup of the list."
    ),
    "backup_failed": gettext_lazy(
        "The safety backup of the list as it is now could not be made, and without it nothing is changed. Start the "
        "restore again later; if that fails too, tell whoever runs Listkeep that backups cannot be made."
    ),
    "group_locked": gettext_lazy(
        "The list was locked meanwhile. Unlock it in its settings, then start the restore again."
    ),
    "group_deleted": gettext_lazy(
        "The list was deleted meanwhile. Its backups are still there: restore one of them, and the list comes back."
    ),
    "group_present": gettext_lazy(
        "Somebody has brought the list back already. Look at it before you restore anything."
    ),
    "fields_changed": gettext_lazy(
        "The field “%(label)s” is another one now, or gone, because somebody has changed the fields meanwhile. Start "
        "the restore again and look at the fields once more."
    ),
    "file_missing": gettext_lazy("What was read from the backup is no longer there. Start the restore again."),
    "storage_unavailable": gettext_lazy(
        "The place where backups are kept could not be reached for several minutes. Start the restore again in a while."
    ),
    "interrupted": gettext_lazy(
        "The restore was interrupted several times and has been given up. Start it again; if that fails too, tell "
        "whoever runs Listkeep."
    ),
    "internal": gettext_lazy("The fault is ours and has been recorded. Start the restore again."),
}


def way_of(run: Import) -> str:
    """What kind of restore a run is, in the reader's words."""
    way = wish_of(run).way
    return str(UNDOS[kind_undone(run)] if way is Way.UNDO else WAYS[way])


def kind_undone(run: Import) -> Import.Kind:
    """What an undo takes back: an import, a restore or an undo. It is a file's import when nobody knows any more."""
    return Import.Kind(run.undoes.kind) if run.undoes is not None else Import.Kind.FILE


def deed(run: Import) -> str:
    """What a done restore or undo did, in a sentence with its numbers."""
    told = {name: int(run.report.get(name, 0)) for name in ("changed", "added", "removed")}
    match wish_of(run).way:
        case Way.NEW_LIST:
            words = ngettext("%(added)s recipient is in it.", "%(added)s recipients are in it.", told["added"])
        case Way.REVIVE:
            words = ngettext("%(added)s recipient is back.", "%(added)s recipients are back.", told["added"])
        case _:
            words = _("Set back: %(changed)s. Come back: %(added)s. Removed: %(removed)s.")
    return words % {name: shown(number) for name, number in told.items()}


def action(run: Import, *, changed: int, added: int, removed: int) -> str:
    """What the button of a preview says: what is done to which list, and to how many."""
    way, name = wish_of(run).way, isolated(run.group.name)
    if way in (Way.NEW_LIST, Way.REVIVE):
        words = ngettext(
            "Restore “%(list)s” with %(added)s recipient", "Restore “%(list)s” with %(added)s recipients", added
        )
        return words % {"list": name, "added": shown(added)}
    parts = (
        (changed, _("set back %(number)s")),
        (added, _("bring back %(number)s")),
        (removed, _("remove %(number)s")),
    )
    what = ", ".join(words % {"number": shown(number)} for number, words in parts if number)
    if way is Way.UNDO:
        return str(UNDO_ACTIONS[kind_undone(run)]) % {"what": what}
    return _("Restore “%(list)s”: %(what)s") % {"list": name, "what": what}


def restore_choices(run: Import) -> list[str]:
    """What was chosen beside the way, where it is not what most people need."""
    wish = wish_of(run)
    chosen = []
    if wish.emails is not None:
        number = len(wish.emails)
        words = ngettext("%(number)s chosen recipient", "%(number)s chosen recipients", number)
        chosen.append(words % {"number": shown(number)})
    if wish.search or wish.status != "all":
        chosen.append(_("Those whom the search in the backup found"))
    if wish.columns is not None:
        chosen.append(_("Chosen fields alone"))
    if wish.clear_empty:
        chosen.append(_("What was empty then is emptied"))
    if wish.overwrite_account_values:
        chosen.append(_("Fields of all lists too"))
    if wish.exact_status:
        chosen.append(_("Status exactly as in the backup"))
    if wish.take_changed:
        chosen.append(_("Those who changed since, too"))
    return chosen


def restore_failure_sentence(code: str, *, label: str = "") -> str:
    """Why a restore or an undo failed, and the next step. `label` names a field that it is about."""
    return str(FAILURES.get(code, FAILURES["internal"])) % {"label": label}
