"""The pages of lists and recipients, below `a/<account>/`."""

from django.urls import URLPattern, URLResolver, path

from recipients.views import deletion, fields, groups, recipients, settings

app_name = "recipients"
GROUP = "recipients/<int:group_id>/"
RECIPIENT = f"{GROUP}<int:recipient_id>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("recipients/", groups.groups, name="groups"),
    path(GROUP, groups.group, name="group"),
    path(RECIPIENT, recipients.recipient, name="recipient"),
    path(f"{RECIPIENT}deactivate/", recipients.deactivate, name="deactivate"),
    path(f"{RECIPIENT}activate/", recipients.activate, name="activate"),
    path(f"{GROUP}settings/", settings.settings, name="settings"),
    path(f"{GROUP}settings/automatic-backups/", settings.switch_backups, name="switch_backups"),
    path(f"{GROUP}settings/fields/", fields.fields, name="fields"),
    path(f"{GROUP}settings/fields/<int:field_id>/", fields.rename, name="rename_field"),
    path(f"{GROUP}delete/", deletion.delete, name="delete"),
    path(f"{GROUP}deletion/<uuid:deletion_id>/", deletion.deletion, name="deletion"),
]
