"""The forms of the backups' pages."""

from collections.abc import Sequence
from typing import cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from backups.models import Backup
from backups.queries import BackupFilter, GroupWithBackups


class BackupFilterForm(forms.Form):
    """Which backups the overview shows. What it does not know filters nothing, and is said beside the field."""

    group = forms.TypedChoiceField(label=gettext_lazy("List"), required=False, coerce=int, empty_value=None)
    trigger = forms.ChoiceField(label=gettext_lazy("Reason"), required=False)

    def __init__(self, data: QueryDict, groups: Sequence[GroupWithBackups]) -> None:
        super().__init__(data)
        lists = cast("forms.ChoiceField", self.fields["group"])
        lists.choices = [("", gettext("All lists")), *((one.pk, _label(one)) for one in groups)]
        triggers = cast("forms.ChoiceField", self.fields["trigger"])
        triggers.choices = [("", gettext("All reasons")), *Backup.Trigger.choices]

    def chosen(self) -> BackupFilter:
        """The filter that the form stands for."""
        self.full_clean()
        return BackupFilter(group_id=self.cleaned_data.get("group"), trigger=self.cleaned_data.get("trigger", ""))


def _label(group: GroupWithBackups) -> str:
    return gettext("%(name)s (deleted)") % {"name": group.name} if group.deleted else group.name
