"""The form of a restore: what of a backup is wanted back, and how."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from backups.restoring import FieldQuestion
from imports.restoring import FieldAction, FieldChoice, Way, Wish
from recipients.masterdata.address import is_valid, normalise, pieces
from recipients.masterdata.file import FieldScope
from recipients.masterdata.labels import BASE_LABELS, Language

ACTIONS: Final[dict[FieldAction, Promise]] = {
    FieldAction.MATCH: gettext_lazy("Bring its values back"),
    FieldAction.CREATE: gettext_lazy("Make the field again, with its values"),
    FieldAction.CONVERT: gettext_lazy("Write its values as text into today’s field"),
    FieldAction.LEAVE_OUT: gettext_lazy("Leave its values out"),
}
BASE_CHOSEN: Final = ("source", "tags")  # beside the fields; the status has a choice of its own
MOST_EMAILS: Final = 10_000


class RestoreForm(forms.Form):
    """The way, what belongs to it, and one choice for each field that is not what it was then."""

    way = forms.ChoiceField(label=gettext_lazy("What is to come back?"), widget=forms.RadioSelect)
    new_name = forms.CharField(label=gettext_lazy("Name of the new list"), max_length=200, required=False)
    emails = forms.CharField(
        label=gettext_lazy("Which recipients?"),
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "none"}),
        required=False,
        help_text=gettext_lazy(
            "One address a line, or with commas, semicolons or blanks between them. Leave it empty for all recipients."
        ),
    )
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("Only these fields"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=gettext_lazy("Of recipients who are in the list. With none ticked everything comes back."),
    )
    clear_empty = forms.BooleanField(
        label=gettext_lazy("Empty what was empty then"),
        required=False,
        help_text=gettext_lazy("Otherwise a value that the backup does not have stays as it is."),
    )
    overwrite_account_values = forms.BooleanField(
        label=gettext_lazy("Bring back the fields of all lists too"),
        required=False,
        help_text=gettext_lazy("They are seen in all your lists. Otherwise only missing values are filled."),
    )
    search = forms.CharField(widget=forms.HiddenInput, required=False)
    status = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        *args: Any,
        questions: Sequence[FieldQuestion],
        is_deleted: bool,
        list_name: str,
        language: Language,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.questions = [one for one in questions if one.state in ("deleted", "retyped")]
        self.fields["way"].choices = _ways(is_deleted=is_deleted, name=list_name)  # type: ignore[attr-defined]
        names = [(name, BASE_LABELS[language][name]) for name in BASE_CHOSEN]
        chosen = [*names, *((one.key, one.label) for one in questions)]
        self.fields["columns"].choices = chosen  # type: ignore[attr-defined]
        self.has_account_fields = any(one.scope is FieldScope.ACCOUNT for one in questions)
        for one in self.questions:
            self.fields[f"field_{one.key}"] = forms.ChoiceField(
                label=_label(one), choices=[(action.value, ACTIONS[action]) for action in one.options], required=False
            )

    @property
    def field_choices(self) -> list[Any]:
        """The choices of single fields."""
        return [self[f"field_{one.key}"] for one in self.questions]

    def clean_emails(self) -> tuple[str, ...] | None:
        """Canonical addresses; None when nothing was written."""
        wanted = pieces(self.cleaned_data["emails"])
        if not wanted:
            return None
        broken = [piece for piece in wanted if not is_valid(piece)]
        if broken:
            raise ValidationError(_("“%(text)s” is no e-mail address.") % {"text": broken[0][:100]})
        if len(wanted) > MOST_EMAILS:
            words = ngettext("At most %(number)s address.", "At most %(number)s addresses.", MOST_EMAILS)
            raise ValidationError(words % {"number": MOST_EMAILS})
        return tuple(dict.fromkeys(normalise(piece) for piece in wanted))

    def clean(self) -> dict[str, Any]:
        """A new list needs a name, a selection something selected."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        way = cleaned.get("way")
        if way == Way.NEW_LIST and not cleaned.get("new_name", "").strip():
            self.add_error("new_name", _("Give the new list a name."))
        selected = cleaned.get("emails") or cleaned.get("columns") or cleaned.get("search") or cleaned.get("status")
        if way == Way.SELECTED and "emails" in cleaned and not selected:
            self.add_error("emails", _("Name at least one recipient, or tick a field below."))
        return cleaned

    def wish(self) -> Wish:
        """What is wanted; the form must be valid."""
        chosen = self.cleaned_data
        way = Way(chosen["way"])
        is_selection = way is Way.SELECTED
        return Wish(
            way=way,
            new_name=chosen["new_name"] if way is Way.NEW_LIST else "",
            emails=chosen["emails"] if is_selection else None,
            search=chosen["search"] if is_selection and chosen["emails"] is None else "",
            status=(chosen["status"] or "all") if is_selection and chosen["emails"] is None else "all",
            columns=tuple(chosen["columns"]) if is_selection and chosen["columns"] else None,
            fields=tuple(
                FieldChoice(one.key, FieldAction(chosen[f"field_{one.key}"]))
                for one in self.questions
                if chosen.get(f"field_{one.key}")
            ),
            clear_empty=chosen["clear_empty"],
            overwrite_account_values=chosen["overwrite_account_values"],
        )


def _ways(*, is_deleted: bool, name: str) -> list[tuple[str, str]]:
    as_new = (Way.NEW_LIST.value, _("As a new list"))
    if is_deleted:
        return [(Way.REVIVE.value, _("The deleted list “%(name)s” again") % {"name": name}), as_new]
    return [
        (Way.UPDATE_AND_ADD.value, _("Update and add")),
        (Way.EXACT.value, _("Exactly as in the backup")),
        as_new,
        (Way.SELECTED.value, _("Selected recipients or fields")),
    ]


def _label(question: FieldQuestion) -> str:
    if question.state == "deleted":
        return _("The field “%(label)s” has been deleted since") % {"label": question.label}
    return _("The field “%(label)s” is of another type today") % {"label": question.label}
