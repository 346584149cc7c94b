"""The forms of block lists: what is typed or pasted to be blocked, and what is searched."""

import re
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from recipients.masterdata.address import MAX_ADDRESS_LENGTH, normalise
from recipients.masterdata.blocklist import InvalidPattern, Refusal, canonical_pattern
from recipients.wording import refused_pattern_sentence

MOST_ENTRIES: Final = 100_000
REFUSED_SHOWN: Final = 10
SEPARATORS = re.compile(r"[\n\r,;\t]+")


@dataclass(frozen=True)
class Entries:
    """What somebody typed: the patterns that it means, and what is none, with the reason."""

    patterns: list[str]
    refused: dict[str, Refusal]


def read_entries(text: str) -> Entries:
    """One entry a line, or several with commas, semicolons or tabs between them; blank ones do not count."""
    patterns: dict[str, None] = {}
    refused: dict[str, Refusal] = {}
    for entry in SEPARATORS.split(text):
        try:
            patterns[canonical_pattern(entry)] = None
        except InvalidPattern as error:
            if error.reason is not Refusal.EMPTY:
                refused[entry.strip()] = error.reason
    return Entries(list(patterns), refused)


class BlockForm(forms.Form):
    """Addresses and patterns to put on a block list; `cleaned_data["entries"]` are Entries."""

    entries = forms.CharField(
        label=gettext_lazy("Addresses and patterns"),
        help_text=gettext_lazy(
            "One a line, or with commas or semicolons between them. The sign * stands for any characters: "
            "*@example.org blocks a whole domain, and example.org alone means the same."
        ),
        widget=forms.Textarea(
            attrs={
                "rows": 4,
                "spellcheck": "false",
                "autocapitalize": "none",
                "placeholder": "spam@example.org\n*@example.com",
            }
        ),
    )

    def clean_entries(self) -> Entries:
        """The entries that were read."""
        entries = read_entries(self.cleaned_data["entries"])
        count = len(entries.patterns) + len(entries.refused)
        if not count:
            raise ValidationError(self.fields["entries"].error_messages["required"])
        if count > MOST_ENTRIES:
            sentence = _("These are %(count)s entries, and at most %(most)s can be added at once. None has been added.")
            raise ValidationError(sentence % {"count": number_format(count), "most": number_format(MOST_ENTRIES)})
        return entries

    def leave_refused(self, refused: dict[str, Refusal]) -> None:
        """Keep in the form what is no pattern, and say why."""
        self.data = {"entries": "\n".join(refused)}
        for text, reason in list(refused.items())[:REFUSED_SHOWN]:
            self.add_error("entries", refused_pattern_sentence(text, reason))
        rest = len(refused) - REFUSED_SHOWN
        if rest > 0:
            sentence = ngettext("%(count)s more entry is refused.", "%(count)s more entries are refused.", rest)
            self.add_error("entries", sentence % {"count": number_format(rest)})


class BlockedListingForm(forms.Form):
    """What the address of a block list asks for; also its search field."""

    q = forms.CharField(
        label=gettext_lazy("Search the block list"),
        required=False,
        max_length=MAX_ADDRESS_LENGTH,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "class": "input",
                "placeholder": gettext_lazy("Search the block list"),
                "autocomplete": "off",
            }
        ),
    )
    after = forms.CharField(required=False, max_length=MAX_ADDRESS_LENGTH)
    before = forms.CharField(required=False, max_length=MAX_ADDRESS_LENGTH)

    def clean_q(self) -> str:
        """As patterns are written."""
        return normalise(self.cleaned_data["q"])

    def clean(self) -> dict[str, Any]:
        """Only one direction."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("after"):
            cleaned["before"] = ""
        return cleaned
