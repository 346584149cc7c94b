"""The pages of My Account, below `a/<account>/`."""

from django.urls import URLPattern, URLResolver, path

from accounts.views import audit_log, interfaces, invitations, my_data, privacy, users

app_name = "accounts"
urlpatterns: list[URLPattern | URLResolver] = [
    path("account/", my_data.my_data, name="settings"),
    path("account/name/", my_data.rename, name="rename"),
    path("account/privacy/", privacy.privacy, name="privacy"),
    path("account/privacy/automatic-backups/", privacy.switch_automatic_backups, name="switch_automatic_backups"),
    path("account/privacy/daily-backups/", privacy.switch_daily_backups, name="switch_daily_backups"),
    path("account/privacy/retention/", privacy.change_retention, name="change_retention"),
    path("account/users/", users.users, name="users"),
    path("account/users/second-factor/", users.switch_second_factor, name="switch_second_factor"),
    path("account/users/leave/", users.leave, name="leave"),
    path("account/users/<int:member_id>/role/", users.role, name="change_role"),
    path("account/users/<int:member_id>/remove/", users.remove, name="remove_member"),
    path("account/users/<int:member_id>/transfer/", users.transfer, name="transfer_ownership"),
    path("account/users/invite/", invitations.send, name="invite"),
    path("account/users/invitations/<int:invitation_id>/send/", invitations.send_again, name="invite_again"),
    path("account/users/invitations/<int:invitation_id>/withdraw/", invitations.take_back, name="withdraw_invitation"),
    path("account/interfaces/", interfaces.interfaces, name="interfaces"),
    path("account/interfaces/<int:token_id>/revoke/", interfaces.revoke, name="revoke_token"),
    path("account/audit-log/", audit_log.audit_log, name="audit_log"),
    path("account/audit-log/file/", audit_log.download, name="download_audit_log"),
]
