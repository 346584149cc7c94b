"""What people read about recipients, fields and lists that cannot be changed, and how field values look."""

from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format, get_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from accounts.templatetags.listkeep_format import day
from recipients.deletion import GroupLocked
from recipients.masterdata.blocklist import MAX_PATTERN_LENGTH, Refusal
from recipients.masterdata.file import MAX_FIELDS, FieldType
from recipients.masterdata.values import MAX_TEXT_LENGTH, UnstorableText, format_number
from recipients.models import BlockedAddress, ErasedAddress, Recipient
from recipients.services import FieldLabelTaken, FieldRefused, TooManyFields
from recipients.services.blocking import MAX_OTHER_PATTERNS
from recipients.services.recipients import Value

NOTHING: Final = "–"

GENDERS: Final[dict[str, Promise]] = {
    "female": gettext_lazy("female"),
    "male": gettext_lazy("male"),
    "diverse": gettext_lazy("diverse"),
}

UNSTORABLE: Final[dict[str, Promise]] = {
    "nul": gettext_lazy("This text has a character in it that cannot be stored. Type the text anew."),
    "surrogate": gettext_lazy("This text has a character in it that cannot be stored. Type the text anew."),
}

REFUSED_PATTERNS: Final[dict[Refusal, Promise]] = {
    Refusal.BLANK_INSIDE: gettext_lazy("“%(entry)s” has blanks in it."),
    Refusal.UNREADABLE_CHARACTER: gettext_lazy("“%(entry)s” has a character in it that cannot be stored."),
    Refusal.TOO_LONG: gettext_lazy("“%(entry)s” is too long: at most %(most)d characters can be stored."),
    Refusal.BLOCKS_EVERYBODY: gettext_lazy("“%(entry)s” would block everybody."),
    Refusal.BLOCKS_NOBODY: gettext_lazy("“%(entry)s” blocks nobody: no e-mail address looks like that."),
}
ENTRY_SHOWN: Final = 60  # characters of an entry that a sentence repeats


def locked_sentence() -> str:
    """Why a locked list takes no change, and the next step."""
    return _("This list is locked against changes. Unlock it under Settings > General, then try again.")


def field_refused_sentence(reason: FieldRefused | GroupLocked) -> str:
    """Why a field cannot be made or renamed, and what to do instead."""
    match reason:
        case TooManyFields(group_name=name) if name:
            return _("The list “%(list)s” shows %(most)d fields already, and a list can show no more.") % {
                "list": name,
                "most": MAX_FIELDS,
            }
        case TooManyFields():
            return _("There are %(most)d fields for all lists already, and a list can show no more.") % {
                "most": MAX_FIELDS
            }
        case FieldLabelTaken(label=label, group_name=name) if name:
            return _("The list “%(list)s” has a field “%(label)s” of its own. Rename one of the two.") % {
                "list": name,
                "label": label,
            }
        case FieldLabelTaken(label=label):
            return _("“%(label)s” is in use in this list already. Choose another name.") % {"label": label}
        case GroupLocked():
            return locked_sentence()
        case _:
            raise TypeError(f"no sentence for {reason!r}")


def refused_pattern_sentence(entry: str, reason: Refusal) -> str:
    """Why an entry cannot stand on a block list."""
    shown = entry if len(entry) <= ENTRY_SHOWN else f"{entry[:ENTRY_SHOWN]}…"
    return str(REFUSED_PATTERNS[reason]) % {"entry": shown, "most": MAX_PATTERN_LENGTH}


def too_many_patterns_sentence() -> str:
    """Why no more patterns can be added, and what can be instead."""
    most = number_format(MAX_OTHER_PATTERNS)
    return _(
        "A block list can have at most %(most)s patterns such as info@* or *spam*. None of the entries has been added. "
        "Of addresses and domains it can have any number."
    ) % {"most": most}


def blocked_sentence(blocked: BlockedAddress) -> str:
    """What blocks an address, to be followed by what that means."""
    if blocked.group_id is None:
        return _("The account's block list blocks this address by “%(pattern)s”.") % {"pattern": blocked.pattern}
    return _("This list's block list blocks this address by “%(pattern)s”.") % {"pattern": blocked.pattern}


def erased_and_blocked_sentence() -> str:
    """Why nobody gets an address whose owner was erased while they were blocked, and the way out."""
    return _(
        "This person was erased from the account and was blocked then. If they have signed up anew, put the address on "
        "the account's block list once more, take it off, and enter it here again."
    )


def let_in_again_sentence(erased: ErasedAddress) -> str:
    """That an address was erased before, and is in a list again now."""
    return _(
        "The recipient is saved. Whoever has this address had asked to be forgotten and was erased from the account on "
        "%(day)s. Keep the address only if they have signed up anew and you can prove it."
    ) % {"day": day(erased.erased_at)}


def unstorable_sentence(error: UnstorableText) -> str:
    """Why a text cannot be stored, and what to do instead."""
    if error.code == "too_long":
        most = number_format(MAX_TEXT_LENGTH)
        return _("This text is too long: at most %(most)s characters can be stored.") % {"most": most}
    return str(UNSTORABLE[error.code])


def status_of(recipient: Recipient) -> tuple[str, str]:
    """The word for a recipient's status, and the kind of badge that it stands in."""
    if recipient.bounced_at is not None:
        return _("Bounced"), "danger"
    if recipient.is_active:
        return _("Active"), "good"
    if recipient.deactivated_at is not None:
        return _("Deactivated"), "warning"
    return _("Not activated"), ""


def shown_value(kind: FieldType, value: Value | list[str] | None) -> str:
    """A field's value, or tags, in the reader's language; a dash for none."""
    if value is None or value == []:
        return NOTHING
    if isinstance(value, list):
        return ", ".join(value)
    match kind:
        case FieldType.NUMBER:
            return number_format(Decimal(value), use_l10n=True)
        case FieldType.DATE:
            return date_format(date.fromisoformat(str(value)), pgettext("date format", "j M Y"))
        case FieldType.GENDER:
            return str(GENDERS[str(value)])
        case FieldType.TEXT:
            return str(value)


def typed_number(value: Value) -> str:
    """A number as it is typed in the reader's language: every digit, no thousands."""
    return format_number(Decimal(value)).replace(".", get_format("DECIMAL_SEPARATOR"))
