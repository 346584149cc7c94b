"""The pages of My Account, below `a/<account>/`."""

from django.urls import URLPattern, URLResolver, path

from accounts import views

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", views.my_data, name="settings"),
    path("account/name/", views.rename, name="rename"),
    path("account/privacy/", views.privacy, name="privacy"),
    path("account/privacy/automatic-backups/", views.switch_automatic_backups, name="switch_automatic_backups"),
    path("account/privacy/daily-backups/", views.switch_daily_backups, name="switch_daily_backups"),
    path("account/privacy/retention/", views.change_retention, name="change_retention"),
    path("account/users/", views.users, name="users"),
    path("account/audit-log/", views.audit_log, name="audit_log"),
]
