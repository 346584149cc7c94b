"""What the mapping page says of its guesses."""

from typing import Final

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from imports.readers import Origin

register = template.Library()

ORIGINS: Final[dict[Origin, Promise]] = {
    Origin.EXPORT: gettext_lazy("Known from Listkeep’s export"),
    Origin.EARLIER: gettext_lazy("As in your last import of such a file"),
    Origin.ELSEWHERE: gettext_lazy("As in your last import of such a file into another list"),
    Origin.NAME: gettext_lazy("Guessed: the column has the same name"),
    Origin.SYNONYM: gettext_lazy("Guessed from the name of the column"),
    Origin.VALUES: gettext_lazy("Guessed from the values"),
}


@register.filter
def origin(guessed: Origin) -> str:
    """Why a column was guessed, in the person's words."""
    return str(ORIGINS[guessed])
