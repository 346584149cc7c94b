"""What people read about restores and undos: their kinds, what was chosen, why somebody stays as they are."""

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from imports.figures import shown
from imports.models import Import
from imports.restoring import Way, Wish

WAYS: Final[dict[Way, Promise]] = {
    Way.UPDATE_AND_ADD: gettext_lazy("Restore: update and add"),
    Way.EXACT: gettext_lazy("Restore: exactly as in the backup"),
    Way.NEW_LIST: gettext_lazy("Restore as a new list"),
    Way.REVIVE: gettext_lazy("Restore of the deleted list"),
    Way.SELECTED: gettext_lazy("Restore of a selection"),
    Way.UNDO: gettext_lazy("Undo of an import"),
}
KEPT_REASONS: Final[dict[str, Promise]] = {
    "edited": gettext_lazy("edited since"),
    "signed_off": gettext_lazy("unsubscribed or bounced since"),
    "added": gettext_lazy("added or edited since"),
    "deleted": gettext_lazy("deleted since"),
}


def way_of(run: Import) -> str:
    """What kind of restore a run is, in the reader's words."""
    return str(WAYS[Way(run.restore["way"])])


def restore_choices(run: Import) -> list[str]:
    """What was chosen beside the way, where it is not what most people need."""
    wish = Wish.from_json(run.restore)
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
