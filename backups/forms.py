"""The forms of the backups' pages."""

from django import forms

from backups.models import Backup
from backups.queries import BackupFilter


class BackupFilterForm(forms.Form):
    """Reads from an address which backups the overview shows. What cannot be read filters nothing."""

    group = forms.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    trigger = forms.ChoiceField(required=False, choices=Backup.Trigger.choices)

    def chosen(self) -> BackupFilter:
        """The filter that the address stands for."""
        self.full_clean()
        return BackupFilter(group_id=self.cleaned_data.get("group"), trigger=self.cleaned_data.get("trigger", ""))
