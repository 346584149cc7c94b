"""Targets: what a column of a file can fill — the address, registration information, a field of the list."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, pgettext_lazy
from django.utils.translation import gettext as _

from imports.readers import STATUS_TARGET, SniffedColumn, Status
from recipients.masterdata.file import BASE_COLUMNS, STATUS_COLUMNS, FieldScope
from recipients.masterdata.labels import BASE_LABELS, Language
from recipients.models import Field

SIGN_OFFS: Final = {"deactivated_at": Status.UNSUBSCRIBED, "bounced_at": Status.BOUNCED}
"""What an entry means in a column of sign-offs or bounces."""


class Holds(StrEnum):
    """What a target takes."""

    EMAIL = "email"
    STATUS = "status"
    MOMENT = "moment"
    SIGN_OFF = "sign_off"  # a moment, or a word for yes
    TAGS = "tags"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    GENDER = "gender"

    @property
    def is_time(self) -> bool:
        """Whether its cells are written in one of the date formats."""
        return self in (Holds.MOMENT, Holds.SIGN_OFF, Holds.DATE)


KIND_LABELS: Final[dict[Holds, Promise]] = {
    Holds.EMAIL: gettext_lazy("E-mail address"),
    Holds.STATUS: gettext_lazy("Active, unsubscribed or bounced"),
    Holds.MOMENT: gettext_lazy("Date and time"),
    Holds.SIGN_OFF: gettext_lazy("Date and time"),
    Holds.TAGS: gettext_lazy("Separated by commas"),
    Holds.TEXT: gettext_lazy("Text"),
    Holds.NUMBER: gettext_lazy("Number"),
    Holds.DATE: gettext_lazy("Date"),
    Holds.GENDER: gettext_lazy("Gender"),
}


STATUS_LABELS: Final[dict[Status, Promise]] = {
    Status.ACTIVE: pgettext_lazy("status", "active"),
    Status.UNSUBSCRIBED: pgettext_lazy("status", "unsubscribed"),
    Status.BOUNCED: pgettext_lazy("status", "bounced"),
    Status.PENDING: pgettext_lazy("status", "not confirmed yet"),
    Status.NEITHER: pgettext_lazy("status", "nothing"),
}


@dataclass(frozen=True)
class Target:
    """One line of the mapping page. `scope` is None for what every list has."""

    key: str
    label: str
    holds: Holds
    scope: FieldScope | None = None

    @property
    def kind_label(self) -> str:
        """What it takes, in the person's words."""
        return str(KIND_LABELS[self.holds])

    @property
    def is_email(self) -> bool:
        """Whether it is the address, without which nothing can be imported."""
        return self.holds is Holds.EMAIL


def language() -> Language:
    """The language that the person reads, of those that columns are named in."""
    return "de" if (get_language() or "").startswith("de") else "en"


def base_targets() -> list[Target]:
    """The address, then registration information, in the words of the exports."""
    moments = {key: Holds.SIGN_OFF if key in SIGN_OFFS else Holds.MOMENT for key in STATUS_COLUMNS}
    holds = {"email": Holds.EMAIL, **moments, "source": Holds.TEXT, "tags": Holds.TAGS}
    address, *others = (Target(key=key, label=BASE_LABELS[language()][key], holds=holds[key]) for key in BASE_COLUMNS)
    return [address, Target(key=STATUS_TARGET, label=_("Status"), holds=Holds.STATUS), *others]


def field_targets(fields: Sequence[Field]) -> list[Target]:
    """The fields of a list, in their order."""
    return [Target(key=one.key, label=one.label, holds=Holds(one.type), scope=one.scope) for one in fields]


def column_names(columns: Sequence[SniffedColumn]) -> list[str]:
    """What each column is called on the page: its header, with its position where that alone does not tell it apart."""
    headers = [column.name for column in columns]
    names = []
    for column in columns:
        place = _("Column %(position)d") % {"position": column.position + 1}
        if not column.name:
            names.append(place)
        elif headers.count(column.name) > 1:
            names.append(f"{column.name} ({place})")
        else:
            names.append(column.name)
    return names
