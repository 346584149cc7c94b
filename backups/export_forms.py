"""The form of an export: what for, and how it is written."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from backups.export_wording import ENCODINGS, FORMATS, PRESETS
from backups.exports.options import OFFERED_ENCODINGS, Format, Options, Preset
from recipients.masterdata.labels import Language

LANGUAGE_NAMES = [("de", _("German")), ("en", _("English"))]


class ExportForm(forms.Form):
    """Format, and for CSV the program and the characters."""

    format = forms.ChoiceField(label=_("Format"), choices=list(FORMATS.items()), widget=forms.RadioSelect)
    preset = forms.ChoiceField(
        label=_("CSV for which program?"), choices=list(PRESETS.items()), help_text=_("Says what parts the columns.")
    )
    encoding = forms.ChoiceField(
        label=_("Characters of the CSV file"), choices=[(one, ENCODINGS[one]) for one in OFFERED_ENCODINGS]
    )
    language = forms.ChoiceField(label=_("Names of the columns in"), choices=LANGUAGE_NAMES)

    @property
    def form(self) -> Format:
        """The chosen format; the form must be valid."""
        return cast("Format", self.cleaned_data["format"])

    def options(self) -> Options:
        """What else was chosen; the form must be valid."""
        chosen = self.cleaned_data
        return Options(
            language=cast("Language", chosen["language"]),
            preset=Preset(chosen["preset"]),
            encoding=chosen["encoding"],
        )


def initial_of(remembered: dict[str, Any], *, form: str, language: Language) -> dict[str, Any]:
    """What the form shows first: what was chosen last, but for a format that the address asks for."""
    standard = Options(language=language)
    first: dict[str, Any] = {"format": "csv", **standard.to_json(), **remembered}
    return {**first, "format": form} if form in FORMATS else first
