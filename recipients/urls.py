"""The pages of lists and recipients, below `a/<account>/`."""

from django.urls import URLPattern, URLResolver, path

from recipients.views import blocking, deletion, fields, groups, recipients, settings

app_name = "recipients"
GROUP = "recipients/<int:group_id>/"
RECIPIENT = f"{GROUP}<int:recipient_id>/"
urlpatterns: list[URLPattern | URLResolver] = [
    path("recipients/", groups.groups, name="groups"),
    path("recipients/block-list/", blocking.account_block_list, name="account_block_list"),
    path("recipients/block-list/remove/", blocking.account_unblock, name="account_unblock"),
    path(GROUP, groups.group, name="group"),
    path(RECIPIENT, recipients.recipient, name="recipient"),
    path(f"{RECIPIENT}deactivate/", recipients.deactivate, name="deactivate"),
    path(f"{RECIPIENT}activate/", recipients.activate, name="activate"),
    path(f"{GROUP}settings/", settings.settings, name="settings"),
    path(f"{GROUP}settings/automatic-backups/", settings.switch_backups, name="switch_backups"),
    path(f"{GROUP}settings/fields/", fields.fields, name="fields"),
    path(f"{GROUP}settings/fields/<int:field_id>/", fields.rename, name="rename_field"),
    path(f"{GROUP}settings/fields/<int:field_id>/delete/", deletion.delete_field, name="delete_field"),
    path(f"{GROUP}settings/block-list/", blocking.block_list, name="block_list"),
    path(f"{GROUP}settings/block-list/remove/", blocking.unblock, name="unblock"),
    path(f"{GROUP}delete/", deletion.delete, name="delete"),
    path(f"{GROUP}clear/", deletion.clear, name="clear"),
    path(f"{GROUP}delete-recipients/", deletion.delete_recipients, name="delete_recipients"),
    path(f"{GROUP}deletion/<uuid:deletion_id>/", deletion.deletion, name="deletion"),
]
