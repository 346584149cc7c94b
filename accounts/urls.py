"""The pages of My Account, below `a/<account>/`."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import audit_log, my_data, privacy, users

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", my_data.my_data, name="settings"),
    path("account/name/", my_data.rename, name="rename"),
    path("account/privacy/", privacy.privacy, name="privacy"),
    path("account/privacy/automatic-backups/", privacy.switch_automatic_backups, name="switch_automatic_backups"),
    path("account/privacy/daily-backups/", privacy.switch_daily_backups, name="switch_daily_backups"),
    path("account/privacy/retention/", privacy.change_retention, name="change_retention"),
    path("account/users/", users.users, name="users"),
    path("account/audit-log/", audit_log.audit_log, name="audit_log"),
    path("account/audit-log/file/", audit_log.download, name="download_audit_log"),
]
