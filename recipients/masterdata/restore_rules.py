"""The rules of a restore, once, as SQL: whom it reaches, whom it spares, and what becomes of their status.

Beside `rules`, which hold for every file; here is what holds only when the rows are a backup's (`Options.restoring`).
Named are `staged`, the `recipient` with the same address, and their account-wide values `contact`.

Consent (mission P4): a later event wins, as in every import, so nobody is turned active by a restore; `exact_status` is
the choice of a person who was shown the number. An undo takes back whom nobody changed after the import (`changed_in`):
between the two states stands the import alone, so their sign-up is again the one of the backup, but whom the import
signed off stays so without that choice.
"""

from typing import Any, Final

from recipients.masterdata.options import Mode, Options
from recipients.models import Field, Group

CONSENT_COLUMNS: Final = ("activated_at", "deactivated_at", "bounced_at")

AS_THEN: Final = {name: f"staged.{name}" for name in CONSENT_COLUMNS}

BEFORE_THE_CHANGE: Final = {
    "activated_at": "staged.activated_at",
    "deactivated_at": "greatest(staged.deactivated_at, recipient.deactivated_at)",
    "bounced_at": "greatest(staged.bounced_at, recipient.bounced_at)",
}

WAS_REMOVED: Final = """EXISTS (
    SELECT FROM recipients_removal AS removal
    WHERE removal.account_id = %(account)s AND removal.job_id = %(undone)s AND removal.email = staged.email
)"""

DIFFERS: Final = """
(recipient.registered_at, recipient.activated_at, recipient.deactivated_at, recipient.bounced_at, recipient.source,
 recipient.tags, recipient.values)
IS DISTINCT FROM
(staged.registered_at, staged.activated_at, staged.deactivated_at, staged.bounced_at, staged.source,
 coalesce(staged.tags, '{}'), (recipient.values - %(cleared_keys)s::text[]) || staged.values)
"""

SIGNED_OFF_SINCE: Final = """
((recipient.deactivated_at IS NOT NULL OR recipient.bounced_at IS NOT NULL)
 AND staged.deactivated_at IS NULL AND staged.bounced_at IS NULL)
"""


def status_after(options: Options, otherwise: dict[str, str]) -> dict[str, str]:
    """The new status of a recipient in the list; `otherwise` is what the rules of every file say."""
    restoring = options.restoring
    if restoring is None:
        return otherwise
    if restoring.exact_status:
        return AS_THEN
    if restoring.since is None:
        return otherwise
    if not restoring.take_changed:
        return BEFORE_THE_CHANGE
    return {
        name: f"CASE WHEN recipient.changed_in <= %(since)s THEN {BEFORE_THE_CHANGE[name]} ELSE {otherwise[name]} END"
        for name in CONSENT_COLUMNS
    }


def is_new(options: Options) -> str:
    """Whether a staged address comes into the list, in a mode that adds."""
    return f"(recipient.id IS NULL AND {may_be_added(options)})"


def may_be_added(options: Options) -> str:
    """Whether a staged address that is not in the list may come in."""
    if options.restoring is None:
        return "true"
    allowed = "NOT staged.barred" if options.mode.adds else "true"
    return f"{allowed} AND {WAS_REMOVED}" if options.restoring.spares_changed else allowed


def is_blocked(options: Options) -> str:
    """Whether a staged address would come in, but a block list holds it."""
    if options.restoring is None or not options.mode.adds:
        return "false"
    wanted = WAS_REMOVED if options.restoring.spares_changed else "true"
    return f"(recipient.id IS NULL AND staged.barred AND {wanted})"


def is_reached(options: Options) -> str:
    """Whether a recipient in the list gets what the file has of them."""
    if options.restoring is not None and options.restoring.spares_changed:
        return "(recipient.id IS NOT NULL AND recipient.changed_in <= %(since)s)"
    return "recipient.id IS NOT NULL"


def is_spared(options: Options) -> str:
    """Whether a recipient stays as they are, other than in the backup, because they changed since."""
    if options.restoring is None or not options.restoring.spares_changed:
        return "false"
    return f"(recipient.id IS NOT NULL AND recipient.changed_in > %(since)s AND {DIFFERS})"


def is_kept_away(options: Options) -> str:
    """Whether an address of the backup stays away, because somebody deleted the recipient since."""
    if options.restoring is None or not options.restoring.spares_changed:
        return "false"
    return f"(recipient.id IS NULL AND NOT {WAS_REMOVED})"


def contact_is_reached(options: Options) -> str:
    """Whether account-wide values of a reached address may be taken back: nobody changed them since."""
    if options.restoring is not None and options.restoring.spares_changed:
        return "coalesce(contact.changed_in, 0) <= %(since)s"
    return "true"


def is_absent(options: Options) -> str:
    """Whether a recipient who is not in the file goes, in the mode EXACT."""
    if options.restoring is not None and options.restoring.spares_changed:
        return "recipient.changed_in = %(since)s"
    return "true"


def parameters(group: Group, staged_keys: list[str], options: Options) -> dict[str, Any]:
    """The values that these rules name. `staged_keys`: the list's fields that the file speaks of."""
    restoring = options.restoring
    cleared: set[str] = set()
    if options.mode is Mode.EXACT:
        kept = restoring.kept_keys if restoring is not None else frozenset()
        own = Field.objects.filter(account_id=group.account_id, group=group).values_list("key", flat=True)
        cleared = {*own, *staged_keys} - kept
    since = restoring.since if restoring is not None else None
    return {
        "cleared_keys": sorted(cleared),
        "since": since.change if since is not None else None,
        "undone": since.job_id if since is not None else None,
    }
