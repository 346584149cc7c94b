"""Every address of Listkeep."""

from django.urls import URLPattern, URLResolver, include, path, re_path

from accounts.api.interface import nothing_here
from accounts.views import invitations, passkeys, sessions
from accounts.views.home import home
from config.admin_site import site
from config.api import api
from config.health import health, live, ready
from config.metrics import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("", home, name="home"),
    path("health/", health, name="health"),
    path("health/live", live, name="live"),
    path("health/ready", ready, name="ready"),
    path("metrics", metrics, name="metrics"),
    path("admin/", site.urls),
    path("api/v1/", api.urls),
    re_path("^api/.*$", nothing_here, name="no_such_call"),
    path("auth/sessions/<int:session_id>/end/", sessions.end, name="end_session"),
    # These come before allauth's own at the same addresses.
    path("auth/2fa/webauthn/", passkeys.listed, name="passkeys"),
    path("auth/2fa/webauthn/keys/<int:pk>/remove/", passkeys.remove, name="remove_passkey"),
    path("auth/2fa/webauthn/reauthenticate/", passkeys.reauthenticate, name="reauthenticate_by_passkey"),
    path("auth/", include("allauth.urls")),
    path("invitation/<int:to_account>/<str:secret>/", invitations.answer, name="invitation"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("a/<int:account_id>/", include("accounts.urls")),
    path("a/<int:account_id>/", include("recipients.urls")),
    path("a/<int:account_id>/", include("imports.urls")),
    path("a/<int:account_id>/", include("backups.urls")),
    path("", include("recipients.compatible.urls")),
]
